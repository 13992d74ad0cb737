package dev.evtl.journal.format;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * Computes the checksums of events, for the writer and for readers. A checksum is the CRC32C of the event with its
 * checksum field as 0, tied to the file by the file header's checksum and to the place by the file offset. A block that
 * was copied from elsewhere therefore does not verify.
 *
 * <p>For one thread at a time. Allocates nothing after construction.
 *
 * <p>The bytes must be in memory of this process: computing a CRC over a mapped file that another process cuts short
 * kills the JVM.
 */
public final class EventChecksum {
    private final CRC32C crc = new CRC32C();
    private final int headerChecksum;

    /**
     * Creates the computation for the events of one file.
     *
     * @param headerChecksum of the file
     */
    public EventChecksum(final int headerChecksum) {
        this.headerChecksum = headerChecksum;
    }

    /**
     * Computes the checksum of an event in a byte buffer, and changes the buffer's position and limit.
     *
     * @param buffer     that holds the event, with a checksum field of 0
     * @param index      of the event in the buffer
     * @param length     of the event in bytes, its header included
     * @param fileOffset of the event
     * @return the checksum
     */
    public int compute(final ByteBuffer buffer, final int index, final int length, final long fileOffset) {
        crc.reset();
        crc.update(buffer.limit(index + length).position(index));
        return tie(fileOffset);
    }

    /**
     * Computes the checksum of an event in an array.
     *
     * @param bytes      that hold the event, with a checksum field of 0
     * @param index      of the event in the array
     * @param length     of the event in bytes, its header included
     * @param fileOffset of the event
     * @return the checksum
     */
    public int compute(final byte[] bytes, final int index, final int length, final long fileOffset) {
        crc.reset();
        crc.update(bytes, index, length);
        return tie(fileOffset);
    }

    private int tie(final long fileOffset) {
        return (int) crc.getValue() ^ headerChecksum ^ (int) fileOffset ^ (int) (fileOffset >>> 32);
    }
}
