package dev.evtl.journal.file;

import static dev.evtl.journal.format.EventHeader.CHECKSUM_OFFSET;

import dev.evtl.journal.format.EventChecksum;
import dev.evtl.journal.format.EventHeader;
import dev.evtl.journal.format.JournalHeader;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Walks the events of a file in a private copy, block by block, and verifies each one there. The caller therefore sees
 * exactly the bytes that were verified, and a file that is cut short meanwhile cannot end the JVM. Allocates nothing
 * after construction, whatever lengths the file states. For one thread at a time.
 */
public final class EventVerifier {
    /** Provides the bytes of a file. */
    @FunctionalInterface
    public interface Source {
        /**
         * Copies bytes of the file.
         *
         * @param offset in the file
         * @param target to copy to, from index 0
         * @param length number of bytes wanted
         * @return number of bytes copied, fewer only where the file ends
         */
        int read(long offset, byte[] target, int length);
    }

    /** Fits into the second-level cache of current processors, and holds the largest event. */
    private static final int BLOCK_LENGTH = 128 * 1024;

    /** After so many bytes events that were verified ahead are returned first, while they are in the first-level cache. */
    private static final int STRIDE = 16 * 1024;

    private static final long NOWHERE = -1;

    private final Source source;
    private final EventChecksum checksum;
    private final byte[] bytes = new byte[BLOCK_LENGTH];
    private final UnsafeBuffer buffer = new UnsafeBuffer(bytes);
    private long start;
    private long untouched;
    private int length;
    private int index;
    private long word;
    private long aheadOffset = NOWHERE;
    private long aheadWord;
    private int expectedChecksum;

    /** The event that was returned last, if the block has whole claims there that were verified. */
    private long current = NOWHERE;
    /** The event after it, up to {@link #readyEnd}. */
    private long ready = NOWHERE;

    private long readyEnd = NOWHERE;
    /** The last claim that was longer than the block and was verified up to its end. */
    private long longStart = NOWHERE;

    private long longEnd = NOWHERE;

    private Problem problem;
    private long problemOffset;
    private int eventsBeforeProblem;

    private enum Problem {
        NO_EVENT,
        PAST_END,
        CHECKSUM,
        CLAIM_CUT
    }

    /**
     * Creates a verifier for one file.
     *
     * @param header of the file
     * @param source of the file's bytes
     */
    public EventVerifier(final JournalHeader header, final Source source) {
        this.source = source;
        this.checksum = header.hasChecksums() ? new EventChecksum(header.checksum()) : null;
    }

    /**
     * Goes to the event at an offset and verifies it.
     *
     * @param offset of the event in the file
     * @param limit  offset at which the event must end at the latest
     * @return length of the event in bytes; 0 if there is no event that verifies, and {@link #problem} says why
     */
    public int next(final long offset, final long limit) {
        final long available = limit - offset;
        if (available < EventHeader.LENGTH || !ensure(offset, EventHeader.LENGTH, available)) {
            return refuse(Problem.PAST_END, offset);
        }
        word = offset == aheadOffset ? aheadWord : EventHeader.word(buffer, index);
        if (!EventHeader.isEvent(word)) {
            return refuse(Problem.NO_EVENT, offset);
        }
        final int eventLength = EventHeader.LENGTH + EventHeader.payloadLength(word);
        if (eventLength > available || !ensure(offset, eventLength, available)) {
            return refuse(Problem.PAST_END, offset);
        }
        if (checksum != null) {
            if (offset != aheadOffset) {
                buffer.putInt(index + CHECKSUM_OFFSET, 0);
            }
            lookAhead(offset + eventLength);
            expectedChecksum = checksum.compute(bytes, index, eventLength, offset);
            if (expectedChecksum != EventHeader.checksum(word)) {
                return refuse(Problem.CHECKSUM, offset);
            }
            untouched = offset + eventLength;
        }
        return eventLength;
    }

    /**
     * Goes to the event at an offset and verifies it, as {@link #next} does, and all that follows in its claim: no event
     * of a claim is returned whose end is missing or does not verify. A claim that fits into the block is returned from
     * the copy in which it was verified; a longer one is read twice, and each of its events verified again. At an offset
     * within a claim, what is left of it is taken for the claim.
     *
     * @param offset of the event in the file
     * @param limit  offset at which the event and its claim must end at the latest
     * @return length of the event in bytes; 0 if there is none that verifies with its claim, and {@link #problem} says why
     */
    public int nextOfClaim(final long offset, final long limit) {
        if ((offset != ready || offset == readyEnd) && offset != current) {
            if (offset >= longStart && offset < longEnd) {
                return next(offset, limit);
            }
            if (!makeReady(offset, limit)) {
                return longClaim(offset, limit);
            }
        }
        index = (int) (offset - start);
        word = EventHeader.word(buffer, index);
        final int eventLength = EventHeader.LENGTH + EventHeader.payloadLength(word);
        current = offset;
        ready = offset + eventLength;
        return eventLength;
    }

    /** Whether there is a whole claim at an offset that fits into the block and verifies. */
    private boolean makeReady(final long offset, final long limit) {
        final long available = limit - offset;
        if (available < EventHeader.LENGTH || !ensure(offset, EventHeader.LENGTH, available)) {
            return false;
        }
        verifyClaims(offset, limit);
        if (readyEnd == offset && start < offset) {
            length = 0; // the claim may go on past the block, which is read again from the claim's start
            if (!ensure(offset, EventHeader.LENGTH, available)) {
                return false;
            }
            verifyClaims(offset, limit);
        }
        return readyEnd > offset;
    }

