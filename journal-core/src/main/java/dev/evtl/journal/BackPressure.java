package dev.evtl.journal;

/** What happens to an event for which the ring has no room. */
public enum BackPressure {
    /** The publisher answers {@link Publisher#BACK_PRESSURED} and the caller decides. */
    FAIL,
    /** The publisher waits until there is room, or the journal closes or fails. */
    BLOCK,
    /**
     * The publisher answers {@link Publisher#DROPPED}; the event is counted, and a gap event in the journal says, at
     * its place in the order, how many are missing.
     */
    DROP
}
