package dev.evtl.journal.storage;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;

/** There is no space for a file to be created or to grow. What was journaled before is intact. */
public final class DiskFullException extends JournalException {
    private static final long serialVersionUID = 1L;

    private final long needed;
    private final long free;

    private DiskFullException(final Path file, final long needed, final long free, final IOException cause) {
        super(
                file + ": no space for " + needed + " bytes more, " + free
                        + " are free; make space and open the journal again",
                cause);
        this.needed = needed;
        this.free = free;
    }

    /** The failure of a write as what it is: a full disk, or something else. */
    static JournalException classify(final Path file, final long needed, final String what, final IOException cause) {
        // one that an interrupt made has none, and one without a reason says no more than the file
        final boolean says =
                cause.getMessage() != null && !(cause instanceof final FileSystemException e && e.getReason() == null);
        final String message = says ? cause.getMessage() : cause.toString();
        if (message.contains("No space left") || message.contains("quota exceeded")) {
            return new DiskFullException(file, needed, freeBytes(file), cause);
        }
        return new JournalException(file + ": " + what + ": " + message, cause);
    }

    private static long freeBytes(final Path file) {
        try {
            return Files.getFileStore(file.toAbsolutePath().getParent()).getUsableSpace();
        } catch (final IOException e) {
            return -1;
        }
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
