package dev.evtl.journal.ring;

import java.util.HashSet;
import java.util.Set;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.AtomicBuffer;

/**
 * The state and the counters that all threads of a journal share, and with a ring file all its processes. {@link
 * RingLayout} lists the counters with their units.
 *
 * <p>The state grows from {@link #RUNNING} to {@link #FAILED_AND_CLOSED}. In a ring file it is relative to a multiple
 * of {@link #GENERATION}. A new owner moves to the next generation if a close did not wait for all claims; processes of
 * the old generation can then no longer publish.
 */
public final class RingCounters {
    private static final int STATE = 0;
    /** Number of events that producers dropped; the highest bit says that the counting has ended. */
    static final int DROPPED_BY_PRODUCERS = 1;
    /** Number of events dropped by producers that gaps in the ring record. */
    static final int DROPS_RECORDED = 2;
    /** Timestamp of the first event dropped since the last gap. */
    static final int FIRST_DROP_TIMESTAMP = 3;
    /** Timestamp of the last event dropped. */
    static final int LAST_DROP_TIMESTAMP = 4;
    /** Bytes of the events that producers dropped. */
    public static final int BYTES_DROPPED_BY_PRODUCERS = 5;
    /** Number of events refused. */
    public static final int REFUSED = 6;
    /** Bytes of the events refused. */
    public static final int BYTES_REFUSED = 7;
    /** Number of events journaled. */
    public static final int JOURNALED = 8;
    /** Bytes of the events journaled. */
    public static final int BYTES_JOURNALED = 9;
    /** Number of events that the appender dropped. */
    public static final int DROPPED_BY_APPENDER = 10;
    /** Bytes of the events that the appender dropped. */
    public static final int BYTES_DROPPED_BY_APPENDER = 11;
    /** Largest number of bytes in the ring that the appender found in use. */
    public static final int RING_HIGH_WATER_MARK = 12;
    /** Time by {@link System#nanoTime} since which the claim at the head holds up those behind it; 0 if it does not. */
    public static final int STUCK_SINCE = 13;
    /** Number of events in claims that were neither committed nor aborted. */
    public static final int ABANDONED = 14;
    /** Number of forces that succeeded. */
    public static final int FORCES = 15;
    /** Number of forces that failed. */
    public static final int FORCES_FAILED = 16;
    /** Offset in the file at which the next event goes. */
    public static final int FILE_OFFSET = 17;

    /** Ring position up to which a thread or process waits for a force. */
    public static final int SYNC_WANTED = 18;
    /** Ring position up to which everything was forced. */
    public static final int SYNCED = 19;

    static final int COUNT = 20;

    /** Claims are accepted. */
    public static final long RUNNING = 0;
    /** No claims are accepted; what was accepted is being journaled. */
    public static final long CLOSING = 1;
    /** The journal has failed. From this state on claims are not committed. */
    public static final long FAILED = 2;
    /** The journal is closed. From this state on nobody reads the ring. */
    public static final long CLOSED = 3;
    /** The journal has failed and is closed. */
    public static final long FAILED_AND_CLOSED = 4;

    private static final long GENERATION = 8;
    private static final long NEVER = Long.MIN_VALUE;
    private static final long SEALED = Long.MIN_VALUE;

    private final AtomicBuffer buffer;
    /** Ring indexes of the claims that a close passed over. Also the monitor that guards passing over. */
    private final Set<Integer> passedOver = new HashSet<>();
    /** Value of the state counter while the journal runs, a multiple of {@link #GENERATION}; or {@link #NEVER}. */
    private volatile long running;
    /** The state as this process sees it after {@link #end}, whatever the ring file's state is. */
    private volatile long ended;

    private RingCounters(final AtomicBuffer buffer, final long running) {
        this.buffer = buffer;
        this.running = running;
    }

    /** Returns the counters of a ring in memory, all 0. */
    static RingCounters inMemory(final AtomicBuffer zeros) {
        return new RingCounters(zeros, RUNNING);
    }

    /** Writes the counters of a new ring file, which accepts nothing before its owner has opened the journal. */
    static void encodeNew(final MutableDirectBuffer counters) {
        counters.putLong(RingLayout.counterOffset(STATE), CLOSING);
    }

    /**
     * Returns whether an owner of a ring file gave up waiting for claims, so that a living process may still write
     * there.
     */
    static boolean isGivenUp(final AtomicBuffer counters) {
        return counters.getLongVolatile(RingLayout.counterOffset(STATE)) % GENERATION >= CLOSED;
    }

    /** Sets the state to closed for all processes that have the ring file, which will not be used again. */
    static void giveUp(final AtomicBuffer counters) {
        final int state = RingLayout.counterOffset(STATE);
        counters.putLongRelease(state, counters.getLongVolatile(state) & -GENERATION | CLOSED);
    }

    /** Returns the number of events that producers dropped in a ring file. */
    static long dropped(final AtomicBuffer counters) {
        return counters.getLongVolatile(RingLayout.counterOffset(DROPPED_BY_PRODUCERS)) & ~SEALED;
    }

    /** Returns the counters of a ring file, for a process that attaches to it. */
    static RingCounters attach(final AtomicBuffer buffer) {
        return new RingCounters(buffer, buffer.getLongVolatile(RingLayout.counterOffset(STATE)) & -GENERATION);
    }

    /**
     * Returns the counters of a ring file for its new owner. The other processes go on, unless the previous owner died
     * while closing after it had given up waiting for claims: then a new generation begins, because those claims must
     * not be ended any more.
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

    /** Sets the state, unless this process's use of the ring has ended. */
    public void state(final long value) {
        final long base = running; // read once, because another thread may change it
        if (base != NEVER) {
            set(STATE, base + value);
        }
    }

    /** Ends the use of a ring file for all processes that have it. Its next owner finds it like a new one. */
    void renew() {
        final long next = running + GENERATION + CLOSING;
        end(CLOSED);
        set(STATE, next);
    }

    /** Ends this process's use of a ring file, which other processes may go on using. */
    public void end(final long value) {
        ended = value;
        running = NEVER;
    }

    public void closing() {
        final long base = running; // read once, because another thread may change it
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

    /**
     * Sets a counter. This is not atomic with a {@link #get} before it: use it for a counter of one thread, or where
     * the last value wins.
     */
    public void set(final int counter, final long value) {
        buffer.putLongRelease(RingLayout.counterOffset(counter), value);
    }

    public void add(final int counter, final long delta) {
        buffer.getAndAddLong(RingLayout.counterOffset(counter), delta);
    }

    /** Raises a counter to a value, unless it is higher already. */
    public void raise(final int counter, final long value) {
        long found = get(counter);
        while (found < value && !compareAndSet(counter, found, value)) {
            found = get(counter);
        }
    }

    boolean compareAndSet(final int counter, final long expected, final long value) {
        return buffer.compareAndSetLong(RingLayout.counterOffset(counter), expected, value);
    }

    /**
     * Returns whether this process can never publish into the ring again: it was closed, or goes on without this
     * process's claims.
     */
    public boolean isEnded() {
        return state() >= CLOSED;
    }

    /** Ends the counting of drops. */
    public void seal() {
        add(DROPPED_BY_PRODUCERS, get(DROPPED_BY_PRODUCERS) < 0 ? 0 : SEALED);
    }

    /** Returns the number of events that producers dropped. */
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
