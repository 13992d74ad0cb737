package dev.evtl.journal.file;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.evtl.journal.exceptions.JournalException;
import dev.evtl.journal.exceptions.JournalLockedException;
import dev.evtl.journal.file.WriterLock.Writer;
import dev.evtl.journal.io.FileCalls;
import dev.evtl.journal.io.FileWatcher;
import dev.evtl.journal.io.ProcessIdentity;
import dev.evtl.journal.support.MemoryDirectory;
import dev.evtl.journal.support.OtherWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

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
        assertEquals(Writer.NONE, WriterLock.writerOf(journal));
        final WriterLock lock = WriterLock.acquire(journal);
        assertEquals(Writer.OPEN, WriterLock.writerOf(journal));
        assertThrows(JournalLockedException.class, () -> WriterLock.acquire(journal));
        assertEquals(Writer.OPEN, WriterLock.writerOf(journal));
        lock.close();
        assertEquals(Writer.NONE, WriterLock.writerOf(journal));
        WriterLock.acquire(journal).close();
    }

    /** As on a file system that has become read-only: the file still names this process. */
    @Test
    void isFreeHereAlsoWhereTheFileCouldNotSaySo() throws IOException {
        final WriterLock lock = WriterLock.acquire(journal);
        FileCalls.watch((call, file, from, to) -> {
            throw new IOException("Read-only file system");
        });
        try {
            assertThrows(IOException.class, lock::close);
        } finally {
            FileCalls.watch(FileWatcher.NONE);
        }
        assertEquals(Writer.NONE, WriterLock.writerOf(journal));
        WriterLock.acquire(journal).close();
    }

    @Test
    void fileStaysAndNamesItsLastOwner() throws IOException {
        WriterLock.acquire(journal).close();
        assertEquals(
                List.of(String.valueOf(ProcessHandle.current().pid())),
                Files.readAllLines(WriterLock.fileFor(journal)));
    }

    @Test
    void fileNamesItsOwnerBeyondDoubtUntilItIsClosed() throws IOException {
        final Path ring = Path.of("/dev/shm/of a journal.ring");
        try (WriterLock lock = WriterLock.acquire(journal)) {
            lock.note(ring);
            final List<String> lines = Files.readAllLines(WriterLock.fileFor(journal));
            assertEquals(List.of(String.valueOf(ProcessHandle.current().pid()), ring.toString()), lines.subList(0, 2));
            assertTrue(lines.get(2).startsWith("owner " + ProcessIdentity.current() + " "), lines.get(2));
            assertEquals(3, lines.size());
        }
        try (WriterLock lock = WriterLock.acquire(journal)) {
            assertEquals(Optional.of(ring), lock.note());
        }
    }

    /** POSIX drops a process's locks on a file with any descriptor of it that the process closes. */
    @Test
    void lockThatWasLostWithoutAWordIsTakenAgainAndNeverGivenUpInBetween() throws Exception {
        assumeTrue(Files.isReadable(LOCKS), "there is no /proc/locks");
        try (WriterLock lock = WriterLock.acquire(journal)) {
            Files.readAllBytes(WriterLock.fileFor(journal));
            assertFalse(isLockedOnTheFile());
            lock.check();
            assertTrue(isLockedOnTheFile());
            try (OtherWriter other = new OtherWriter()) {
                final CompletableFuture<Void> checks = CompletableFuture.runAsync(() -> {
                    try {
                        for (int i = 0; i < 20_000; i++) {
                            lock.check();
                        }
                    } catch (final IOException e) {
                        throw new UncheckedIOException(e);
                    }
                });
                do {
                    assertTrue(other.openAndClose(journal).startsWith("JournalLockedException: " + journal));
                } while (!checks.isDone());
                checks.join();
            }
        }
    }

    @Test
    void ownerNoticesThatItsFileWasTakenOverAndLeavesItToTheNext() throws IOException {
        final WriterLock lock = WriterLock.acquire(journal);
        final Path file = WriterLock.fileFor(journal);
        final String next = "1\nowner 1 2 3 token\n";
        Files.writeString(file, next);
        assertFalse(lock.seemsUntouched());
        final JournalLockedException e = assertThrows(JournalLockedException.class, lock::check);
        assertEquals(
                file + ": was taken over by process 1 while process "
                        + ProcessHandle.current().pid() + " had the journal open for writing",
                e.getMessage());
        lock.close();
        assertEquals(next, Files.readString(file));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void ownerNoticesThatItsFileWasRemovedOrReplaced(final boolean replaced) throws IOException {
        final WriterLock lock = WriterLock.acquire(journal);
        final Path file = WriterLock.fileFor(journal);
        final byte[] bytes = Files.readAllBytes(file);
        Files.move(file, directory.resolve("moved"));
        if (replaced) {
            Files.write(file, bytes);
        }
        assertFalse(lock.seemsUntouched());
        assertThrows(JournalException.class, lock::check);
        Files.deleteIfExists(file);
        Files.move(directory.resolve("moved"), file);
        lock.check();
        lock.close();
    }

    @Test
    void touchedFileIsNotALostOne() throws IOException {
        try (WriterLock lock = WriterLock.acquire(journal)) {
            assertFalse(lock.seemsUntouched(), "its time is too new to tell");
            Files.setLastModifiedTime(WriterLock.fileFor(journal), FileTime.fromMillis(1));
            assertFalse(lock.seemsUntouched());
            lock.check();
            assertTrue(lock.seemsUntouched());
        }
    }

    @Test
    void interruptedThreadLosesNoLock() throws IOException {
        assumeTrue(Files.isReadable(LOCKS), "there is no /proc/locks");
        final WriterLock lock = WriterLock.acquire(journal);
        Thread.currentThread().interrupt();
        lock.check();
        lock.note(Path.of("/r"));
        assertTrue(isLockedOnTheFile());
        lock.close();
        assertTrue(Thread.interrupted());
        assertEquals(2, Files.readAllLines(WriterLock.fileFor(journal)).size());
    }

    /** After a power loss; and what a kill between the write and the cut of a longer text leaves. */
    @ParameterizedTest
    @ValueSource(strings = {"", "\0\0\0\0", "12\n/r\n\0\0\0\0\0", "12\n/r", "12\n/r\nowner", "12\n/r\nowner 1\n"})
    void lockFileThatIsNotWholeIsTaken(final String content) throws IOException {
        Files.writeString(WriterLock.fileFor(journal), content);
        try (WriterLock lock = WriterLock.acquire(journal)) {
            assertEquals(content.contains("/r") ? Optional.of(Path.of("/r")) : Optional.empty(), lock.note());
        }
        assertTrue(Files.size(WriterLock.fileFor(journal)) < 12);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"EVTL\1\0\0\0", "12 apples\n", "12\nlines of somebody\n", "12\n/r\0\n/\n and more\n", "\n\nx"})
    void fileOfSomethingElseIsRefusedAndLeftAsItIs(final String content) throws IOException {
        final Path file = WriterLock.fileFor(journal);
        Files.writeString(file, content);
        final JournalException e = assertThrows(JournalException.class, () -> WriterLock.acquire(journal));
        assertTrue(e.getMessage().startsWith(file + ": is not a journal's lock file: "), e.getMessage());
        assertEquals(content, Files.readString(file));
    }

    @Test
    void fileOfSomethingElseThatIsLongIsRefused() throws IOException {
        final byte[] zeros = new byte[8193];
        Files.write(WriterLock.fileFor(journal), zeros);
        assertThrows(JournalException.class, () -> WriterLock.acquire(journal));
        assertEquals(zeros.length, Files.size(WriterLock.fileFor(journal)));
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
                        WriterLock.writerOf(journal);
                    }
                } catch (final IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
        }
        try {
            for (int i = 0; i < 3000; i++) {
                try (WriterLock lock = WriterLock.acquire(journal)) {
                    assertEquals(Writer.OPEN, WriterLock.writerOf(journal), () -> "held " + lock);
                    assertTrue(isLockedOnTheFile(), "lost its lock in round " + i);
                }
            }
        } finally {
            stop.set(true);
        }
        CompletableFuture.allOf(readers).join();
    }
}
