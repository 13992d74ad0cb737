package dev.evtl.journal.ring;

import java.nio.MappedByteBuffer;
import org.agrona.BufferUtil;
import org.agrona.concurrent.AtomicBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.ringbuffer.RingBufferDescriptor;

/** The memory of a ring: the process's own, or the parts of a mapped ring file as {@link RingLayout} has them. */
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

    /** Of the process, zeroed; without the slots of other processes. */
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

    /** Of a ring file whose header was checked. */
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

    /** The ring with its trailer: index 0 is the ring's first byte. */
    public AtomicBuffer ring() {
        return ring;
    }

    /** Bytes of the ring, a power of two. */
    public int capacity() {
        return capacity;
    }

    /** A view of one record at a time, for one thread. */
    public RingRecord record() {
        return new RingRecord(ring, capacity);
    }

    /** Before it lies what was released to the producers. */
    long head() {
        return ring.getLongVolatile(capacity + RingBufferDescriptor.HEAD_POSITION_OFFSET);
    }

    /** What producers take for the head until the ring seems full. */
    long cachedHead() {
        return ring.getLongVolatile(capacity + RingBufferDescriptor.HEAD_CACHE_POSITION_OFFSET);
    }

    /** Where the next claim begins. */
    public long tail() {
        return ring.getLongVolatile(capacity + RingBufferDescriptor.TAIL_POSITION_OFFSET);
    }

    int index(final long position) {
        return (int) position & capacity - 1;
    }

    /** Gives back all before a position: zeros first, as producers take what is behind the head for zeros. */
    public void release(final long position) {
        for (long at = head(); at < position; ) {
            final int length = (int) Math.min(position - at, capacity - index(at));
            ring.setMemory(index(at), length, (byte) 0);
            at += length;
        }
        ring.putLongRelease(capacity + RingBufferDescriptor.HEAD_POSITION_OFFSET, position);
    }
}
