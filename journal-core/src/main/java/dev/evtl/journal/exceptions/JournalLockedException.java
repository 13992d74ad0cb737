package dev.evtl.journal.exceptions;

/** Thrown when another writer has the journal open. */
public final class JournalLockedException extends JournalException {
    private static final long serialVersionUID = 1L;

    /**
     * Creates an exception with a message.
     *
     * @param message that names the file
     */
    public JournalLockedException(final String message) {
        super(message);
    }
}
