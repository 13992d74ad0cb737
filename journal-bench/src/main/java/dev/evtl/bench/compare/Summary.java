package dev.evtl.bench.compare;

import java.util.List;

/**
 * Values of several rounds in short.
 *
 * @param median of them; of an even number of values, the mean of the two in the middle
 * @param min    of them
 * @param max    of them
 */
record Summary(double median, double min, double max) {
    static Summary of(final List<Double> values) {
        if (values.isEmpty()) {
            throw new IllegalArgumentException("no values");
        }
        final double[] sorted = values.stream().mapToDouble(v -> v).sorted().toArray();
        final int middle = sorted.length / 2;
        final double median = sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
        return new Summary(median, sorted[0], sorted[sorted.length - 1]);
    }
}
