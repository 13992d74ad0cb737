package dev.evtl.journal.ring;

import java.util.HashSet;
import java.util.Set;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.AtomicBuffer;

/**
 * The numbers and the state that the threads of a journal share, and with a ring file its processes. {@link RingLayout}
 * has the table of them, with units.
 *
 * <p>The state grows from {@link #RUNNING} to {@link #FAILED_AND_CLOSED}. In a ring file it is counted from a multiple of
 * {@link #GENERATION}, which moves on when those who hold claims that a close had not waited for are to publish no more.
 */
public final class RingCounters {
    private static final int STATE = 0;
    /** Events that producers dropped; the highest bit says that no more are counted. */
    static final int DROPPED_BY_PRODUCERS = 1;
    /** Of these, events that gaps in the ring record. */
    static final int DROPS_RECORDED = 2;
    /** Timestamp of the first event dropped since the last gap. */
    static final int FIRST_DROP_TIMESTAMP = 3;
    /** Timestamp of the last one. */
    static final int LAST_DROP_TIMESTAMP = 4;
    /** Bytes of the events that producers dropped. */
    public static final int BYTES_DROPPED_BY_PRODUCERS = 5;
    /** Events refused. */
    public static final int REFUSED = 6;
    /** Bytes of the events refused. */
    public static final int BYTES_REFUSED = 7;
    /** Events journaled. */
    public static final int JOURNALED = 8;
    /** Bytes of the events journaled. */
    public static final int BYTES_JOURNALED = 9;
    /** Events that the appender dropped. */
    public static final int DROPPED_BY_APPENDER = 10;
    /** Bytes of the events that the appender dropped. */
    public static final int BYTES_DROPPED_BY_APPENDER = 11;
    /** Most bytes of the ring that the appender found in use. */
    public static final int RING_HIGH_WATER_MARK = 12;
    /** When the claim at the head began to hold up those behind it, by {@link System#nanoTime}; 0 if it does not. */
    public static final int STUCK_SINCE = 13;
    /** Events of claims that were neither committed nor aborted. */
    public static final int ABANDONED = 14;
    /** Forces that succeeded. */
    public static final int FORCES = 15;
    /** Forces that failed. */
    public static final int FORCES_FAILED = 16;
    /** Offset in the file at which the next event goes. */
    public static final int FILE_OFFSET = 17;

    /** Position of the ring up to which somebody waits for a force. */
    public static final int SYNC_WANTED = 18;
    /** Position of the ring up to which all was forced. */
    public static final int SYNCED = 19;

    static final int COUNT = 20;

    /** Claims are accepted. */
    public static final long RUNNING = 0;
    /** Nothing is accepted; what was accepted is journaled. */
    public static final long CLOSING = 1;
    /** From here on claims are not committed any more. */
    public static final long FAILED = 2;
    /** From here on nobody reads the ring. */
    public static final long CLOSED = 3;
    /** Both. */
    public static final long FAILED_AND_CLOSED = 4;

    private static final long GENERATION = 8;
    private static final long NEVER = Long.MIN_VALUE;
    private static final long SEALED = Long.MIN_VALUE;

    private final AtomicBuffer buffer;
    /** Ring indexes of open claims that a close did not wait for any longer; also what guards the passing over. */
    private final Set<Integer> passedOver = new HashSet<>();
    /** What the state counter is while the journal runs, a multiple of {@link #GENERATION}; or {@link #NEVER}. */
    private volatile long running;
    /** The state for this process, once what others do with a ring file is none of its concern. */
    private volatile long ended;

    private RingCounters(final AtomicBuffer buffer, final long running) {
        this.buffer = buffer;
        this.running = running;
    }

    /** Those of a ring in memory, all 0. */
    static RingCounters inMemory(final AtomicBuffer zeros) {
        return new RingCounters(zeros, RUNNING);
    }

    /** Of a new ring file: nothing is accepted into it before its owner has opened the journal. */
    static void encodeNew(final MutableDirectBuffer counters) {
        counters.putLong(RingLayout.counterOffset(STATE), CLOSING);
    }

