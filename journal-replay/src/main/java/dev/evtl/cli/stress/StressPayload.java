package dev.evtl.cli.stress;

import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * What an event of {@link Stress} carries, all of it a function of its producer and the producer's own number for it:
 * type, flags, timestamp, and a payload that begins with the number and the producer, as far as they fit, and goes on
 * with words that differ from event to event and from place to place.
 */
final class StressPayload {
    private static final int IDENTITY_LENGTH = 2 * Long.BYTES;
    /** Odd, and with bits in every byte: 2^64 divided by the golden ratio. */
    private static final long STEP = 0x9E3779B97F4A7C15L;

    private static final long MIX = 0xD6E8FEB86659FD93L;

    private StressPayload() {}

    static int type(final int producer) {
        return producer + 1;
    }

    static int producer(final int type) {
        return type - 1;
    }

    static int flags(final long number) {
        return (int) number & 0xF;
    }

    /** A hash of an event's identity: the first word of its payload's pattern, and what digests are the sum of. */
    static long key(final int producer, final long number) {
        final long word = ((long) producer << 56 ^ number) * STEP;
        final long mixed = (word ^ word >>> 32) * MIX;
        return mixed ^ mixed >>> 32;
    }

    static void fill(
            final MutableDirectBuffer buffer,
            final int index,
            final int length,
            final int producer,
            final long number) {
        if (length < IDENTITY_LENGTH) {
            for (int i = 0; i < length; i++) {
                buffer.putByte(index + i, identityByte(producer, number, i));
            }
            return;
        }
        buffer.putLong(index, number);
        buffer.putLong(index + Long.BYTES, producer);
        long word = key(producer, number);
        int i = IDENTITY_LENGTH;
        for (; i <= length - Long.BYTES; i += Long.BYTES) {
            buffer.putLong(index + i, word);
            word += STEP;
        }
        for (; i < length; i++) {
            buffer.putByte(index + i, (byte) word);
            word >>>= Byte.SIZE;
        }
    }

    static boolean matches(
            final DirectBuffer buffer, final int index, final int length, final int producer, final long number) {
        long difference = 0;
        if (length < IDENTITY_LENGTH) {
            for (int i = 0; i < length; i++) {
                difference |= buffer.getByte(index + i) ^ identityByte(producer, number, i);
            }
            return difference == 0;
        }
        difference |= buffer.getLong(index) ^ number;
        difference |= buffer.getLong(index + Long.BYTES) ^ producer;
        long word = key(producer, number);
        int i = IDENTITY_LENGTH;
        for (; i <= length - Long.BYTES; i += Long.BYTES) {
            difference |= buffer.getLong(index + i) ^ word;
            word += STEP;
        }
        for (; i < length; i++) {
            difference |= buffer.getByte(index + i) ^ (byte) word;
            word >>>= Byte.SIZE;
        }
        return difference == 0;
    }

    private static byte identityByte(final int producer, final long number, final int i) {
        return (byte) ((i < Long.BYTES ? number : producer) >>> Byte.SIZE * (i % Long.BYTES));
    }
}
