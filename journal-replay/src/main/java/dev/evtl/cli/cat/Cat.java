package dev.evtl.cli.cat;

import dev.evtl.cli.console.Console;
import dev.evtl.cli.verb.ExitCode;
import dev.evtl.cli.verb.FileVerb;
import dev.evtl.cli.verb.Selection;
import dev.evtl.cli.verb.Walk;
import dev.evtl.replay.EventFilter;
import dev.evtl.replay.EventHandler;
import dev.evtl.replay.JournalEvent;
import java.io.IOException;
import picocli.CommandLine.Command;
import picocli.CommandLine.IModelTransformer;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** Shows events as text or data. */
@Command(name = "cat", description = "Shows a journal's events.", modelTransformer = Cat.FormatHelp.class)
public final class Cat extends FileVerb {
    @Option(
            names = {"-o", "--output"},
            paramLabel = "FORMAT",
            defaultValue = "text",
            description = "${COMPLETION-CANDIDATES}; default ${DEFAULT-VALUE}")
    private EventFormat format;

    @Mixin
    private Selection selection;

    @Option(names = "-n", paramLabel = "N", description = "at most so many events")
    private long limit = Long.MAX_VALUE;

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
        final EventFilter filter = selection.filter().and(this::count);
        try (Walk walk = walk(true, selection.sequences(), true);
                EventWriter writer = format.writer(console())) {
            final EventHandler handler = filter.before(writer);
            while (shown < limit && walk.poll(handler, limit - shown)) {
                // each event that is read is shown, or not, but never more than are wanted
            }
        }
        return ExitCode.GOOD;
    }

    private boolean count(final JournalEvent event) {
        shown++;
        return true;
    }
}
