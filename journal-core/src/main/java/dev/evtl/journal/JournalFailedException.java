package dev.evtl.journal;

import dev.evtl.journal.storage.JournalException;

/** The journal has failed, for the reason that is this exception's cause. Nothing was acknowledged after that. */
public final class JournalFailedException extends JournalException {
    private static final long serialVersionUID = 1L;

    JournalFailedException(final String message, final Throwable cause) {
        super(message, cause);
    }
}
