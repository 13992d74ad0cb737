package dev.evtl.journal.exceptions;

/**
 * Thrown when something is wrong with a journal or its file. The message names the file and, if there is a remedy, what
 * to do.
 */
public class JournalException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /**
     * Creates an exception with a message.
     *
     * @param message that names the file
     */
    public JournalException(final String message) {
        super(message);
    }

    /**
     * Creates an exception with a message and a cause.
     *
     * @param message that names the file
     * @param cause   the failure behind it
     */
    public JournalException(final String message, final Throwable cause) {
        super(message, cause);
    }
}
