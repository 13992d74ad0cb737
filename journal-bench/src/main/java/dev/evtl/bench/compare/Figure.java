package dev.evtl.bench.compare;

import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** What is measured of a contestant in a round. */
enum Figure {
    EVENTS_PER_SECOND("events/s"),
    CALLER_NANOS("ns of the caller per event"),
    CPU_NANOS("ns of CPU per event"),
    PAGE_CACHE("bytes of page cache per byte of events"),
    NANOS_PER_EVENT("ns per event"),
    ALLOCATED("bytes allocated per event"),
    CORE_SHARE("share of a core"),
    P50("p50, ns", 50),
    P90("p90, ns", 90),
    P99("p99, ns", 99),
    P999("p99.9, ns", 99.9),
    P9999("p99.99, ns", 99.99),
    MAX("longest, ns", 100),
    MAX_GROWING("longest of the seconds in which the files grew, ns"),
    GROWING("seconds in which the files grew"),
    FORCES_PER_SECOND("forces/s"),
    BYTES_PER_SECOND("bytes/s"),
    DEVICE_BYTES_PER_BYTE("bytes to the device per byte of events");

    static final List<Figure> PERCENTILES = List.of(P50, P90, P99, P999, P9999, MAX);

    private static final Set<Figure> RATES = EnumSet.of(EVENTS_PER_SECOND, FORCES_PER_SECOND, BYTES_PER_SECOND);

    private final String label;
    private final double percentile;

    Figure(final String label) {
        this(label, Double.NaN);
    }

    Figure(final String label, final double percentile) {
        this.label = label;
        this.percentile = percentile;
    }

    String label() {
        return label;
    }

    /** Which percentile it is, 0 to 100. */
    double percentile() {
        return percentile;
    }

    /** Whether more of it is better. */
    boolean isRate() {
        return RATES.contains(this);
    }
}
