package dev.evtl.journal.file;

import dev.evtl.journal.io.FileCalls;
import java.util.function.LongUnaryOperator;

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

    /** Fills the file in pieces as large as can be. */
    public Space(final long initial, final LongUnaryOperator growth, final long maximum) {
        this(initial, growth, maximum, FileCalls.MOST_ZEROS);
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
