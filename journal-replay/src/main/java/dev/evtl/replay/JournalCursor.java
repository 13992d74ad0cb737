package dev.evtl.replay;

import dev.evtl.journal.format.EventHeader;
import org.agrona.DirectBuffer;

/**
 * Pulls events out of a {@link JournalReader} one by one. What it says holds until the next call of {@link #next}. For
 * the reader's thread.
 */
public final class JournalCursor implements EventHandler {
    private final JournalReader reader;
    private boolean found;
    private long sequence;
    private long timestamp;
    private int type;
    private int flags;
    private DirectBuffer buffer;
    private int offset;
    private int length;
    private long dropped;

    JournalCursor(final JournalReader reader) {
        this.reader = reader;
    }

    /**
     * Goes to the next event or gap.
     *
     * @return false if there is none now
     * @throws dev.evtl.journal.exceptions.CorruptJournalException as {@link JournalReader#poll} does
     */
    public boolean next() {
        found = false;
        while (!found && reader.poll(this, 1) > 0) {
            // an event of a reserved type is passed over
        }
        return found;
    }

    @Override
    public void onEvent(
            final long eventSequence,
            final long eventTimestamp,
            final int eventType,
            final int eventFlags,
            final DirectBuffer eventBuffer,
            final int payloadOffset,
            final int payloadLength) {
        found = true;
        sequence = eventSequence;
        timestamp = eventTimestamp;
        type = eventType;
        flags = eventFlags;
        buffer = eventBuffer;
        offset = payloadOffset;
        length = payloadLength;
        dropped = 0;
    }

    @Override
    public void onGap(
            final long eventSequence,
            final long eventTimestamp,
            final long droppedEvents,
            final long firstTimestamp,
            final long lastTimestamp) {
        onEvent(eventSequence, eventTimestamp, EventHeader.TYPE_GAP, 0, buffer, 0, 0);
        dropped = droppedEvents;
    }

    /**
     * Whether events are missing here; then there is no payload.
     *
     * @return true at a gap
     */
    public boolean isGap() {
        return type == EventHeader.TYPE_GAP;
    }

    /**
     * Events missing at a gap.
     *
     * @return number of events, 0 at an event
     */
    public long dropped() {
        return dropped;
    }

    /**
     * The event's number.
     *
     * @return its sequence number
     */
    public long sequence() {
        return sequence;
    }

    /**
     * The event's time.
     *
     * @return its timestamp
     */
    public long timestamp() {
        return timestamp;
    }

    /**
     * The event's type.
     *
     * @return 1..240
     */
    public int type() {
        return type;
    }

    /**
     * The application's flags.
     *
     * @return 0..15
     */
    public int flags() {
        return flags;
    }

    /**
     * The buffer that holds the payload.
     *
     * @return the buffer, owned by the reader
     */
    public DirectBuffer buffer() {
        return buffer;
    }

    /**
     * Where in the buffer the payload begins.
     *
     * @return index of its first byte
     */
    public int offset() {
        return offset;
    }

    /**
     * The payload's length.
     *
     * @return bytes
     */
    public int length() {
        return length;
    }
}
