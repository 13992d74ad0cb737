package dev.evtl.journal;

import javax.management.MXBean;

/**
 * What a journal has done so far, including what only its own process knows: its file and its forces. Also an MBean.
 * For any thread.
 */
@MXBean
public interface JournalStats extends RingStats {
    /**
     * Returns the allocated length of the file.
     *
     * @return length in bytes
     */
    long getAllocatedBytes();

    /**
     * Returns up to where the file is mapped, or otherwise ready for events.
     *
     * @return offset in bytes
     */
    long getMappedOffset();

    /**
     * Returns the offset before which everything was forced to the device.
     *
     * @return offset in bytes
     */
    long getDurableOffset();

    /**
     * Returns how much of the maximum size the file's header and events take.
     *
     * @return 0 to 100; 0 if there is no maximum
     */
    double getPercentFull();

    /**
     * Returns how often the file has grown since it was opened.
     *
     * @return number of growths
     */
    long getGrowths();

    /**
     * Returns how long the longest force took.
     *
     * @return nanoseconds
     */
    long getMaxForceNanos();

    /**
     * Returns how long forces took.
     *
     * @param percentile 0 to 100
     * @return nanoseconds at that percentile; 0 if there was no force
     * @throws IllegalArgumentException if the percentile is out of bounds
     */
    long forceNanosAtPercentile(double percentile);
}
