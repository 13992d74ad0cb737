package dev.evtl.journal.exceptions;

/** Thrown when something did not happen in time. It may still happen. */
public final class JournalTimeoutException extends JournalException {
    private static final long serialVersionUID = 1L;

    /**
     * Creates an exception with a message.
     *
     * @param message that names the journal
     */
    public JournalTimeoutException(final String message) {
        super(message);
    }
}
