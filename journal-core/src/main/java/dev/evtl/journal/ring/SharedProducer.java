package dev.evtl.journal.ring;

import org.agrona.BitUtil;
import org.agrona.concurrent.ringbuffer.RingBuffer;

/**
 * Makes and ends claims in a ring file that other processes may use too, for all publishing threads of this process.
 * Each claim names the process's slot. The slot counts the instants in which a record has no owner, so that a claim of
 * a process that died can be recognized.
 */
final class SharedProducer extends RingProducer {
    private final RingCounters counters;
    private final ProcessSlot slot;

    SharedProducer(final RingBuffer ring, final RingCounters counters, final ProcessSlot slot) {
        super(ring);
        this.counters = counters;
        this.slot = slot;
    }

    @Override
    public int tryClaim(final int events, final int length) {
        return claim(RecordType.of(slot.number(), events), length);
    }

    @Override
    int tryClaimGap(final int length) {
        return claim(RecordType.gap(slot.number()), length);
    }

    private int claim(final int type, final int length) {
        if (counters.get(RingCounters.STUCK_SINCE) != 0 && isFull(length)) {
            return RingBuffer.INSUFFICIENT_CAPACITY;
        }
        slot.begin();
        try {
            return ring.tryClaim(type, length);
        } finally {
            slot.end();
        }
    }

    /**
     * Returns whether a claim cannot fit. This is asked before {@link ProcessSlot#begin}: behind a stuck record,
     * producers that try again and again would otherwise never let the slot be quiet.
     */
    private boolean isFull(final int length) {
        final int needed = BitUtil.align(length + RingRecord.HEADER_LENGTH, RingRecord.ALIGNMENT);
        return ring.size() > ring.capacity() - needed;
    }

    @Override
    public void commit(final int index) {
        final long open = openWord(index);
        end(index, open, (int) (open >>> Integer.SIZE), -(int) open);
    }

    @Override
    public void commit(final int index, final int events, final int length) {
        final long open = openWord(index);
        final int used = RingRecord.HEADER_LENGTH + length;
        padBehind(index - RingRecord.HEADER_LENGTH, used, -(int) open);
        end(index, open, RecordType.of(slot.number(), events), used);
    }

    @Override
    public void abort(final int index) {
        final long open = openWord(index);
        end(index, open, RingBuffer.PADDING_MSG_TYPE_ID, -(int) open);
    }

    @Override
    public boolean outlivesClose() {
        return true;
    }

    /**
     * Returns the word of an open claim of this process. Another process's claim may lie at the index if an owner
     * passed this one over while closing and then died.
     */
    private long openWord(final int index) {
        final long word = buffer().getLongVolatile(index - RingRecord.HEADER_LENGTH);
        final int type = (int) (word >>> Integer.SIZE);
        if ((int) word >= 0 || !RecordType.isClaim(type) || RecordType.slot(type) != slot.number()) {
            throw ended();
        }
        return word;
    }

    private void end(final int index, final long open, final int type, final int length) {
        if (!end(buffer(), index - RingRecord.HEADER_LENGTH, open, type, length)) {
            throw ended();
        }
    }
}
