package dev.evtl.journal;

import dev.evtl.journal.exceptions.JournalFullException;

/** What happens to events for which a file at its maximum size has no room. */
public enum WhenFull {
    /** The journal fails with a {@link JournalFullException}. */
    FAIL,
    /**
     * The events are dropped and counted. One gap event in the journal records the first drop; another, at the close,
     * records the rest.
     */
    DROP
}
