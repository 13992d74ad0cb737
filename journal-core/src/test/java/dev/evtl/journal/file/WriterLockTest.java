package dev.evtl.journal.file;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.evtl.journal.exceptions.JournalLockedException;
import dev.evtl.journal.support.MemoryDirectory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WriterLockTest {
    private static final Path LOCKS = Path.of("/proc/locks");

    @TempDir(factory = MemoryDirectory.class)
    Path directory;

    private Path journal;

    @BeforeEach
    void setJournal() {
        journal = directory.resolve("j.evtl");
    }

    /** What the operating system says, whatever this process believes. */
    private boolean isLockedOnTheFile() throws IOException {
        final Object inode = Files.getAttribute(WriterLock.fileFor(journal), "unix:ino");
        return Files.readAllLines(LOCKS).stream().anyMatch(line -> line.contains(":" + inode + " "));
    }

    @Test
    void isHeldUntilItIsClosed() throws IOException {
        assertFalse(WriterLock.isHeld(journal));
        final WriterLock lock = WriterLock.acquire(journal);
        assertTrue(WriterLock.isHeld(journal));
        assertThrows(JournalLockedException.class, () -> WriterLock.acquire(journal));
        assertTrue(WriterLock.isHeld(journal));
        lock.close();
        assertFalse(WriterLock.isHeld(journal));
        WriterLock.acquire(journal).close();
    }

    @Test
    void fileStaysAndNamesItsLastOwner() throws IOException {
        WriterLock.acquire(journal).close();
        assertEquals(
                List.of(String.valueOf(ProcessHandle.current().pid())),
                Files.readAllLines(WriterLock.fileFor(journal)));
    }

    /** Readers ask for the lock for an instant; that may neither refuse a writer nor take its lock away. */
    @Test
    void readersThatAskForTheWriterDoNotKeepItOut() throws Exception {
        assumeTrue(Files.isReadable(LOCKS), "there is no /proc/locks");
        WriterLock.acquire(journal).close();
        final AtomicBoolean stop = new AtomicBoolean();
        final CompletableFuture<?>[] readers = new CompletableFuture<?>[2];
        for (int i = 0; i < readers.length; i++) {
            readers[i] = CompletableFuture.runAsync(() -> {
                try {
                    while (!stop.get()) {
                        WriterLock.isHeld(journal);
                    }
                } catch (final IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
        }
        try {
            for (int i = 0; i < 3000; i++) {
                try (WriterLock lock = WriterLock.acquire(journal)) {
                    assertTrue(WriterLock.isHeld(journal), () -> "held " + lock);
                    assertTrue(isLockedOnTheFile(), "lost its lock in round " + i);
                }
            }
        } finally {
            stop.set(true);
        }
        CompletableFuture.allOf(readers).join();
    }
}
