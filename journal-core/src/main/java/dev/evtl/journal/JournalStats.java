package dev.evtl.journal;

import javax.management.MXBean;

/** What a journal has done so far, with what only its own process knows: its file and its forces. Also an MBean. */
@MXBean
public interface JournalStats extends RingStats {
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
    long getMappedOffset();

    /**
     * Everything before it was forced to the device.
     *
     * @return offset in bytes
     */
    long getDurableOffset();

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
