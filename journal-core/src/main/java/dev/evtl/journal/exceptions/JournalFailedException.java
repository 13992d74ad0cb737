package dev.evtl.journal.exceptions;

/** The journal has failed, for the reason that is this exception's cause. Nothing was acknowledged after that. */
public final class JournalFailedException extends JournalException {
    private static final long serialVersionUID = 1L;

    /**
     * With a message.
     *
     * @param message that names the journal
     * @param cause   of the failure
     */
    public JournalFailedException(final String message, final Throwable cause) {
        super(message, cause);
    }
}
