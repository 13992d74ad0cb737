package dev.evtl.journal.exceptions;

/** There is no journal at a path. It may still come: a follower that starts before the writer waits for it. */
public final class JournalNotFoundException extends JournalException {
    private static final long serialVersionUID = 1L;

    /**
     * With a message.
     *
     * @param message that names the file
     */
    public JournalNotFoundException(final String message) {
        super(message);
    }
}
