package dev.evtl.bench;

import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * The events that everything measured here writes: told apart by producer and index, so that what was read back can be
 * told from what was written. Payloads are whole words: the event's seed, and counting up from there.
 */
public final class Content {
    /** The type of the first producer's events; the others' follow. */
    public static final int FIRST_TYPE = 1;

    private static final int PRODUCER_SHIFT = 48;
    private static final long SPREAD = 0x9E3779B97F4A7C15L;
    private static final int UNROLLED_LENGTH = 8 * Long.BYTES;

    private Content() {}

    /**
     * The first word of an event's payload.
     *
     * @param producer from 0
     * @param index    of the event among its producer's
     * @return the seed
     */
    public static long seed(final int producer, final long index) {
        return (((long) producer << PRODUCER_SHIFT) + index) * SPREAD;
    }

    /**
     * Writes a payload.
     *
     * @param buffer to write to
     * @param offset of the payload
     * @param length in bytes, a multiple of 8
     * @param seed   of the event
     */
    public static void fill(final MutableDirectBuffer buffer, final int offset, final int length, final long seed) {
        final int end = offset + length;
        long word = seed;
        int i = offset;
        for (; i + UNROLLED_LENGTH <= end; i += UNROLLED_LENGTH) {
            buffer.putLong(i, word);
            buffer.putLong(i + 8, word + 1);
            buffer.putLong(i + 16, word + 2);
            buffer.putLong(i + 24, word + 3);
            buffer.putLong(i + 32, word + 4);
            buffer.putLong(i + 40, word + 5);
            buffer.putLong(i + 48, word + 6);
            buffer.putLong(i + 56, word + 7);
            word += 8;
        }
        for (; i < end; i += Long.BYTES) {
            buffer.putLong(i, word++);
        }
    }

    /**
     * Adds up a payload.
     *
     * @param buffer to read from
     * @param offset of the payload
     * @param length in bytes, a multiple of 8
     * @return the sum of its words
     */
    public static long sum(final DirectBuffer buffer, final int offset, final int length) {
        final int end = offset + length;
        long sum = 0;
        int i = offset;
        for (; i + UNROLLED_LENGTH <= end; i += UNROLLED_LENGTH) {
            sum += buffer.getLong(i)
                    + buffer.getLong(i + 8)
                    + buffer.getLong(i + 16)
                    + buffer.getLong(i + 24)
                    + buffer.getLong(i + 32)
                    + buffer.getLong(i + 40)
                    + buffer.getLong(i + 48)
                    + buffer.getLong(i + 56);
        }
        for (; i < end; i += Long.BYTES) {
            sum += buffer.getLong(i);
        }
        return sum;
    }

    /**
     * What {@link #sum} must find in a payload.
     *
     * @param seed   of the event
     * @param length of the payload in bytes
     * @return the sum
     */
    public static long expectedSum(final long seed, final int length) {
        final long words = length / Long.BYTES;
        return words * seed + words * (words - 1) / 2;
    }
}
