package dev.evtl.journal.io;

import dev.evtl.journal.exceptions.DiskFullException;
import dev.evtl.journal.exceptions.JournalException;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What the failure of a call on a file means to the user. */
public final class IoFailures {
    private IoFailures() {}

    /** The failure of a write as what it is: a full disk, or something else, with what was not possible. */
    public static JournalException classify(
            final Path file, final long needed, final String what, final IOException cause) {
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
}
