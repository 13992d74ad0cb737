package dev.evtl.bench.compare;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.Collectors;

/**
 * A line of the table.
 *
 * @param what       is measured
 * @param contestant by its label
 * @param role       of the contestant
 * @param median     of the rounds
 * @param spread     least and most of the rounds
 * @param ofWall     share of the wall
 * @param mustBe     where it must get to
 * @param verdict    whether it does
 * @param state      of the targets in the row
 * @param against    the other run's: how many times its median, and whether it is worse
 * @param isBrief    whether it belongs into the short table
 */
record Row(
        String what,
        String contestant,
        Role role,
        String median,
        String spread,
        String ofWall,
        String mustBe,
        String verdict,
        State state,
        String against,
        boolean isBrief) {
    /** How targets stand. */
    enum State {
        NONE,
        MET,
        MISSED
    }

    private static List<Figure> figures(final Group group) {
        return switch (group) {
            case WRITE ->
                List.of(
                        Figure.EVENTS_PER_SECOND,
                        Figure.CALLER_NANOS,
                        Figure.CPU_NANOS,
                        Figure.PAGE_CACHE,
                        Figure.ALLOCATED);
            case FIRST_TOUCH -> List.of(Figure.EVENTS_PER_SECOND, Figure.CPU_NANOS, Figure.PAGE_CACHE);
            case BUSY -> List.of(Figure.EVENTS_PER_SECOND, Figure.CPU_NANOS);
            case READ -> List.of(Figure.EVENTS_PER_SECOND, Figure.ALLOCATED);
            case CALLER, VISIBLE -> List.of(Figure.P50, Figure.P99, Figure.P999, Figure.MAX);
            case STALL -> List.of(Figure.P50, Figure.MAX, Figure.MAX_GROWING, Figure.GROWING);
            case SYNC -> List.of(Figure.P50, Figure.P99, Figure.EVENTS_PER_SECOND, Figure.FORCES_PER_SECOND);
            case BESIDE_SYNC -> List.of(Figure.P50, Figure.P99, Figure.P999);
            case IDLE -> List.of(Figure.CORE_SHARE);
            case SIZE -> List.of(Figure.NANOS_PER_EVENT);
            case COLD -> List.of(Figure.BYTES_PER_SECOND, Figure.DEVICE_BYTES_PER_BYTE);
        };
    }

    static String title(final Group group) {
        return switch (group) {
            case WRITE -> "write until in the file, warm";
            case FIRST_TOUCH -> "open and write until in the file, first touch";
            case BUSY -> "write until in the file, warm";
            case READ -> "read";
            case CALLER -> "claim to commit, or append";
            case VISIBLE -> "offer to visible in another process";
            case STALL -> "longest claim to commit, or append, of each second";
            case SYNC -> "publish and force";
            case BESIDE_SYNC -> "claim to commit at " + Comparison.rateLabel(Comparison.BESIDE_RATE);
            case IDLE -> "open and idle";
            case SIZE -> "write and read";
            case COLD -> "far past memory";
        };
    }

    static List<Row> of(final Results results) {
        final List<Target> targets = Target.of(results);
        final List<Row> rows = new ArrayList<>();
        for (final Group group : Group.values()) {
            final List<String> variants =
                    results.of(group).stream().map(Series::variant).distinct().toList();
            for (final String variant : variants) {
                for (final Figure figure : figures(group)) {
                    for (final Series series : results.of(group)) {
                        if (series.variant().equals(variant)) {
                            addRow(rows, results, targets, series, figure);
                        }
                    }
                }
            }
        }
        return rows;
    }

    private static void addRow(
            final List<Row> rows,
            final Results results,
            final List<Target> targets,
            final Series series,
            final Figure figure) {
        final Contestant contestant = series.contestant();
        final boolean failed = series.failure().isPresent();
        if (failed
                ? figure != figures(series.group()).get(0)
                : series.summary(figure).isEmpty()) {
            return;
        }
        final Target.RowKey key = new Target.RowKey(series.group(), contestant.id(), series.variant(), figure);
        final List<Target> own =
                targets.stream().filter(t -> t.of().equals(key)).toList();
        final String what = title(series.group()) + (series.variant().isEmpty() ? "" : ", " + series.variant()) + ": "
                + figure.label();
        final Summary summary = failed ? null : series.summary(figure).orElseThrow();
        rows.add(new Row(
                what,
                contestant.label(),
                contestant.role(),
                failed ? "failed" : format(figure, summary.median()),
                failed
                        ? series.failure().orElseThrow()
                        : format(figure, summary.min()) + " .. " + format(figure, summary.max()),
                wallShare(results, series, figure),
                own.stream().map(Target::mustBe).collect(Collectors.joining("\n")),
                own.stream().map(Target::verdict).collect(Collectors.joining("\n")),
                state(own),
                failed ? "" : against(results, series, figure, summary),
                !own.isEmpty() || isBrief(series, figure)));
    }

    private static State state(final List<Target> targets) {
        final List<Target> measured =
                targets.stream().filter(t -> t.ratio().isPresent()).toList();
        if (measured.isEmpty()) {
            return State.NONE;
        }
        return measured.stream().allMatch(Target::isMet) ? State.MET : State.MISSED;
    }

    private static String wallShare(final Results results, final Series series, final Figure figure) {
        final OptionalDouble share = results.ofWall(series, figure);
        return share.isPresent() ? String.format(Locale.ROOT, "%.2f", share.getAsDouble()) : "";
    }

    /** Worse is what is beyond all rounds of the other run. */
    private static String against(
            final Results results, final Series series, final Figure figure, final Summary summary) {
        final Optional<Summary> other = results.otherRun().flatMap(run -> run.summary(series, figure));
        if (other.isEmpty() || other.get().median() == 0) {
            return "";
        }
        final boolean worse = figure.isRate()
                ? summary.median() < other.get().min()
                : summary.median() > other.get().max();
        final String ratio = String.format(
                Locale.ROOT, "%.2f", summary.median() / other.get().median());
        return worse ? ratio + ", worse" : ratio;
    }

    /** Besides what has targets, the short table has one rate, and no longest times. */
    private static boolean isBrief(final Series series, final Figure figure) {
        final boolean atRates = series.group() == Group.CALLER || series.group() == Group.VISIBLE;
        return (figure != Figure.MAX || series.group() == Group.STALL)
                && (!atRates || series.variant().equals(Comparison.rateLabel(1_000_000)))
                && (figure != Figure.ALLOCATED || series.contestant().role() == Role.JOURNAL);
    }

    static String format(final Figure figure, final double value) {
        return switch (figure) {
            case EVENTS_PER_SECOND, FORCES_PER_SECOND, BYTES_PER_SECOND -> scaled(value);
            case GROWING -> String.format(Locale.ROOT, "%.0f", value);
            case ALLOCATED, CORE_SHARE -> String.format(Locale.ROOT, "%.4f", value);
            case DEVICE_BYTES_PER_BYTE, PAGE_CACHE -> String.format(Locale.ROOT, "%.3f", value);
            case CALLER_NANOS, CPU_NANOS, NANOS_PER_EVENT -> String.format(Locale.ROOT, "%.1f", value);
            default -> String.format(Locale.ROOT, "%,d", Math.round(value));
        };
    }

    private static String scaled(final double value) {
        if (value >= 1e9) {
            return String.format(Locale.ROOT, "%.2f G", value / 1e9);
        }
        return value >= 1e6
                ? String.format(Locale.ROOT, "%.1f M", value / 1e6)
                : String.format(Locale.ROOT, "%.1f k", value / 1e3);
    }
}
