package dev.evtl.bench.compare;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;

/**
 * A ratio that the journal must reach.
 *
 * @param what    is held against what
 * @param of      the row of the table that it belongs to
 * @param bound   that the ratio must reach
 * @param atLeast whether it must be no less, otherwise no more
 * @param ratio   that was measured, if both sides were
 */
record Target(String what, RowKey of, double bound, boolean atLeast, OptionalDouble ratio) {
    /**
     * A row of the table.
     *
     * @param group   of it
     * @param id      of the contestant
     * @param variant of the group
     * @param figure  that it shows
     */
    record RowKey(Group group, String id, String variant, Figure figure) {}

    private static final String CHRONICLE = "chronicle";
    private static final String RATE = Comparison.rateLabel(1_000_000);
    /** Bytes an event below which it is none: what is asked and told between the rounds. */
    static final double NO_ALLOCATION = 0.001;

    private static final double NANOS_PER_MILLI = 1e6;

    boolean isMet() {
        return ratio.isPresent() && (atLeast ? ratio.getAsDouble() >= bound : ratio.getAsDouble() <= bound);
    }

    String mustBe() {
        return (atLeast ? "at least " : "at most ") + format(bound) + " " + what;
    }

    String verdict() {
        return ratio.isEmpty() ? "not measured" : format(ratio.getAsDouble()) + (isMet() ? ", met" : ", NOT MET");
    }

    private static String format(final double value) {
        return value != 0 && value < 0.01
                ? String.format(Locale.ROOT, "%.4f", value)
                : String.format(Locale.ROOT, "%.2f", value);
    }

    static List<Target> of(final Results results) {
        final List<Target> targets = new ArrayList<>();
        targets.addAll(ofWriting(results));
        for (final String id : List.of(Roster.EACH, Roster.PUBLISHERS)) {
            targets.add(ofChronicle(results, new RowKey(Group.CALLER, id, RATE, Figure.P50), 1, false));
            targets.add(ofChronicle(results, new RowKey(Group.CALLER, id, RATE, Figure.P99), 1.0 / 3, false));
            targets.add(ofChronicle(results, new RowKey(Group.CALLER, id, RATE, Figure.P999), 0.1, false));
            for (final long rate : List.of(100_000L, 1_000_000L)) {
                for (final Figure figure : List.of(Figure.P50, Figure.P99)) {
                    final RowKey visible = new RowKey(Group.VISIBLE, id, Comparison.rateLabel(rate), figure);
                    targets.add(ofChronicle(results, visible, 1, false));
                }
            }
        }
        final Figure throughput = Figure.EVENTS_PER_SECOND;
        targets.add(ofOther(
                results,
                "of the wall",
                new RowKey(Group.READ, Roster.UNVERIFIED, "", throughput),
                new RowKey(Group.READ, Roster.WALL, "", throughput),
                0.95,
                true));
        targets.add(ofChronicle(results, new RowKey(Group.READ, Roster.VERIFIED, "", throughput), 1.3, true));
        targets.addAll(ofAllocation(results));
        targets.addAll(ofSync(results));
        for (final String id : List.of(Roster.EACH, Roster.PUBLISHERS)) {
            targets.add(ofStall(results, id));
            targets.add(ofOther(
                    results,
                    "of a plain writer",
                    new RowKey(Group.FIRST_TOUCH, id, "", throughput),
                    new RowKey(Group.FIRST_TOUCH, Roster.RAW, "", throughput),
                    1,
                    true));
            targets.add(ofOther(
                    results,
                    "of that alone",
                    new RowKey(Group.BESIDE_SYNC, id, Comparison.BESIDE, Figure.P999),
                    new RowKey(Group.BESIDE_SYNC, id, Comparison.ALONE, Figure.P999),
                    2,
                    false));
        }
        final RowKey idle = new RowKey(Group.IDLE, Roster.PUBLISHERS, "", Figure.CORE_SHARE);
        targets.add(new Target("of a core", idle, 0.005, false, median(results, idle)));
        targets.addAll(ofLongFiles(results));
        return targets;
    }

    private static List<Target> ofWriting(final Results results) {
        final Figure throughput = Figure.EVENTS_PER_SECOND;
        final RowKey each = new RowKey(Group.WRITE, Roster.EACH, "", throughput);
        final RowKey batch = new RowKey(Group.WRITE, Roster.BATCH, "", throughput);
        final RowKey publishers = new RowKey(Group.WRITE, Roster.PUBLISHERS, "", throughput);
        final RowKey wall = new RowKey(Group.WRITE, Roster.PROMISING_WALL, "", throughput);
        final RowKey aeron = new RowKey(Group.WRITE, "aeron", "", throughput);
        final List<Target> targets = new ArrayList<>();
        for (final RowKey row : List.of(each, publishers)) {
            targets.add(ofChronicle(results, row, 2, true));
            targets.add(ofOther(results, "of the wall with promises", row, wall, 0.6, true));
            targets.add(ofOther(results, "x Aeron Archive", row, aeron, 1.3, true));
        }
        targets.add(ofOther(
                results,
                "of that with checksums",
                new RowKey(Group.WRITE, Roster.EACH_UNCHECKED, "", throughput),
                each,
                1,
                true));
        targets.add(ofChronicle(results, batch, 4, true));
        targets.add(ofOther(results, "of the wall with promises", batch, wall, 0.85, true));
        for (final String id : List.of(Roster.TWO_PRODUCERS, Roster.FOUR_PRODUCERS)) {
            final RowKey several = new RowKey(Group.WRITE, id, "", throughput);
            targets.add(ofOther(results, "of one producer", several, each, 0.8, true));
        }
        targets.add(
                ofOther(results, "of MAPPED", new RowKey(Group.WRITE, Roster.DIRECT, "", throughput), each, 0.6, true));
        return targets;
    }

