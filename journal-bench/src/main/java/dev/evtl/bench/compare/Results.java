package dev.evtl.bench.compare;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.DoubleStream;

/** All that was measured. */
final class Results {
    private final List<Series> series = new ArrayList<>();
    private final List<String> notes = new ArrayList<>();
    private OtherRun otherRun;

    Series add(final Group group, final Contestant contestant, final String variant) {
        final Series added = new Series(group, contestant, variant);
        series.add(added);
        return added;
    }

    /** Something that a reader of the results must know. */
    void note(final String note) {
        notes.add(note);
    }

    /** Sets the run that these are held against. */
    void holdAgainst(final OtherRun other) {
        otherRun = other;
    }

    Optional<OtherRun> otherRun() {
        return Optional.ofNullable(otherRun);
    }

    List<Series> series() {
        return series;
    }

    List<Series> of(final Group group) {
        return series.stream().filter(s -> s.group() == group).toList();
    }

    List<String> notes() {
        return notes;
    }

    /** The median of a contestant's figure, if it was measured without failing. */
    OptionalDouble median(final Group group, final String id, final String variant, final Figure figure) {
        return medians(
                        of(group).stream()
                                .filter(s -> s.contestant().id().equals(id))
                                .filter(s -> s.variant().equals(variant))
                                .toList(),
                        figure)
                .findFirst();
    }

    /** The best median of those peers whose ids begin so. */
    OptionalDouble best(
            final Group group,
            final String idPrefix,
            final String variant,
            final Figure figure,
            final boolean highest) {
        final DoubleStream medians = medians(
                of(group).stream()
                        .filter(s -> s.contestant().id().startsWith(idPrefix))
                        .filter(s -> s.variant().equals(variant))
                        .toList(),
                figure);
        return highest ? medians.max() : medians.min();
    }

    /** The wall that a series is held against. */
    Optional<Series> wallOf(final Series one) {
        return of(one.group()).stream()
                .filter(s -> s.contestant().role() == Role.WALL && s.variant().equals(one.variant()))
                .findFirst();
    }

    /** A figure as a share of its wall: of what the machine can do, or for times, how many times what it needs. */
    OptionalDouble ofWall(final Series one, final Figure figure) {
        final Optional<Summary> wall = wallOf(one).flatMap(s -> s.summary(figure));
        final Optional<Summary> own = one.summary(figure);
        return own.isPresent() && wall.isPresent() && wall.get().median() > 0
                ? OptionalDouble.of(own.get().median() / wall.get().median())
                : OptionalDouble.empty();
    }

    private static DoubleStream medians(final List<Series> series, final Figure figure) {
        return series.stream()
                .filter(s -> s.failure().isEmpty())
                .map(s -> s.summary(figure))
                .flatMap(Optional::stream)
                .mapToDouble(Summary::median);
    }
}
