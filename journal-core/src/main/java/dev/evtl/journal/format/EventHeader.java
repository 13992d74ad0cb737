package dev.evtl.journal.format;

import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * Reads and writes the 16 bytes before each event's payload, which are the same in the ring and in the file. For any
 * thread.
 *
 * <pre>
 *   0               4               8       9      10      12              16
 *  +-------------------------------+-------+-------+-------+---------------+
 *  |           timestamp           | type  | flags |length |   checksum    |
 *  +-------------------------------+-------+-------+-------+---------------+
 *  |  payload, length bytes ...
 *  +------------------------
 * </pre>
 *
 * <p>The eight bytes from offset 8, the <em>word</em>, are read and written at once. Events are not aligned in a file.
 */
public final class EventHeader {
    /** Length of the header in bytes. */
    public static final int LENGTH = 16;
    /** Largest payload in bytes. */
    public static final int MAX_PAYLOAD_LENGTH = 65_535;
    /** Largest event in bytes, its header included. */
    public static final int MAX_EVENT_LENGTH = LENGTH + MAX_PAYLOAD_LENGTH;
    /** The application's highest type; its lowest is 1. */
    public static final int MAX_APPLICATION_TYPE = 239;
    /** A type that is never written: it means "nothing here". */
    public static final int TYPE_NOTHING = 0;
    /**
     * The type of the journal's own event, which stands for events that were offered and dropped; see {@link GapEvent}.
     */
    public static final int TYPE_GAP = 240;
    /** Flag bits that belong to the application. */
    public static final int APPLICATION_FLAGS = 0x0F;
    /** Flag: the next event belongs to the same claim. */
    public static final int FLAG_MORE = 0x10;
    /** Flag bits that are 0 in every event. */
    public static final int RESERVED_FLAGS = 0xE0;
    /** Offset of the checksum in an event. */
    public static final int CHECKSUM_OFFSET = 12;

    private static final int TIMESTAMP_OFFSET = 0;
    private static final int WORD_OFFSET = 8;
    private static final int FLAGS_OFFSET = 9;
    private static final int PAYLOAD_LENGTH_OFFSET = 10;
    private static final int FLAGS_SHIFT = 8;
    private static final int PAYLOAD_LENGTH_SHIFT = 16;
    private static final int CHECKSUM_SHIFT = 32;

    private EventHeader() {}

    /**
     * Writes an event's header with a checksum of 0.
     *
     * @param buffer        to write to
     * @param index         of the event in the buffer
     * @param timestamp     nanoseconds since the Unix epoch, or what the application means by it
     * @param type          1..255
     * @param flags         the flag bits
     * @param payloadLength 0..65535 bytes
     */
    public static void encode(
            final MutableDirectBuffer buffer,
            final int index,
            final long timestamp,
            final int type,
            final int flags,
            final int payloadLength) {
        buffer.putLong(index + TIMESTAMP_OFFSET, timestamp);
        buffer.putLong(
                index + WORD_OFFSET, type | (long) flags << FLAGS_SHIFT | (long) payloadLength << PAYLOAD_LENGTH_SHIFT);
    }

    /**
     * Makes an event's payload shorter than its header says.
     *
     * @param buffer        that holds the event
     * @param index         of the event in the buffer
     * @param payloadLength 0..65535 bytes
     */
    public static void payloadLength(final MutableDirectBuffer buffer, final int index, final int payloadLength) {
        buffer.putShort(index + PAYLOAD_LENGTH_OFFSET, (short) payloadLength);
    }

    /**
     * Makes an event the last of its claim.
     *
     * @param buffer that holds the event
     * @param index  of the event in the buffer
     */
    public static void endClaim(final MutableDirectBuffer buffer, final int index) {
        buffer.putByte(index + FLAGS_OFFSET, (byte) (buffer.getByte(index + FLAGS_OFFSET) & ~FLAG_MORE));
    }

    /**
     * Returns whether another event of the same claim follows.
     *
     * @param word of the event
     * @return false for the last event of a claim
     */
    public static boolean hasMore(final long word) {
        return (flags(word) & FLAG_MORE) != 0;
    }

    /**
     * Returns an event's timestamp.
     *
     * @param buffer that holds the event
     * @param index  of the event in the buffer
     * @return the timestamp
     */
    public static long timestamp(final DirectBuffer buffer, final int index) {
        return buffer.getLong(index + TIMESTAMP_OFFSET);
    }

    /**
     * Returns type, flags, payload length and checksum in one read; the methods below take them apart.
     *
     * @param buffer that holds the event
     * @param index  of the event in the buffer
     * @return the eight bytes from offset 8
     */
    public static long word(final DirectBuffer buffer, final int index) {
        return buffer.getLong(index + WORD_OFFSET);
    }

    /**
     * Returns whether a word can be an event's: it has a type, and no flag that must be 0.
     *
     * @param word read where an event may be
     * @return false where no event can be
     */
    public static boolean isEvent(final long word) {
        return type(word) != TYPE_NOTHING && (flags(word) & RESERVED_FLAGS) == 0;
    }

    /**
     * Returns whether a word is that of an application's event with a payload of this length and a checksum of 0.
     *
     * @param word          read where an event may be
     * @param payloadLength in bytes
     * @return false where no such event is
     */
    public static boolean isApplicationEvent(final long word, final int payloadLength) {
        return word >>> PAYLOAD_LENGTH_SHIFT == payloadLength && isEvent(word) && type(word) <= MAX_APPLICATION_TYPE;
    }

    /**
     * Returns the type in a word.
     *
     * @param word of an event
     * @return 0..255
     */
    public static int type(final long word) {
        return (int) word & 0xFF;
    }

    /**
     * Returns the flags in a word.
     *
     * @param word of an event
     * @return the eight flag bits
     */
    public static int flags(final long word) {
        return (int) word >>> FLAGS_SHIFT & 0xFF;
    }

    /**
     * Returns the payload length in a word.
     *
     * @param word of an event
     * @return 0..65535 bytes
     */
    public static int payloadLength(final long word) {
        return (int) word >>> PAYLOAD_LENGTH_SHIFT;
    }

    /**
     * Returns an event's length.
     *
     * @param buffer that holds the event
     * @param index  of the event in the buffer
     * @return length of header and payload in bytes
     */
    public static int eventLength(final DirectBuffer buffer, final int index) {
        return LENGTH + payloadLength(word(buffer, index));
    }

    /**
     * Returns the timestamp of the last of several events without space between them.
     *
     * @param buffer that holds the events
     * @param index  of the first event in the buffer
     * @param length of all events in bytes
     * @return the timestamp
     */
    public static long lastTimestamp(final DirectBuffer buffer, final int index, final int length) {
        int last = index;
        for (int next = index; next < index + length; next += eventLength(buffer, next)) {
            last = next;
        }
        return timestamp(buffer, last);
    }

    /**
     * Returns the checksum in a word.
     *
     * @param word of an event
     * @return the stored checksum
     */
    public static int checksum(final long word) {
        return (int) (word >>> CHECKSUM_SHIFT);
    }
}
