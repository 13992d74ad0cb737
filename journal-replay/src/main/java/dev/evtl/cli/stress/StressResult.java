package dev.evtl.cli.stress;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.ToDoubleFunction;

/** The figures of one round of {@link Stress}, or of several. */
record StressResult(
        Accounting accounting,
        double seconds,
        double eventsPerSecond,
        double bytesPerSecond,
        double replaySeconds,
        double replayEventsPerSecond,
        Allocation allocation,
        long ringSize,
        long ringHighWaterMark,
        long growths,
        long forces) {
    /** Where the events went. */
    record Accounting(
            long offered,
            long journaled,
            long dropped,
            long refused,
            long replayed,
            long mismatched,
            long droppedInGaps,
            long journaledBytes,
            long fileBytes,
            String firstMismatch) {
        /** What does not add up, a line each; empty if all does. */
        List<String> problems() {
            final List<String> problems = new ArrayList<>();
            if (offered != journaled + dropped + refused) {
                problems.add("offered " + offered + " is not journaled " + journaled + " + dropped " + dropped
                        + " + refused " + refused);
            }
            if (replayed != journaled) {
                problems.add("replayed " + replayed + " is not journaled " + journaled);
            }
            if (droppedInGaps != dropped) {
                problems.add("gaps say that " + droppedInGaps + " were dropped, not " + dropped);
            }
            if (mismatched != 0) {
                problems.add("mismatched " + mismatched + ": " + firstMismatch);
            }
            return problems;
        }
    }

    /** Bytes of heap for an event, while running. */
    record Allocation(double publishers, double appender, double replay, double total) {
        static Allocation of(final double publishers, final double appender, final double replay) {
            return new Allocation(publishers, appender, replay, publishers + appender + replay);
        }
    }

    /** Medians; the accounting is that of the round in the middle by events a second, so that it adds up. */
    static StressResult median(final List<StressResult> results) {
        final StressResult middle = results.stream()
                .sorted(Comparator.comparingDouble(StressResult::eventsPerSecond))
                .toList()
                .get((results.size() - 1) / 2);
        return new StressResult(
                middle.accounting,
                median(results, StressResult::seconds),
                median(results, StressResult::eventsPerSecond),
                median(results, StressResult::bytesPerSecond),
                median(results, StressResult::replaySeconds),
                median(results, StressResult::replayEventsPerSecond),
                new Allocation(
                        median(results, result -> result.allocation.publishers),
                        median(results, result -> result.allocation.appender),
                        median(results, result -> result.allocation.replay),
                        median(results, result -> result.allocation.total)),
                middle.ringSize,
                (long) median(results, StressResult::ringHighWaterMark),
                (long) median(results, StressResult::growths),
                (long) median(results, StressResult::forces));
    }

    private static double median(final List<StressResult> results, final ToDoubleFunction<StressResult> figure) {
        final double[] sorted = results.stream().mapToDouble(figure).sorted().toArray();
        final int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
