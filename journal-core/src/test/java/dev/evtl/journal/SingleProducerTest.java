package dev.evtl.journal;

import static dev.evtl.journal.support.TestJournals.claim;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.evtl.journal.JournalScan.Condition;
import java.nio.file.Path;
import java.time.Duration;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SingleProducerTest {
    @TempDir
    Path directory;

    @Test
    void allEventsOfTheOneProducerAreJournaled() {
        final Path file = directory.resolve("single.evtl");
        final UnsafeBuffer payload = new UnsafeBuffer(new byte[100]);
        try (Journal journal = Journal.open(
                file,
                JournalConfig.builder()
                        .singleProducer(true)
                        .backPressure(BackPressure.BLOCK)
                        .build())) {
            for (int i = 0; i < 200_000; i++) {
                assertTrue(journal.publisher().offer(1, payload, 0, i % 100) > 0);
            }
        }
        assertEquals(200_000, JournalScan.of(file).events());
    }

    @Test
    void closeLeavesAClaimThatWasNeverCommitted() {
        final Path file = directory.resolve("left.evtl");
        final Journal journal = Journal.open(
                file,
                JournalConfig.builder()
                        .singleProducer(true)
                        .closeTimeout(Duration.ofMillis(50))
                        .listener(JournalListener.NONE)
                        .build());
        assertTrue(journal.publisher().offer(1, new UnsafeBuffer(new byte[1]), 0, 1) > 0);
        final Claim claim = claim(journal.publisher(), 1, 10);
        journal.close();
        assertEquals(1, journal.stats().getAbandonedEvents());
        assertEquals(Publisher.CLOSED, claim.commit());
        final JournalScan scan = JournalScan.of(file);
        assertEquals(Condition.CLEAN, scan.condition(), scan.reason());
        assertEquals(1, scan.events());
    }
}
