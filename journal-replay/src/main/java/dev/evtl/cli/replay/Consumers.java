package dev.evtl.cli.replay;

import dev.evtl.journal.file.JournalDirectory;
import dev.evtl.replay.EventConsumer;
import dev.evtl.replay.EventPrinter;
import dev.evtl.replay.LatencyHistogram;
import dev.evtl.replay.TypeCounter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.agrona.concurrent.OffsetEpochNanoClock;

/** The consumers that {@code --consumer} can name, and what its help says of each. */
final class Consumers {
    private static final List<ConsumerKind> KINDS = List.of(
            new ConsumerKind(
                    "count", null, "counts events by type", false, (journal, argument, out) -> new TypeCounter()),
            new ConsumerKind(
                    "print",
                    null,
                    "prints each event on a line",
                    true,
                    (journal, argument, out) -> new EventPrinter(out)),
            new ConsumerKind(
                    "latency",
                    null,
                    "nanoseconds from each event's timestamp to now",
                    false,
                    (journal, argument, out) -> new LatencyHistogram(new OffsetEpochNanoClock())),
            new ConsumerKind(
                    "latency:file",
                    null,
                    "the same to when FILE was last written",
                    false,
                    (journal, argument, out) -> latencyToFileTime(journal)),
            new ConsumerKind(
                    "copy",
                    "OUT",
                    "writes the events to OUT, a new journal",
                    false,
                    (journal, argument, out) -> new NewCopy(Path.of(argument))));

    private Consumers() {}

    static Optional<ConsumerKind> find(final String text) {
        return KINDS.stream().filter(kind -> kind.isNamed(text)).findFirst();
    }

    /** All that can be named, as in "a, b or c". */
    static String forms() {
        final int last = KINDS.size() - 1;
        return KINDS.subList(0, last).stream().map(ConsumerKind::form).collect(Collectors.joining(", ")) + " or "
                + KINDS.get(last).form();
    }

    static Stream<String> help() {
        return KINDS.stream().map(kind -> kind.form() + ": " + kind.description());
    }

    private static EventConsumer latencyToFileTime(final Path journal) {
        try {
            final long[] files = Files.isDirectory(journal) ? JournalDirectory.baseSequences(journal) : new long[0];
            final Path newest = files.length == 0 ? journal : JournalDirectory.file(journal, files[files.length - 1]);
            final long fileTime = Files.getLastModifiedTime(newest).to(TimeUnit.NANOSECONDS);
            return new LatencyHistogram(() -> fileTime);
        } catch (final IOException e) {
            throw new UncheckedIOException(journal + ": could not read when it was last written: " + e.getMessage(), e);
        }
    }
}
