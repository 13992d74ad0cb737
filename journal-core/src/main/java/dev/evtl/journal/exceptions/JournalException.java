package dev.evtl.journal.exceptions;

/** Something is wrong with a journal or its file. The message names the file and, where there is one, what to do. */
public class JournalException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /**
     * With a message.
     *
     * @param message that names the file
     */
    public JournalException(final String message) {
        super(message);
    }

    /**
     * With a message and the failure behind it.
     *
     * @param message that names the file
     * @param cause   the failure behind it
     */
    public JournalException(final String message, final Throwable cause) {
        super(message, cause);
    }
}
