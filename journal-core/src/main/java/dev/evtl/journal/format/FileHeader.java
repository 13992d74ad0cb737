package dev.evtl.journal.format;

import java.util.zip.CRC32C;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.AtomicBuffer;

/**
 * Reads and writes the 64 bytes at the start of a journal file, for the writer and for readers.
 *
 * <pre>
 *   0               4               8              12              16
 *  +---------------+---------------+-------------------------------+
 *  |  magic EVTL   |    version    |          created_at           |
 *  +---------------+---------------+-------------------------------+ 16
 *  |          event_count          |         write_offset          |
 *  +---------------+---------------+-------------------------------+ 32
 *  |     flags     |header_checksum|         base_sequence         |
 *  +---------------+---------------+---------------+---------------+ 48
 *  |        durable_offset         |     state     |       0       |
 *  +-------------------------------+---------------+---------------+ 64
 * </pre>
 *
 * <p>{@code event_count}, {@code write_offset}, {@code durable_offset} and {@code state} change while the file is open,
 * each by one aligned store; {@code write_offset} is stored with release and read with acquire semantics. The other
 * fields never change and are covered by {@code header_checksum}. A header starts at index 0 of its buffer.
 */
public final class FileHeader {
    /** Length of the header in bytes, and the offset of a file's first event. */
    public static final int LENGTH = 64;
    /** Length of the part at its start that never changes. */
    public static final int FIXED_LENGTH = 16;
    /** "EVTL" read as a little-endian integer. */
    public static final int MAGIC = 0x4C54_5645;
    /** The version of the format that this library reads and writes. */
    public static final int VERSION = 1;
    /** Flag: every event of the file carries a checksum. */
    public static final int FLAG_CHECKSUMS = 1;
    /** State of a file that a writer has open, or whose writer died. */
    public static final int STATE_OPEN = 0;
    /** State of a file that was closed cleanly. */
    public static final int STATE_CLOSED = 1;

    /** Offset of the sequence number of a file's first event. */
    public static final int BASE_SEQUENCE_OFFSET = 40;

    /**
     * Largest base sequence of a file that this library writes. No file has room for so many events that their numbers
     * would run out above it.
     */
    public static final long MAX_BASE_SEQUENCE = 1L << 62;

    static final int MAGIC_OFFSET = 0;
    static final int VERSION_OFFSET = 4;
    private static final int CREATED_AT_OFFSET = 8;
    private static final int EVENT_COUNT_OFFSET = 16;
    static final int WRITE_OFFSET_OFFSET = 24;
    static final int FLAGS_OFFSET = 32;
    private static final int HEADER_CHECKSUM_OFFSET = 36;
    private static final int DURABLE_OFFSET_OFFSET = 48;
    private static final int STATE_OFFSET = 56;
    private static final int RESERVED_OFFSET = 60;

    private FileHeader() {}

    /**
     * Writes the header of a file without events, open and durable up to its first event.
     *
     * @param buffer       to write to, from index 0
     * @param createdAt    nanoseconds since the Unix epoch, unique for each file
     * @param flags        0 or {@link #FLAG_CHECKSUMS}
     * @param baseSequence sequence number of the file's first event
     */
    public static void encode(
            final MutableDirectBuffer buffer, final long createdAt, final int flags, final long baseSequence) {
        buffer.putInt(MAGIC_OFFSET, MAGIC);
        buffer.putInt(VERSION_OFFSET, VERSION);
        buffer.putLong(CREATED_AT_OFFSET, createdAt);
        buffer.putLong(EVENT_COUNT_OFFSET, 0);
        buffer.putLong(WRITE_OFFSET_OFFSET, LENGTH);
        buffer.putInt(FLAGS_OFFSET, flags);
        buffer.putLong(BASE_SEQUENCE_OFFSET, baseSequence);
        buffer.putLong(DURABLE_OFFSET_OFFSET, LENGTH);
        buffer.putInt(STATE_OFFSET, STATE_OPEN);
        buffer.putInt(RESERVED_OFFSET, 0);
        buffer.putInt(HEADER_CHECKSUM_OFFSET, computeChecksum(buffer));
    }

