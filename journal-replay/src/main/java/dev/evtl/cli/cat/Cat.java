package dev.evtl.cli.cat;

import dev.evtl.cli.console.Console;
import dev.evtl.cli.verb.Backwards;
import dev.evtl.cli.verb.ExitCode;
import dev.evtl.cli.verb.FilesVerb;
import dev.evtl.cli.verb.Range;
import dev.evtl.cli.verb.Selection;
import dev.evtl.cli.verb.Walk;
import dev.evtl.replay.EventFilter;
import dev.evtl.replay.EventHandler;
import dev.evtl.replay.JournalEvent;
import dev.evtl.replay.JournalReader;
import java.io.IOException;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.IModelTransformer;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** Shows events as text or data. */
@Command(name = "cat", description = "Shows the events of journals.", modelTransformer = Cat.FormatHelp.class)
public final class Cat extends FilesVerb {
    @Option(
            names = {"-o", "--output"},
            paramLabel = "FORMAT",
            defaultValue = "text",
            description = "${COMPLETION-CANDIDATES}; default ${DEFAULT-VALUE}")
    private EventFormat format;

    @Mixin
    private Selection selection;

    @Option(names = "-n", paramLabel = "N", description = "at most so many events of all journals together")
    private long limit = Long.MAX_VALUE;

    @Option(
            names = "--last",
            paramLabel = "N",
            description = "only the last N events of each journal, of which the other options may choose some")
    private Long last;

    @Option(
            names = "--reverse",
            description = "from the last event to the first; of a damaged file, what can be reached from its end")
    private boolean reverse;

    private EventWriter writer;
    private EventFilter filter;
    private long shown;

    public Cat(final Console console) {
        super(console);
    }

    static final class FormatHelp implements IModelTransformer {
        @Override
        public CommandSpec transform(final CommandSpec spec) {
            return describe(spec, "--output", EventFormat.help());
        }
    }

    @Override
    public Integer call() throws IOException {
        if (limit < 0) {
            throw wrongUsage("-n is below 0: " + limit);
        }
        if (last != null && last < 0) {
            throw wrongUsage("--last is below 0: " + last);
        }
        filter = selection.filter().and(this::count);
        writer = format.writer(console(), several());
        return super.call();
    }

    @Override
    protected int look(final Path file) throws IOException {
        final Range sequences = last == null ? selection.sequences(file) : sequencesOfLast(file);
        try (Walk walk = walk(file, true, reverse ? Range.ALL : sequences, true)) {
            writer.begin(file);
            final EventHandler handler = filter.before(writer);
            if (reverse) {
                new Backwards(walk, event -> shown < limit ? handler.onEvent(event) : EventHandler.Action.STOP)
                        .read(sequences);
                return ExitCode.GOOD;
            }
            while (shown < limit && walk.poll(handler, limit - shown)) {
                // each event that is read is shown, or not, but never more than are wanted
            }
        }
        return ExitCode.GOOD;
    }

    private Range sequencesOfLast(final Path file) {
        try (JournalReader reader = JournalReader.open(file)) {
            final long first = reader.sequence();
            final long end = reader.endPosition().sequence();
            return selection.sequences().and(new Range(last < end - first ? end - last : first, end - 1));
        }
    }

    @Override
    protected void finish() throws IOException {
        writer.close();
    }

    private boolean count(final JournalEvent event) {
        shown++;
        return true;
    }
}
