package dev.evtl.journal;

import dev.evtl.journal.storage.ClaimType;
import dev.evtl.journal.storage.ProcessSlot;
import java.lang.invoke.VarHandle;
import org.agrona.BitUtil;
import org.agrona.concurrent.AtomicBuffer;
import org.agrona.concurrent.ringbuffer.OneToOneRingBuffer;
import org.agrona.concurrent.ringbuffer.RecordDescriptor;
import org.agrona.concurrent.ringbuffer.RingBuffer;

/**
 * Makes and ends claims in the ring for one process. In a ring file each bears the process's slot, and that a record is
 * without an owner for an instant is told there, so that a claim of a process that died can be known as such.
 */
final class Claims {
    private final RingBuffer ring;
    private final Counters counters;
    private final ProcessSlot slot;
    /**
     * The ring for one producer moves its tail by a store, which a load behind it may overtake; so the producer could
     * still see a journal that runs, and the close an empty ring. The other ring moves it by an exchange.
     */
    private final boolean fencing;

    Claims(final RingBuffer ring, final Counters counters) {
        this(ring, counters, null);
    }

    /** In a ring file, with the slot of this process. */
    Claims(final RingBuffer ring, final Counters counters, final ProcessSlot slot) {
        this.ring = ring;
        this.counters = counters;
        this.slot = slot;
        this.fencing = ring instanceof OneToOneRingBuffer;
    }

    AtomicBuffer buffer() {
        return ring.buffer();
    }

    int maxLength() {
        return ring.maxMsgLength();
    }

    /** As the ring's: the index, or a negative value if there is no room. */
    int tryClaim(final int events, final int length) {
        if (slot != null) {
            return tryClaimShared(ClaimType.of(slot.number(), events), length);
        }
        final int index = ring.tryClaim(events, length);
        if (fencing) {
            VarHandle.fullFence();
        }
        return index;
    }

    int tryClaimGap(final int length) {
        return slot == null
                ? ring.tryClaim(ClaimType.gap(ClaimType.ONLY_SLOT), length)
                : tryClaimShared(ClaimType.gap(slot.number()), length);
    }

    private int tryClaimShared(final int type, final int length) {
        if (counters.get(Counters.STUCK_SINCE) != 0 && isFull(length)) {
            return RingBuffer.INSUFFICIENT_CAPACITY;
        }
        slot.begin();
        try {
            return ring.tryClaim(type, length);
        } finally {
            slot.end();
        }
    }

    /** Without beginning: behind a record without an owner, producers that try again and again would never be quiet. */
    private boolean isFull(final int length) {
        final int needed = BitUtil.align(length + RecordDescriptor.HEADER_LENGTH, RecordDescriptor.ALIGNMENT);
        return ring.size() > ring.capacity() - needed;
    }

    /** Whether a claim holds up the ring behind a close too: its owner may have died, and another goes on with the ring. */
    boolean outliveClose() {
        return slot != null;
    }

    /** Throws an {@link IllegalStateException} if the claim has ended before, as the ring does. */
    void commit(final int index) {
        if (slot == null) {
            ring.commit(index);
        } else {
            endShared(index, false);
        }
    }

    void abort(final int index) {
        if (slot == null) {
            ring.abort(index);
        } else {
            endShared(index, true);
        }
    }

    private void endShared(final int index, final boolean abort) {
        final int record = index - RecordDescriptor.HEADER_LENGTH;
        final long open = ring.buffer().getLongVolatile(record);
        final int type = (int) (open >>> Integer.SIZE);
        // another's may lie there, if an owner left this one and died while its journal closed
        final boolean own = ClaimType.isClaim(type) && ClaimType.slot(type) == slot.number();
        if (!own || !end(ring.buffer(), record, open, abort)) {
            throw new IllegalStateException("the claim was committed, aborted or left before");
        }
    }

    /** Ends a claim in one step, so that of several who do the first is the one; false if it was another. */
    static boolean end(final AtomicBuffer buffer, final int record, final boolean abort) {
        return end(buffer, record, buffer.getLongVolatile(record), abort);
    }

    private static boolean end(final AtomicBuffer buffer, final int record, final long open, final boolean abort) {
        final int length = (int) open;
        final int type = abort ? RingBuffer.PADDING_MSG_TYPE_ID : (int) (open >>> Integer.SIZE);
        return length < 0 && buffer.compareAndSetLong(record, open, (long) type << Integer.SIZE | -length);
    }
}
