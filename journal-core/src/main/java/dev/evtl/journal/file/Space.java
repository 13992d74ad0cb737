package dev.evtl.journal.file;

import dev.evtl.journal.io.FileCalls;
import java.util.function.LongUnaryOperator;
import org.agrona.BitUtil;

/**
 * How much space a file gets.
 *
 * @param initial number of bytes allocated when the file is opened
 * @param growth  gives the next length for a length in bytes
 * @param maximum number of bytes that the file never exceeds
 * @param piece   number of bytes that are written at once to fill the file with zeros
 */
public record Space(long initial, LongUnaryOperator growth, long maximum, int piece) {
    /** Some pages, so that the kernel makes small folios. */
    private static final int SMALL_PIECE = 16 << 10;

    /** By what a file grows that should have been left. */
    private static final long BEYOND = 1 << 20;

    /** Fills the file in pieces as large as can be. */
    public Space(final long initial, final LongUnaryOperator growth, final long maximum) {
        this(initial, growth, maximum, FileCalls.MOST_ZEROS);
    }

    /** Returns the same for a file that is left when it has a length, so that space behind that is seldom needed. */
    public Space upTo(final long length) {
        final long end = BitUtil.align(length, Preallocator.PAGE_LENGTH);
        return new Space(
                Math.min(initial, end),
                size -> size < end ? Math.min(growth.applyAsLong(size), end) : size + BEYOND,
                maximum,
                piece);
    }

    /**
     * Returns the same for a mapped file that is forced after every few stores. A store into a mapped page makes its
     * whole folio dirty, and the next force writes that: Linux 6.18 wrote 116 KiB a force of 80 bytes on ext4 with large
     * folios, and the force took a fifth longer. Where forces are few, large folios save more.
     */
    public Space forFrequentForces() {
        return new Space(initial, growth, maximum, SMALL_PIECE);
    }
}