    /** Whether an owner of a ring file has not waited for claims, so that somebody who lives may still write there. */
    static boolean isGivenUp(final AtomicBuffer counters) {
        return counters.getLongVolatile(RingLayout.counterOffset(STATE)) % GENERATION >= CLOSED;
    }

    /** Says closed to all who have a ring file that will not be used again. */
    static void giveUp(final AtomicBuffer counters) {
        final int state = RingLayout.counterOffset(STATE);
        counters.putLongRelease(state, counters.getLongVolatile(state) & -GENERATION | CLOSED);
    }

    /** Drops counted by producers in a ring file. */
    static long dropped(final AtomicBuffer counters) {
        return counters.getLongVolatile(RingLayout.counterOffset(DROPPED_BY_PRODUCERS)) & ~SEALED;
    }

    /** Those of a ring file, for a process that attaches to it. */
    static RingCounters attach(final AtomicBuffer buffer) {
        return new RingCounters(buffer, buffer.getLongVolatile(RingLayout.counterOffset(STATE)) & -GENERATION);
    }

    /**
     * Those of a ring file, for its new owner, who lets the others go on. Unless the owner before died while it closed
     * the journal and had given up waiting for claims: those who hold one must not end it any more.
     */
    static RingCounters reopen(final AtomicBuffer buffer) {
        final long state = buffer.getLongVolatile(RingLayout.counterOffset(STATE));
        final long generation = state & -GENERATION;
        final RingCounters counters =
                new RingCounters(buffer, state - generation < CLOSED ? generation : generation + GENERATION);
        counters.set(STUCK_SINCE, 0);
        final long dropped = counters.get(DROPPED_BY_PRODUCERS);
        if (dropped < 0) {
            counters.compareAndSet(DROPPED_BY_PRODUCERS, dropped, dropped & ~SEALED);
        }
        return counters;
    }

    /** Lets producers publish. */
    public void run() {
        state(RUNNING);
    }

    public long state() {
        final long base = running;
        return base == NEVER ? ended : get(STATE) - base;
    }

    public void state(final long value) {
        set(STATE, running + value);
    }

    /** Ends what this process does with a ring file, which may go on for others. */
    public void end(final long value) {
        ended = value;
        running = NEVER;
    }

    public void closing() {
        final long base = running; // once: another thread may end it
        if (base != NEVER) {
            compareAndSet(STATE, base, base + CLOSING);
        }
    }

    public Set<Integer> passedOver() {
        return passedOver;
    }

    public boolean isPassedOver(final int claim) {
        synchronized (passedOver) {
            return passedOver.contains(claim);
        }
    }

    public long get(final int counter) {
        return buffer.getLongVolatile(RingLayout.counterOffset(counter));
    }

    /** Not atomic with a {@link #get} before it: for a counter of one thread, or where the last one wins. */
    public void set(final int counter, final long value) {
        buffer.putLongRelease(RingLayout.counterOffset(counter), value);
    }

    public void add(final int counter, final long delta) {
        buffer.getAndAddLong(RingLayout.counterOffset(counter), delta);
    }

    /** Sets a counter to a value, unless it is above that already. */
    public void raise(final int counter, final long value) {
        long found = get(counter);
        while (found < value && !compareAndSet(counter, found, value)) {
            found = get(counter);
        }
    }

    boolean compareAndSet(final int counter, final long expected, final long value) {
        return buffer.compareAndSetLong(RingLayout.counterOffset(counter), expected, value);
    }

    /** Ends the counting of drops. */
    public void seal() {
        add(DROPPED_BY_PRODUCERS, get(DROPPED_BY_PRODUCERS) < 0 ? 0 : SEALED);
    }

    /** Drops counted by producers. */
    public long dropped() {
        return dropped(buffer);
    }

    public boolean isFailed() {
        final long state = state();
        return state == FAILED || state == FAILED_AND_CLOSED;
    }

    public boolean isRunning() {
        return get(STATE) == running;
    }
}
