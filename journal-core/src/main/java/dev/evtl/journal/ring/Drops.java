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
 * Counts the events that producers dropped because the ring was full, and records them in a gap event at their place in
 * the order. Used by publishing threads and by the thread that runs the appender.
 *
 * <p>Two counters that only grow, dropped and recorded, keep the place exact without a lock. A thread that sees them
 * differ reads them, claims room for a gap event, and only then moves recorded to the value of dropped that it read. If
 * another thread was faster, it aborts its claim. So a drop is recorded after everything that its thread published
 * before it, because the counter is read after the drop. It is also recorded before everything that its thread
 * publishes later, because no thread claims anything else while the counters differ.
 *
 * <p>A gap in the ring holds the value of dropped up to which it records. The appender subtracts what the file records
 * already, so a gap that is in the ring twice is in the file once. The value of dropped is stored last and completes
 * the gap. A process can therefore be killed at any moment: before that store nothing counts as recorded, and after it
 * the gap is valid even if it was never committed.
 *
 * <p>The count is exact. The timestamps can be off when drops race with the recording of other drops.
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
     * @return false if they were not counted because the counting has ended
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

    /** Ends the counting of drops. Events offered from now on are refused. */
    public void seal() {
        counters.seal();
    }

    public long dropped() {
        return counters.dropped();
    }

    public boolean pending() {
        return dropped() != counters.get(DROPS_RECORDED);
    }

    /** Resets the number of recorded drops to what the file records, after a close has passed over a gap. */
    public void recordAnew(final long journaled) {
        counters.set(DROPS_RECORDED, journaled);
    }

    /**
     * Puts a gap event for all drops so far into the ring.
     *
     * @return false if the ring has no room for it, or a close has passed over the gap's claim
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
