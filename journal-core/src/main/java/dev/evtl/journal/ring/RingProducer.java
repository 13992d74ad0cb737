package dev.evtl.journal.ring;

import org.agrona.BitUtil;
import org.agrona.concurrent.AtomicBuffer;
import org.agrona.concurrent.ringbuffer.RecordDescriptor;
import org.agrona.concurrent.ringbuffer.RingBuffer;

/** Makes and ends claims in the ring, for all threads of one process. A claim is named by the index of its events. */
public abstract class RingProducer {
    final RingBuffer ring;
    private final AtomicBuffer buffer;
    private final int capacity;

    RingProducer(final RingBuffer ring) {
        this.ring = ring;
        this.buffer = ring.buffer();
        this.capacity = ring.capacity();
    }

    /** The memory that claims are indexes into. */
    public final AtomicBuffer buffer() {
        return buffer;
    }

    /** Most bytes of one claim. */
    public final int maxLength() {
        return ring.maxMsgLength();
    }

    /** Claims bytes for a number of events: returns their index, or a negative value if there is no room. */
    public abstract int tryClaim(int events, int length);

    /** Claims bytes for a gap event, likewise. */
    abstract int tryClaimGap(int length);

    /** Commits a claim as it was made; throws an {@link IllegalStateException} if it has ended before. */
    public abstract void commit(int index);

    /** Commits the first bytes of a claim, with the number of events in them; what is left becomes padding. */
    public abstract void commit(int index, int events, int length);

    /** Makes a claim padding; throws an {@link IllegalStateException} if it has ended before. */
    public abstract void abort(int index);

    /** Whether a claim holds up the ring behind a close too: its owner may have died, and another goes on with the ring. */
    public abstract boolean outlivesClose();

    /** Where an open claim ends in the stream of all claims, in bytes from when the ring was made. */
    public final long end(final int index, final int length) {
        final long tail = ring.producerPosition();
        final int record = index - RingRecord.HEADER_LENGTH;
        // the claim is open, so the tail is at most a ring's length past its beginning, and not at it
        final long sinceBegin = tail - record - 1 & capacity - 1;
        return tail - sinceBegin - 1 + BitUtil.align(RingRecord.HEADER_LENGTH + length, RingRecord.ALIGNMENT);
    }

    static IllegalStateException ended() {
        return new IllegalStateException("the claim was committed, aborted or left before");
    }

    /** Makes padding of what an open claim of some record length does not need. */
    final void padBehind(final int record, final int used, final int claimed) {
        final int end = BitUtil.align(used, RingRecord.ALIGNMENT);
        final int rest = BitUtil.align(claimed, RingRecord.ALIGNMENT) - end;
        if (rest > 0) {
            buffer.putInt(RecordDescriptor.typeOffset(record + end), RingBuffer.PADDING_MSG_TYPE_ID);
            buffer.putIntRelease(RecordDescriptor.lengthOffset(record + end), rest);
        }
    }

    /**
     * Ends an open claim, whose word is known, in one step, so that of several who do the first is the one.
     *
     * @return false if it was another
     */
    static boolean end(final AtomicBuffer buffer, final int record, final long open, final int type, final int length) {
        return (int) open < 0 && buffer.compareAndSetLong(record, open, (long) type << Integer.SIZE | length);
    }
}
