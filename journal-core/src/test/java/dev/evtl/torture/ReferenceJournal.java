package dev.evtl.torture;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * A journal's file as FORMAT.md has it, made with nothing of the code under test; it knows where its events are because
 * it put them there.
 */
public final class ReferenceJournal {
    public static final int HEADER = 64;
    public static final int EVENT_HEADER = 16;
    public static final int MORE = 0x10;
    public static final int OPEN = 0;
    public static final int CLOSED = 1;

    /** What a reader is to say of an event. */
    public record Event(int type, int flags, long timestamp, byte[] payload) {}

    private final long baseSequence;
    private final boolean checksums;
    private final int headerChecksum;
    private final List<Event> events = new ArrayList<>();
    private int[] ends = new int[64];
    private byte[] bytes = new byte[1 << 16];
    private ByteBuffer buffer = wrap(bytes);

    public ReferenceJournal(final long createdAt, final boolean checksums, final long baseSequence) {
        this.baseSequence = baseSequence;
        this.checksums = checksums;
        buffer.put(new byte[] {'E', 'V', 'T', 'L'}).putInt(1).putLong(createdAt);
        buffer.putInt(32, checksums ? 1 : 0).putLong(40, baseSequence);
        final CRC32C crc = new CRC32C();
        crc.update(bytes, 0, 16);
        crc.update(bytes, 32, 4);
        crc.update(bytes, 40, 8);
        this.headerChecksum = (int) crc.getValue();
        buffer.putInt(36, headerChecksum);
    }

    private static ByteBuffer wrap(final byte[] bytes) {
        return ByteBuffer.wrap(bytes).order(LITTLE_ENDIAN);
    }

    /** Adds an event; {@code flags} are all eight bits. */
    public ReferenceJournal add(final int type, final int flags, final long timestamp, final byte[] payload) {
        final int start = end();
        final int length = EVENT_HEADER + payload.length;
        if (start + length > bytes.length) {
            bytes = Arrays.copyOf(bytes, 2 * (start + length));
            buffer = wrap(bytes);
        }
        buffer.putLong(start, timestamp)
                .put(start + 8, (byte) type)
                .put(start + 9, (byte) flags)
                .putShort(start + 10, (short) payload.length)
                .putInt(start + 12, 0);
        System.arraycopy(payload, 0, bytes, start + EVENT_HEADER, payload.length);
        if (checksums) {
            buffer.putInt(start + 12, checksum(bytes, start, length, headerChecksum));
        }
        if (events.size() == ends.length) {
            ends = Arrays.copyOf(ends, 2 * ends.length);
        }
        ends[events.size()] = start + length;
        events.add(new Event(type, flags, timestamp, payload));
        return this;
    }

    /** The checksum of an event whose checksum field is 0. */
    static int checksum(final byte[] file, final int start, final int length, final int headerChecksum) {
        final CRC32C crc = new CRC32C();
        crc.update(file, start, length);
        return (int) crc.getValue() ^ headerChecksum ^ start; // an offset here has no high bits
    }

    /** Forgets all events but the first so many. */
    public void truncate(final int count) {
        Arrays.fill(bytes, end(count), end(), (byte) 0);
        events.subList(count, events.size()).clear();
    }

    public ReferenceJournal copy() {
        final ReferenceJournal copy = new ReferenceJournal(buffer.getLong(8), checksums, baseSequence);
        events.forEach(event -> copy.add(event.type, event.flags, event.timestamp, event.payload));
        return copy;
    }

    public boolean hasChecksums() {
        return checksums;
    }

    public long baseSequence() {
        return baseSequence;
    }

    public int events() {
        return events.size();
    }

    public Event event(final int index) {
        return events.get(index);
    }

    /** Where the first so many events end. */
    public int end(final int count) {
        return count == 0 ? HEADER : ends[count - 1];
    }

    public int end() {
        return end(events.size());
    }

    /** How many events end at an offset or before it. */
    public int eventsBefore(final long offset) {
        if (offset >= end()) {
            return events.size();
        }
        final int found = Arrays.binarySearch(ends, 0, events.size(), (int) Math.max(offset, 0));
        return found < 0 ? -found - 1 : found + 1;
    }

    /** Of the first so many events, those of whole claims. */
    public int wholeClaims(final int count) {
        int whole = count;
        while (whole > 0 && (events.get(whole - 1).flags & MORE) != 0) {
            whole--;
        }
        return whole;
    }

    /** The bytes, zeros after the last event; not to be written to. */
    public byte[] bytes() {
        return bytes;
    }

    public byte[] closed() {
        return file(events.size(), end(), end(), CLOSED, end());
    }

    /** The file with these live fields, cut or filled up with zeros to a length. */
    public byte[] file(
            final long eventCount,
            final long writeOffset,
            final long durableOffset,
            final int state,
            final int length) {
        final byte[] file = Arrays.copyOf(bytes, length);
        wrap(file)
                .putLong(16, eventCount)
                .putLong(24, writeOffset)
                .putLong(48, durableOffset)
                .putInt(56, state);
        return file;
    }
}
