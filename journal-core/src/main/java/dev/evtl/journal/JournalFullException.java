package dev.evtl.journal;

import dev.evtl.journal.storage.JournalException;

/** The file has reached the maximum that the config gives it. */
public final class JournalFullException extends JournalException {
    private static final long serialVersionUID = 1L;

    JournalFullException(final String message) {
        super(message);
    }
}
