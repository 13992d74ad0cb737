package dev.evtl.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.evtl.journal.JournalScan.Condition;
import dev.evtl.journal.support.MemoryDirectory;
import dev.evtl.journal.support.Producers;
import dev.evtl.journal.support.StoredEvent;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

@Timeout(120)
class ManyProducersTest {
    @TempDir(factory = MemoryDirectory.class)
    Path directory;

    private static JournalConfig config(final BackPressure policy) {
        return JournalConfig.builder()
                .backPressure(policy)
                .ringSize(1 << 13)
                .maxPayloadLength(512)
                .initialSize(1 << 16)
                .growth(Growth.DOUBLING)
                .build();
    }

    @ParameterizedTest
    @CsvSource({
        "8, 100000, BLOCK",
        "50, 20000, BLOCK",
        "100, 10000, BLOCK",
        "8, 50000, REFUSE",
        "100, 4000, REFUSE",
        "8, 50000, DROP",
        "50, 8000, DROP",
        "100, 4000, DROP"
    })
    void nothingIsLostDoubledOrOutOfOrder(final int threads, final long eventsEach, final BackPressure policy)
            throws Exception {
        final Path file = directory.resolve("m.evtl");
        final Producers producers;
        final JournalStats stats;
        try (Journal journal = Journal.open(file, config(policy))) {
            stats = journal.stats();
            producers = new Producers(journal, threads, eventsEach);
            producers.go();
            producers.join();
        }
        assertEquals(threads * eventsEach, producers.accepted() + producers.dropped());
        producers.assertJournaledExactly(StoredEvent.readAll(file));
        producers.assertAccounted(stats);
        assertClean(file, producers.dropped());
    }

    @ParameterizedTest
    @EnumSource(BackPressure.class)
    void closeWhilePublishingLosesNothingAndHangsNobody(final BackPressure policy) throws Exception {
        for (int round = 0; round < 25; round++) {
            final Path file = directory.resolve("c" + round + ".evtl");
            final Journal journal = Journal.open(file, config(policy));
            final Producers producers = new Producers(journal, 8, Long.MAX_VALUE);
            producers.go();
            while (journal.stats().getJournaledEvents() < 200L * round) {
                Thread.onSpinWait();
            }
            journal.close();
            producers.join();
            producers.all.forEach(p -> assertEquals(Publisher.CLOSED, p.end));
            final List<StoredEvent> events = StoredEvent.readAll(file);
            producers.assertJournaledExactly(events);
            producers.assertAccounted(journal.stats());
            assertEquals("closed", journal.stats().getState());
            assertClean(file, producers.dropped());
        }
    }

    private static void assertClean(final Path file, final long dropped) throws IOException {
        final JournalScan scan = JournalScan.of(file);
        assertEquals(Condition.CLEAN, scan.condition(), scan.reason());
        assertEquals(dropped, scan.dropped());
        assertTrue(scan.validEnd() == file.toFile().length());
    }
}
