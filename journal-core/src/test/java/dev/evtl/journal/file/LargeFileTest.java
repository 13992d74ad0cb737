package dev.evtl.journal.file;

import static dev.evtl.journal.support.TestJournals.payload;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.evtl.journal.BackPressure;
import dev.evtl.journal.Growth;
import dev.evtl.journal.Journal;
import dev.evtl.journal.JournalConfig;
import dev.evtl.journal.JournalScan;
import dev.evtl.journal.JournalScan.Condition;
import dev.evtl.journal.support.MemoryDirectory;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Offsets past what an int can hold, and past what one mapping can. */
class LargeFileTest {
    private static final int EVENT = 16 + 65_535;
    private static final int EVENTS = 34_000;
    private static final long SIZE = 64 + (long) EVENTS * EVENT;

    @TempDir(factory = MemoryDirectory.class)
    Path directory;

    @Test
    void fileGrowsPastTwoGibibytesAndGoesOnThere() throws IOException {
        assertTrue(SIZE > Integer.MAX_VALUE);
        assumeTrue(
                Files.getFileStore(directory).getUsableSpace() > SIZE + (1L << 30),
                "needs 3.3 GB of space for temporary files");
        final Path file = directory.resolve("large.evtl");
        final JournalConfig config = JournalConfig.builder()
                .backPressure(BackPressure.BLOCK)
                .growth(Growth.steps(256 << 20))
                .build();
        final UnsafeBuffer bytes = new UnsafeBuffer(payload(65_535), 0, 65_535);
        try (Journal journal = Journal.open(file, config)) {
            for (int i = 0; i < EVENTS; i++) {
                bytes.putLong(0, i);
                assertTrue(journal.publisher().offer(1, bytes, 0, 65_535) > 0);
            }
        }
        assertEquals(SIZE, Files.size(file));
        try (Journal journal = Journal.open(file, config)) {
            assertEquals(SIZE, journal.stats().getFileOffset());
            bytes.putLong(0, EVENTS);
            assertTrue(journal.publisher().offer(1, bytes, 0, 65_535) > 0);
            assertEquals(SIZE + EVENT, journal.sync());
        }
        final JournalScan scan = JournalScan.of(file);
        assertEquals(Condition.CLEAN, scan.condition(), scan.reason());
        assertEquals(EVENTS + 1, scan.events());
        try (RandomAccessFile raw = new RandomAccessFile(file.toFile(), "r")) {
            for (final int event : new int[] {0, 1023, 1024, 32_767, 32_768, EVENTS - 1, EVENTS}) {
                raw.seek(64 + (long) event * EVENT + 16);
                assertEquals(event, Long.reverseBytes(raw.readLong()));
            }
        }
    }
}
