package dev.evtl.journal.storage;

import dev.evtl.journal.format.EventHeader;
import dev.evtl.journal.format.FileHeader;
import dev.evtl.journal.format.GapEvent;
import org.agrona.BitUtil;
import org.agrona.concurrent.AtomicBuffer;
import org.agrona.concurrent.ringbuffer.RecordDescriptor;
import org.agrona.concurrent.ringbuffer.RingBuffer;
import org.agrona.concurrent.ringbuffer.RingBufferDescriptor;

/**
 * Refuses a ring file with a head, a tail, a mark or records that no process leaves there, before anything of it gets
 * into the journal. Its records have no checksums; one that is damaged within its payload goes unnoticed.
 *
 * <p>For who has the ring file and not begun to append; publishers may go on meanwhile.
 */
final class RingCheck {
    private final RingFile file;
    private final AtomicBuffer ring;
    private final long tail;

    private RingCheck(final RingFile file) {
        this.file = file;
        this.ring = file.ring();
        this.tail = file.tail();
    }

    /**
     * Looks at all that lies in the ring now.
     *
     * @throws JournalException if something is damaged, with its offset in the file
     */
    static void check(final RingFile file) {
        new RingCheck(file).check();
    }

    private void check() {
        final long head = file.head();
        checkPosition(RingBufferDescriptor.HEAD_POSITION_OFFSET, head, 0, Long.MAX_VALUE - file.capacity());
        checkPosition(RingBufferDescriptor.TAIL_POSITION_OFFSET, tail, head, head + file.capacity());
        checkPosition(RingBufferDescriptor.HEAD_CACHE_POSITION_OFFSET, file.cachedHead(), 0, head);
        final long marked = file.mark().get(RingMark.RING_POSITION);
        final long filePosition = file.mark().get(RingMark.FILE_POSITION);
        if (marked < head || marked > tail || marked % RecordDescriptor.ALIGNMENT != 0) {
            throw file.damaged(
                    file.mark().offset(RingMark.RING_POSITION),
                    "a multiple of " + RecordDescriptor.ALIGNMENT + " from " + head + " to " + tail,
                    marked);
        }
        if (filePosition < FileHeader.LENGTH) {
            throw file.damaged(
                    file.mark().offset(RingMark.FILE_POSITION), "at least " + FileHeader.LENGTH, filePosition);
        }
        for (long position = marked; position < tail; ) {
            position += checkRecord(position);
        }
        if (!file.isGivenUp()) {
            checkFree(head + file.capacity());
        }
    }

    /** What is free is zeros, or a record would seem to be there before it is made. */
    private void checkFree(final long end) {
        for (long position = tail; position < end; position += Long.BYTES) {
            final long found = ring.getLongVolatile(file.index(position));
            if (found != 0 && position >= file.tail()) { // which a living process moves before it stores anything
                throw damaged(file.index(position), "0, as nothing lies here", found);
            }
        }
    }

    private void checkPosition(final int offset, final long found, final long least, final long most) {
        if (found < least || found > most || found % RecordDescriptor.ALIGNMENT != 0) {
            throw file.damaged(
                    RingLayout.RING_OFFSET + file.capacity() + offset,
                    "a multiple of " + RecordDescriptor.ALIGNMENT + " from " + least + " to " + most,
                    found);
        }
    }

    /** Checks a record, and returns how much room it takes. */
    private int checkRecord(final long position) {
        final int index = file.index(position);
        final int room = (int) Math.min(file.capacity() - index, tail - position);
        final int hole = hole(index, room);
        if (hole > 0) {
            return hole;
        }
        final int length = length(index);
        final long aligned = BitUtil.align(Math.abs((long) length), RecordDescriptor.ALIGNMENT);
        if (aligned > room || Math.abs(length) < RecordDescriptor.HEADER_LENGTH) {
            throw damaged(
                    RecordDescriptor.lengthOffset(index),
                    "a length of " + RecordDescriptor.HEADER_LENGTH + " to " + room,
                    length);
        }
        if (length > 0) {
            checkCommitted(index, length);
        }
        return (int) aligned;
    }

    private int length(final int index) {
        return ring.getIntVolatile(RecordDescriptor.lengthOffset(index));
    }

    /**
     * Zeros of claims that had not got as far as their length. A living process may get that far meanwhile and begin its
     * payload, which is no record: what was found behind zeros is one if they still are zeros.
     */
    private int hole(final int start, final int room) {
        int found = room;
        int zeros = zeros(start, room);
        while (zeros < found) {
            found = zeros;
            zeros = zeros(start, found);
        }
        return found;
    }

    private int zeros(final int start, final int most) {
        int zeros = 0;
        while (zeros < most && length(start + zeros) == 0) {
            zeros += RecordDescriptor.ALIGNMENT;
        }
        return zeros;
    }

    private void checkCommitted(final int index, final int length) {
        final int type = ring.getInt(RecordDescriptor.typeOffset(index));
        if (type == RingBuffer.PADDING_MSG_TYPE_ID) {
            return;
        }
        final int most = file.capacity() / 8; // as Agrona's rings take no longer message
        final int events = index + RecordDescriptor.HEADER_LENGTH;
        final int bytes = length - RecordDescriptor.HEADER_LENGTH;
        if (!ClaimType.isClaim(type) || bytes > most) {
            throw damaged(index, "padding, or a claim of up to " + most + " bytes", type + " with " + bytes);
        }
        if (ClaimType.isGap(type)) {
            final long word = bytes == GapEvent.LENGTH ? EventHeader.word(ring, events) : 0;
            if (EventHeader.type(word) != EventHeader.TYPE_GAP
                    || EventHeader.payloadLength(word) != GapEvent.PAYLOAD_LENGTH) {
                throw damaged(events, "a gap event", "none in " + bytes + " bytes");
            }
        } else {
            checkEvents(events, events + bytes, ClaimType.events(type));
        }
    }

    private void checkEvents(final int start, final int end, final int expected) {
        int found = 0;
        int index = start;
        while (index + EventHeader.LENGTH <= end) {
            final long word = EventHeader.word(ring, index);
            final int type = EventHeader.type(word);
            final int length = EventHeader.LENGTH + EventHeader.payloadLength(word);
            if (type == EventHeader.TYPE_NOTHING
                    || type > EventHeader.MAX_APPLICATION_TYPE
                    || (EventHeader.flags(word) & EventHeader.RESERVED_FLAGS) != 0
                    || EventHeader.checksum(word) != 0
                    || length > end - index) {
                break;
            }
            found++;
            index += length;
        }
        if (index != end || found != expected) {
            throw damaged(index, expected + " events of " + (end - start) + " bytes", found + " of " + (index - start));
        }
    }

    private JournalException damaged(final int index, final String expected, final Object found) {
        return file.damaged(RingLayout.RING_OFFSET + index, expected, found);
    }
}