    /** Verifies claims within the block: some at once, which is faster, but no more than a first-level cache holds. */
    private void verifyClaims(final long offset, final long limit) {
        final int first = (int) (offset - start);
        final int end = (int) Math.min(length, limit - start);
        int whole = first;
        int at = first;
        long atWord = EventHeader.word(buffer, at);
        if (offset == aheadOffset) {
            atWord = aheadWord;
        } else if (checksum != null) {
            buffer.putInt(at + CHECKSUM_OFFSET, 0);
        }
        boolean verifies = true;
        while (verifies && whole - first < STRIDE && EventHeader.isEvent(atWord)) {
            final int next = at + EventHeader.LENGTH + EventHeader.payloadLength(atWord);
            if (next > end) {
                break;
            }
            long nextWord = EventHeader.TYPE_NOTHING; // where the block ends
            if (next + EventHeader.LENGTH <= end) {
                nextWord = EventHeader.word(buffer, next);
                if (checksum != null) {
                    buffer.putInt(next + CHECKSUM_OFFSET, 0); // now, as in lookAhead
                }
            }
            verifies = checksum == null
                    || checksum.compute(bytes, at, next - at, start + at) == EventHeader.checksum(atWord);
            if (verifies) {
                at = next;
                whole = (EventHeader.flags(atWord) & EventHeader.FLAG_MORE) == 0 ? next : whole;
                atWord = nextWord;
            }
        }
        current = NOWHERE;
        ready = offset;
        readyEnd = start + whole;
        if (verifies && whole == at) {
            untouched = readyEnd;
            aheadOffset = at + EventHeader.LENGTH <= end ? readyEnd : NOWHERE;
            aheadWord = atWord;
        } else {
            length = 0; // what follows was changed, so it is read again
        }
    }

    /** Goes to the first event of a claim that is longer than the block, or is refused. */
    private int longClaim(final long offset, final long limit) {
        long end = offset;
        int events = 0;
        do {
            if (events > 0 && end == limit) {
                return refuse(Problem.CLAIM_CUT, offset);
            }
            final int eventLength = next(end, limit);
            if (eventLength == 0) {
                eventsBeforeProblem = events;
                return 0;
            }
            end += eventLength;
            events++;
        } while ((EventHeader.flags(word) & EventHeader.FLAG_MORE) != 0);
        longStart = offset;
        longEnd = end;
        return next(offset, limit);
    }

    /**
     * Reads the next event's checksum and zeroes the field before its turn comes: a load right after that store would
     * stall.
     */
    private void lookAhead(final long offset) {
        final int next = (int) (offset - start);
        if (next + EventHeader.LENGTH <= length) {
            aheadOffset = offset;
            aheadWord = EventHeader.word(buffer, next);
            buffer.putInt(next + CHECKSUM_OFFSET, 0);
        }
    }

    private boolean ensure(final long offset, final int needed, final long available) {
        // the checksums of earlier events in the block are zeroed, so going back needs a new block
        if (offset < untouched || offset + needed > start + length) {
            length = 0; // the old block is lost if the source throws
            current = NOWHERE;
            ready = NOWHERE;
            start = offset;
            untouched = offset;
            aheadOffset = NOWHERE;
            length = source.read(offset, bytes, (int) Math.min(available, BLOCK_LENGTH));
        }
        index = (int) (offset - start);
        return index + needed <= length;
    }

    private int refuse(final Problem found, final long offset) {
        problem = found;
        problemOffset = offset;
        eventsBeforeProblem = 0;
        length = 0; // the block may have been changed, so it is read again
        return 0;
    }

    /**
     * Returns where in the file what was refused is, or the claim of which the end was refused.
     *
     * @return offset of the event that does not verify; of its first event where a claim lacks its end
     */
    public long problemOffset() {
        return problemOffset;
    }

    /**
     * Returns how many events of the claim that was gone to lie before {@link #problemOffset}.
     *
     * @return number of events that verify, and are not returned without the rest of their claim
     */
    public int eventsBeforeProblem() {
        return eventsBeforeProblem;
    }

    /**
     * Returns why {@link #next} refused what it found.
     *
     * @return one line with the expected and the actual value
     */
    public String problem() {
        return switch (problem) {
            case NO_EVENT ->
                EventHeader.type(word) == EventHeader.TYPE_NOTHING
                        ? "expected an event, found event_type 0"
                        : String.format("expected reserved flag bits 0, found flags 0x%02x", EventHeader.flags(word));
            case PAST_END -> "expected an event before the end, found one that is cut off or reaches past it";
            case CHECKSUM -> JournalHeader.expected("checksum", expectedChecksum, EventHeader.checksum(word));
            case CLAIM_CUT -> "expected the rest of the claim that begins at " + problemOffset + ", found the end";
        };
    }

    /**
     * Returns the verified bytes, valid until the next call of {@link #next}.
     *
     * @return the buffer, owned by this object
     */
    public DirectBuffer buffer() {
        return buffer;
    }

    /**
     * Returns the index in {@link #buffer} at which the event begins.
     *
     * @return index of its header
     */
    public int index() {
        return index;
    }

    /**
     * Returns the event's word.
     *
     * @return as {@link EventHeader#word} gives it
     */
    public long word() {
        return word;
    }
}
