package dev.evtl.journal.exceptions;

/**
 * Thrown when there is no journal at a path. It may still be created: a follower that starts before the writer waits
 * for it.
 */
public final class JournalNotFoundException extends JournalException {
    private static final long serialVersionUID = 1L;

    /**
     * Creates an exception with a message.
     *
     * @param message that names the file
     */
    public JournalNotFoundException(final String message) {
        super(message);
    }
}
