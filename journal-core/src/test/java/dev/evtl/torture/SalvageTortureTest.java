package dev.evtl.torture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.evtl.journal.BackPressure;
import dev.evtl.journal.Journal;
import dev.evtl.journal.JournalConfig;
import dev.evtl.journal.JournalSalvage;
import dev.evtl.journal.JournalScan;
import dev.evtl.journal.JournalScan.Condition;
import dev.evtl.journal.SalvageReport;
import dev.evtl.journal.StorageMode;
import dev.evtl.journal.exceptions.CorruptJournalException;
import dev.evtl.journal.support.MemoryDirectory;
import dev.evtl.journal.support.StoredEvent;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Large files with much damage: exactly the events that are intact are kept, in time that only the length decides. */
@Tag(Torture.TAG)
class SalvageTortureTest {
    private static final int[] LENGTHS = {0, 1, 15, 16, 17, 4079, 4080, 4081, 4096, 4097, 65_535};

    private final Random random = Torture.random(SalvageTortureTest.class);
    private final int size = (int) Torture.rounds(3 << 20, 64 << 20);

    @TempDir(factory = MemoryDirectory.class)
    Path directory;

    private byte[] journal() throws IOException {
        final Path file = directory.resolve("whole.evtl");
        final byte[] payload = new byte[65_535];
        random.nextBytes(payload);
        final JournalConfig config = Torture.config(StorageMode.MAPPED)
                .backPressure(BackPressure.BLOCK)
                .build();
        try (Journal journal = Journal.open(file, config)) {
            for (long written = 0; written < size; ) {
                final int length = LENGTHS[random.nextInt(LENGTHS.length)];
                journal.publisher().offer(1 + random.nextInt(239), new UnsafeBuffer(payload), 0, length);
                written += 16 + length;
            }
        }
        final byte[] bytes = Files.readAllBytes(file);
        Files.delete(file);
        return bytes;
    }

    private SalvageReport salvage(final String what, final byte[] bytes) throws IOException {
        final Path file = Files.write(directory.resolve("damaged.evtl"), bytes);
        final Path out = directory.resolve("out.evtl");
        Files.deleteIfExists(out);
        final long start = System.nanoTime();
        final SalvageReport report = JournalSalvage.salvage(file, out, position -> {});
        Torture.report(
                SalvageTortureTest.class,
                "%s: %,d bytes, %,d events kept, %,d holes of %,d bytes, %.3f s",
                what,
                bytes.length,
                report.events(),
                report.leftOut().size(),
                report.bytesLeftOut(),
                (System.nanoTime() - start) / 1e9);
        final JournalScan scan = JournalScan.of(out);
        assertEquals(Condition.CLEAN, scan.condition(), scan.reason());
        assertEquals(report.missing(), scan.dropped());
        return report;
    }

    private void assertKeepsWhatIsIntact(final String what, final byte[] whole, final byte[] damaged)
            throws IOException {
        final SalvageReport report = salvage(what, damaged);
        final List<StoredEvent> events = StoredEvent.readAll(whole);
        final long intact = events.stream()
                .filter(event -> Arrays.equals(
                        whole, (int) event.offset(), (int) event.end(), damaged, (int) event.offset(), (int)
                                event.end()))
                .count();
        assertEquals(intact, report.events());
        assertEquals(events.size() - intact, report.missing());
        assertTrue(report.missingKnown());
    }

    @Test
    void oneLongHoleOfAnyBytes() throws IOException {
        final byte[] whole = journal();
        final byte[] other = journal();
        final int from = whole.length / 2;
        final int to = from + size / 16;
        assertKeepsWhatIsIntact("no damage", whole, whole);
        for (final String what : List.of("random", "zeros", "all headers", "another journal", "elsewhere")) {
            final byte[] bytes = whole.clone();
            switch (what) {
                case "random" -> {
                    final byte[] noise = new byte[to - from];
                    random.nextBytes(noise);
                    System.arraycopy(noise, 0, bytes, from, noise.length);
                }
                case "zeros" -> Arrays.fill(bytes, from, to, (byte) 0);
                case "all headers" -> Arrays.fill(bytes, from, to, (byte) 0x1F);
                case "another journal" -> System.arraycopy(other, from, bytes, from, to - from);
                default -> System.arraycopy(whole, from - size / 8, bytes, from, to - from);
            }
            assertKeepsWhatIsIntact("a hole: " + what, whole, bytes);
        }
    }

    @Test
    void manyHoles() throws IOException {
        final byte[] whole = journal();
        final byte[] bytes = whole.clone();
        for (int at = 64; at < bytes.length; at += random.nextInt(100_000)) {
            bytes[at] ^= (byte) (1 << random.nextInt(8));
        }
        assertKeepsWhatIsIntact("many holes", whole, bytes);
    }

    @Test
    void nothingThatVerifies() throws IOException {
        final byte[] bytes = new byte[size];
        random.nextBytes(bytes);
        Files.write(directory.resolve("damaged.evtl"), bytes);
        final long start = System.nanoTime();
        assertThrows(CorruptJournalException.class, () -> salvage("random", bytes));
        Torture.report(
                SalvageTortureTest.class,
                "random bytes, refused: %,d bytes, %.3f s",
                size,
                (System.nanoTime() - start) / 1e9);
        System.arraycopy(journal(), 0, bytes, 0, 64);
        assertEquals(0, salvage("random bytes behind a header", bytes).events());
        Arrays.fill(bytes, 64, bytes.length, (byte) 0x1F);
        assertEquals(0, salvage("all headers behind a header", bytes).events());
    }
}
