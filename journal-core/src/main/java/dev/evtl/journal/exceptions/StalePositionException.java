package dev.evtl.journal.exceptions;

/**
 * Thrown to a reader that is sent to a position which the journal no longer has: it ends before that, as it may after a
 * power loss, or other events lie there. The message says where it ends, or what differs.
 */
public final class StalePositionException extends JournalException {
    private static final long serialVersionUID = 1L;

    /**
     * Creates an exception with a message.
     *
     * @param message that names the file, the position and what is there
     */
    public StalePositionException(final String message) {
        super(message);
    }
}
