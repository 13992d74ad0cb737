package dev.evtl.journal.exceptions;

/**
 * Thrown to a reader when the events that it wants next were in files that are no longer in the journal's directory, while
 * later ones are: they were released, as retention does, before it had read them. It may go on with the oldest that is
 * there.
 */
public final class EventsReleasedException extends JournalException {
    private static final long serialVersionUID = 1L;

    private final long firstMissing;
    private final long firstAvailable;

    /**
     * Creates the exception.
     *
     * @param journal        its path, for the message
     * @param firstMissing   sequence number of the first event that was wanted
     * @param firstAvailable sequence number of the oldest event that is there
     */
    public EventsReleasedException(final Object journal, final long firstMissing, final long firstAvailable) {
        super(journal + ": sequences " + firstMissing + " to " + (firstAvailable - 1)
                + " are missing: their files were released; the oldest event there is sequence " + firstAvailable);
        this.firstMissing = firstMissing;
        this.firstAvailable = firstAvailable;
    }

    /**
     * Returns which event was wanted.
     *
     * @return sequence number of the first missing event
     */
    public long firstMissing() {
        return firstMissing;
    }

    /**
     * Returns where the journal begins now.
     *
     * @return sequence number of the oldest event that is there
     */
    public long firstAvailable() {
        return firstAvailable;
    }
}
