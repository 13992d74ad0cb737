package dev.evtl.journal.appender;

import dev.evtl.journal.ring.RingCounters;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * Holds up to which position of the ring a force is wanted and up to which it was done. Both are counters of the ring,
 * which other processes use too. Waiting threads of this process are woken by the thread that runs the appender.
 */
final class SyncRequests {
    private final RingCounters counters;
    private final Object monitor = new Object();

    SyncRequests(final RingCounters counters) {
        this.counters = counters;
        counters.set(RingCounters.SYNCED, 0); // what an owner before had forced is not all that this one has to force
    }

    /**
     * Returns whether to force now: somebody waits for it, and either all that anybody waits for is in the file, or no more
     * will come for a while and some of it is.
     */
    boolean isDue(final long head, final boolean idle) {
        final long wanted = counters.get(RingCounters.SYNC_WANTED);
        final long synced = counters.get(RingCounters.SYNCED);
        return wanted > synced && (head >= wanted || idle && head > synced);
    }

    /** Notes that everything before a position of the ring was forced, and wakes all waiters. */
    void done(final long position) {
        synchronized (monitor) {
            counters.set(RingCounters.SYNCED, position);
            monitor.notifyAll();
        }
    }

    void wake() {
        synchronized (monitor) {
            monitor.notifyAll();
        }
    }

    boolean isDone(final long position) {
        return counters.get(RingCounters.SYNCED) >= position;
    }

    /** Returns whether everything before a position was forced, and asks for a force if not. */
    boolean ask(final long position) {
        if (isDone(position)) {
            return true;
        }
        counters.raise(RingCounters.SYNC_WANTED, position);
        return false;
    }

    /**
     * Waits, at most for a time in nanoseconds, until a condition holds that comes with a wake. Returns whether it
     * holds.
     */
    boolean await(final BooleanSupplier condition, final long nanos, final Runnable beforeWait)
            throws InterruptedException {
        final long start = System.nanoTime();
        synchronized (monitor) {
            while (!condition.getAsBoolean()) {
                final long left = nanos - (System.nanoTime() - start);
                if (left <= 0) {
                    return false;
                }
                beforeWait.run();
                TimeUnit.NANOSECONDS.timedWait(monitor, left);
            }
        }
        return true;
    }

    /** Waits for a wake unless a condition holds, at most for a time in milliseconds. */
    void awaitWake(final BooleanSupplier condition, final long millis) throws InterruptedException {
        synchronized (monitor) {
            if (!condition.getAsBoolean()) {
                monitor.wait(millis);
            }
        }
    }
}
