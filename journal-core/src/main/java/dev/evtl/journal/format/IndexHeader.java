package dev.evtl.journal.format;

import java.util.zip.CRC32C;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * Reads and writes the 64 bytes at the start of an index, which say whose index it is. For any thread.
 *
 * <pre>
 *   0               4               8              12              16
 *  +---------------+---------------+-------------------------------+
 *  |  magic EVTI   |    version    |          created_at           |
 *  +---------------+---------------+---------------+---------------+ 16
 *  |         base_sequence         |header_checksum| entry_length  |
 *  +-------------------------------+---------------+---------------+ 32
 *  |                               0                               |
 *  +-----------------------------------------------+---------------+ 48
 *  |                       0                       |     check     |
 *  +-----------------------------------------------+---------------+ 64
 * </pre>
 */
public final class IndexHeader {
    /** Length of the header in bytes, and the offset of an index's first entry. */
    public static final int LENGTH = 64;
    /** "EVTI" read as a little-endian integer. */
    public static final int MAGIC = 0x4954_5645;
    /** The version of the format that this library reads and writes. */
    public static final int VERSION = 1;

    private static final int MAGIC_OFFSET = 0;
    private static final int VERSION_OFFSET = 4;
    private static final int CREATED_AT_OFFSET = 8;
    private static final int BASE_SEQUENCE_OFFSET = 16;
    private static final int HEADER_CHECKSUM_OFFSET = 24;
    private static final int ENTRY_LENGTH_OFFSET = 28;
    private static final int CHECK_OFFSET = 60;

    private IndexHeader() {}

    /**
     * Writes the header of a journal file's index.
     *
     * @param buffer to write to, at index 0
     * @param header of the journal file
     */
    public static void encode(final MutableDirectBuffer buffer, final JournalHeader header) {
        buffer.setMemory(0, LENGTH, (byte) 0);
        buffer.putInt(MAGIC_OFFSET, MAGIC);
        buffer.putInt(VERSION_OFFSET, VERSION);
        buffer.putLong(CREATED_AT_OFFSET, header.createdAt());
        buffer.putLong(BASE_SEQUENCE_OFFSET, header.baseSequence());
        buffer.putInt(HEADER_CHECKSUM_OFFSET, header.checksum());
        buffer.putInt(ENTRY_LENGTH_OFFSET, IndexEntry.LENGTH);
        buffer.putInt(CHECK_OFFSET, check(buffer));
    }

    /**
     * Returns whether a file can be an index, of whatever journal, or what a crash left of one: empty, or with zeros
     * where its header was to be.
     *
     * @param buffer that holds its first bytes, zeros after them
     * @param bytes  number of bytes of the file in the buffer, at most those of a header
     * @return false if it is something else
     */
    public static boolean canBeIndex(final DirectBuffer buffer, final int bytes) {
        boolean empty = true;
        for (int i = 0; i < bytes; i++) {
            empty &= buffer.getByte(i) == 0;
        }
        return empty || buffer.getInt(MAGIC_OFFSET) == MAGIC;
    }

    /**
     * Returns whether a file is the index of a journal file.
     *
     * @param buffer that holds its first bytes
     * @param bytes  number of bytes in the buffer
     * @param header of the journal file
     * @return true if it is
     */
    public static boolean isIndexOf(final DirectBuffer buffer, final int bytes, final JournalHeader header) {
        return bytes >= LENGTH
                && buffer.getInt(MAGIC_OFFSET) == MAGIC
                && buffer.getInt(VERSION_OFFSET) == VERSION
                && buffer.getInt(ENTRY_LENGTH_OFFSET) == IndexEntry.LENGTH
                && buffer.getInt(CHECK_OFFSET) == check(buffer)
                && buffer.getLong(CREATED_AT_OFFSET) == header.createdAt()
                && buffer.getLong(BASE_SEQUENCE_OFFSET) == header.baseSequence()
                && buffer.getInt(HEADER_CHECKSUM_OFFSET) == header.checksum();
    }

    private static int check(final DirectBuffer buffer) {
        final byte[] bytes = new byte[CHECK_OFFSET];
        buffer.getBytes(0, bytes);
        final CRC32C crc = new CRC32C();
        crc.update(bytes);
        return (int) crc.getValue();
    }
}
