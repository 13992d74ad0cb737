package dev.evtl.journal;

import dev.evtl.journal.storage.RingFile;
import java.util.HashSet;
import java.util.Set;
import org.agrona.BitUtil;
import org.agrona.BufferUtil;
import org.agrona.concurrent.AtomicBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The numbers and the state that threads of a journal share, each on cache lines of its own, so that one that the
 * appender writes does not slow a producer that reads another. With a ring file they lie in it.
 */
final class Counters {
    private static final int STATE = 0;
    static final int DROPPED_BY_PRODUCERS = RingFile.DROPPED_COUNTER;
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

    private static final int STRIDE = RingFile.COUNTER_STRIDE;

    static final long RUNNING = 0;
    static final long CLOSING = RingFile.NOT_ACCEPTING;
    /** From here on claims are not committed any more. */
    static final long FAILED = 2;
    /** From here on nobody reads the ring. */
    static final long CLOSED = RingFile.GIVEN_UP;

    static final long FAILED_AND_CLOSED = 4;

    private static final long GENERATION = RingFile.GENERATION;
    private static final long NEVER = Long.MIN_VALUE;
    private static final long SEALED = Long.MIN_VALUE;

    private final AtomicBuffer buffer;
    /** Ring indexes of open claims that a close did not wait for any longer; also what guards the passing over. */
    private final Set<Integer> passedOver = new HashSet<>();
    /** What the state counter is while the journal runs, a multiple of {@link #GENERATION}; or {@link #NEVER}. */
    private volatile long running;
    /** The state for this process, once what others do with a ring file is none of its concern. */
    private volatile long ended;

    Counters() {
        this(new UnsafeBuffer(BufferUtil.allocateDirectAligned(COUNT * STRIDE, BitUtil.CACHE_LINE_LENGTH)), 0);
    }

    private Counters(final AtomicBuffer buffer, final long running) {
        this.buffer = buffer;
        this.running = running;
    }

    /** Those of a ring file, for a process that attaches to it. */
    static Counters attach(final AtomicBuffer buffer) {
        return new Counters(buffer, buffer.getLongVolatile(STATE * STRIDE) & -GENERATION);
    }

    /**
     * Those of a ring file, for its new owner, who lets the others go on. Unless the owner before died while it closed
     * the journal and had given up waiting for claims: those who hold one must not end it any more.
     */
    static Counters reopen(final AtomicBuffer buffer) {
        final long state = buffer.getLongVolatile(STATE * STRIDE);
        final long generation = state & -GENERATION;
        final Counters counters =
                new Counters(buffer, state - generation < CLOSED ? generation : generation + GENERATION);
        counters.set(STUCK_SINCE, 0);
        final long dropped = counters.get(DROPPED_BY_PRODUCERS);
        if (dropped < 0) {
            counters.compareAndSet(DROPPED_BY_PRODUCERS, dropped, dropped & ~SEALED);
        }
        return counters;
    }

    /** Lets producers publish. */
    void run() {
        state(RUNNING);
    }

    long state() {
        final long base = running;
        return base == NEVER ? ended : get(STATE) - base;
    }

    void state(final long value) {
        set(STATE, running + value);
    }

    /** Ends what this process does with a ring file, which may go on for others. */
    void end(final long value) {
        ended = value;
        running = NEVER;
    }

    void closing() {
        final long base = running; // once: another thread may end it
        if (base != NEVER) {
            compareAndSet(STATE, base, base + CLOSING);
        }
    }

    Set<Integer> passedOver() {
        return passedOver;
    }

    boolean isPassedOver(final int claim) {
        synchronized (passedOver) {
            return passedOver.contains(claim);
        }
    }

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

    /** Ends the counting of drops. */
    void seal() {
        add(DROPPED_BY_PRODUCERS, get(DROPPED_BY_PRODUCERS) < 0 ? 0 : SEALED);
    }

    /** Drops counted by producers. */
    long dropped() {
        return get(DROPPED_BY_PRODUCERS) & ~SEALED;
    }

    boolean isFailed() {
        final long state = state();
        return state == FAILED || state == FAILED_AND_CLOSED;
    }

    boolean isRunning() {
        return get(STATE) == running;
    }
}
