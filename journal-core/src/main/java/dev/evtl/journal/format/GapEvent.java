package dev.evtl.journal.format;

import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * The payload of the journal's own event of type {@link EventHeader#TYPE_GAP}: events that producers offered and the
 * journal had to drop, at the place in the order where they are missing.
 *
 * <pre>
 *   0               8              16              24
 *  +---------------+---------------+---------------+
 *  |    dropped    |first timestamp|last timestamp |
 *  +---------------+---------------+---------------+
 * </pre>
 */
public final class GapEvent {
    /** Length of the payload in bytes. */
    public static final int PAYLOAD_LENGTH = 24;
    /** Length of the whole event in bytes. */
    public static final int LENGTH = EventHeader.LENGTH + PAYLOAD_LENGTH;

    private static final int DROPPED_OFFSET = 0;
    private static final int FIRST_TIMESTAMP_OFFSET = 8;
    private static final int LAST_TIMESTAMP_OFFSET = 16;

    private GapEvent() {}

    /**
     * Whether a word is a gap event's. One with another payload is not this version's.
     *
     * @param word of an event
     * @return true for a gap event
     */
    public static boolean isGap(final long word) {
        return EventHeader.type(word) == EventHeader.TYPE_GAP && EventHeader.payloadLength(word) == PAYLOAD_LENGTH;
    }

    /**
     * Writes a whole gap event, header and payload.
     *
     * @param buffer    to write to
     * @param index     of the event in the buffer
     * @param timestamp of the gap event itself
     * @param dropped   number of events dropped
     * @param first     timestamp of the first of them
     * @param last      timestamp of the last of them
     */
    public static void encode(
            final MutableDirectBuffer buffer,
            final int index,
            final long timestamp,
            final long dropped,
            final long first,
            final long last) {
        EventHeader.encode(buffer, index, timestamp, EventHeader.TYPE_GAP, 0, PAYLOAD_LENGTH);
        final int payload = index + EventHeader.LENGTH;
        buffer.putLong(payload + DROPPED_OFFSET, dropped);
        buffer.putLong(payload + FIRST_TIMESTAMP_OFFSET, first);
        buffer.putLong(payload + LAST_TIMESTAMP_OFFSET, last);
    }

    /**
     * Stores the number of events dropped.
     *
     * @param buffer  that holds the event
     * @param payload index of its payload in the buffer
     * @param dropped number of events dropped
     */
    public static void dropped(final MutableDirectBuffer buffer, final int payload, final long dropped) {
        buffer.putLong(payload + DROPPED_OFFSET, dropped);
    }

    /**
     * Number of events dropped.
     *
     * @param buffer  that holds the event
     * @param payload index of its payload in the buffer
     * @return the number of events
     */
    public static long dropped(final DirectBuffer buffer, final int payload) {
        return buffer.getLong(payload + DROPPED_OFFSET);
    }

    /**
     * Timestamp of the first event dropped.
     *
     * @param buffer  that holds the event
     * @param payload index of its payload in the buffer
     * @return the timestamp
     */
    public static long firstTimestamp(final DirectBuffer buffer, final int payload) {
        return buffer.getLong(payload + FIRST_TIMESTAMP_OFFSET);
    }

    /**
     * Timestamp of the last event dropped.
     *
     * @param buffer  that holds the event
     * @param payload index of its payload in the buffer
     * @return the timestamp
     */
    public static long lastTimestamp(final DirectBuffer buffer, final int payload) {
        return buffer.getLong(payload + LAST_TIMESTAMP_OFFSET);
    }
}
