package dev.evtl.journal;

/** What happens to an event for which the ring has no room. */
public enum BackPressure {
    /** The publisher answers {@link Publisher#BACK_PRESSURED} and the caller decides. */
    REFUSE,
    /**
     * The publisher waits until there is room, for {@code blockTimeout} at the most and not on a thread that is
     * interrupted; then it answers {@link Publisher#BACK_PRESSURED}. On the thread that has to run the appender it runs
     * that instead of waiting.
     */
    BLOCK,
    /**
     * The publisher answers {@link Publisher#DROPPED}; the event is counted, and a gap event in the journal says, at
     * its place in the order, how many are missing.
     */
    DROP
}
