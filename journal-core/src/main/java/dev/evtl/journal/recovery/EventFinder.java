package dev.evtl.journal.recovery;

import dev.evtl.journal.file.EventVerifier;
import dev.evtl.journal.format.EventHeader;
import java.util.Arrays;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Finds events in damaged bytes by trying every offset, for one thread at a time. In random bytes, one offset in eight
 * looks like the header of an event, and its payload may claim 64 KiB: computing each checksum from the bytes would
 * take thousands of times the length of the damage. Instead the state of a CRC over the bytes is computed once for each
 * offset of a window. As the CRC is linear, the checksum of any stretch follows from the states at its two ends in
 * constant time.
 *
 * <p>The window is kept between calls, so many short stretches cost no more than one long stretch.
 */
public final class EventFinder {
    public static final long NOWHERE = -1;

    /** The Castagnoli polynomial. As in all polynomials here, the highest bit is the lowest power. */
    private static final int POLYNOMIAL = 0x82F63B78;

    private static final int ONE = 0x80000000;
    private static final int[] TABLE = new int[256];
    /** x to the power of 8n at index n: multiplying by it moves the state of a CRC past n zero bytes. */
    private static final int[] PAST_ZEROS = new int[EventHeader.MAX_EVENT_LENGTH + 1];

    /** Number of consecutive events that rules out chance when it is not known which header they are tied to. */
    private static final int CHAIN_LENGTH = 3;

    private static final int STRIDE = 512 * 1024;
    private static final int WINDOW_LENGTH = STRIDE + CHAIN_LENGTH * EventHeader.MAX_EVENT_LENGTH;

    static {
        for (int i = 0; i < TABLE.length; i++) {
            int state = i;
            for (int bit = 0; bit < Byte.SIZE; bit++) {
                state = state >>> 1 ^ ((state & 1) == 0 ? 0 : POLYNOMIAL);
            }
            TABLE[i] = state;
        }
        PAST_ZEROS[0] = ONE;
        for (int i = 1; i < PAST_ZEROS.length; i++) {
            PAST_ZEROS[i] = next(PAST_ZEROS[i - 1], 0);
        }
    }

    private final EventVerifier.Source source;
    private final long fileLength;
    private final byte[] bytes;
    private final UnsafeBuffer buffer;
    private final int[] states;
    private long start;
    private int length;

    public EventFinder(final EventVerifier.Source source, final long fileLength) {
        this.source = source;
        this.fileLength = fileLength;
        this.bytes = new byte[(int) Math.min(WINDOW_LENGTH, fileLength)];
        this.buffer = new UnsafeBuffer(bytes);
        this.states = new int[bytes.length + 1];
    }

    /**
     * Returns the first offset in a stretch at which an event verifies with this header checksum; {@link #NOWHERE} if
     * there is none.
     */
    public long next(final long from, final long to, final int headerChecksum) {
        for (long offset = from; offset < to; offset++) {
            load(offset);
            if (tiedTo(offset) == Integer.toUnsignedLong(headerChecksum)) {
                return offset;
            }
        }
        return NOWHERE;
    }

    /**
     * Returns the header checksum that the events in a stretch are tied to, as an unsigned integer: a candidate with
     * which an event verifies, or the checksum that several consecutive events have in common; {@link #NOWHERE} if
     * there is none.
     */
    public long findHeaderChecksum(final long from, final long to, final int... candidates) {
        for (long offset = from; offset < to; offset++) {
            load(offset);
            final long found = tiedTo(offset);
            if (found != NOWHERE
                    && (Arrays.stream(candidates).anyMatch(candidate -> candidate == (int) found)
                            || isChain(offset, found))) {
                return found;
            }
        }
        return NOWHERE;
    }

    private boolean isChain(final long first, final long headerChecksum) {
        long offset = first;
        for (int i = 1; i < CHAIN_LENGTH; i++) {
            offset += eventLength((int) (offset - start));
            if (tiedTo(offset) != headerChecksum) {
                return false;
            }
        }
        return true;
    }

    private void load(final long offset) {
        if (offset < start + Math.min(length, STRIDE) && offset >= start) {
            return;
        }
        length = 0; // the old window is lost if the source throws
        start = offset;
        length = source.read(offset, bytes, (int) Math.min(bytes.length, fileLength - offset));
        for (int i = 0; i < length; i++) {
            states[i + 1] = next(states[i], bytes[i]);
        }
    }

    /**
     * Returns the header checksum, unsigned, with which an event at this offset verifies; {@link #NOWHERE} if no event
     * can be there.
     */
    private long tiedTo(final long offset) {
        final int index = (int) (offset - start);
        if (index + EventHeader.LENGTH > length) {
            return NOWHERE;
        }
        final long word = EventHeader.word(buffer, index);
        if (EventHeader.type(word) == EventHeader.TYPE_NOTHING
                || (EventHeader.flags(word) & EventHeader.RESERVED_FLAGS) != 0
                || index + eventLength(index) > length) {
            return NOWHERE;
        }
        final int checksum = EventHeader.checksum(word);
        return Integer.toUnsignedLong(
                checksum ^ crc(index, eventLength(index), checksum) ^ (int) offset ^ (int) (offset >>> 32));
    }

    private int eventLength(final int index) {
        return EventHeader.eventLength(buffer, index);
    }

    /**
     * Returns the CRC of an event as if its checksum field were 0. The bytes before the event and the checksum field
     * are removed from the state.
     */
    private int crc(final int index, final int eventLength, final int checksum) {
        final int before = pastZeros(~states[index], EventHeader.CHECKSUM_OFFSET) ^ checksum;
        return ~(pastZeros(before, eventLength - EventHeader.CHECKSUM_OFFSET) ^ states[index + eventLength]);
    }

    private static int next(final int state, final int value) {
        return TABLE[(state ^ value) & 0xFF] ^ state >>> Byte.SIZE;
    }

    /** Returns the state after a number of zero bytes, by a multiplication of polynomials. */
    private static int pastZeros(final int state, final int zeros) {
        int factor = PAST_ZEROS[zeros];
        int product = 0;
        for (int rest = state; rest != 0; rest <<= 1) {
            product ^= factor & rest >> 31;
            factor = factor >>> 1 ^ POLYNOMIAL & -(factor & 1);
        }
        return product;
    }
}
