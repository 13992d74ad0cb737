package dev.evtl.torture;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Random;

/** What can happen to a file while nobody has it open. */
final class Damage {
    private static final int HEADER = 64;
    /** event_count, write_offset, durable_offset. */
    private static final int[] LIVE_FIELDS = {16, 24, 48};

    private Damage() {}

    static byte[] to(final byte[] file, final Random random) {
        final byte[] damaged = file.clone();
        switch (random.nextInt(8)) {
            case 0 -> flip(damaged, random.nextInt(HEADER), random);
            case 1, 2 -> flip(damaged, place(damaged, random), random);
            case 3 -> {
                final int from = place(damaged, random);
                Arrays.fill(damaged, from, end(damaged, from, random), (byte) 0);
            }
            case 4 -> {
                final int from = place(damaged, random);
                for (int i = from; i < end(damaged, from, random); i++) {
                    damaged[i] = (byte) random.nextInt();
                }
            }
            case 5 -> {
                final int to = place(damaged, random);
                final int from = place(damaged, random);
                final int length = Math.min(end(damaged, to, random) - to, damaged.length - from);
                System.arraycopy(file, from, damaged, to, length);
            }
            case 6 -> {
                final boolean longer = random.nextInt(4) == 0;
                return Arrays.copyOf(damaged, longer ? damaged.length + random.nextInt(600) : place(damaged, random));
            }
            default -> {
                final int field = LIVE_FIELDS[random.nextInt(LIVE_FIELDS.length)];
                final ByteBuffer bytes = ByteBuffer.wrap(damaged).order(ByteOrder.LITTLE_ENDIAN);
                final long value = bytes.getLong(field);
                final long[] values = {0, HEADER, value - 1, value + 1, damaged.length, random.nextLong(), -1};
                bytes.putLong(field, values[random.nextInt(values.length)]);
            }
        }
        return damaged;
    }

    private static void flip(final byte[] file, final int at, final Random random) {
        file[at] ^= (byte) (1 << random.nextInt(8));
    }

    /** Mostly among the events, which may be few in a file that is long, and mostly where nothing was forced. */
    private static int place(final byte[] file, final Random random) {
        final ByteBuffer bytes = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
        final int writeOffset = (int) bytes.getLong(24);
        final int durableOffset = (int) bytes.getLong(48);
        if (durableOffset < writeOffset && random.nextBoolean()) {
            return durableOffset + random.nextInt(writeOffset - durableOffset);
        }
        return random.nextInt(random.nextInt(3) == 0 ? file.length : writeOffset);
    }

    private static int end(final byte[] file, final int from, final Random random) {
        return Math.min(file.length, from + 1 + random.nextInt(600));
    }
}
