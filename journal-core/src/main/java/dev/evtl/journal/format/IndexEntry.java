package dev.evtl.journal.format;

import java.util.zip.CRC32C;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * An entry of an index: where an event begins that is the first of its claim, and what lies before it.
 *
 * <pre>
 *   0               4               8              12              16
 *  +-------------------------------+-------------------------------+
 *  |           sequence            |            offset             |
 *  +-------------------------------+-------------------------------+ 16
 *  |      greatest_timestamp       |        least_timestamp        |
 *  +-------------------------------+-------------------------------+ 32
 *  |            dropped            |         event_header          |
 *  +-------------------------------+---------------+---------------+ 48
 *  |     event_header, its rest    |       0       |     check     |
 *  +-------------------------------+---------------+---------------+ 64
 * </pre>
 *
 * @param sequence          sequence number of the event
 * @param offset            offset of the event in the journal file
 * @param greatestTimestamp greatest timestamp of all events before it in the file, compared as signed numbers; {@link
 *     Long#MIN_VALUE} if there are none
 * @param leastTimestamp    least timestamp of the events from the entry before to this one; {@link Long#MAX_VALUE} if
 *     there are none
 * @param dropped           number of events that the gap events before it record, unsigned; 2^64-1 if it is larger
 * @param eventTimestamp    timestamp of the event
 * @param eventWord         what {@link EventHeader#word} gives of the event
 */
public record IndexEntry(
        long sequence,
        long offset,
        long greatestTimestamp,
        long leastTimestamp,
        long dropped,
        long eventTimestamp,
        long eventWord) {
    /** Length of an entry in bytes. */
    public static final int LENGTH = 64;

    private static final int SEQUENCE_OFFSET = 0;
    private static final int OFFSET_OFFSET = 8;
    private static final int GREATEST_OFFSET = 16;
    private static final int LEAST_OFFSET = 24;
    private static final int DROPPED_OFFSET = 32;
    private static final int EVENT_TIMESTAMP_OFFSET = 40;
    private static final int EVENT_WORD_OFFSET = 48;
    private static final int RESERVED_OFFSET = 56;
    /** Offset of the check in an entry, which is of all bytes before it. */
    public static final int CHECK_OFFSET = 60;

    /**
     * Returns the start of a file, which is where a search begins that no entry serves.
     *
     * @param header of the journal file
     * @return what an entry for the file's first event would say, with zeros for the event itself
     */
    public static IndexEntry start(final JournalHeader header) {
        return new IndexEntry(
                header.baseSequence(),
                FileHeader.LENGTH,
                Long.MIN_VALUE,
                Long.MAX_VALUE,
                0,
                0,
                EventHeader.TYPE_NOTHING);
    }

    /**
     * Returns the offset in the index at which an entry lies.
     *
     * @param place of the entry, from 0
     * @return offset in bytes
     */
    public static long offset(final long place) {
        return IndexHeader.LENGTH + place * LENGTH;
    }

    /**
     * Returns how many entries an index of a length has room for.
     *
     * @param length of the index in bytes
     * @return number of entries
     */
    public static long count(final long length) {
        return Math.max(0, (length - IndexHeader.LENGTH) / LENGTH);
    }

    /**
     * Writes an entry without its check.
     *
     * @param buffer            to write to
     * @param index             of the entry in the buffer
     * @param sequence          as the record has it
     * @param offset            as the record has it
     * @param greatestTimestamp as the record has it
     * @param leastTimestamp    as the record has it
     * @param dropped           as the record has it
     * @param eventTimestamp    as the record has it
     * @param eventWord         as the record has it
     */
    public static void encode(
            final MutableDirectBuffer buffer,
            final int index,
            final long sequence,
            final long offset,
            final long greatestTimestamp,
            final long leastTimestamp,
            final long dropped,
            final long eventTimestamp,
            final long eventWord) {
        buffer.putLong(index + SEQUENCE_OFFSET, sequence);
        buffer.putLong(index + OFFSET_OFFSET, offset);
        buffer.putLong(index + GREATEST_OFFSET, greatestTimestamp);
        buffer.putLong(index + LEAST_OFFSET, leastTimestamp);
        buffer.putLong(index + DROPPED_OFFSET, dropped);
        buffer.putLong(index + EVENT_TIMESTAMP_OFFSET, eventTimestamp);
        buffer.putLong(index + EVENT_WORD_OFFSET, eventWord);
        buffer.putLong(index + RESERVED_OFFSET, 0);
    }

    /**
     * Gives an entry its check, which ties it to the journal file and to its place in the index.
     *
     * @param buffer that holds the entry
     * @param index  of the entry in the buffer
     * @param place  of the entry in the index
     * @param header of the journal file
     */
    public static void seal(
            final MutableDirectBuffer buffer, final int index, final long place, final JournalHeader header) {
        buffer.putInt(index + CHECK_OFFSET, check(buffer, index, place, header));
    }

    /**
     * Does so with a CRC32C of the entry's first {@link #CHECK_OFFSET} bytes that the caller has computed.
     *
     * @param buffer that holds the entry
     * @param index  of the entry in the buffer
     * @param crc    of those bytes
     * @param place  number of the entry in the file
     * @param header of the journal file
     */
    public static void seal(
            final MutableDirectBuffer buffer,
            final int index,
            final int crc,
            final long place,
            final JournalHeader header) {
        buffer.putInt(index + CHECK_OFFSET, check(crc, place, header));
    }

    /**
     * Reads an entry.
     *
     * @param buffer that holds the entry
     * @param index  of the entry in the buffer
     * @param place  of the entry in the index
     * @param header of the journal file
     * @return the entry; null if its check does not hold
     */
    public static IndexEntry decode(
            final DirectBuffer buffer, final int index, final long place, final JournalHeader header) {
        if (buffer.getInt(index + CHECK_OFFSET) != check(buffer, index, place, header)) {
            return null;
        }
        return new IndexEntry(
                buffer.getLong(index + SEQUENCE_OFFSET),
                buffer.getLong(index + OFFSET_OFFSET),
                buffer.getLong(index + GREATEST_OFFSET),
                buffer.getLong(index + LEAST_OFFSET),
                buffer.getLong(index + DROPPED_OFFSET),
                buffer.getLong(index + EVENT_TIMESTAMP_OFFSET),
                buffer.getLong(index + EVENT_WORD_OFFSET));
    }

    private static int check(final DirectBuffer buffer, final int index, final long place, final JournalHeader header) {
        final byte[] bytes = new byte[CHECK_OFFSET];
        buffer.getBytes(index, bytes);
        final CRC32C crc = new CRC32C();
        crc.update(bytes);
        return check((int) crc.getValue(), place, header);
    }

    private static int check(final int crc, final long place, final JournalHeader header) {
        return crc ^ header.checksum() ^ (int) place ^ (int) (place >>> 32);
    }
}
