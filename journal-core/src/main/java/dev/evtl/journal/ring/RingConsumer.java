package dev.evtl.journal.ring;

import org.agrona.UnsafeApi;
import org.agrona.concurrent.AtomicBuffer;
import org.agrona.concurrent.ringbuffer.OneToOneRingBuffer;
import org.agrona.concurrent.ringbuffer.RingBuffer;
import org.agrona.concurrent.ringbuffer.RingBufferDescriptor;

/**
 * Reads claims from the ring in two steps, for the thread that runs the appender: first the claims are read, and only
 * when they are safe is their room released.
 */
public final class RingConsumer {
    /** Receives the claims that are read. */
    public interface Handler {
        /** Takes a claim, or returns false to leave it in the ring. */
        boolean onClaim(RingRecord claim);
    }

    /** Length in bytes up to which stores are faster than the call that zeroes memory. */
    private static final int SHORT = 256;

    private final RingBuffer ring;
    private final AtomicBuffer buffer;
    private final int capacity;
    private final boolean zeroing;
    private final RingRecord record;
    private long head;
    private int taken;
    private long passed = -1;
    private RingRecord.Damage damage;

    RingConsumer(final RingBuffer ring) {
        this.ring = ring;
        this.buffer = ring.buffer();
        this.capacity = ring.capacity();
        this.zeroing = !(ring instanceof OneToOneRingBuffer); // its producer writes the zeros itself
        this.record = new RingRecord(buffer, capacity);
        this.head = ring.consumerPosition();
    }

    /**
     * Hands committed claims to a handler, from the head up to the first uncommitted claim, a damaged record, the end of
     * the ring or the limit.
     *
     * @return number of claims that the handler took
     */
    public int read(final Handler handler, final int limit) {
        head = ring.consumerPosition();
        final long end = head + capacity - ((int) head & capacity - 1);
        int claims = 0;
        long position = head;
        damage = null;
        while (position < end && claims < limit && record.at(position).isCommitted() && isWhole()) {
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

    /**
     * Returns whether the record is not damaged. One that was passed over is only looked at for its length, as its
     * producer may have come late.
     */
    private boolean isWhole() {
        final int room = record.toRingEnd();
        final RingRecord.Damage found = record.position() == passed ? record.lengthDamage(room) : record.damage(room);
        if (found != null) {
            damage = found; // stored only then, as the garbage collector notes each store of a reference
        }
        return found == null;
    }

    /**
     * Returns what is wrong with the record at which the last {@link #read} ended, so that neither it nor anything
     * behind it can be read; null if nothing is.
     */
    public RingRecord.Damage damage() {
        return damage;
    }

    /**
     * Treats the record at the head as padding from now on. Its producer, stopped while claiming, may still store a
     * type there.
     */
    public void pass() {
        passed = ring.consumerPosition();
    }

    /** Returns the bytes that were read and not released yet, padding included. */
    public int taken() {
        return taken;
    }

    /** Returns the position of the head once these bytes are released. */
    public long end() {
        return head + taken;
    }

    /** Releases the room of what was read to the producers, zeroed if they expect zeros. */
    public void release() {
        if (taken > 0) {
            if (zeroing) {
                zero((int) head & capacity - 1, taken);
            }
            buffer.putLongRelease(capacity + RingBufferDescriptor.HEAD_POSITION_OFFSET, head + taken);
            head += taken;
            taken = 0;
        }
    }

    private void zero(final int index, final int length) {
        if (length <= SHORT) {
            // without bounds checks: what was read is within the ring
            final long start = buffer.addressOffset() + index;
            for (int i = 0; i < length; i += Long.BYTES) {
                UnsafeApi.putLong(null, start + i, 0);
            }
        } else {
            buffer.setMemory(index, length, (byte) 0);
        }
    }
}
