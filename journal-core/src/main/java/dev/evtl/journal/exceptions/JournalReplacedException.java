package dev.evtl.journal.exceptions;

/**
 * Thrown when the path by which a journal was opened leads to another file now, or to none. All that was in the file
 * that was opened has been read; a follower opens the path again.
 */
public final class JournalReplacedException extends JournalException {
    private static final long serialVersionUID = 1L;

    /**
     * Creates an exception with a message.
     *
     * @param message that names the file
     */
    public JournalReplacedException(final String message) {
        super(message);
    }
}
