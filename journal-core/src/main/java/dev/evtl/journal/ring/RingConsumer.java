package dev.evtl.journal.ring;

import org.agrona.concurrent.AtomicBuffer;
import org.agrona.concurrent.ringbuffer.OneToOneRingBuffer;
import org.agrona.concurrent.ringbuffer.RingBuffer;
import org.agrona.concurrent.ringbuffer.RingBufferDescriptor;

/**
 * Reads a ring as its own read does, but in two steps, so that what was read can be put in safety before its room is
 * given back. For the thread that runs the appender.
 */
public final class RingConsumer {
    /** Takes a claim. */
    public interface Handler {
        /** Returns false to leave it in the ring. */
        boolean onClaim(RingRecord claim);
    }

    private final RingBuffer ring;
    private final AtomicBuffer buffer;
    private final int capacity;
    private final boolean zeroing;
    private final RingRecord record;
    private long head;
    private int taken;
    private long passed = -1;

    RingConsumer(final RingBuffer ring) {
        this.ring = ring;
        this.buffer = ring.buffer();
        this.capacity = ring.capacity();
        this.zeroing = !(ring instanceof OneToOneRingBuffer); // whose producer does it
        this.record = new RingRecord(buffer, capacity);
        this.head = ring.consumerPosition();
    }

    /**
     * Hands on committed claims from the head on, up to the first that is not, to the ring's end or to a limit.
     *
     * @return how many were taken
     */
    public int read(final Handler handler, final int limit) {
        head = ring.consumerPosition();
        final long end = head + capacity - ((int) head & capacity - 1);
        int claims = 0;
        long position = head;
        while (position < end && claims < limit && record.at(position).isCommitted()) {
            if (record.isClaim() && position != passed) {
                if (!handler.onClaim(record)) {
                    break;
                }
                claims++;
            }
            position = record.end();
        }
        taken = (int) (position - head);
        return claims;
    }

    /** Takes the record at the head for padding: its producer, stopped in claiming it, may still store a type there. */
    public void pass() {
        passed = ring.consumerPosition();
    }

    /** Bytes that were read, padding included, and not released yet. */
    public int taken() {
        return taken;
    }

    /** Where the head will be once they are. */
    public long end() {
        return head + taken;
    }

    /** Gives the room of what was read back to the producers, zeroed as they expect it. */
    public void release() {
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
