package dev.evtl.journal.ring;

import java.nio.ByteBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.ringbuffer.RingBuffer;

/** Rings as tests of other packages need them. */
public final class RingAccess {
    private RingAccess() {}

    /** A ring by way of another view of it, by which a test stops who uses it between two steps. */
    public static JournalRing seenBy(final JournalRing ring, final RingBuffer view) {
        return ring.seenBy(view);
    }

    /** A ring in memory whose claims are made and ended as in a ring file, by the process in slot 0. */
    public static JournalRing shared(final int capacity) {
        final RingMemory memory = RingMemory.allocate(capacity);
        final UnsafeBuffer slots = new UnsafeBuffer(ByteBuffer.allocateDirect(RingLayout.COUNTERS_OFFSET));
        return JournalRing.mapped(
                memory, RingCounters.inMemory(memory.counters()), new ProcessSlot(slots, 0), ClaimOwners.THIS_PROCESS);
    }
}
