package dev.evtl.journal.ring;

import static dev.evtl.journal.ring.RingCounters.BYTES_DROPPED_BY_PRODUCERS;
import static dev.evtl.journal.ring.RingCounters.DROPPED_BY_PRODUCERS;
import static dev.evtl.journal.ring.RingCounters.DROPS_RECORDED;
import static dev.evtl.journal.ring.RingCounters.FIRST_DROP_TIMESTAMP;
import static dev.evtl.journal.ring.RingCounters.LAST_DROP_TIMESTAMP;

import dev.evtl.journal.format.EventHeader;
import dev.evtl.journal.format.GapEvent;
import java.lang.invoke.VarHandle;
import org.agrona.MutableDirectBuffer;

/**
 * Events that producers dropped because the ring was full, until a gap event records them at their place.
 *
 * <p>Two counters that only grow, dropped and recorded, and one rule make the place exact without a lock: who sees that
 * they differ reads them, claims a place in the ring, and only then moves recorded to the dropped that it read; whoever
 * loses that race gives its place back. So a drop is recorded after all that its thread published before, because the
 * counter was read after the drop, and before all that it publishes later, because it claims nothing while they differ.
 *
 * <p>A gap in the ring holds the dropped up to which it records, and the appender takes from that what the file holds
 * already. So a gap that is recorded twice is there once, and a process may be killed anywhere: before the gap is
 * written whole nothing counts as recorded, and after that the gap is good, whether its process came to commit it or
 * not. The dropped, stored last, is what makes it whole.
 *
 * <p>The count is exact. The timestamps can be off by drops that race with the recording of others.
 */
public final class Drops {
    private final RingCounters counters;
    private final RingProducer producer;

    Drops(final RingCounters counters, final RingProducer producer) {
        this.counters = counters;
        this.producer = producer;
    }

    /**
     * Counts dropped events.
     *
     * @return false, without counting them, once the journal has recorded its last drop
     */
    public boolean drop(final int events, final int bytes, final long timestamp) {
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
    public void seal() {
        counters.seal();
    }

    public long dropped() {
        return counters.dropped();
    }

    public boolean pending() {
        return dropped() != counters.get(DROPS_RECORDED);
    }

    /** Takes back what was said to be recorded but is in no gap that the appender got: a close has passed over one. */
    public void recordAnew(final long journaled) {
        counters.set(DROPS_RECORDED, journaled);
    }

    /**
     * Puts a gap event for all drops so far into the ring.
     *
     * @return false if the ring has no room for it
     */
    public boolean record() {
        final long target = dropped();
        for (long recorded = counters.get(DROPS_RECORDED); recorded < target; recorded = counters.get(DROPS_RECORDED)) {
            final long dropped = dropped();
            final long first = counters.get(FIRST_DROP_TIMESTAMP);
            final long last = counters.get(LAST_DROP_TIMESTAMP);
            final int index = producer.tryClaimGap(GapEvent.LENGTH);
            if (index < 0) {
                return false;
            }
            try {
                encode(index, dropped, first, last);
                if (counters.compareAndSet(DROPS_RECORDED, recorded, dropped)) {
                    producer.commit(index);
                } else {
                    producer.abort(index);
                }
            } catch (final IllegalStateException e) {
                if (counters.state() < RingCounters.CLOSED) {
                    throw e;
                }
                return false; // a close has passed over the claim
            }
        }
        return true;
    }

    private void encode(final int index, final long dropped, final long first, final long last) {
        final MutableDirectBuffer buffer = producer.buffer();
        GapEvent.encode(buffer, index, last, 0, first, last);
        VarHandle.releaseFence();
        GapEvent.dropped(buffer, index + EventHeader.LENGTH, dropped);
    }
}
