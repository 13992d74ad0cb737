package dev.evtl.journal.exceptions;

/** Something did not happen within its time. It may still happen. */
public final class JournalTimeoutException extends JournalException {
    private static final long serialVersionUID = 1L;

    /**
     * With a message.
     *
     * @param message that names the journal
     */
    public JournalTimeoutException(final String message) {
        super(message);
    }
}
