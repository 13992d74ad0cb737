package dev.evtl.cli.record;

import java.io.IOException;
import java.io.InputStream;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * Unpacks a gzip file (RFC 1952): all its members, up to the end of the input. Java's own takes a member whose header is
 * damaged or cut for the end, and would leave out all that follows without a word.
 */
final class Gunzip extends InputStream {
    private static final int MAGIC = 0x8b1f;
    private static final int DEFLATE = 8;
    private static final int HEADER_CHECKSUM = 1 << 1;
    private static final int EXTRA = 1 << 2;
    private static final int NAME = 1 << 3;
    private static final int COMMENT = 1 << 4;
    private static final int RESERVED = 0xE0;
    private static final int TIME_FLAGS_SYSTEM_LENGTH = 6;
    private static final int BLOCK_LENGTH = 1 << 16;

    private final InputStream packed;
    private final byte[] block = new byte[BLOCK_LENGTH];
    private final Inflater inflater = new Inflater(true);
    private final CRC32 checksum = new CRC32();
    private int position;
    private int limit;
    private boolean ended;

    Gunzip(final InputStream packed) throws IOException {
        this.packed = packed;
        beginMember();
    }

    @Override
    public int read() throws IOException {
        final byte[] single = new byte[1];
        return read(single, 0, 1) < 0 ? -1 : single[0] & 0xFF;
    }

    @Override
    public int read(final byte[] target, final int offset, final int length) throws IOException {
        int count = 0;
        while (!ended && count == 0 && length > 0) {
            count = inflate(target, offset, length);
            if (count == 0 && inflater.finished()) {
                position = limit - inflater.getRemaining();
                endMember();
                ended = !hasMore();
                if (!ended) {
                    beginMember();
                }
            } else if (count == 0) {
                giveInput();
            }
        }
        checksum.update(target, offset, count);
        return count > 0 || length == 0 ? count : -1;
    }

    private int inflate(final byte[] target, final int offset, final int length) throws IOException {
        try {
            return inflater.inflate(target, offset, length);
        } catch (final DataFormatException e) {
            throw damaged(e.getMessage());
        }
    }

    private void giveInput() throws IOException {
        if (inflater.needsDictionary()) {
            throw damaged("expected no dictionary");
        }
        if (!hasMore()) {
            throw cutOff();
        }
        inflater.setInput(block, position, limit - position);
        position = limit;
    }

    private void beginMember() throws IOException {
        final int magic = next(Short.BYTES);
        final int method = next(Byte.BYTES);
        final int flags = next(Byte.BYTES);
        if (magic != MAGIC || method != DEFLATE || (flags & RESERVED) != 0) {
            throw damaged(String.format(
                    "expected the next member or the end, found 0x%02x%02x%02x%02x",
                    magic & 0xFF, magic >> Byte.SIZE, method, flags));
        }
        skip(TIME_FLAGS_SYSTEM_LENGTH);
        if ((flags & EXTRA) != 0) {
            skip(next(Short.BYTES));
        }
        for (final int text : new int[] {NAME, COMMENT}) {
            while ((flags & text) != 0 && next(Byte.BYTES) != 0) {
                // up to the zero at its end
            }
        }
        if ((flags & HEADER_CHECKSUM) != 0) {
            skip(Short.BYTES);
        }
        inflater.reset();
        checksum.reset();
    }

    private void endMember() throws IOException {
        final int expectedChecksum = next(Integer.BYTES);
        final int expectedLength = next(Integer.BYTES);
        if (expectedChecksum != (int) checksum.getValue()) {
            throw damaged(
                    String.format("expected the checksum 0x%08x, found 0x%08x", expectedChecksum, checksum.getValue()));
        }
        if (expectedLength != (int) inflater.getBytesWritten()) {
            throw damaged("expected " + Integer.toUnsignedString(expectedLength) + " bytes, found "
                    + inflater.getBytesWritten());
        }
    }

    private void skip(final int length) throws IOException {
        for (int i = 0; i < length; i++) {
            next(Byte.BYTES);
        }
    }

    /** The next bytes as a little-endian number. */
    private int next(final int length) throws IOException {
        int value = 0;
        for (int i = 0; i < length; i++) {
            if (!hasMore()) {
                throw cutOff();
            }
            value |= (block[position++] & 0xFF) << i * Byte.SIZE;
        }
        return value;
    }

    private boolean hasMore() throws IOException {
        if (position == limit) {
            position = 0;
            limit = Math.max(0, packed.read(block));
        }
        return position < limit;
    }

    private static IOException cutOff() {
        return new IOException("gzip: cut off: expected more packed data, found the end");
    }

    private static IOException damaged(final String problem) {
        return new IOException("gzip: damaged: " + problem);
    }

    @Override
    public void close() throws IOException {
        inflater.end();
        packed.close();
    }
}
