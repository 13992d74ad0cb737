package dev.evtl.journal.io;

import dev.evtl.journal.exceptions.DiskFullException;
import dev.evtl.journal.exceptions.JournalException;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Turns the failure of a call on a file into the exception that the user sees. For any thread. */
public final class IoFailures {
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
}
