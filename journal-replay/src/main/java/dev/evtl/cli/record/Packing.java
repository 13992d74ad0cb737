package dev.evtl.cli.record;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.HexFormat;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/** How an input is packed, which its first bytes tell. */
enum Packing {
    GZIP("gzip", "1f8b08"),
    ZIP("zip", "504b0304"),
    BZIP2("bzip2", "425a68"),
    XZ("xz", "fd377a585a00"),
    ZSTD("zstd", "28b52ffd"),
    LZ4("lz4", "04224d18");

    private static final int MAGIC_LENGTH = 6;
    private static final int BLOCK_LENGTH = 1 << 16;

    private final String name;
    private final String magic;

    Packing(final String name, final String magic) {
        this.name = name;
        this.magic = magic;
    }

    /**
     * Unpacks what is packed with gzip, and leaves what is not packed as it is.
     *
     * @throws IOException if it is packed in another way, or cannot be read
     */
    static InputStream unpack(final InputStream in) throws IOException {
        final BufferedInputStream packed = new BufferedInputStream(in, BLOCK_LENGTH);
        packed.mark(MAGIC_LENGTH);
        final String start = HexFormat.of().formatHex(packed.readNBytes(MAGIC_LENGTH));
        packed.reset();
        for (final Packing packing : values()) {
            if (start.startsWith(packing.magic)) {
                if (packing != GZIP) {
                    throw new IOException("is packed with " + packing.name + "; unpack it first, or pack it with gzip");
                }
                return gunzip(packed);
            }
        }
        return packed;
    }

    private static InputStream gunzip(final BufferedInputStream packed) throws IOException {
        try {
            return new BufferedInputStream(new Gzip(new Whole(packed)), BLOCK_LENGTH);
        } catch (final EOFException e) {
            throw cutOff(e);
        }
    }

    private static IOException cutOff(final EOFException cause) {
        return new IOException("gzip: cut off: expected more packed data, found the end", cause);
    }

    /** All members of a gzip file, up to its end. */
    private static final class Gzip extends GZIPInputStream {
        Gzip(final InputStream packed) throws IOException {
            super(packed, BLOCK_LENGTH);
        }

        @Override
        public int read(final byte[] target, final int offset, final int length) throws IOException {
            try {
                return super.read(target, offset, length);
            } catch (final EOFException e) {
                throw cutOff(e);
            } catch (final ZipException e) {
                throw new IOException("gzip: damaged: " + e.getMessage(), e);
            }
        }
    }

    /**
     * Says that more is available unless the end is reached: a gzip stream takes nothing available for its end, which
     * between two members a pipe may have for a while.
     */
    private static final class Whole extends FilterInputStream {
        Whole(final BufferedInputStream in) {
            super(in);
        }

        @Override
        public int available() throws IOException {
            in.mark(1);
            final int next = in.read();
            in.reset();
            return next < 0 ? 0 : 1;
        }
    }
}
