package dev.evtl.journal.ring;

import org.agrona.BitUtil;
import org.agrona.concurrent.AtomicBuffer;
import org.agrona.concurrent.ringbuffer.RecordDescriptor;
import org.agrona.concurrent.ringbuffer.RingBuffer;

/**
 * Makes and ends claims in the ring, for all publishing threads of one process. A claim is identified by the index of
 * its first event.
 */
public abstract class RingProducer {
    final RingBuffer ring;
    private final AtomicBuffer buffer;
    private final int capacity;

    RingProducer(final RingBuffer ring) {
        this.ring = ring;
        this.buffer = ring.buffer();
        this.capacity = ring.capacity();
    }

    /** Returns the memory that the indexes of claims refer to. */
    public final AtomicBuffer buffer() {
        return buffer;
    }

    /** Returns the largest length of a claim in bytes. */
    public final int maxLength() {
        return ring.maxMsgLength();
    }

    /** Claims bytes for a number of events. Returns their index, or a negative value if there is no room. */
    public abstract int tryClaim(int events, int length);

    /** Claims bytes for a gap event. Returns their index, or a negative value if there is no room. */
    abstract int tryClaimGap(int length);

    /** Commits a whole claim; throws an {@link IllegalStateException} if it has ended before. */
    public abstract void commit(int index);

    /**
     * Commits the first bytes of a claim, which hold the given number of events; the rest becomes padding. Throws an
     * {@link IllegalStateException} if the claim has ended before.
     */
    public abstract void commit(int index, int events, int length);

    /** Turns a claim into padding; throws an {@link IllegalStateException} if it has ended before. */
    public abstract void abort(int index);

    /**
     * Returns whether the ring outlives a close, so that an open claim still holds it up; its next owner may be another
     * process.
     */
    public abstract boolean outlivesClose();

    /** Returns the position at which an open claim ends, in bytes since the ring was made. */
    public final long end(final int index, final int length) {
        final long tail = ring.producerPosition();
        final int record = index - RingRecord.HEADER_LENGTH;
        // the claim is open, so the tail is after its beginning and at most one ring length past it
        final long sinceBegin = tail - record - 1 & capacity - 1;
        return tail - sinceBegin - 1 + BitUtil.align(RingRecord.HEADER_LENGTH + length, RingRecord.ALIGNMENT);
    }

    static IllegalStateException ended() {
        return new IllegalStateException("the claim was committed, aborted or left before");
    }

    /** Turns the unused rest of an open claim into padding. Both lengths include the record's header. */
    final void padBehind(final int record, final int used, final int claimed) {
        final int end = BitUtil.align(used, RingRecord.ALIGNMENT);
        final int rest = BitUtil.align(claimed, RingRecord.ALIGNMENT) - end;
        if (rest > 0) {
            buffer.putInt(RecordDescriptor.typeOffset(record + end), RingBuffer.PADDING_MSG_TYPE_ID);
            buffer.putIntRelease(RecordDescriptor.lengthOffset(record + end), rest);
        }
    }

    /**
     * Ends an open claim, whose word was read before, in one step, so that only the first of several threads succeeds.
     *
     * @return false if another thread was first
     */
    static boolean end(final AtomicBuffer buffer, final int record, final long open, final int type, final int length) {
        return (int) open < 0 && buffer.compareAndSetLong(record, open, (long) type << Integer.SIZE | length);
    }
}
