package dev.evtl.replay;

import dev.evtl.journal.format.EventHeader;
import dev.evtl.journal.format.GapEvent;
import java.util.Objects;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * An event of an application, or a gap: the place of events that producers offered and the journal had to drop. Both come
 * in one stream, so ask for {@link #type} or {@link #isGap} before you take the payload for your own.
 *
 * <p>A flyweight: a reader has one, which shows each event where it lies, in memory that is the reader's. All that it says
 * holds until the handler returns or the reader goes on, though the memory can be read ever after; who needs more of it for
 * longer copies that. It may not be written to: without verification it is the file. For the reader's thread.
 */
public final class JournalEvent {
    /** A view of the memory in which events lie: of a known class, and never exchanged, as that costs at every event. */
    private final UnsafeBuffer buffer = new UnsafeBuffer(new byte[EventHeader.LENGTH]);

    private int index;
    private long word;
    private long sequence;
    private long offset;

    /** Shows nothing yet. */
    public JournalEvent() {}

    /**
     * Shows an event that lies in a buffer, as it would in a file: for tests of handlers.
     *
     * @param source        that holds the event
     * @param eventIndex    of its header in the buffer
     * @param eventSequence its number in its journal
     * @param eventOffset   of its header in its file
     * @return this
     * @throws IndexOutOfBoundsException if the event is not within the buffer; this shows what it showed before
     */
    public JournalEvent wrap(
            final DirectBuffer source, final int eventIndex, final long eventSequence, final long eventOffset) {
        Objects.requireNonNull(source, "source");
        checkRange(source, eventIndex, EventHeader.LENGTH);
        final long eventWord = EventHeader.word(source, eventIndex);
        checkRange(source, eventIndex, EventHeader.LENGTH + EventHeader.payloadLength(eventWord));
        lieIn(source);
        set(eventIndex, eventWord, eventSequence, eventOffset);
        return this;
    }

    /** Checks the range here, because Agrona's bounds checks can be turned off. */
    private static void checkRange(final DirectBuffer source, final int eventIndex, final int length) {
        if (eventIndex < 0 || eventIndex > source.capacity() - length) {
            throw new IndexOutOfBoundsException("event of " + length + " bytes at " + eventIndex
                    + " is not within the source, of " + source.capacity() + " bytes");
        }
    }

    /** The memory in which the next events lie; none of them is shown yet. */
    void lieIn(final DirectBuffer memory) {
        set(0, EventHeader.TYPE_NOTHING, 0, 0); // an index into other memory may be past the end of this
        buffer.wrap(memory);
    }

    /** Lets go of the memory in which the last event lay. */
    void lieNowhere() {
        lieIn(new UnsafeBuffer(new byte[EventHeader.LENGTH]));
    }

    void set(final int eventIndex, final long eventWord, final long eventSequence, final long eventOffset) {
        index = eventIndex;
        word = eventWord;
        sequence = eventSequence;
        offset = eventOffset;
    }

    /** Whether a handler gets to see it: the journal's own events but gaps are passed over. */
    boolean isShown() {
        return type() <= EventHeader.MAX_APPLICATION_TYPE || isGap();
    }

    int index() {
        return index;
    }

    int length() {
        return EventHeader.LENGTH + payloadLength();
    }

    /**
     * The event's number in its journal.
     *
     * @return its sequence number
     */
    public long sequence() {
        return sequence;
    }

    /**
     * Where the event begins in its file.
     *
     * @return bytes from the start of the file to its header
     */
    public long offset() {
        return offset;
    }

    /**
     * The event's time.
     *
     * @return nanoseconds since the Unix epoch, or what the application means by it
     */
    public long timestamp() {
        return EventHeader.timestamp(buffer, index);
    }

    /**
     * The event's type.
     *
     * @return 1..239, the application's own; 240 of a gap
     */
    public int type() {
        return EventHeader.type(word);
    }

    /**
     * The application's flags.
     *
     * @return 0..15
     */
    public int flags() {
        return EventHeader.flags(word) & EventHeader.APPLICATION_FLAGS;
    }

    /**
     * Whether the next event belongs to the same claim. Of the events of a claim all have this but the last.
     *
     * @return true if the claim goes on
     */
    public boolean moreOfClaim() {
        return EventHeader.hasMore(word);
    }

    /**
     * The memory in which the payload lies.
     *
     * @return the buffer, owned by the reader
     */
    public DirectBuffer buffer() {
        return buffer;
    }

    /**
     * Where in {@link #buffer} the payload begins.
     *
     * @return index of its first byte
     */
    public int payloadOffset() {
        return index + EventHeader.LENGTH;
    }

    /**
     * The payload's length.
     *
     * @return 0..65535 bytes
     */
    public int payloadLength() {
        return EventHeader.payloadLength(word);
    }

    /**
     * Whether events are missing here.
     *
     * @return true of a gap, false of an event of the application
     */
    public boolean isGap() {
        return GapEvent.isGap(word);
    }

    /**
     * How many events are missing here.
     *
     * @return number of events, unsigned; 0 unless this is a gap
     */
    public long dropped() {
        return isGap() ? GapEvent.dropped(buffer, payloadOffset()) : 0;
    }

    /**
     * When the first of the missing events was offered.
     *
     * @return its timestamp
     * @throws IllegalStateException unless this is a gap
     */
    public long firstDropTimestamp() {
        return GapEvent.firstTimestamp(buffer, gapOffset());
    }

    /**
     * When the last of the missing events was offered: perhaps before the first, as timestamps may step back.
     *
     * @return its timestamp
     * @throws IllegalStateException unless this is a gap
     */
    public long lastDropTimestamp() {
        return GapEvent.lastTimestamp(buffer, gapOffset());
    }

    private int gapOffset() {
        if (!isGap()) {
            throw new IllegalStateException("no gap: " + this);
        }
        return payloadOffset();
    }

    /** All but the payload, in the words of {@code evtl cat}. */
    @Override
    public String toString() {
        return type() == EventHeader.TYPE_NOTHING
                ? "no event"
                : EventPrinter.append(
                                new StringBuilder("offset=").append(offset).append(' '), this)
                        .toString();
    }
}
