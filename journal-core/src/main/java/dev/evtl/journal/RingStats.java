package dev.evtl.journal;

/**
 * What a journal has done so far, as far as its ring tells, to its own process and to each that has attached. Readable
 * from any thread without allocation.
 *
 * <p>Every event offered is counted once: {@code offered = journaled + dropped + refused + what is still in the ring},
 * and once the journal is closed nothing is in the ring. {@code offered} and {@code accepted} are worked out when they
 * are asked for, so that publishing does not pay for them: exact while the ring is at rest, otherwise behind by what lies
 * in the ring at the most. No count ever goes back. With a ring file they go on from one opening of the journal to the
 * next, until it is closed, and count what all processes published. Bytes are those of whole events, 16 bytes of header
 * and the payload. Gap events are not counted.
 */
public interface RingStats {
    /**
     * Whether the journal runs.
     *
     * @return {@code running}, {@code closing}, {@code closed} or {@code failed}
     */
    String getState();

    /**
     * Events that producers offered.
     *
     * @return accepted, refused and dropped for want of room in the ring
     */
    long getOfferedEvents();

    /**
     * Events that are or were in the ring, committed.
     *
     * @return number of events
     */
    long getAcceptedEvents();

    /**
     * Bytes of the events accepted.
     *
     * @return bytes
     */
    long getAcceptedBytes();

    /**
     * Events in the file, visible to readers.
     *
     * @return number of events
     */
    long getJournaledEvents();

    /**
     * Bytes of the events journaled.
     *
     * @return bytes
     */
    long getJournaledBytes();

    /**
     * Events dropped: under {@link BackPressure#DROP}, at the maximum size under {@link WhenFull#DROP}, or left in the
     * ring when the journal failed; with a ring file these stay in it.
     *
     * @return number of events
     */
    long getDroppedEvents();

    /**
     * Bytes of the events dropped.
     *
     * @return bytes
     */
    long getDroppedBytes();

    /**
     * Events refused with {@link Publisher#BACK_PRESSURED}, {@link Publisher#CLOSED} or {@link Publisher#FAILED}.
     *
     * @return number of events
     */
    long getRefusedEvents();

    /**
     * Bytes of the events refused.
     *
     * @return bytes
     */
    long getRefusedBytes();

    /**
     * Share of offered events that were dropped.
     *
     * @return 0 to 1
     */
    double getDropRate();

    /**
     * Size of the ring.
     *
     * @return bytes
     */
    int getRingSize();

    /**
     * Bytes of the ring in use.
     *
     * @return bytes
     */
    int getRingUsed();

    /**
     * Most bytes of the ring that the appender has found in use.
     *
     * @return bytes
     */
    long getRingHighWaterMark();

    /**
     * How long the claim at the head of the ring has held up those behind it, uncommitted.
     *
     * @return nanoseconds, 0 if it does not
     */
    long getHeadStuckNanos();

    /**
     * Events of claims that were neither committed nor aborted: that a close had to leave, or, with a ring file, whose
     * process has died while the journal was open.
     *
     * @return number of events
     */
    long getAbandonedEvents();

    /**
     * Where in the file the next event goes.
     *
     * @return offset in bytes
     */
    long getFileOffset();

    /**
     * How often the file was forced.
     *
     * @return number of forces
     */
    long getForces();

    /**
     * How many forces failed: 0 or 1, as the first ends the journal.
     *
     * @return number of forces
     */
    long getForcesFailed();
}
