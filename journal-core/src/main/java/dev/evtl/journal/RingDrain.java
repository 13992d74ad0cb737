package dev.evtl.journal;

import org.agrona.BitUtil;
import org.agrona.concurrent.AtomicBuffer;
import org.agrona.concurrent.ringbuffer.OneToOneRingBuffer;
import org.agrona.concurrent.ringbuffer.RecordDescriptor;
import org.agrona.concurrent.ringbuffer.RingBuffer;
import org.agrona.concurrent.ringbuffer.RingBufferDescriptor;

/**
 * Reads a ring as its own read does, but in two steps, so that what was read can be put in safety before its room is
 * given back. For the thread that runs the appender.
 */
final class RingDrain {
    /** Takes a claim. */
    interface Handler {
        /** Returns false to leave it in the ring. */
        boolean onClaim(int type, int index, int length);
    }

    private final RingBuffer ring;
    private final AtomicBuffer buffer;
    private final int capacity;
    private final boolean zeroing;
    private long head;
    private int taken;
    private long passed = -1;

    RingDrain(final RingBuffer ring) {
        this.ring = ring;
        this.buffer = ring.buffer();
        this.capacity = ring.capacity();
        this.zeroing = !(ring instanceof OneToOneRingBuffer); // whose producer does it
        this.head = ring.consumerPosition();
    }

    /**
     * Hands on committed claims from the head on, up to the first that is not, to the ring's end or to a limit.
     *
     * @return how many were taken
     */
    int read(final Handler handler, final int limit) {
        head = ring.consumerPosition();
        final int start = (int) head & capacity - 1;
        final int end = capacity - start;
        int claims = 0;
        int bytes = 0;
        while (bytes < end && claims < limit) {
            final int record = start + bytes;
            final int length = buffer.getIntVolatile(RecordDescriptor.lengthOffset(record));
            if (length <= 0) {
                break;
            }
            final int type = buffer.getInt(RecordDescriptor.typeOffset(record));
            if (type != RingBuffer.PADDING_MSG_TYPE_ID && head + bytes != passed) {
                if (!handler.onClaim(
                        type, record + RecordDescriptor.HEADER_LENGTH, length - RecordDescriptor.HEADER_LENGTH)) {
                    break;
                }
                claims++;
            }
            bytes += BitUtil.align(length, RecordDescriptor.ALIGNMENT);
        }
        taken = bytes;
        return claims;
    }

    /** Takes the record at the head for padding: its producer, stopped in claiming it, may still store a type there. */
    void pass() {
        passed = ring.consumerPosition();
    }

    /** Bytes that were read, padding included, and not released yet. */
    int taken() {
        return taken;
    }

    /** Where the head will be once they are. */
    long end() {
        return head + taken;
    }

    /** Gives the room of what was read back to the producers, zeroed as they expect it. */
    void release() {
        if (taken > 0) {
            if (zeroing) {
                buffer.setMemory((int) head & capacity - 1, taken, (byte) 0);
            }
            buffer.putLongRelease(capacity + RingBufferDescriptor.HEAD_POSITION_OFFSET, head + taken);
            head += taken;
            taken = 0;
        }
    }
}
