package dev.evtl.journal.file;

import java.util.function.LongSupplier;
import java.util.function.LongUnaryOperator;

/**
 * When a journal of several files goes on to the next, and which files it keeps.
 *
 * @param size  bytes from which on a file takes no more batch
 * @param clock nanoseconds since the Unix epoch
 * @param times gives the first time after another at which to roll, both in nanoseconds since the Unix epoch; the largest
 *     long if there is none
 * @param retention which files are kept
 */
public record RollPolicy(long size, LongSupplier clock, LongUnaryOperator times, Retention retention) {
    long now() {
        return clock.getAsLong();
    }

    long next(final long after) {
        return times.applyAsLong(after);
    }
}
