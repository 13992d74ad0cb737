package dev.evtl.bench.compare;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.HdrHistogram.Histogram;

/** What a contestant reached in the counted rounds of a group. */
final class Series {
    private final Group group;
    private final Contestant contestant;
    private final String variant;
    private final Map<Figure, List<Double>> values = new EnumMap<>(Figure.class);
    private Histogram histogram;
    private String failure;

    /**
     * Without values.
     *
     * @param group      of it
     * @param contestant that is measured
     * @param variant    of the group, such as a rate; empty if there is one only
     */
    Series(final Group group, final Contestant contestant, final String variant) {
        this.group = group;
        this.contestant = contestant;
        this.variant = variant;
    }

    void add(final Figure figure, final double value) {
        values.computeIfAbsent(figure, f -> new ArrayList<>()).add(value);
    }

    /** Adds the percentiles of a round, and its times to those of all rounds. */
    void add(final Histogram times) {
        for (final Figure figure : Figure.PERCENTILES) {
            add(figure, times.getValueAtPercentile(figure.percentile()));
        }
        if (histogram == null) {
            histogram = times.copy();
        } else {
            histogram.add(times);
        }
    }

    void fail(final String reason) {
        failure = reason;
    }

    Group group() {
        return group;
    }

    Contestant contestant() {
        return contestant;
    }

    String variant() {
        return variant;
    }

    Map<Figure, List<Double>> values() {
        return values;
    }

    Optional<Summary> summary(final Figure figure) {
        return Optional.ofNullable(values.get(figure)).map(Summary::of);
    }

    /** The times of all rounds together. */
    Optional<Histogram> histogram() {
        return Optional.ofNullable(histogram);
    }

    /** Why it is not complete. */
    Optional<String> failure() {
        return Optional.ofNullable(failure);
    }
}
