package dev.evtl.journal.ring;

import dev.evtl.journal.exceptions.JournalException;
import dev.evtl.journal.format.FileHeader;
import java.nio.file.Path;
import org.agrona.concurrent.AtomicBuffer;
import org.agrona.concurrent.ringbuffer.RingBufferDescriptor;

/**
 * Refuses a damaged ring file before anything from it gets into the journal: one with a head, a tail, a checkpoint or
 * records that no process can have left. Records have no checksums, so damage within a payload is not noticed.
 *
 * <p>Used by the process that opens or inspects the ring file, before its appender starts; publishers may go on
 * meanwhile.
 */
final class RingCheck {
    private final Path path;
    private final RingMemory memory;
    private final Checkpoint checkpoint;
    private final AtomicBuffer ring;
    private final RingRecord record;
    private final long tail;

    private RingCheck(final Path path, final RingMemory memory, final Checkpoint checkpoint) {
        this.path = path;
        this.memory = memory;
        this.checkpoint = checkpoint;
        this.ring = memory.ring();
        this.record = memory.record();
        this.tail = memory.tail();
    }

    /**
     * Checks everything that is in the ring now.
     *
     * @throws JournalException if something is damaged; the message names its offset in the file
     */
    static void check(final Path path, final RingMemory memory, final Checkpoint checkpoint) {
        new RingCheck(path, memory, checkpoint).check();
    }

    private void check() {
        final long head = memory.head();
        checkPosition(RingBufferDescriptor.HEAD_POSITION_OFFSET, head, 0, Long.MAX_VALUE - memory.capacity());
        checkPosition(RingBufferDescriptor.TAIL_POSITION_OFFSET, tail, head, head + memory.capacity());
        checkPosition(RingBufferDescriptor.HEAD_CACHE_POSITION_OFFSET, memory.cachedHead(), 0, head);
        final CheckpointState state = checkpoint.load();
        if (state.ringPosition < head || state.ringPosition > tail || state.ringPosition % RingRecord.ALIGNMENT != 0) {
            throw damagedAt(
                    checkpoint.offset(Checkpoint.RING_POSITION_OFFSET),
                    "a multiple of " + RingRecord.ALIGNMENT + " from " + head + " to " + tail,
                    state.ringPosition);
        }
        if (state.fileOffset < FileHeader.LENGTH) {
            throw damagedAt(
                    checkpoint.offset(Checkpoint.FILE_OFFSET_OFFSET),
                    "at least " + FileHeader.LENGTH,
                    state.fileOffset);
        }
        checkCounts(state);
        for (long position = state.ringPosition; position < tail; ) {
            position += checkRecord(position);
        }
        if (!RingCounters.isGivenUp(memory.counters())) {
            checkFree(head + memory.capacity());
        }
    }

    /** Checks the counts by which drops get on record: with others a drop would be lost, or a close would never end. */
    private void checkCounts(final CheckpointState state) {
        final int recordedOffset = RingLayout.counterOffset(RingCounters.DROPS_RECORDED);
        final long recorded = memory.counters().getLongVolatile(recordedOffset); // before dropped, which may grow
        final long dropped = RingCounters.dropped(memory.counters());
        checkCount(RingLayout.COUNTERS_OFFSET + recordedOffset, recorded, dropped);
        checkCount(checkpoint.offset(Checkpoint.DROPS_JOURNALED_OFFSET), state.dropsJournaled, dropped);
        checkCount(checkpoint.offset(Checkpoint.JOURNALED_OFFSET), state.journaled, Long.MAX_VALUE);
        checkCount(checkpoint.offset(Checkpoint.BYTES_JOURNALED_OFFSET), state.bytesJournaled, Long.MAX_VALUE);
        checkCount(checkpoint.offset(Checkpoint.DROPPED_OFFSET), state.dropped, Long.MAX_VALUE);
        checkCount(checkpoint.offset(Checkpoint.BYTES_DROPPED_OFFSET), state.bytesDropped, Long.MAX_VALUE);
        checkCount(checkpoint.offset(Checkpoint.UNRECORDED_OFFSET), state.unrecorded, Long.MAX_VALUE);
    }

    private void checkCount(final int offset, final long found, final long most) {
        if (found < 0 || found > most) {
            throw damagedAt(offset, "a number from 0 to " + most, found);
        }
    }

    /** Checks that free room holds only zeros; anything else would look like a record before one is made there. */
    private void checkFree(final long end) {
        for (long position = tail; position < end; position += Long.BYTES) {
            final long found = ring.getLongVolatile(memory.index(position));
            if (found != 0 && position >= memory.tail()) { // a living process moves the tail before it stores anything
                throw damaged(memory.index(position), "0, as nothing lies here", found);
            }
        }
    }

    private void checkPosition(final int offset, final long found, final long least, final long most) {
        if (found < least || found > most || found % RingRecord.ALIGNMENT != 0) {
            throw damagedAt(
                    RingLayout.RING_OFFSET + memory.capacity() + offset,
                    "a multiple of " + RingRecord.ALIGNMENT + " from " + least + " to " + most,
                    found);
        }
    }

    /** Checks a record and returns how many bytes it takes. */
    private int checkRecord(final long position) {
        record.at(position);
        final int room = (int) Math.min(record.toRingEnd(), tail - position);
        final int hole = hole(room);
        if (hole > 0) {
            return hole;
        }
        final RingRecord.Damage damage = record.at(position).damage(room); // the length may have been stored just now
        if (damage != null) {
            throw damaged(damage.index(), damage.expected(), damage.found());
        }
        return (int) (record.end() - position);
    }

    /**
     * Returns the length of the holes at the record. A living process may store a length there meanwhile and begin its
     * payload, which must not be taken for a record. So a record found behind the zeros counts only if the zeros are
     * still there.
     */
    private int hole(final int room) {
        int found = room;
        int zeros = record.zeros(room);
        while (zeros < found) {
            found = zeros;
            zeros = record.zeros(found);
        }
        return found;
    }

    private JournalException damaged(final int index, final String expected, final Object found) {
        return damagedAt(RingLayout.RING_OFFSET + index, expected, found);
    }

    private JournalException damagedAt(final int offset, final String expected, final Object found) {
        return new JournalException(path + ": this ring file is damaged at offset " + offset + ": expected " + expected
                + ", found " + found + "; move it away to open the journal without what it holds");
    }
}
