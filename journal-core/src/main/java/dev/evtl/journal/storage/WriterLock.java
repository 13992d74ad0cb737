package dev.evtl.journal.storage;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Keeps a second writer out. The lock is on a file of its own beside the journal, {@code NAME.lock}: POSIX drops a
 * process's locks on a file when the process closes any descriptor of it, so a lock on the journal would go with the
 * first reader that closes. The file stays, with the process number of its last owner: to delete it would let two
 * writers lock two files of the same name. The operating system releases the lock of a process that died.
 */
final class WriterLock implements AutoCloseable {
    private static final Set<Path> HELD_HERE = ConcurrentHashMap.newKeySet();
    /** One object for all copies of this class that the JVM's class loaders have. */
    private static final Object MONITOR = WriterLock.class.getName().intern();

    /** A reader that asks whether a writer lives holds the lock shared for an instant; so ask a few times. */
    private static final int ATTEMPTS = 5;

    private static final long RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

    private final Path journal;
    private final FileChannel channel;
    private final String property;

    private WriterLock(final Path journal, final FileChannel channel, final String property) {
        this.journal = journal;
        this.channel = channel;
        this.property = property;
    }

    static Path fileFor(final Path journal) {
        return journal.resolveSibling(journal.getFileName() + ".lock");
    }

    /**
     * Takes the lock.
     *
     * @param journal     real path of the journal
     * @param permissions of the lock file, if it is made
     * @throws JournalLockedException if another writer has it
     */
    static WriterLock acquire(final Path journal, final FileAttribute<?>... permissions) throws IOException {
        synchronized (MONITOR) {
            if (isHeldHere(journal)) {
                throw new JournalLockedException(journal + ": this process has it open for writing already");
            }
            return lock(journal, permissions);
        }
    }

    private static WriterLock lock(final Path journal, final FileAttribute<?>... permissions) throws IOException {
        FileChannel channel = null;
        boolean locked = false;
        try {
            channel = open(fileFor(journal), permissions);
            if (!tryLock(channel, false, ATTEMPTS)) {
                final String owner =
                        Files.readString(fileFor(journal), US_ASCII).strip();
                throw new JournalLockedException(journal + ": process " + owner + " has it open for writing");
            }
            channel.truncate(0);
            channel.write(US_ASCII.encode(ProcessHandle.current().pid() + "\n"), 0);
            final String property = property(fileFor(journal));
            System.setProperty(property, journal.toString());
            HELD_HERE.add(journal);
            locked = true;
            return new WriterLock(journal, channel, property);
        } finally {
            if (!locked && channel != null) {
                channel.close(); // or nobody in this process could take the lock again
            }
        }
    }

    /** By this class under this name, or by another copy of it or under another name, of which a property tells. */
    private static boolean isHeldHere(final Path journal) throws IOException {
        final Path lock = fileFor(journal);
        return HELD_HERE.contains(journal) || Files.exists(lock) && System.getProperty(property(lock)) != null;
    }

    /** For the file, by whatever path: to open and close it only to look would drop the lock of whoever has it here. */
    private static String property(final Path lock) throws IOException {
        final Object key = Files.readAttributes(lock, BasicFileAttributes.class).fileKey();
        return "dev.evtl.lock." + (key == null ? lock : key);
    }

    private static FileChannel open(final Path lock, final FileAttribute<?>... permissions) throws IOException {
        try {
            return JournalFiles.createNew(lock, permissions);
        } catch (final FileAlreadyExistsException e) {
            return FileChannel.open(lock, READ, WRITE);
        }
    }

    /**
     * Whether a writer, in this process or another, has a journal open now. Changes nothing. Never while this process
     * takes a lock, as closing a channel on the file would drop it.
     */
    static boolean isHeld(final Path journal) throws IOException {
        synchronized (MONITOR) {
            if (isHeldHere(journal)) {
                return true;
            }
            if (!Files.isReadable(fileFor(journal))) {
                return false;
            }
            try (FileChannel channel = FileChannel.open(fileFor(journal), READ)) {
                return !tryLock(channel, true, 1);
            }
        }
    }

    private static boolean tryLock(final FileChannel channel, final boolean shared, final int attempts)
            throws IOException {
        for (int i = 0; i < attempts; i++) {
            try {
                final FileLock lock = channel.tryLock(0, Long.MAX_VALUE, shared);
                if (lock != null) {
                    return true;
                }
            } catch (final OverlappingFileLockException e) {
                return false; // somebody else in this process, who knows nothing of these locks, holds it
            }
            LockSupport.parkNanos(RETRY_NANOS);
        }
        return false;
    }

    @Override
    public void close() throws IOException {
        try {
            channel.close();
        } finally {
            HELD_HERE.remove(journal);
            System.clearProperty(property);
        }
    }
}