    /**
     * Computes the checksum over the fields that never change.
     *
     * @param buffer that holds the header
     * @return CRC32C of bytes 0..15, then 32..35, then 40..47
     */
    public static int computeChecksum(final DirectBuffer buffer) {
        final byte[] fixed = new byte[28];
        buffer.getBytes(0, fixed, 0, 16);
        buffer.getBytes(FLAGS_OFFSET, fixed, 16, 4);
        buffer.getBytes(BASE_SEQUENCE_OFFSET, fixed, 20, 8);
        final CRC32C crc = new CRC32C();
        crc.update(fixed, 0, fixed.length);
        return (int) crc.getValue();
    }

    /**
     * Returns the magic number.
     *
     * @param buffer that holds the header
     * @return {@link #MAGIC} in a journal
     */
    public static int magic(final DirectBuffer buffer) {
        return buffer.getInt(MAGIC_OFFSET);
    }

    /**
     * Returns the version of the format.
     *
     * @param buffer that holds the header
     * @return {@link #VERSION} in a file that this library reads
     */
    public static int version(final DirectBuffer buffer) {
        return buffer.getInt(VERSION_OFFSET);
    }

    /**
     * Returns when the file was created.
     *
     * @param buffer that holds the header
     * @return nanoseconds since the Unix epoch
     */
    public static long createdAt(final DirectBuffer buffer) {
        return buffer.getLong(CREATED_AT_OFFSET);
    }

    /**
     * Returns the flags of the file.
     *
     * @param buffer that holds the header
     * @return 0 or {@link #FLAG_CHECKSUMS}
     */
    public static int flags(final DirectBuffer buffer) {
        return buffer.getInt(FLAGS_OFFSET);
    }

    /**
     * Returns the stored checksum of the header.
     *
     * @param buffer that holds the header
     * @return the stored checksum
     */
    public static int checksum(final DirectBuffer buffer) {
        return buffer.getInt(HEADER_CHECKSUM_OFFSET);
    }

    /**
     * Returns the sequence number of the file's first event.
     *
     * @param buffer that holds the header
     * @return the sequence number
     */
    public static long baseSequence(final DirectBuffer buffer) {
        return buffer.getLong(BASE_SEQUENCE_OFFSET);
    }

    /**
     * Returns the number of events before the write offset.
     *
     * @param buffer that holds the header
     * @return the number of events
     */
    public static long eventCount(final DirectBuffer buffer) {
        return buffer.getLong(EVENT_COUNT_OFFSET);
    }

    /**
     * Returns the offset at which the next event goes. Every event before it is complete. Read with acquire semantics.
     *
     * @param buffer that holds the header
     * @return offset in bytes from the start of the file
     */
    public static long writeOffset(final AtomicBuffer buffer) {
        return buffer.getLongVolatile(WRITE_OFFSET_OFFSET);
    }

    /**
     * Returns an offset before which everything has been forced to the device. More may have been forced.
     *
     * @param buffer that holds the header
     * @return offset in bytes from the start of the file
     */
    public static long durableOffset(final AtomicBuffer buffer) {
        return buffer.getLongVolatile(DURABLE_OFFSET_OFFSET);
    }

    /**
     * Returns the state, which tells whether the file was closed cleanly.
     *
     * @param buffer that holds the header
     * @return {@link #STATE_OPEN} or {@link #STATE_CLOSED}
     */
    public static int state(final AtomicBuffer buffer) {
        return buffer.getIntVolatile(STATE_OFFSET);
    }

    /**
     * Publishes all events before an offset: stores the count first, then the offset with release semantics.
     *
     * @param buffer      that holds the header
     * @param eventCount  number of events before the offset
     * @param writeOffset offset at which the next event goes
     */
    public static void publish(final AtomicBuffer buffer, final long eventCount, final long writeOffset) {
        buffer.putLong(EVENT_COUNT_OFFSET, eventCount);
        buffer.putLongRelease(WRITE_OFFSET_OFFSET, writeOffset);
    }

    /**
     * Stores the offset before which everything is on the device.
     *
     * @param buffer        that holds the header
     * @param durableOffset before which everything has been forced
     */
    public static void durableOffset(final AtomicBuffer buffer, final long durableOffset) {
        buffer.putLongRelease(DURABLE_OFFSET_OFFSET, durableOffset);
    }

    /**
     * Sets the state.
     *
     * @param buffer that holds the header
     * @param state  {@link #STATE_OPEN} or {@link #STATE_CLOSED}
     */
    public static void state(final AtomicBuffer buffer, final int state) {
        buffer.putIntRelease(STATE_OFFSET, state);
    }
}
