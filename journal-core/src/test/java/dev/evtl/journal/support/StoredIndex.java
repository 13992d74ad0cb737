package dev.evtl.journal.support;

import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;

/** An index as it lies beside a journal file, read by FORMAT.md's tables alone, with nothing of the code under test. */
public final class StoredIndex {
    public static final int HEADER = 64;
    public static final int ENTRY = 64;

    private StoredIndex() {}

    /** An entry as stored. */
    public record Entry(
            long sequence, long offset, long greatest, long least, long dropped, long timestamp, long word) {}

    public static Path path(final Path journal) {
        return journal.resolveSibling(journal.getFileName() + ".index");
    }

    /** All entries of the index beside a journal file, which must be whole and the file's own. */
    public static List<Entry> readAll(final Path journal) throws IOException {
        final byte[] bytes = Files.readAllBytes(path(journal));
        final ByteBuffer index = ByteBuffer.wrap(bytes).order(LITTLE_ENDIAN);
        final ByteBuffer file = header(journal);
        assertEquals("EVTI", new String(bytes, 0, 4, US_ASCII));
        assertEquals(1, index.getInt(4));
        assertEquals(file.getLong(8), index.getLong(8), "created_at");
        assertEquals(file.getLong(40), index.getLong(16), "base_sequence");
        assertEquals(file.getInt(36), index.getInt(24), "header_checksum");
        assertEquals(ENTRY, index.getInt(28), "entry_length");
        assertEquals(crc(bytes, 0), index.getInt(60), "check");
        assertEquals(0, bytes.length % ENTRY);
        final List<Entry> entries = new ArrayList<>();
        for (int at = HEADER; at < bytes.length; at += ENTRY) {
            assertEquals(
                    crc(bytes, at) ^ file.getInt(36) ^ entries.size(),
                    index.getInt(at + 60),
                    "check of entry " + entries.size());
            entries.add(new Entry(
                    index.getLong(at),
                    index.getLong(at + 8),
                    index.getLong(at + 16),
                    index.getLong(at + 24),
                    index.getLong(at + 32),
                    index.getLong(at + 40),
                    index.getLong(at + 48)));
        }
        return entries;
    }

    /** Makes sure that the index beside a journal file says what the file's events say. Returns its entries. */
    public static List<Entry> assertFits(final Path journal) throws IOException {
        return assertFits(journal, StoredEvent.readAll(journal));
    }

    public static List<Entry> assertFits(final Path journal, final List<StoredEvent> events) throws IOException {
        final List<Entry> entries = readAll(journal);
        long greatest = Long.MIN_VALUE;
        long least = Long.MAX_VALUE;
        long dropped = 0;
        int next = 0;
        boolean first = true;
        for (final StoredEvent event : events) {
            if (next < entries.size() && entries.get(next).offset == event.offset()) {
                assertTrue(first, "entry within a claim");
                final long word = event.type()
                        | (long) event.flags() << 8
                        | (long) event.payload().length << 16
                        | (long) event.checksum() << 32;
                assertEquals(
                        new Entry(event.sequence(), event.offset(), greatest, least, dropped, event.timestamp(), word),
                        entries.get(next));
                next++;
                least = Long.MAX_VALUE;
            }
            greatest = Math.max(greatest, event.timestamp());
            least = Math.min(least, event.timestamp());
            if (event.type() == StoredEvent.GAP) {
                dropped += event.data().getLong(0);
            }
            first = (event.flags() & 0x10) == 0;
        }
        assertEquals(entries.size(), next, "entries that name events of the file");
        return entries;
    }

    private static ByteBuffer header(final Path journal) throws IOException {
        try (InputStream in = Files.newInputStream(journal)) {
            return ByteBuffer.wrap(in.readNBytes(64)).order(LITTLE_ENDIAN);
        }
    }

    private static int crc(final byte[] bytes, final int at) {
        final CRC32C crc = new CRC32C();
        crc.update(bytes, at, 60);
        return (int) crc.getValue();
    }
}
