package dev.evtl.journal.ring;

import dev.evtl.journal.format.EventHeader;
import dev.evtl.journal.format.GapEvent;
import org.agrona.BitUtil;
import org.agrona.UnsafeApi;
import org.agrona.concurrent.AtomicBuffer;
import org.agrona.concurrent.ringbuffer.RecordDescriptor;
import org.agrona.concurrent.ringbuffer.RingBuffer;

/**
 * A view of one record of the ring as it was when it was read. Every walk over a ring moves one of these from record to
 * record. For one thread at a time.
 *
 * <pre>
 *   0               4               8
 *  +---------------+---------------+
 *  |    length     |     type      |   read at once
 *  +---------------+---------------+
 *  | events or a gap ...
 *  +------------------ up to the next multiple of 8
 * </pre>
 *
 * <p>The length includes these eight bytes. It is negative while the claim is open, and positive once it is committed
 * or padding. A length of 0 between head and tail marks a <em>hole</em>: a claim whose thread has moved the tail and
 * has not stored its length yet, or never will.
 */
public final class RingRecord {
    /** Bytes before a record's events. */
    public static final int HEADER_LENGTH = RecordDescriptor.HEADER_LENGTH;

    static final int ALIGNMENT = RecordDescriptor.ALIGNMENT;

    /**
     * What is wrong with a record.
     *
     * @param index    in the ring's memory of what is wrong
     * @param expected what belongs there
     * @param found    what is there
     */
    public record Damage(int index, String expected, Object found) {
        @Override
        public String toString() {
            return "expected " + expected + ", found " + found;
        }
    }

    private final AtomicBuffer ring;
    /** Of the ring in memory. Indexes are masked, so that reading there needs no bounds check. */
    private final long address;

    private final int capacity;
    /** Agrona's rings take no longer message. */
    private final int most;

    private long position;
    private int index;
    private long word;

    /**
     * Creates a view that is not at a record yet.
     *
     * @param ring     memory of the ring; index 0 is its first byte
     * @param capacity size of the ring in bytes, a power of two
     */
    RingRecord(final AtomicBuffer ring, final int capacity) {
        this.ring = ring;
        this.address = ring.addressOffset();
        this.capacity = capacity;
        this.most = capacity / 8;
    }

    /** Reads the record that begins at a position. */
    public RingRecord at(final long recordPosition) {
        position = recordPosition;
        index = (int) recordPosition & capacity - 1;
        word = UnsafeApi.getLongVolatile(null, address + index);
        return this;
    }

    /** Reads the next record. A hole is taken to have the smallest length. */
    public RingRecord next() {
        return at(end());
    }

    /** Returns the position at which this record begins. */
    public long position() {
        return position;
    }

    /** Returns the position at which the next record begins. */
    public long end() {
        return position + Math.max(ALIGNMENT, BitUtil.align(Math.abs((long) length()), ALIGNMENT));
    }

    /** Returns the length in bytes: negative while the claim is open, 0 for a hole. */
    int length() {
        return (int) word;
    }

    /** Returns the type, which {@link RecordType} decodes. */
    int type() {
        return (int) (word >>> Integer.SIZE);
    }

    /** Returns the index in the ring's memory at which this record begins. */
    int index() {
        return index;
    }

    /** Returns length and type as they were read, to find out later whether they have changed. */
    long word() {
        return word;
    }

    /** Returns whether length and type are still as they were read. */
    boolean isUnchanged() {
        return ring.getLongVolatile(index) == word;
    }

    /** Returns whether a consumer may take this record. */
    public boolean isCommitted() {
        return length() > 0;
    }

    /** Returns whether this record is claimed and neither committed nor aborted. */
    boolean isOpen() {
        return length() < 0;
    }

    /** Returns whether this record is a hole. */
    public boolean isHole() {
        return length() == 0;
    }

    /** Returns whether the type is that of a claim of events or of a gap. */
    public boolean isClaim() {
        return RecordType.isClaim(type());
    }

    /** Returns whether the type is that of a gap. */
    public boolean isGap() {
        return RecordType.isGap(type());
    }

    /** Returns the number of the application's events according to the type. */
    public int events() {
        return RecordType.events(type());
    }

    /** Returns the index in the ring's memory at which the events begin. */
    public int eventsIndex() {
        return index + HEADER_LENGTH;
    }

