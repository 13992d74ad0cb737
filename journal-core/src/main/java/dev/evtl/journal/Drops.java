package dev.evtl.journal;

import static dev.evtl.journal.Counters.BYTES_DROPPED_BY_PRODUCERS;
import static dev.evtl.journal.Counters.DROPPED_BY_PRODUCERS;
import static dev.evtl.journal.Counters.DROPS_RECORDED;
import static dev.evtl.journal.Counters.FIRST_DROP_TIMESTAMP;
import static dev.evtl.journal.Counters.LAST_DROP_TIMESTAMP;
import static dev.evtl.journal.Counters.STATE;

import dev.evtl.journal.format.GapEvent;
import org.agrona.concurrent.ringbuffer.RingBuffer;

/**
 * Events that producers dropped because the ring was full, until a gap event records them at their place.
 *
 * <p>Two counters that only grow, dropped and recorded, and one rule make the place exact without a lock: who sees that
 * they differ reads them, claims a place in the ring, and only then moves recorded to the dropped that it read; whoever
 * loses that race gives its place back. So a drop is recorded after all that its thread published before, because the
 * counter was read after the drop, and before all that it publishes later, because it claims nothing while they differ.
 *
 * <p>The count is exact. The timestamps can be off by drops that race with the recording of others.
 */
final class Drops {
    /** Ring message type of a gap; the others are the number of events in a claim. */
    static final int GAP_MESSAGE_TYPE = Integer.MAX_VALUE;

    private static final long SEALED = Long.MIN_VALUE;

    private final Counters counters;
    private final RingBuffer ring;

    Drops(final Counters counters, final RingBuffer ring) {
        this.counters = counters;
        this.ring = ring;
    }

    /**
     * Counts dropped events.
     *
     * @return false, without counting them, once the journal has recorded its last drop
     */
    boolean drop(final int events, final int bytes, final long timestamp) {
        long dropped;
        do {
            dropped = counters.get(DROPPED_BY_PRODUCERS);
            if (dropped < 0) {
                return false;
            }
            if (dropped == counters.get(DROPS_RECORDED)) {
                counters.set(FIRST_DROP_TIMESTAMP, timestamp);
            }
            counters.set(LAST_DROP_TIMESTAMP, timestamp);
        } while (!counters.compareAndSet(DROPPED_BY_PRODUCERS, dropped, dropped + events));
        counters.add(BYTES_DROPPED_BY_PRODUCERS, bytes);
        return true;
    }

    /** Ends the counting: what is offered from now on is refused. */
    void seal() {
        counters.add(DROPPED_BY_PRODUCERS, counters.get(DROPPED_BY_PRODUCERS) < 0 ? 0 : SEALED);
    }

    long dropped() {
        return counters.get(DROPPED_BY_PRODUCERS) & ~SEALED;
    }

    boolean pending() {
        return dropped() != counters.get(DROPS_RECORDED);
    }

    /**
     * Puts a gap event for all drops so far into the ring.
     *
     * @return false if the ring has no room for it
     */
    boolean record() {
        final long target = dropped();
        for (long recorded = counters.get(DROPS_RECORDED); recorded < target; recorded = counters.get(DROPS_RECORDED)) {
            final long dropped = dropped();
            final long first = counters.get(FIRST_DROP_TIMESTAMP);
            final long last = counters.get(LAST_DROP_TIMESTAMP);
            final int index = ring.tryClaim(GAP_MESSAGE_TYPE, GapEvent.LENGTH);
            if (index < 0) {
                return false;
            }
            try {
                if (counters.compareAndSet(DROPS_RECORDED, recorded, dropped)) {
                    GapEvent.encode(ring.buffer(), index, last, dropped - recorded, first, last);
                    ring.commit(index);
                } else {
                    ring.abort(index);
                }
            } catch (final IllegalStateException e) {
                if (counters.get(STATE) < Counters.CLOSED) {
                    throw e;
                }
                return false; // a close has passed over the claim
            }
        }
        return true;
    }
}
