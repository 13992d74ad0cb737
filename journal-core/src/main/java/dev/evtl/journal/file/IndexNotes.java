package dev.evtl.journal.file;

import dev.evtl.journal.format.FileHeader;
import dev.evtl.journal.format.GapEvent;
import dev.evtl.journal.format.IndexEntry;
import org.agrona.MutableDirectBuffer;

/** What the next entry of an index will say of the events before it, and where it is due. For one thread at a time. */
final class IndexNotes {
    /** Bytes of events from one entry to the next. */
    static final int INTERVAL = 1 << 20;

    private long dueAt = FileHeader.LENGTH + INTERVAL;
    private long greatest = Long.MIN_VALUE;
    private long least = Long.MAX_VALUE;
    private long dropped;

    void set(final IndexNotes other) {
        dueAt = other.dueAt;
        greatest = other.greatest;
        least = other.least;
        dropped = other.dropped;
    }

    /** Goes on from an entry, of which the event was not noted yet. */
    void set(final IndexEntry entry) {
        dueAt = entry.offset() + INTERVAL;
        greatest = entry.greatestTimestamp();
        least = Long.MAX_VALUE;
        dropped = entry.dropped();
    }

    /** Returns whether an entry is due at the claim that begins at an offset. */
    boolean isDue(final long offset) {
        return offset >= dueAt;
    }

    /** Notes an event. */
    void event(final long timestamp) {
        greatest = Math.max(greatest, timestamp);
        least = Math.min(least, timestamp);
    }

    /** Notes the number of events that a gap event records, unsigned. */
    void gap(final long events) {
        dropped = GapEvent.total(dropped, events);
    }

    long dropped() {
        return dropped;
    }

    /** Writes the entry of an event that was not noted yet, without its check. */
    void entry(
            final MutableDirectBuffer buffer,
            final int index,
            final long sequence,
            final long offset,
            final long timestamp,
            final long word) {
        IndexEntry.encode(buffer, index, sequence, offset, greatest, least, dropped, timestamp, word);
        dueAt = offset + INTERVAL;
        least = Long.MAX_VALUE;
    }
}
