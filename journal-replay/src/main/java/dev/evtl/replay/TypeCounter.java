package dev.evtl.replay;

import dev.evtl.journal.format.EventHeader;
import java.util.SortedMap;
import java.util.TreeMap;
import org.agrona.DirectBuffer;

/** Counts events by type. A gap counts as one event of type 240. */
public final class TypeCounter implements EventConsumer {
    private final long[] counts = new long[EventHeader.TYPE_GAP + 1];

    /** With no event counted. */
    public TypeCounter() {}

    @Override
    public boolean consume(
            final long sequence,
            final long timestamp,
            final int type,
            final int flags,
            final DirectBuffer buffer,
            final int offset,
            final int length) {
        counts[type]++;
        return true;
    }

    @Override
    public void gap(
            final long sequence,
            final long timestamp,
            final long dropped,
            final long firstTimestamp,
            final long lastTimestamp) {
        counts[EventHeader.TYPE_GAP]++;
    }

    /**
     * What was counted so far.
     *
     * @return number of events of each type of which there was one, by type
     */
    public SortedMap<Integer, Long> counts() {
        final SortedMap<Integer, Long> found = new TreeMap<>();
        for (int type = 0; type < counts.length; type++) {
            if (counts[type] > 0) {
                found.put(type, counts[type]);
            }
        }
        return found;
    }

    @Override
    public String name() {
        return "count";
    }
}
