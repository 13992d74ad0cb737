package dev.evtl.journal.ring;

import java.nio.MappedByteBuffer;
import org.agrona.BufferUtil;
import org.agrona.concurrent.AtomicBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.ringbuffer.RingBufferDescriptor;

/**
 * The memory of a ring: this process's own, or the parts of a mapped ring file as {@link RingLayout} defines them. For
 * any thread.
 */
public final class RingMemory {
    private static final int PAGE_LENGTH = 4096;

    private final UnsafeBuffer header;
    private final UnsafeBuffer counters;
    private final UnsafeBuffer ring;
    private final int capacity;

    private RingMemory(
            final UnsafeBuffer header, final UnsafeBuffer counters, final UnsafeBuffer ring, final int capacity) {
        this.header = header;
        this.counters = counters;
        this.ring = ring;
        this.capacity = capacity;
    }

    /** Allocates zeroed memory in this process, without slots. */
    static RingMemory allocate(final int capacity) {
        return new RingMemory(
                allocate(RingLayout.CHECKPOINTS_END, RingLayout.COUNTER_LENGTH),
                allocate(RingLayout.COUNTERS_LENGTH, RingLayout.COUNTER_LENGTH),
                allocate(RingLayout.ringLength(capacity), PAGE_LENGTH),
                capacity);
    }

    private static UnsafeBuffer allocate(final int length, final int alignment) {
        return new UnsafeBuffer(BufferUtil.allocateDirectAligned(length, alignment));
    }

    /** Returns the parts of a mapped ring file whose header was checked. */
    static RingMemory of(final MappedByteBuffer map) {
        final UnsafeBuffer header = new UnsafeBuffer(map.slice(0, RingLayout.COUNTERS_OFFSET));
        final int capacity = header.getInt(RingLayout.CAPACITY_OFFSET);
        return new RingMemory(
                header,
                new UnsafeBuffer(map.slice(RingLayout.COUNTERS_OFFSET, RingLayout.COUNTERS_LENGTH)),
                new UnsafeBuffer(map.slice(RingLayout.RING_OFFSET, RingLayout.ringLength(capacity))),
                capacity);
    }

    UnsafeBuffer header() {
        return header;
    }

    UnsafeBuffer counters() {
        return counters;
    }

    /** Returns the ring with its trailer; index 0 is the ring's first byte. */
    public AtomicBuffer ring() {
        return ring;
    }

    /** Returns the size of the ring in bytes, a power of two. */
    public int capacity() {
        return capacity;
    }

    /** Creates a view of one record at a time, for one thread. */
    public RingRecord record() {
        return new RingRecord(ring, capacity);
    }

    /** Returns the head: everything before this position was released to the producers. */
    long head() {
        return ring.getLongVolatile(capacity + RingBufferDescriptor.HEAD_POSITION_OFFSET);
    }

    /** Returns the copy of the head that producers use until the ring seems full. */
    long cachedHead() {
        return ring.getLongVolatile(capacity + RingBufferDescriptor.HEAD_CACHE_POSITION_OFFSET);
    }

    /** Returns the tail: the position at which the next claim begins. */
    public long tail() {
        return ring.getLongVolatile(capacity + RingBufferDescriptor.TAIL_POSITION_OFFSET);
    }

    /** Returns where a walk over the records ends: at the tail, or one ring behind the head if the tail is damaged. */
    long walkEnd() {
        return Math.min(tail(), head() + capacity);
    }

    int index(final long position) {
        return (int) position & capacity - 1;
    }

    /** Releases everything before a position. It is zeroed first, because producers expect zeros in free room. */
    public void release(final long position) {
        for (long at = head(); at < position; ) {
            final int length = (int) Math.min(position - at, capacity - index(at));
            ring.setMemory(index(at), length, (byte) 0);
            at += length;
        }
        ring.putLongRelease(capacity + RingBufferDescriptor.HEAD_POSITION_OFFSET, position);
    }
}
