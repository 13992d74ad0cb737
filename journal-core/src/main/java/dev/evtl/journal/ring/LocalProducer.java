package dev.evtl.journal.ring;

import java.lang.invoke.VarHandle;
import org.agrona.concurrent.ringbuffer.OneToOneRingBuffer;
import org.agrona.concurrent.ringbuffer.RecordDescriptor;
import org.agrona.concurrent.ringbuffer.RingBuffer;

/** Makes and ends claims in a ring in memory, for the threads of the only process that uses it. */
final class LocalProducer extends RingProducer {
    /**
     * Whether a claim needs a fence. The ring for a single producer moves its tail by a plain store, which a later load
     * may overtake: the producer could still see a running journal while the close sees an empty ring. The ring for
     * many producers moves its tail by an atomic exchange.
     */
    private final boolean fencing;

    LocalProducer(final RingBuffer ring) {
        super(ring);
        this.fencing = ring instanceof OneToOneRingBuffer;
    }

    @Override
    public int tryClaim(final int events, final int length) {
        final int index = ring.tryClaim(events, length);
        if (fencing) {
            VarHandle.fullFence();
        }
        return index;
    }

    @Override
    int tryClaimGap(final int length) {
        return ring.tryClaim(RecordType.gap(RecordType.ONLY_SLOT), length);
    }

    @Override
    public void commit(final int index) {
        ring.commit(index);
    }

    @Override
    public void commit(final int index, final int events, final int length) {
        final int record = index - RingRecord.HEADER_LENGTH;
        final int claimed = -buffer().getInt(RecordDescriptor.lengthOffset(record));
        if (claimed <= 0) {
            throw ended();
        }
        final int used = RingRecord.HEADER_LENGTH + length;
        padBehind(record, used, claimed);
        buffer().putInt(RecordDescriptor.typeOffset(record), events);
        buffer().putIntRelease(RecordDescriptor.lengthOffset(record), used);
    }

    @Override
    public void abort(final int index) {
        ring.abort(index);
    }

    @Override
    public boolean outlivesClose() {
        return false;
    }
}
