package dev.evtl.journal;

import static dev.evtl.journal.support.TestJournals.drain;
import static dev.evtl.journal.support.TestJournals.payload;
import static dev.evtl.journal.support.TestJournals.tiny;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.evtl.journal.JournalScan.Condition;
import dev.evtl.journal.support.MemoryDirectory;
import dev.evtl.journal.support.StoredEvent;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.LongSupplier;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(120)
class GrowthTest {
    @TempDir(factory = MemoryDirectory.class)
    Path directory;

    private Path file;

    @BeforeEach
    void setFile() {
        file = directory.resolve("g.evtl");
    }

    private static JournalConfig.Builder pageSteps() {
        return JournalConfig.builder()
                .ringSize(1 << 16)
                .maxPayloadLength(8192 - 16)
                .backPressure(BackPressure.BLOCK)
                .initialSize(4096)
                .growth(Growth.steps(4096));
    }

    private static void assertClean(final Path file) throws IOException {
        final JournalScan scan = JournalScan.of(file);
        assertEquals(Condition.CLEAN, scan.condition(), scan.reason());
        assertEquals(scan.validEnd(), Files.size(file));
    }

    /** Each event is a byte longer than a page: every boundary meets an event one byte further on in it. */
    @Test
    void eventsCrossEveryWindowBoundaryAtEveryByte() throws IOException {
        final int length = 4097 - 16;
        final byte[] bytes = new byte[length];
        try (Journal journal = Journal.open(file, pageSteps().build())) {
            for (int i = 0; i < 4200; i++) {
                new Random(i).nextBytes(bytes);
                assertTrue(journal.publisher().offer(1, new UnsafeBuffer(bytes), 0, length) > 0);
            }
        }
        final List<StoredEvent> events = StoredEvent.readAll(file);
        assertEquals(4200, events.size());
        for (int i = 0; i < events.size(); i++) {
            new Random(i).nextBytes(bytes);
            assertArrayEquals(bytes, events.get(i).payload(), "event " + i);
        }
        assertClean(file);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void eventsAndClaimsOfAnyLengthCrossWindows(final boolean checksums) throws IOException {
        final Random random = new Random(7);
        final List<byte[]> offered = new ArrayList<>();
        final SyncPolicy often = SyncPolicy.bytes(10_000);
        try (Journal journal = Journal.open(
                file, pageSteps().checksums(checksums).syncPolicy(often).build())) {
            final EventBatch batch = journal.publisher().newBatch();
            while (offered.size() < 5000) {
                final byte[] first = new byte[random.nextInt(4000)];
                final byte[] second = new byte[random.nextInt(4000)];
                random.nextBytes(first);
                random.nextBytes(second);
                assertTrue(batch.tryClaim(2, first.length + second.length) > 0);
                batch.next(1, first.length).putBytes(0, first);
                batch.next(2, second.length).putBytes(0, second);
                assertTrue(batch.commit() > 0);
                offered.add(first);
                offered.add(second);
            }
            journal.sync();
            assertTrue(journal.stats().getGrowths() > 2000);
            assertTrue(journal.stats().getForces() > 100);
            assertEquals(journal.stats().getFileOffset(), journal.stats().getDurableOffset());
        }
        final List<StoredEvent> events = StoredEvent.readAll(file);
        assertEquals(offered.size(), events.size());
        for (int i = 0; i < events.size(); i++) {
            assertArrayEquals(offered.get(i), events.get(i).payload(), "event " + i);
        }
        assertClean(file);
    }

    @Test
    void fileGrowsByItsStepAheadOfTheEvents() {
        try (Journal journal = Journal.open(
                file, tiny().initialSize(8192).growth(Growth.steps(12_288)).build())) {
            assertEquals(8192, journal.stats().getAllocatedBytes());
            assertEquals(8192, file.toFile().length());
            fillTo(journal, 8192 + 12_288 - 200);
            awaitAllocated(journal, () -> 8192 + 12_288 * journal.stats().getGrowths());
            assertTrue(journal.stats().getGrowths() >= 1);
            assertTrue(journal.stats().getMappedOffset() >= journal.stats().getFileOffset());
        }
    }

    @Test
    void fileDoubles() {
        try (Journal journal = Journal.open(
                file, tiny().initialSize(8192).growth(Growth.DOUBLING).build())) {
            fillTo(journal, 200_000);
            awaitAllocated(journal, () -> 8192L << journal.stats().getGrowths());
            assertTrue(journal.stats().getAllocatedBytes() >= 200_000);
        }
        assertTrue(file.toFile().length() < 201_000, "cut by the close");
    }

    @Test
    void sizesNeedNoAlignment() throws IOException {
        try (Journal journal = Journal.open(
                file, tiny().initialSize(4099).growth(Growth.steps(5001)).build())) {
            fillTo(journal, 100_000);
        }
        assertClean(file);
    }

    @Test
    void reopenedFileGoesOnWhereItEndedAndGrows() throws IOException {
        long position = 64;
        for (int round = 0; round < 5; round++) {
            try (Journal journal = Journal.open(file, tiny().build())) {
                assertEquals(position, journal.stats().getFileOffset());
                fillTo(journal, position + 9000);
                position = journal.stats().getFileOffset();
            }
            assertEquals(position, Files.size(file));
        }
        assertClean(file);
        final List<StoredEvent> events = StoredEvent.readAll(file);
        assertEquals((position - 64) / 28, events.size());
        for (int i = 0; i < events.size(); i++) {
            assertEquals(64 + i * 28L, events.get(i).data().getLong());
        }
    }

    /** Events of 28 bytes, each with its offset. */
    private static void fillTo(final Journal journal, final long position) {
        final UnsafeBuffer source = new UnsafeBuffer(payload(12), 0, 12);
        for (long at = journal.stats().getFileOffset(); at < position; at += 28) {
            source.putLong(0, at);
            assertTrue(journal.publisher().offer(1, source, 0, 12) > 0);
            drain(journal);
        }
    }

    /** The preallocator's thread may be at it. */
    private static void awaitAllocated(final Journal journal, final LongSupplier bytes) {
        while (journal.stats().getAllocatedBytes() != bytes.getAsLong()) {
            Thread.onSpinWait();
        }
    }
}
