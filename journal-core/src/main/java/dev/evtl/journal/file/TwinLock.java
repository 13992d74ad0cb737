package dev.evtl.journal.file;

import dev.evtl.journal.io.Uninterruptible;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.util.concurrent.TimeUnit;

/**
 * The lock of one process on a file, in two parts. POSIX drops a process's locks on a file when anything in the process
 * closes any descriptor of it, and does not say so; the parts are therefore taken again now and then, one after the
 * other, so that there is never a moment without either. Ends with the channel. For one thread at a time.
 */
final class TwinLock {
    /** Attempts to take the lock: who asks whether a writer is alive holds a shared lock for an instant. */
    private static final int ATTEMPTS = 5;

    private static final long RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

    private final FileChannel channel;
    private FileLock first;
    private FileLock second;

    private TwinLock(final FileChannel channel) {
        this.channel = channel;
    }

    /** Takes the lock of a file; returns null if another has it. */
    static TwinLock take(final FileChannel channel) throws IOException {
        final TwinLock lock = new TwinLock(channel);
        // asked for as a whole first, so that a part of a lock that another is taking again is not taken from it
        return lock.isFree() && lock.again() ? lock : null;
    }

    private boolean isFree() throws IOException {
        final FileLock whole = lock(0, Long.MAX_VALUE, false, ATTEMPTS);
        if (whole != null) {
            whole.release();
        }
        return whole != null;
    }

    /** Takes both parts again. Returns false if another has the lock; then this one holds what it has. */
    boolean again() throws IOException {
        release(first);
        first = lock(0, 1, false, ATTEMPTS);
        if (first != null) {
            release(second);
            second = lock(1, Long.MAX_VALUE - 1, false, ATTEMPTS);
        }
        return first != null && second != null;
    }

    private static void release(final FileLock part) throws IOException {
        if (part != null) {
            part.release();
        }
    }

    /** Returns whether another has the lock of a file now, in this process or another. */
    static boolean isHeld(final FileChannel channel) throws IOException {
        final FileLock asked = lock(channel, 0, Long.MAX_VALUE, true);
        if (asked != null) {
            asked.release();
        }
        return asked == null;
    }

    private FileLock lock(final long from, final long length, final boolean shared, final int attempts)
            throws IOException {
        FileLock taken = lock(channel, from, length, shared);
        for (int i = 1; taken == null && i < attempts; i++) {
            Uninterruptible.pause(RETRY_NANOS);
            taken = lock(channel, from, length, shared);
        }
        return taken;
    }

    private static FileLock lock(final FileChannel channel, final long from, final long length, final boolean shared)
            throws IOException {
        try {
            return channel.tryLock(from, length, shared);
        } catch (final OverlappingFileLockException e) {
            return null; // code in this process that does not use these locks holds it
        }
    }
}
