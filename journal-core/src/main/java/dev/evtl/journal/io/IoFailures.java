package dev.evtl.journal.io;

import dev.evtl.journal.exceptions.DiskFullException;
import dev.evtl.journal.exceptions.JournalException;
import java.io.File;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Path;

/** Turns the failure of a call on a file into the exception that the user sees. For any thread. */
public final class IoFailures {
    private static final int PAGE_LENGTH = 4096;

    private IoFailures() {}

    /**
     * Returns the exception for a failure: that of a full disk, or one that says what was not possible.
     *
     * @param needed number of bytes, for the message of a full disk
     * @param what   what was not possible
     */
    public static JournalException classify(
            final Path file, final long needed, final String what, final IOException cause) {
        // an exception caused by an interrupt has no message, and one without a reason says no more than the file
        final boolean says =
                cause.getMessage() != null && !(cause instanceof final FileSystemException e && e.getReason() == null);
        final String message = says ? cause.getMessage() : cause.toString();
        final boolean noSpace = SystemTexts.saysNoSpace(message);
        if (noSpace || SystemTexts.saysQuota(message)) {
            return new DiskFullException(file, needed, freeBytes(file), !noSpace, cause);
        }
        return new JournalException(file + ": " + what + ": " + message, cause);
    }

    /**
     * Refuses to write what the file system has no space for, before anything is taken from others. A page is always
     * tried: the file system may have it for this user after all.
     *
     * @throws DiskFullException if the file system says that it has less free than is needed
     */
    public static void refuseWithoutSpace(final Path file, final long needed) {
        if (needed <= PAGE_LENGTH) {
            return;
        }
        final long free = freeBytes(file);
        if (free >= 0 && free < needed) {
            throw new DiskFullException(file, needed, free, false, null);
        }
    }

    /** Returns how many bytes the file system has free for this user; -1 if it does not say. */
    public static long freeBytes(final Path file) {
        // not a FileStore, which looks through all mounts to find itself
        final File directory = file.toAbsolutePath().getParent().toFile();
        return directory.getTotalSpace() == 0 ? -1 : directory.getUsableSpace();
    }
}
