package dev.evtl.journal.file;

import dev.evtl.journal.format.EventHeader;
import dev.evtl.journal.format.GapEvent;
import dev.evtl.journal.format.IndexEntry;
import dev.evtl.journal.format.JournalHeader;
import org.agrona.DirectBuffer;
import org.agrona.ExpandableArrayBuffer;

/**
 * Makes the entries of an index while the events of a file are walked, from one of its entries on or from the file's
 * start. For one thread at a time.
 */
public final class IndexBuilder {
    private final IndexEntry start;
    private final long firstPlace;
    private final IndexNotes notes = new IndexNotes();
    private final IndexNotes beforeClaim = new IndexNotes();
    private final ExpandableArrayBuffer entries = new ExpandableArrayBuffer();
    private int count;
    private int countBeforeClaim;

    private IndexBuilder(final IndexEntry start, final long firstPlace) {
        this.start = start;
        this.firstPlace = firstPlace;
    }

    /** Returns a builder for a walk over the whole file. */
    public static IndexBuilder fromStart(final JournalHeader header) {
        return new IndexBuilder(IndexEntry.start(header), 0);
    }

    /** Returns a builder for a walk from an entry of the index on. */
    static IndexBuilder from(final IndexEntry entry, final long place) {
        final IndexBuilder builder = new IndexBuilder(entry, place + 1);
        builder.notes.set(entry);
        return builder;
    }

    /** Returns the entry from which the walk begins. */
    public IndexEntry start() {
        return start;
    }

    /** Returns whether the walk begins at an entry, and not at the file's start. */
    public boolean isFromAnEntry() {
        return firstPlace > 0;
    }

    /**
     * Notes an event of the walk.
     *
     * @param first    whether it is the first of its claim
     * @param sequence sequence number of the event
     * @param offset   of the event in the file
     * @param buffer   that holds the event
     * @param index    of the event in the buffer
     * @param word     of the event
     */
    public void event(
            final boolean first,
            final long sequence,
            final long offset,
            final DirectBuffer buffer,
            final int index,
            final long word) {
        final long timestamp = EventHeader.timestamp(buffer, index);
        if (first) {
            beforeClaim.set(notes);
            countBeforeClaim = count;
            if (notes.isDue(offset)) {
                notes.entry(entries, count * IndexEntry.LENGTH, sequence, offset, timestamp, word);
                count++;
            }
        }
        notes.event(timestamp);
        if (GapEvent.isGap(word)) {
            notes.gap(GapEvent.dropped(buffer, index + EventHeader.LENGTH));
        }
    }

    /** Forgets the last claim, whose end is missing. */
    public void claimIsCut() {
        notes.set(beforeClaim);
        count = countBeforeClaim;
    }

    IndexNotes notes() {
        return notes;
    }

    /** Returns the place in the index at which the entries of the walk begin. */
    long firstPlace() {
        return firstPlace;
    }

    /** Returns the entries of the walk, as they are in the index. */
    byte[] entries(final JournalHeader header) {
        final byte[] bytes = new byte[count * IndexEntry.LENGTH];
        for (int i = 0; i < count; i++) {
            IndexEntry.seal(entries, i * IndexEntry.LENGTH, firstPlace + i, header);
        }
        entries.getBytes(0, bytes);
        return bytes;
    }
}
