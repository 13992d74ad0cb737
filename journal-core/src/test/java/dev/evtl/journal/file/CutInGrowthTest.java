package dev.evtl.journal.file;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.evtl.journal.BackPressure;
import dev.evtl.journal.Growth;
import dev.evtl.journal.Journal;
import dev.evtl.journal.JournalConfig;
import dev.evtl.journal.StorageMode;
import dev.evtl.journal.exceptions.JournalException;
import dev.evtl.journal.exceptions.JournalFailedException;
import dev.evtl.journal.format.FileHeader;
import dev.evtl.journal.io.FileCalls;
import dev.evtl.journal.io.FileWatcher;
import dev.evtl.journal.support.JournalFiles;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicBoolean;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CutInGrowthTest {
    @TempDir
    Path directory;

    /** Cuts the file between two writes of a growth. */
    private static final class Cutter implements FileWatcher {
        private final Path file;
        private final long written;
        private final long length;
        private final AtomicBoolean cut = new AtomicBoolean();

        Cutter(final Path file, final long written, final long length) {
            this.file = file;
            this.written = written;
            this.length = length;
        }

        @Override
        public void before(final Call call, final Path changed, final long from, final long to) {
            // lets every call through
        }

        @Override
        public void after(final Call call, final Path changed, final long from, final long to) {
            if (call == Call.WRITE && to >= written && cut.compareAndSet(false, true)) {
                try (RandomAccessFile raw = new RandomAccessFile(file.toFile(), "rw")) {
                    raw.setLength(length);
                } catch (final IOException e) {
                    throw new UncheckedIOException(e);
                }
            }
        }
    }

    @AfterEach
    void watchNoMore() {
        FileCalls.watch(FileWatcher.NONE);
    }

    /** What is filled after the cut would make the file as long as it must be, with a hole where events were. */
    @Test
    void isNoticed() {
        final Path file = directory.resolve("cut.evtl");
        final long growth = 16 << 20;
        final Journal journal = Journal.open(
                file,
                JournalConfig.builder()
                        .storage(StorageMode.WRITE)
                        .backPressure(BackPressure.BLOCK)
                        .initialSize(1 << 16)
                        .growth(Growth.steps(growth))
                        .errorHandler(error -> {})
                        .build());
        FileCalls.watch(new Cutter(file, 4 << 20, 20_000));
        final UnsafeBuffer payload = new UnsafeBuffer(new byte[10_000]);
        final JournalFailedException e = assertThrows(JournalFailedException.class, () -> {
            while (journal.stats().getAllocatedBytes() < growth) {
                journal.publisher().offer(1, payload, 0, payload.capacity());
                journal.sync();
            }
            journal.sync();
        });
        assertTrue(e.getMessage().contains(": was cut short by another process: "), e.getMessage());
        assertThrows(JournalFailedException.class, journal::close);
    }

    @Test
    void firstSpaceThatIsCutIsNotMadeLongAgain() throws IOException {
        final Path file = directory.resolve("g.evtl");
        final long written = 3 << 20;
        try (JournalFile opened = JournalFiles.create(file);
                Preallocator preallocator = new Preallocator(
                        opened,
                        FileHeader.LENGTH,
                        new Space(8 << 20, length -> 2 * length, Long.MAX_VALUE),
                        1024,
                        true,
                        opened.channel())) {
            FileCalls.watch(new Cutter(file, written, 100));
            final JournalException e = assertThrows(JournalException.class, () -> preallocator.start(64));
            assertEquals(
                    file.toRealPath() + ": was cut short by another process: expected at least " + written
                            + " bytes, found 100",
                    e.getMessage());
            assertEquals(64, preallocator.allocated());
        }
        assertEquals(100, Files.size(file));
    }
}
