package dev.evtl.cli.record;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.HexFormat;

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
                return new BufferedInputStream(new Gunzip(packed), BLOCK_LENGTH);
            }
        }
        return packed;
    }
}
