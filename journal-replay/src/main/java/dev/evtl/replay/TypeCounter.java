package dev.evtl.replay;

import dev.evtl.journal.format.EventHeader;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;

/** Counts events by type. A gap counts as one event of type 240. */
public final class TypeCounter implements EventConsumer {
    private final long[] counts = new long[EventHeader.TYPE_GAP + 1];

    /** With no event counted. */
    public TypeCounter() {}

    @Override
    public boolean consume(final JournalEvent event) {
        Objects.requireNonNull(event, "event");
        counts[event.type()]++;
        return true;
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