    /** Returns the length of the events in bytes. */
    public int eventsLength() {
        return Math.abs(length()) - HEADER_LENGTH;
    }

    /** Returns the index in the ring's memory at which the payload of a gap begins. */
    public int gapPayload() {
        return eventsIndex() + EventHeader.LENGTH;
    }

    /**
     * Returns what is wrong with this record, if it is one that no claim can have left, but stores past the end of
     * another claim can; null if nothing is. Damage within a payload is not noticed.
     *
     * @param room number of bytes from here in which the record must end
     */
    public Damage damage(final int room) {
        return isOneEvent(room) ? null : findDamage(room);
    }

    /** Returns whether this is a committed claim of one event, as most are, and the event fills it. */
    private boolean isOneEvent(final int room) {
        final int length = length();
        final int payload = length - HEADER_LENGTH - EventHeader.LENGTH;
        return RecordType.isOneEvent(type())
                && payload >= 0
                && length <= most
                && length <= room
                && EventHeader.isApplicationEvent(EventHeader.word(ring, index + HEADER_LENGTH), payload);
    }

    private Damage findDamage(final int room) {
        final Damage length = lengthDamage(room);
        return length == null && isCommitted() ? contentDamage() : length;
    }

    /** Returns what is wrong with this record's length, as {@link #damage} does. */
    Damage lengthDamage(final int room) {
        return end() - position > room || Math.abs((long) length()) < HEADER_LENGTH
                ? new Damage(
                        RecordDescriptor.lengthOffset(index), "a length of " + HEADER_LENGTH + " to " + room, length())
                : null;
    }

    private Damage contentDamage() {
        if (type() == RingBuffer.PADDING_MSG_TYPE_ID) {
            return null;
        }
        final int bytes = eventsLength();
        if (!isClaim() || bytes > most) {
            return new Damage(index, "padding, or a claim of up to " + most + " bytes", type() + " with " + bytes);
        }
        if (isGap()) {
            return bytes == GapEvent.LENGTH && GapEvent.isGap(EventHeader.word(ring, eventsIndex()))
                    ? null
                    : new Damage(eventsIndex(), "a gap event", "none in " + bytes + " bytes");
        }
        return eventsDamage(eventsIndex(), eventsIndex() + bytes);
    }

    private Damage eventsDamage(final int start, final int end) {
        int found = 0;
        int at = start;
        while (at + EventHeader.LENGTH <= end) {
            final long header = EventHeader.word(ring, at);
            final int payload = EventHeader.payloadLength(header);
            final int length = EventHeader.LENGTH + payload;
            if (length > end - at || !EventHeader.isApplicationEvent(header, payload) && !isUnstampedGap(header)) {
                break;
            }
            found++;
            at += length;
        }
        return at == end && found == events()
                ? null
                : new Damage(at, events() + " events of " + (end - start) + " bytes", found + " of " + (at - start));
    }

    private static boolean isUnstampedGap(final long header) {
        return GapEvent.isGap(header) && EventHeader.isEvent(header) && EventHeader.checksum(header) == 0;
    }

    /** Returns whether this is a gap that lacks at most the commit; such a gap may count as recorded already. */
    boolean isWholeGap() {
        return isGap() && contentDamage() == null && GapEvent.dropped(ring, gapPayload()) != 0;
    }

    /**
     * Returns how many bytes from here on, up to a limit, hold no record: every place where one could begin is zero.
     */
    int zeros(final int limit) {
        int zeros = 0;
        while (zeros < limit && ring.getIntVolatile(RecordDescriptor.lengthOffset(index + zeros)) == 0) {
            zeros += ALIGNMENT;
        }
        return zeros;
    }

    /** Returns whether this record is at the start of the ring, so that no hole continues into it. */
    public boolean isAtRingStart() {
        return index == 0;
    }

    /** Returns the number of bytes from here to the end of the ring's memory. */
    int toRingEnd() {
        return capacity - index;
    }

    /** Commits this record as it is. */
    void commit() {
        ring.putIntRelease(RecordDescriptor.lengthOffset(index), Math.abs(length()));
    }

    /** Turns this record into padding of the given length, which consumers pass over. */
    void pad(final int length) {
        ring.putIntRelease(RecordDescriptor.typeOffset(index), RingBuffer.PADDING_MSG_TYPE_ID);
        ring.putIntRelease(RecordDescriptor.lengthOffset(index), length);
    }
}
