package dev.evtl.journal.ring;

import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import dev.evtl.journal.io.FileCalls;
import dev.evtl.journal.io.Uninterruptible;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Tells which processes of a ring file are alive. Each holds a lock on one byte of the file {@code RING.lock}. The
 * operating system releases the lock when the process ends, however it ends; process numbers, which are used again,
 * play no part. For any thread.
 *
 * <p>POSIX drops all locks that a process has on a file when the process closes any descriptor of it. A process
 * therefore has one channel for each lock file; all its users share the channel, and the last one closes it. The lock
 * file is never deleted: otherwise two processes could lock two files of the same name.
 */
final class RingLocks implements AutoCloseable {
    /** The byte of the process that runs the appender; the bytes before it belong to the slots. */
    static final int OWNER = RingLayout.SLOTS;

    /** Attempts to take a lock that another process may hold for an instant. */
    static final int ATTEMPTS = 100;

    private static final long RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

    private static final Map<Path, RingLocks> OPEN = new HashMap<>();

    private final Path file;
    private final FileChannel channel;
    private final Map<Integer, FileLock> held = new HashMap<>();
    private int users;

    private RingLocks(final Path file, final FileChannel channel) {
        this.file = file;
        this.channel = channel;
    }

    static Path fileFor(final Path ring) {
        return ring.resolveSibling(ring.getFileName() + ".lock");
    }

    /**
     * Opens the locks of a ring file. Each caller closes them.
     *
     * @param ring        real path of the ring file
     * @param permissions of the lock file, if it is created
     */
    static RingLocks open(final Path ring, final FileAttribute<?>... permissions) throws IOException {
        synchronized (OPEN) {
            final Path file = fileFor(ring);
            RingLocks locks = OPEN.get(file);
            if (locks == null) {
                locks = new RingLocks(file, openFile(file, permissions));
                OPEN.put(file, locks);
            }
            locks.users++;
            return locks;
        }
    }

    private static FileChannel openFile(final Path file, final FileAttribute<?>... permissions) throws IOException {
        try {
            return FileCalls.createNew(file, permissions);
        } catch (final FileAlreadyExistsException e) {
            return Uninterruptible.open(file, READ, WRITE);
        }
    }

    /**
     * Takes a byte as {@link #take} does, but waits for a process that holds all bytes for an instant to inspect the
     * ring.
     */
    boolean takeSoon(final int number) throws IOException {
        for (int i = 1; !take(number); i++) {
            if (i == ATTEMPTS) {
                return false;
            }
            pause();
        }
        return true;
    }

    /** Waits before the next attempt. */
    static void pause() {
        Uninterruptible.pause(RETRY_NANOS);
    }

    /** Takes a byte; returns false if another user has it, in this process or another. */
    synchronized boolean take(final int number) throws IOException {
        if (held.containsKey(number)) {
            return false;
        }
        final FileLock lock = tryLock(number);
        if (lock != null) {
            held.put(number, lock);
        }
        return lock != null;
    }

    private FileLock tryLock(final int number) throws IOException {
        try {
            return channel.tryLock(number, 1, false);
        } catch (final OverlappingFileLockException e) {
            return null; // a copy of this class in another class loader holds it
        }
    }

    synchronized void release(final int number) throws IOException {
        final FileLock lock = held.remove(number);
        if (lock != null) {
            lock.release();
        }
    }

    /** Returns whether a user, in this process or another, has a byte now. */
    synchronized boolean isHeld(final int number) throws IOException {
        if (held.containsKey(number)) {
            return true;
        }
        final FileLock lock = tryLock(number);
        if (lock != null) {
            lock.release();
        }
        return lock == null;
    }

    /** Releases the first bytes, as many as given, and closes. */
    void close(final int taken) throws IOException {
        for (int i = 0; i < taken; i++) {
            release(i);
        }
        close();
    }

    @Override
    public void close() throws IOException {
        synchronized (OPEN) {
            if (--users == 0) {
                OPEN.remove(file);
                channel.close();
            }
        }
    }
}
