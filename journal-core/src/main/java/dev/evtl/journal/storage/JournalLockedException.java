package dev.evtl.journal.storage;

/** Another writer has the journal open. */
public final class JournalLockedException extends JournalException {
    private static final long serialVersionUID = 1L;

    JournalLockedException(final String message) {
        super(message);
    }
}
