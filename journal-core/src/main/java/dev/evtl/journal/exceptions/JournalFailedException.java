package dev.evtl.journal.exceptions;

/** Thrown when the journal has failed; the cause is the reason. Nothing was acknowledged after the failure. */
public final class JournalFailedException extends JournalException {
    private static final long serialVersionUID = 1L;

    /**
     * Creates an exception with a message and a cause.
     *
     * @param message that names the journal
     * @param cause   of the failure; null if it is known only to another process
     */
    public JournalFailedException(final String message, final Throwable cause) {
        super(message, cause);
    }
}
