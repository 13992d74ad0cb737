package dev.evtl.journal.ring;

import dev.evtl.journal.format.EventHeader;
import dev.evtl.journal.format.GapEvent;
import org.agrona.BitUtil;
import org.agrona.concurrent.AtomicBuffer;
import org.agrona.concurrent.ringbuffer.RecordDescriptor;
import org.agrona.concurrent.ringbuffer.RingBuffer;

/**
 * A record of the ring as it was when it was looked at; used again for one record after the other. Every walk over a ring
 * goes from record to record with one of these. For one thread at a time.
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
 * <p>The length, these eight bytes included, is negative while the claim is open and positive once it is committed or
 * padding. A length of 0 between head and tail is a <em>hole</em>: a claim whose thread has moved the tail and not stored
 * its length yet, or never will.
 */
public final class RingRecord {
    /** Bytes before a record's events. */
    public static final int HEADER_LENGTH = RecordDescriptor.HEADER_LENGTH;

    static final int ALIGNMENT = RecordDescriptor.ALIGNMENT;

    private final AtomicBuffer ring;
    private final int capacity;
    private long position;
    private int index;
    private long word;

    /**
     * On the records of a ring, at none of them yet.
     *
     * @param ring     memory, index 0 being the ring's first byte
     * @param capacity of the ring in bytes, a power of two
     */
    RingRecord(final AtomicBuffer ring, final int capacity) {
        this.ring = ring;
        this.capacity = capacity;
    }

    /** Looks at the record that begins at a position. */
    public RingRecord at(final long recordPosition) {
        position = recordPosition;
        index = (int) recordPosition & capacity - 1;
        word = ring.getLongVolatile(index);
        return this;
    }

    /** Looks at the record behind this one, with the least that a hole takes. */
    public RingRecord next() {
        return at(end());
    }

    /** Where this record begins. */
    public long position() {
        return position;
    }

    /** Where the record behind this one begins. */
    public long end() {
        return position + Math.max(ALIGNMENT, BitUtil.align(Math.abs((long) length()), ALIGNMENT));
    }

    /** Bytes, negative while the claim is open, 0 for a hole. */
    int length() {
        return (int) word;
    }

    /** As {@link RecordType} tells. */
    int type() {
        return (int) (word >>> Integer.SIZE);
    }

    /** Where in the ring's memory this record begins. */
    int index() {
        return index;
    }

    /** Length and type as they were read, to see whether they have changed. */
    long word() {
        return word;
    }

    /** Whether it is as it was when it was looked at. */
    boolean isUnchanged() {
        return ring.getLongVolatile(index) == word;
    }

    /** Whether a consumer may take it. */
    public boolean isCommitted() {
        return length() > 0;
    }

    /** Whether it is claimed and neither committed nor aborted. */
    boolean isOpen() {
        return length() < 0;
    }

    /** Whether nothing of it was stored yet. */
    public boolean isHole() {
        return length() == 0;
    }

    /** Whether it says that it holds events or a gap. */
    public boolean isClaim() {
        return RecordType.isClaim(type());
    }

    /** Whether it says that it holds a gap. */
    public boolean isGap() {
        return RecordType.isGap(type());
    }

    /** The application's events that it says it holds. */
    public int events() {
        return RecordType.events(type());
    }

    /** Where in the ring's memory its events begin. */
    public int eventsIndex() {
        return index + HEADER_LENGTH;
    }

    /** Bytes of its events. */
    public int eventsLength() {
        return Math.abs(length()) - HEADER_LENGTH;
    }

    /** Where in the ring's memory the payload of a gap begins. */
    public int gapPayload() {
        return eventsIndex() + EventHeader.LENGTH;
    }

    /** Whether it is a gap of which nothing is missing but the commit; it may count as recorded already. */
    boolean isWholeGap() {
        return isGap() && GapEvent.dropped(ring, gapPayload()) != 0;
    }

    /** Bytes from here on, up to a limit, at which a record could begin and none has. */
    int zeros(final int limit) {
        int zeros = 0;
        while (zeros < limit && ring.getIntVolatile(RecordDescriptor.lengthOffset(index + zeros)) == 0) {
            zeros += ALIGNMENT;
        }
        return zeros;
    }

    /** Whether the ring begins again here: what lies before is not looked at together with it. */
    public boolean isAtRingStart() {
        return index == 0;
    }

    /** Bytes from here to where the ring begins again. */
    int toRingEnd() {
        return capacity - index;
    }

    /** Commits it as it is. */
    void commit() {
        ring.putIntRelease(RecordDescriptor.lengthOffset(index), Math.abs(length()));
    }

    /** Makes it padding, which consumers pass over. */
    void pad(final int length) {
        ring.putIntRelease(RecordDescriptor.typeOffset(index), RingBuffer.PADDING_MSG_TYPE_ID);
        ring.putIntRelease(RecordDescriptor.lengthOffset(index), length);
    }
}
