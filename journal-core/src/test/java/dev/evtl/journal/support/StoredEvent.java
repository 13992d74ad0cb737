package dev.evtl.journal.support;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * An event as it lies in a file, read by FORMAT.md's tables alone, with nothing of the code under test.
 *
 * @param offset    in the file
 * @param sequence  number
 * @param timestamp nanoseconds
 * @param type      1..255
 * @param flags     all eight bits
 * @param checksum  as stored
 * @param payload   a copy
 */
public record StoredEvent(
        long offset, long sequence, long timestamp, int type, int flags, int checksum, byte[] payload) {
    public static final int GAP = 240;

    /** All events before write_offset. */
    public static List<StoredEvent> readAll(final Path file) throws IOException {
        return readAll(Files.readAllBytes(file));
    }

    public static List<StoredEvent> readAll(final byte[] file) {
        return readAll(file, writeOffset(file));
    }

    /** All events before an offset. */
    public static List<StoredEvent> readAll(final byte[] file, final long end) {
        final ByteBuffer bytes = ByteBuffer.wrap(file).order(LITTLE_ENDIAN);
        final List<StoredEvent> events = new ArrayList<>();
        bytes.position(64);
        while (bytes.position() < end) {
            final int offset = bytes.position();
            final long timestamp = bytes.getLong();
            final int type = bytes.get() & 0xFF;
            final int flags = bytes.get() & 0xFF;
            final byte[] payload = new byte[bytes.getShort() & 0xFFFF];
            final int checksum = bytes.getInt();
            bytes.get(payload);
            events.add(new StoredEvent(
                    offset, bytes.getLong(40) + events.size(), timestamp, type, flags, checksum, payload));
        }
        return events;
    }

    public static long eventCount(final byte[] file) {
        return header(file).getLong(16);
    }

    public static long writeOffset(final byte[] file) {
        return header(file).getLong(24);
    }

    public static long durableOffset(final byte[] file) {
        return header(file).getLong(48);
    }

    public static int state(final byte[] file) {
        return header(file).getInt(56);
    }

    private static ByteBuffer header(final byte[] file) {
        return ByteBuffer.wrap(file).order(LITTLE_ENDIAN);
    }

    /** The payload's integers, little-endian. */
    public ByteBuffer data() {
        return ByteBuffer.wrap(payload).order(LITTLE_ENDIAN);
    }

    public long end() {
        return offset + 16 + payload.length;
    }
}
