package dev.evtl.journal;

import javax.management.MXBean;

/**
 * What a journal has done so far. Readable from any thread without allocation; also an MBean.
 *
 * <p>Every event offered is counted once: {@code offered = journaled + dropped + refused + what is still in the ring},
 * and once the journal is closed nothing is in the ring. {@code offered} and {@code accepted} are worked out when they
 * are asked for, so that publishing does not pay for them: exact while the ring is at rest, otherwise within a batch.
 * Bytes are those of whole events, 16 bytes of header and the payload. Gap events are not counted.
 */
@MXBean
public interface JournalStats {
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
    long getLeftEvents();

    /**
     * Where in the file the next event goes.
     *
     * @return offset in bytes
     */
    long getFilePosition();

    /**
     * How far the file is allocated.
     *
     * @return length in bytes
     */
    long getAllocatedBytes();

    /**
     * How far the file is mapped, or otherwise ready.
     *
     * @return offset in bytes
     */
    long getMappedPosition();

    /**
     * Everything before it was forced to the device.
     *
     * @return offset in bytes
     */
    long getDurablePosition();

    /**
     * How much of the maximum size the events take.
     *
     * @return 0 to 100; 0 if there is no maximum
     */
    double getPercentFull();

    /**
     * How often the file has grown.
     *
     * @return number of growths
     */
    long getGrowths();

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

    /**
     * The longest force.
     *
     * @return nanoseconds
     */
    long getMaxForceNanos();

    /**
     * Time that forces took.
     *
     * @param percentile 0 to 100
     * @return nanoseconds at that percentile, 0 if there was no force
     */
    long forceNanosAtPercentile(double percentile);
}
