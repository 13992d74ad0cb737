package dev.evtl.journal;

import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** Waits, on the calling thread, for what another process does, because nobody wakes this process. */
final class Waiting {
    private static final long FIRST_NANOS = TimeUnit.MICROSECONDS.toNanos(10);
    private static final long LONGEST_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

    private Waiting() {}

    /**
     * Returns the longest time to wait in nanoseconds: 0 for one below zero; the largest long for one that a long cannot
     * hold, above some 292 years.
     */
    static long nanos(final Duration timeout) {
        Objects.requireNonNull(timeout, "timeout");
        return Math.max(0, TimeUnit.NANOSECONDS.convert(timeout));
    }

    /**
     * Waits until a condition holds, which is checked at growing intervals. Returns false if the time is over or the
     * thread is interrupted.
     */
    static boolean until(final long nanos, final BooleanSupplier condition) {
        final long start = System.nanoTime();
        long pause = FIRST_NANOS;
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - start >= nanos || Thread.currentThread().isInterrupted()) {
                return false;
            }
            LockSupport.parkNanos(pause);
            pause = Math.min(2 * pause, LONGEST_NANOS);
        }
        return true;
    }
}