    private static List<Target> ofAllocation(final Results results) {
        final List<Target> targets = new ArrayList<>();
        for (final Group group : List.of(Group.WRITE, Group.READ)) {
            for (final Contestant contestant : Roster.all()) {
                if (contestant.role() == Role.JOURNAL && contestant.groups().contains(group)) {
                    final RowKey row = new RowKey(group, contestant.id(), "", Figure.ALLOCATED);
                    targets.add(new Target("bytes", row, NO_ALLOCATION, false, median(results, row)));
                }
            }
        }
        return targets;
    }

    private static List<Target> ofSync(final Results results) {
        final List<Target> targets = new ArrayList<>();
        final RowKey force = new RowKey(Group.SYNC, Roster.FORCE, "", Figure.P50);
        for (final String id : List.of(Roster.SYNC, Roster.SYNC_MAPPED)) {
            targets.add(ofOther(results, "of the wall", new RowKey(Group.SYNC, id, "", Figure.P50), force, 1.1, false));
        }
        targets.add(ofOther(
                results,
                "of the wall",
                new RowKey(Group.SYNC, Roster.SYNC_8, "", Figure.FORCES_PER_SECOND),
                new RowKey(Group.SYNC, Roster.FORCE, "", Figure.FORCES_PER_SECOND),
                0.9,
                true));
        final List<String> waiters = List.of(Roster.SYNC_1, Roster.SYNC_2, Roster.SYNC_4, Roster.SYNC_8);
        for (int i = 1; i < waiters.size(); i++) {
            targets.add(ofOther(
                    results,
                    "of half as many",
                    new RowKey(Group.SYNC, waiters.get(i), "", Figure.EVENTS_PER_SECOND),
                    new RowKey(Group.SYNC, waiters.get(i - 1), "", Figure.EVENTS_PER_SECOND),
                    1,
                    true));
        }
        return targets;
    }

    /** One of two bounds is enough. */
    private static Target ofStall(final Results results, final String id) {
        final RowKey row = new RowKey(Group.STALL, id, Comparison.rateLabel(Comparison.STALL_RATES.get(0)), Figure.MAX);
        final OptionalDouble longest = median(results, row);
        return longest.isPresent() && longest.getAsDouble() <= NANOS_PER_MILLI
                ? new Target(
                        "ms, or 0.50 x Chronicle",
                        row,
                        1,
                        false,
                        OptionalDouble.of(longest.getAsDouble() / NANOS_PER_MILLI))
                : new Target("x Chronicle, or 1 ms", row, 0.5, false, ofChronicle(results, row, 0.5, false).ratio);
    }

    private static List<Target> ofLongFiles(final Results results) {
        final RowKey device = new RowKey(Group.COLD, Roster.COLD, Comparison.WRITTEN, Figure.DEVICE_BYTES_PER_BYTE);
        final List<Target> targets = new ArrayList<>();
        targets.add(ofOther(
                results,
                "of the short file",
                new RowKey(Group.SIZE, Roster.SIZE, Comparison.sizeLabel(8L << 30), Figure.NANOS_PER_EVENT),
                new RowKey(Group.SIZE, Roster.SIZE, Comparison.sizeLabel(1L << 30), Figure.NANOS_PER_EVENT),
                1.1,
                false));
        for (final String variant : List.of(Comparison.WRITTEN, Comparison.READ)) {
            targets.add(ofOther(
                    results,
                    "of the wall",
                    new RowKey(Group.COLD, Roster.COLD, variant, Figure.BYTES_PER_SECOND),
                    new RowKey(Group.COLD, Roster.RAW, variant, Figure.BYTES_PER_SECOND),
                    0.9,
                    true));
        }
        targets.add(new Target("bytes", device, 1.15, false, median(results, device)));
        return targets;
    }

    /** Against the better of Chronicle's modes. */
    private static Target ofChronicle(
            final Results results, final RowKey row, final double bound, final boolean atLeast) {
        final OptionalDouble best = results.best(row.group(), CHRONICLE, row.variant(), row.figure(), atLeast);
        return new Target("x Chronicle", row, bound, atLeast, ratio(median(results, row), best));
    }

    private static Target ofOther(
            final Results results,
            final String what,
            final RowKey row,
            final RowKey other,
            final double bound,
            final boolean atLeast) {
        return new Target(what, row, bound, atLeast, ratio(median(results, row), median(results, other)));
    }

    private static OptionalDouble median(final Results results, final RowKey row) {
        return results.median(row.group(), row.id(), row.variant(), row.figure());
    }

    private static OptionalDouble ratio(final OptionalDouble one, final OptionalDouble other) {
        return one.isPresent() && other.isPresent() && other.getAsDouble() > 0
                ? OptionalDouble.of(one.getAsDouble() / other.getAsDouble())
                : OptionalDouble.empty();
    }
}
