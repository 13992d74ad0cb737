package dev.evtl.journal;

import org.agrona.BitUtil;
import org.agrona.BufferUtil;
import org.agrona.concurrent.AtomicBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The numbers and the state that threads of a journal share, each on cache lines of its own, so that one that the
 * appender writes does not slow a producer that reads another.
 */
final class Counters {
    static final int STATE = 0;
    static final int DROPPED_BY_PRODUCERS = 1;
    static final int DROPS_RECORDED = 2;
    static final int FIRST_DROP_TIMESTAMP = 3;
    static final int LAST_DROP_TIMESTAMP = 4;
    static final int BYTES_DROPPED_BY_PRODUCERS = 5;
    static final int REFUSED = 6;
    static final int BYTES_REFUSED = 7;
    static final int JOURNALED = 8;
    static final int BYTES_JOURNALED = 9;
    static final int DROPPED_BY_APPENDER = 10;
    static final int BYTES_DROPPED_BY_APPENDER = 11;
    static final int RING_HIGH_WATER_MARK = 12;
    static final int STUCK_SINCE = 13;
    static final int CLAIMS_LEFT = 14;
    static final int FORCES = 15;
    static final int FORCES_FAILED = 16;
    static final int FILE_POSITION = 17;
    private static final int COUNT = 18;

    /** Two lines, as processors fetch lines in pairs. */
    private static final int STRIDE = 2 * BitUtil.CACHE_LINE_LENGTH;

    static final long RUNNING = 0;
    static final long CLOSING = 1;
    /** From here on claims are not committed any more. */
    static final long FAILED = 2;
    /** From here on nobody reads the ring. */
    static final long CLOSED = 3;

    static final long FAILED_AND_CLOSED = 4;

    private final AtomicBuffer buffer =
            new UnsafeBuffer(BufferUtil.allocateDirectAligned(COUNT * STRIDE, BitUtil.CACHE_LINE_LENGTH));

    long get(final int counter) {
        return buffer.getLongVolatile(counter * STRIDE);
    }

    /** Not atomic with a {@link #get} before it: for a counter of one thread, or where the last one wins. */
    void set(final int counter, final long value) {
        buffer.putLongRelease(counter * STRIDE, value);
    }

    void add(final int counter, final long delta) {
        buffer.getAndAddLong(counter * STRIDE, delta);
    }

    boolean compareAndSet(final int counter, final long expected, final long value) {
        return buffer.compareAndSetLong(counter * STRIDE, expected, value);
    }

    boolean isRunning() {
        return get(STATE) == RUNNING;
    }
}
