package dev.evtl.journal.exceptions;

/** Another writer has the journal open. */
public final class JournalLockedException extends JournalException {
    private static final long serialVersionUID = 1L;

    /**
     * With a message.
     *
     * @param message that names the file
     */
    public JournalLockedException(final String message) {
        super(message);
    }
}
