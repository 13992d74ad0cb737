package dev.evtl.journal.ring;

import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import dev.evtl.journal.io.FileCalls;
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
import java.util.concurrent.locks.LockSupport;

/**
 * Which processes of a ring file live: each holds a byte of the file {@code RING.lock}, which the operating system lets
 * go when the process ends, however it ends, so that a process number that is used again means nothing.
 *
 * <p>POSIX drops all locks that a process has on a file when it closes any descriptor of it. So a process has one
 * channel for each such file, shared by all that it has open there and closed with the last. The file stays: to delete
 * it would let two processes lock two files of the same name. For any thread.
 */
final class RingLocks implements AutoCloseable {
    /** The byte of the process that runs the appender; the others are those of the slots. */
    static final int OWNER = RingLayout.SLOTS;

    /** To take what may be held for an instant only. */
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
     * The locks of a ring file, to be closed by each who opened them.
     *
     * @param ring        real path of the ring file
     * @param permissions of the lock file, if it is made
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
            return FileChannel.open(file, READ, WRITE);
        }
    }

    /** As {@link #take}, but waits for who holds all bytes for an instant only, to look at the ring. */
    boolean takeSoon(final int number) throws IOException {
        for (int i = 1; !take(number); i++) {
            if (i == ATTEMPTS) {
                return false;
            }
            pause();
        }
        return true;
    }

    /** Before the next attempt. */
    static void pause() {
        LockSupport.parkNanos(RETRY_NANOS);
    }

    /** Takes a byte; false if somebody has it, in this process too. */
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
            return null; // a second copy of this class, under another class loader, holds it
        }
    }

    synchronized void release(final int number) throws IOException {
        final FileLock lock = held.remove(number);
        if (lock != null) {
            lock.release();
        }
    }

    /** Whether somebody, in this process or another, has a byte now. */
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

    /** Releases the first so many bytes, and closes. */
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
