package dev.evtl.cli.cat;

import dev.evtl.cli.console.Console;
import dev.evtl.cli.verb.ExitCode;
import dev.evtl.cli.verb.FilesVerb;
import dev.evtl.cli.verb.Selection;
import dev.evtl.cli.verb.Walk;
import dev.evtl.replay.EventFilter;
import dev.evtl.replay.EventHandler;
import dev.evtl.replay.JournalEvent;
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
        filter = selection.filter().and(this::count);
        writer = format.writer(console(), several());
        return super.call();
    }

    @Override
    protected int look(final Path file) throws IOException {
        try (Walk walk = walk(file, true, selection.sequences(), true)) {
            writer.begin(file);
            final EventHandler handler = filter.before(writer);
            while (shown < limit && walk.poll(handler, limit - shown)) {
                // each event that is read is shown, or not, but never more than are wanted
            }
        }
        return ExitCode.GOOD;
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
