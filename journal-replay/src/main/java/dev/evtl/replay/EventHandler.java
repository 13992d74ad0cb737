package dev.evtl.replay;

/**
 * Called back for each event and each gap that a {@link JournalReader} reads, on the thread that polls. May close the
 * reader, which then ends the poll after this event; may neither poll nor seek it.
 */
@FunctionalInterface
public interface EventHandler {
    /** What a poll does after an event. */
    enum Action {
        /** Goes on with the next event. */
        CONTINUE,
        /** Ends; the event counts as read. */
        STOP,
        /** Ends; the event does not count as read, and comes again at the next poll. */
        REPEAT
    }

    /**
     * An event, or a gap. What this throws leaves the poll; the event counts as read.
     *
     * @param event valid only during the call
     * @return what the poll does next
     */
    Action onEvent(JournalEvent event);
}
