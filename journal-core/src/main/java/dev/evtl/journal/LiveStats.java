package dev.evtl.journal;

import dev.evtl.journal.appender.Appender;
import dev.evtl.journal.file.JournalStorage;
import dev.evtl.journal.ring.JournalRing;

/** Reads the statistics from where the journal keeps them, for any thread. */
final class LiveStats extends LiveRingStats implements JournalStats {
    private final JournalStorage storage;
    private final Appender appender;
    private final long maximum;

    LiveStats(final JournalRing ring, final JournalStorage storage, final Appender appender, final long maximum) {
        super(ring);
        this.storage = storage;
        this.appender = appender;
        this.maximum = maximum;
    }

    @Override
    public long getAllocatedBytes() {
        return storage.allocated();
    }

    @Override
    public long getMappedOffset() {
        return storage.mapped();
    }

    @Override
    public long getDurableOffset() {
        return storage.durable();
    }

    @Override
    public double getPercentFull() {
        return maximum == Long.MAX_VALUE ? 0 : 100.0 * getFileOffset() / maximum;
    }

    @Override
    public long getGrowths() {
        return storage.growths();
    }

    @Override
    public long getMaxForceNanos() {
        return appender.forceTimes().getMaxValue();
    }

    @Override
    public long forceNanosAtPercentile(final double percentile) {
        if (!(percentile >= 0 && percentile <= 100)) { // not a number is neither
            throw new IllegalArgumentException("percentile " + percentile + " is not from 0 to 100");
        }
        return appender.forceTimes().getValueAtPercentile(percentile);
    }

    @Override
    public String toString() {
        return super.toString() + ", durable up to offset " + getDurableOffset();
    }
}
