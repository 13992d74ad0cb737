package dev.evtl.journal.io;

import dev.evtl.journal.exceptions.DiskFullException;
import dev.evtl.journal.exceptions.JournalException;
import java.io.IOException;
import java.nio.file.FileStore;
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

    /**
     * Refuses what the file system says it has no space for, before the attempt takes from others all that there is. A
     * file system that does not say is tried.
     *
     * @param needed number of bytes that are to be written to the file
     * @throws DiskFullException if fewer are free
     */
    public static void requireSpace(final Path file, final long needed) throws IOException {
        final FileStore store = store(file);
        final long free = store.getUsableSpace();
        if (free < needed && store.getTotalSpace() > 0) {
            throw new DiskFullException(file, needed, free, null);
        }
    }

    private static long freeBytes(final Path file) {
        try {
            return store(file).getUsableSpace();
        } catch (final IOException e) {
            return -1;
        }
    }

    private static FileStore store(final Path file) throws IOException {
        return Files.getFileStore(
                Files.exists(file) ? file : file.toAbsolutePath().getParent());
    }
}
