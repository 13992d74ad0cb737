package dev.evtl.journal.exceptions;

/** Thrown when the file has reached the maximum size in the config. */
public final class JournalFullException extends JournalException {
    private static final long serialVersionUID = 1L;

    /**
     * Creates an exception with a message.
     *
     * @param message that names the file
     */
    public JournalFullException(final String message) {
        super(message);
    }
}
