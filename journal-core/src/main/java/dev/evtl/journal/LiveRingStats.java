package dev.evtl.journal;

import dev.evtl.journal.ring.JournalRing;
import dev.evtl.journal.ring.RingCounters;
import dev.evtl.journal.ring.RingRecord;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.ToIntFunction;

/** Reads the statistics that the ring keeps, for any thread. */
class LiveRingStats implements RingStats {
    /**
     * Number of walks over a ring that the appender is emptying, after which the count without the walk is good enough.
     */
    private static final int ATTEMPTS = 16;

    private final JournalRing ring;
    private final RingCounters counters;
    private final AtomicLong acceptedEvents = new AtomicLong();
    private final AtomicLong acceptedBytes = new AtomicLong();

    LiveRingStats(final JournalRing ring) {
        this.ring = ring;
        this.counters = ring.counters();
    }

    @Override
    public String getState() {
        return switch ((int) counters.state()) {
            case (int) RingCounters.RUNNING -> "running";
            case (int) RingCounters.CLOSING -> "closing";
            case (int) RingCounters.FAILED, (int) RingCounters.FAILED_AND_CLOSED -> "failed";
            default -> "closed"; // also where another process goes on with the ring, without this one
        };
    }

    @Override
    public long getOfferedEvents() {
        return getAcceptedEvents() + ring.drops().dropped() + getRefusedEvents();
    }

    @Override
    public long getAcceptedEvents() {
        return highest(
                acceptedEvents, accepted(RingCounters.JOURNALED, RingCounters.DROPPED_BY_APPENDER, RingRecord::events));
    }

    @Override
    public long getAcceptedBytes() {
        return highest(
                acceptedBytes,
                accepted(
                        RingCounters.BYTES_JOURNALED,
                        RingCounters.BYTES_DROPPED_BY_APPENDER,
                        record -> record.events() > 0 ? record.eventsLength() : 0));
    }

    /** Returns the highest count told so far, because a count that was taken while the appender ran may be too low. */
    private static long highest(final AtomicLong told, final long found) {
        return told.accumulateAndGet(found, Math::max);
    }

    /**
     * Returns what the appender has taken from the ring plus what a walk finds committed in it. A walk counts only if
     * the appender has not moved meanwhile: otherwise producers may have overwritten records during the walk.
     */
    private long accepted(final int journaled, final int dropped, final ToIntFunction<RingRecord> count) {
        for (int i = 0; i < ATTEMPTS; i++) {
            final long head = ring.head();
            final long taken = counters.get(journaled) + counters.get(dropped);
            final long accepted = taken + inRing(head, count);
            if (ring.head() == head && taken == counters.get(journaled) + counters.get(dropped)) {
                return accepted;
            }
        }
        return counters.get(journaled) + counters.get(dropped);
    }

    private long inRing(final long head, final ToIntFunction<RingRecord> count) {
        final RingRecord record = ring.record();
        final long end = ring.walkEnd();
        long sum = 0;
        for (record.at(head); record.position() < end && !record.isHole(); record.next()) {
            sum += record.isCommitted() ? count.applyAsInt(record) : 0;
        }
        return sum;
    }

    @Override
    public long getJournaledEvents() {
        return counters.get(RingCounters.JOURNALED);
    }

    @Override
    public long getJournaledBytes() {
        return counters.get(RingCounters.BYTES_JOURNALED);
    }

    @Override
    public long getDroppedEvents() {
        return ring.drops().dropped() + counters.get(RingCounters.DROPPED_BY_APPENDER);
    }

    @Override
    public long getDroppedBytes() {
        return counters.get(RingCounters.BYTES_DROPPED_BY_PRODUCERS)
                + counters.get(RingCounters.BYTES_DROPPED_BY_APPENDER);
    }

    @Override
    public long getRefusedEvents() {
        return counters.get(RingCounters.REFUSED);
    }

    @Override
    public long getRefusedBytes() {
        return counters.get(RingCounters.BYTES_REFUSED);
    }

    @Override
    public double getDropRate() {
        final long offered = getOfferedEvents();
        return offered == 0 ? 0 : (double) getDroppedEvents() / offered;
    }

    @Override
    public int getRingSize() {
        return ring.buffer().capacity();
    }

    @Override
    public int getRingUsed() {
        return ring.buffer().size();
    }

    @Override
    public long getRingHighWaterMark() {
        return counters.get(RingCounters.RING_HIGH_WATER_MARK);
    }

    @Override
    public long getHeadStuckNanos() {
        final long since = counters.get(RingCounters.STUCK_SINCE);
        return since == 0 || isHeadEnded() ? 0 : System.nanoTime() - since;
    }

    /** Returns whether the claim at the head was committed or aborted, which the appender may not have seen yet. */
    private boolean isHeadEnded() {
        return ring.isHeadCommitted() || ring.head() == ring.tail();
    }

    @Override
    public long getAbandonedEvents() {
        return counters.get(RingCounters.ABANDONED);
    }

    @Override
    public long getFileOffset() {
        return counters.get(RingCounters.FILE_OFFSET);
    }

    @Override
    public long getForces() {
        return counters.get(RingCounters.FORCES);
    }

    @Override
    public long getForcesFailed() {
        return counters.get(RingCounters.FORCES_FAILED);
    }

    @Override
    public String toString() {
        return getState() + ": " + getJournaledEvents() + " events journaled up to offset " + getFileOffset() + ", "
                + getDroppedEvents() + " dropped, " + getRefusedEvents() + " refused, " + getAbandonedEvents()
                + " abandoned" + stuck() + ", ring " + getRingUsed() + " of " + getRingSize() + " bytes, " + getForces()
                + " forces";
    }

    private String stuck() {
        final long nanos = getHeadStuckNanos();
        return nanos == 0 ? "" : ", a claim is open since " + TimeUnit.NANOSECONDS.toMillis(nanos) + " ms";
    }
}
