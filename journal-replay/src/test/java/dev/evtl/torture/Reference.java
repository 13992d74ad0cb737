package dev.evtl.torture;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * FORMAT.md in the plainest code, with nothing of the journal's own: what a file that nobody has open is to a reader and
 * to a writer.
 */
final class Reference {
    private static final int HEADER = 64;
    private static final int EVENT_HEADER = 16;
    private static final int MORE = 0x10;

    private final ByteBuffer file;
    private final int headerChecksum;

    Reference(final byte[] bytes) {
        file = ByteBuffer.wrap(bytes).order(LITTLE_ENDIAN);
        headerChecksum = bytes.length < HEADER ? 0 : headerChecksum();
    }

    private int headerChecksum() {
        final CRC32C crc = new CRC32C();
        crc.update(file.array(), 0, 16);
        crc.update(file.array(), 32, 4);
        crc.update(file.array(), 40, 8);
        return (int) crc.getValue();
    }

    /** Not a journal, or one that version 1 does not read. */
    boolean isNoJournal() {
        return file.capacity() < HEADER
                || file.getInt(0) != 0x4C54_5645
                || file.getInt(4) != 1
                || (file.getInt(32) & ~1) != 0;
    }

    boolean isHeaderDamaged() {
        return file.getInt(36) != headerChecksum
                || writeOffset() < HEADER
                || isClosed() && writeOffset() != file.capacity();
    }

    boolean isClosed() {
        return file.getInt(56) == 1;
    }

    long writeOffset() {
        return file.getLong(24);
    }

    long durableOffset() {
        return file.getLong(48);
    }

    boolean coversDurable(final long end) {
        return Long.compareUnsigned(end, durableOffset()) >= 0;
    }

    private boolean hasChecksums() {
        return file.getInt(32) == 1;
    }

    /** What a reader finds: a file that nobody writes, up to write_offset. */
    Walk read() {
        return walk(writeOffset());
    }

    /** What a recovery finds: up to the end of the file, or without checksums to write_offset. */
    Walk recover() {
        return walk(isClosed() || !hasChecksums() ? Math.min(writeOffset(), file.capacity()) : file.capacity());
    }

    /**
     * A walk over events.
     *
     * @param events   that verify, one after the other
     * @param end      where they end
     * @param whole    of them, those of claims that are there to their last event
     * @param validEnd where those end
     * @param complete whether they reach as far as they should
     */
    record Walk(int events, int end, int whole, int validEnd, boolean complete) {}

    private Walk walk(final long limit) {
        int position = HEADER;
        int events = 0;
        int whole = 0;
        int validEnd = HEADER;
        while (position < limit) {
            final int length = length(position, limit);
            if (length == 0) {
                break;
            }
            events++;
            final boolean more = (file.get(position + 9) & MORE) != 0;
            position += length;
            if (!more) {
                whole = events;
                validEnd = position;
            }
        }
        return new Walk(events, position, whole, validEnd, position >= limit);
    }

    private int length(final int position, final long limit) {
        if (limit - position < EVENT_HEADER || file.get(position + 8) == 0 || (file.get(position + 9) & 0xE0) != 0) {
            return 0;
        }
        final int length = EVENT_HEADER + (file.getShort(position + 10) & 0xFFFF);
        return length <= limit - position && (!hasChecksums() || verifies(position, length)) ? length : 0;
    }

    private boolean verifies(final int position, final int length) {
        final CRC32C crc = new CRC32C();
        crc.update(file.array(), position, 12);
        crc.update(new byte[4], 0, 4);
        crc.update(file.array(), position + EVENT_HEADER, length - EVENT_HEADER);
        return file.getInt(position + 12) == ((int) crc.getValue() ^ headerChecksum ^ position);
    }

    /** Whether a recovery refuses what it found. */
    boolean isCorrupt(final Walk recovery) {
        return !coversDurable(recovery.validEnd()) || isClosed() && recovery.validEnd() != file.capacity();
    }

    /** Where the last byte after a position ends that is not zero. */
    int tailEnd(final int position) {
        int end = file.capacity();
        while (end > position && file.get(end - 1) == 0) {
            end--;
        }
        return end;
    }
}
