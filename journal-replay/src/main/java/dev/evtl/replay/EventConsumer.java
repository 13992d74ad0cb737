package dev.evtl.replay;

/** Takes events from a {@link Dispatcher}, on the thread that drains it. */
public interface EventConsumer {
    /**
     * Takes an event or a gap. What this throws counts as an event not taken, is reported, and keeps it from no other
     * consumer.
     *
     * @param event valid only during the call
     * @return whether the event was taken
     */
    boolean consume(JournalEvent event);

    /** Called after a batch: what was taken may be passed on. */
    default void flush() {
        // most consumers keep nothing back
    }

    /**
     * What the statistics and errors call this consumer; asked once by a {@link Dispatcher}, when it is made.
     *
     * @return a short name
     */
    String name();
}
