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
     * @param quota  whether it is a quota that is used up
     * @param cause  of the failure; null if the file system said beforehand that it had less
     */
    public DiskFullException(
            final Path file, final long needed, final long free, final boolean quota, final IOException cause) {
        super(file + ": " + what(needed, free, quota) + " and open the journal again", cause);
        this.needed = needed;
        this.free = free;
    }

    private static String what(final long needed, final long free, final boolean quota) {
        if (quota) {
            return "the disk quota leaves no space for " + needed
                    + " bytes more; raise it, or delete what counts in it,";
        }
        final String space = "no space for " + needed + " bytes more, ";
        return free < Math.max(needed, 1)
                ? space + free + " are free; make space"
                : space + "although " + free + " are free: the file system has no room for what it notes of them, which"
                        + " are inodes (df -i), or metadata (btrfs filesystem usage); make space";
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
