package dev.evtl.journal.exceptions;

/** The file has reached the maximum that the config gives it. */
public final class JournalFullException extends JournalException {
    private static final long serialVersionUID = 1L;

    /**
     * With a message.
     *
     * @param message that names the file
     */
    public JournalFullException(final String message) {
        super(message);
    }
}
