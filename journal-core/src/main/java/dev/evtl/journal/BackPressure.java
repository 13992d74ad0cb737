package dev.evtl.journal;

/** What happens to an event for which the ring has no room. */
public enum BackPressure {
    /** The publisher answers {@link Publisher#BACK_PRESSURED} and the caller decides. */
    REFUSE,
    /**
     * The publisher waits until there is room, but no longer than {@code blockTimeout} and not on an interrupted
     * thread. If there still is no room, it answers {@link Publisher#BACK_PRESSURED}. The thread that has to run the
     * appender runs it instead of waiting.
     */
    BLOCK,
    /**
     * The publisher answers {@link Publisher#DROPPED}. The event is counted, and a gap event at its place in the order
     * says how many events are missing there.
     */
    DROP
}
