package dev.evtl.journal.appender;

import dev.evtl.journal.ring.RingCounters;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * Up to which position of the ring somebody waits for a force, and up to which it was done. Both stand in the ring's
 * counters, where other processes ask too; those of this process are woken.
 */
final class SyncRequests {
    private final RingCounters counters;
    private final Object monitor = new Object();

    SyncRequests(final RingCounters counters) {
        this.counters = counters;
    }

    /** Whether somebody waits for a force that all before the ring's head is to be a part of. */
    boolean isDue(final long head) {
        final long wanted = counters.get(RingCounters.SYNC_WANTED);
        return wanted > counters.get(RingCounters.SYNCED) && head >= wanted;
    }

    /** All before a position of the ring was forced. */
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

    /** Whether all before a position was forced; asks for it where it was not. */
    boolean ask(final long position) {
        if (isDone(position)) {
            return true;
        }
        counters.raise(RingCounters.SYNC_WANTED, position);
        return false;
    }

    /** Waits for something that comes with a wake, and says whether it has come in time. */
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

    /** Waits for a wake, or for a while. */
    void awaitWake(final BooleanSupplier condition, final long millis) throws InterruptedException {
        synchronized (monitor) {
            if (!condition.getAsBoolean()) {
                monitor.wait(millis);
            }
        }
    }
}
