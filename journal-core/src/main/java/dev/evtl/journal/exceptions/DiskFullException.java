package dev.evtl.journal.exceptions;

import java.io.IOException;
import java.nio.file.Path;

/** There is no space for a file to be created or to grow. What was journaled before is intact. */
public final class DiskFullException extends JournalException {
    private static final long serialVersionUID = 1L;

    private final long needed;
    private final long free;

    /**
     * Names what is known.
     *
     * @param file   the file
     * @param needed bytes that were to be written
     * @param free   bytes that the file system had free just after, or -1 if it did not say
     * @param cause  of the failure
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
     * How much was to be written.
     *
     * @return bytes
     */
    public long needed() {
        return needed;
    }

    /**
     * How much the file system had free just after.
     *
     * @return bytes, or -1 if the file system did not say
     */
    public long free() {
        return free;
    }
}
