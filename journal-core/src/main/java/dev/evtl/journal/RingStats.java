package dev.evtl.journal;

/**
 * What a journal has done so far, as far as its ring shows: to its own process and to each process that has attached.
 * Any thread can read it, without allocation.
 *
 * <p>Every event offered is counted once: {@code offered = journaled + dropped + refused + what is still in the ring};
 * once the journal is closed, nothing is in the ring. {@code offered} and {@code accepted} are computed when they are
 * read, so that publishing need not count them. They are exact while the ring is at rest; otherwise they may lack at
 * most what is in the ring. No count ever decreases. With a ring file, the counts go on from one opening of the journal
 * to the next until it is closed, and include what all processes published. Bytes are those of whole events, 16 bytes
 * of header and the payload. The gap events that the journal itself writes are not counted.
 */
public interface RingStats {
    /**
     * Returns the state of the journal.
     *
     * @return {@code running}, {@code closing}, {@code closed} or {@code failed}
     */
    String getState();

    /**
     * Returns the number of events that were offered.
     *
     * @return number of events accepted, refused, or dropped because the ring had no room
     */
    long getOfferedEvents();

    /**
     * Returns the number of events that were committed into the ring.
     *
     * @return number of events
     */
    long getAcceptedEvents();

    /**
     * Returns the length of the events accepted.
     *
     * @return number of bytes
     */
    long getAcceptedBytes();

    /**
     * Returns the number of events in the file, where readers see them.
     *
     * @return number of events
     */
    long getJournaledEvents();

    /**
     * Returns the length of the events journaled.
     *
     * @return number of bytes
     */
    long getJournaledBytes();

    /**
     * Returns the number of events dropped: under {@link BackPressure#DROP}, at the maximum size under {@link
     * WhenFull#DROP}, or because they were left in a ring in memory when the journal failed. A ring file keeps such
     * events.
     *
     * @return number of events
     */
    long getDroppedEvents();

    /**
     * Returns the length of the events dropped.
     *
     * @return number of bytes
     */
    long getDroppedBytes();

    /**
     * Returns the number of events refused with {@link Publisher#BACK_PRESSURED}, {@link Publisher#CLOSED} or {@link
     * Publisher#FAILED}.
     *
     * @return number of events
     */
    long getRefusedEvents();

    /**
     * Returns the length of the events refused.
     *
     * @return number of bytes
     */
    long getRefusedBytes();

    /**
     * Returns the share of offered events that were dropped.
     *
     * @return 0 to 1
     */
    double getDropRate();

    /**
     * Returns the size of the ring.
     *
     * @return number of bytes
     */
    int getRingSize();

    /**
     * Returns how much of the ring is in use.
     *
     * @return number of bytes
     */
    int getRingUsed();

    /**
     * Returns the largest part of the ring that the appender has found in use.
     *
     * @return number of bytes
     */
    long getRingHighWaterMark();

    /**
     * Returns how long the uncommitted claim at the head of the ring has held up the claims after it.
     *
     * @return nanoseconds; 0 if no claim is held up
     */
    long getHeadStuckNanos();

    /**
     * Returns the number of events in claims that were neither committed nor aborted: because a close left them out or,
     * with a ring file, because their process died while the journal was open.
     *
     * @return number of events
     */
    long getAbandonedEvents();

    /**
     * Returns where in the file the next event goes.
     *
     * @return offset in bytes
     */
    long getFileOffset();

    /**
     * Returns how often the file was forced.
     *
     * @return number of forces
     */
    long getForces();

    /**
     * Returns how many forces failed. The first failure ends the journal, so each opening adds at most 1.
     *
     * @return number of forces
     */
    long getForcesFailed();
}
