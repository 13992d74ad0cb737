package dev.evtl.replay;

import java.util.Objects;
import org.HdrHistogram.Histogram;
import org.agrona.concurrent.EpochNanoClock;

/**
 * Records the time from each event's timestamp until it is consumed, or until a fixed time, such as that of a file. For
 * timestamps that are nanoseconds since the Unix epoch.
 */
public final class LatencyHistogram implements EventConsumer {
    private static final int SIGNIFICANT_DIGITS = 3;

    private final EpochNanoClock clock;
    private final Histogram histogram = new Histogram(Long.MAX_VALUE, SIGNIFICANT_DIGITS);
    private long ahead;

    /**
     * Measures up to what a clock says.
     *
     * @param clock asked at each event; an {@code OffsetEpochNanoClock} gives the time now and allocates nothing for
     *     it, one that always gives the same time measures up to that
     */
    public LatencyHistogram(final EpochNanoClock clock) {
        Objects.requireNonNull(clock, "clock");
        this.clock = clock;
    }

    @Override
    public boolean consume(final JournalEvent event) {
        Objects.requireNonNull(event, "event");
        if (event.isGap()) {
            return true; // its timestamp is the journal's
        }
        final long now = clock.nanoTime();
        final long timestamp = event.timestamp();
        if (timestamp > now) {
            ahead++;
        } else {
            final long latency = now - timestamp;
            histogram.recordValue(latency < 0 ? Long.MAX_VALUE : latency); // below zero: more than a long holds
        }
        return true;
    }

    /**
     * The latencies.
     *
     * @return nanoseconds, always current
     */
    public Histogram histogram() {
        return histogram;
    }

    /**
     * Events whose timestamp was later than the clock; they are not in the histogram.
     *
     * @return number of events
     */
    public long ahead() {
        return ahead;
    }

    @Override
    public String name() {
        return "latency";
    }
}
