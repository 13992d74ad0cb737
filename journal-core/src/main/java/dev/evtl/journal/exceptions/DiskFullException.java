package dev.evtl.journal.exceptions;

import java.io.IOException;
import java.nio.file.Path;

/** Thrown when there is no space to create a file or to make it longer. What was journaled before is intact. */
public final class DiskFullException extends JournalException {
    private static final long serialVersionUID = 1L;

    private final long needed;
    private final long free;

    /**
     * Creates the exception.
     *
     * @param file   the file
     * @param needed number of bytes that were to be written
     * @param free   number of bytes that the file system had free just afterwards; -1 if it did not say
     * @param cause  of the failure; null if nothing was written, because there was no space for it
     */
    public DiskFullException(final Path file, final long needed, final long free, final IOException cause) {
        super(
                file + ": no space for " + needed + " bytes more, " + free
                        + " are free; make space and open the journal again",
                cause);
        this.needed = needed;
        this.free = free;
    }

    /**
     * Returns how much was to be written.
     *
     * @return number of bytes
     */
    public long needed() {
        return needed;
    }

    /**
     * Returns how much the file system had free just afterwards.
     *
     * @return number of bytes; -1 if the file system did not say
     */
    public long free() {
        return free;
    }
}
