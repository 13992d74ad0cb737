package dev.evtl.journal.format;

import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * Reads and writes gap events, the journal's own events of type {@link EventHeader#TYPE_GAP}. A gap event stands for
 * events that producers offered and the journal had to drop, at the place in the order where they are missing. Its
 * payload:
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
     * Returns whether a word is a gap event's. An event of this type with another payload length is not of this
     * version.
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
     * @param first     timestamp of the first event dropped
     * @param last      timestamp of the last event dropped
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
     * Returns the number of events dropped.
     *
     * @param buffer  that holds the event
     * @param payload index of its payload in the buffer
     * @return the number of events, unsigned
     */
    public static long dropped(final DirectBuffer buffer, final int payload) {
        return buffer.getLong(payload + DROPPED_OFFSET);
    }

    /**
     * Adds up numbers of events dropped, which are unsigned.
     *
     * @param total   so far
     * @param dropped number of events dropped
     * @return the sum; 2^64-1, the largest number, if it is larger
     */
    public static long total(final long total, final long dropped) {
        final long sum = total + dropped;
        return Long.compareUnsigned(sum, total) < 0 ? -1 : sum;
    }

    /**
     * Returns the timestamp of the first event dropped.
     *
     * @param buffer  that holds the event
     * @param payload index of its payload in the buffer
     * @return the timestamp
     */
    public static long firstTimestamp(final DirectBuffer buffer, final int payload) {
        return buffer.getLong(payload + FIRST_TIMESTAMP_OFFSET);
    }

    /**
     * Returns the timestamp of the last event dropped, which may be before that of the first, as timestamps may step back.
     *
     * @param buffer  that holds the event
     * @param payload index of its payload in the buffer
     * @return the timestamp
     */
    public static long lastTimestamp(final DirectBuffer buffer, final int payload) {
        return buffer.getLong(payload + LAST_TIMESTAMP_OFFSET);
    }
}
