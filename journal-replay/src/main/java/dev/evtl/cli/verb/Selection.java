package dev.evtl.cli.verb;

import dev.evtl.replay.EventFilter;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.LongStream;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The options that choose events. */
public final class Selection {
    @Spec(Spec.Target.MIXEE)
    private CommandSpec spec;

    @Option(
            names = "--type",
            paramLabel = "TYPES",
            split = ",",
            converter = Range.Types.class,
            description = "only events of these types, as in 1,5-9; gaps among them are always shown")
    private List<Range> types;

    @Option(
            names = "--from",
            paramLabel = "T",
            converter = Time.class,
            description =
                    "only events from this time on: nanoseconds since 1970, or ISO-8601; nothing before the first")
    private Long from;

    @Option(names = "--to", paramLabel = "T", converter = Time.class, description = "only events up to this time")
    private Long to;

    @Option(
            names = "--seq",
            paramLabel = "A..B",
            converter = Range.Sequences.class,
            description = "only these sequence numbers; either end may be missing")
    private Range sequences = Range.ALL;

    /** By type and time. Sequence numbers are a stretch of the file, so that only that is read. */
    public EventFilter filter() {
        EventFilter filter = EventFilter.ALL;
        if (types != null) {
            filter = EventFilter.types(types.stream()
                    .flatMapToLong(range -> LongStream.rangeClosed(range.first(), range.last()))
                    .mapToInt(Math::toIntExact)
                    .toArray());
        }
        if (from != null || to != null) {
            final long earliest = from == null ? Long.MIN_VALUE : from;
            final long latest = to == null ? Long.MAX_VALUE : to;
            if (earliest > latest) {
                throw new ParameterException(spec.commandLine(), "--from is later than --to");
            }
            final EventFilter time = EventFilter.timestamps(earliest, latest);
            filter = types == null ? time : filter.and(time);
        }
        return filter;
    }

    public Range sequences() {
        return sequences;
    }

    /** The stretch of a journal outside of which no event is chosen, as far as that can be known without reading it all. */
    public Range sequences(final Path journal) {
        return sequences == Range.ALL ? new Times(journal).sequences(from, to) : sequences;
    }
}
