package dev.evtl.journal;

import dev.evtl.journal.exceptions.JournalFullException;

/** What happens to events for which a file that has reached its maximum has no room. */
public enum WhenFull {
    /** The journal fails with a {@link JournalFullException}. */
    FAIL,
    /**
     * They are dropped and counted. A gap event in the journal says so when it begins, and another one, at the close,
     * how many there were.
     */
    DROP
}
