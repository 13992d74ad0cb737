package dev.evtl.replay.cli;

import dev.evtl.replay.EventFilter;
import dev.evtl.replay.EventHandler;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

@Command(name = "cat", description = "Shows a journal's events.")
final class Cat implements Callable<Integer> {
    @ParentCommand
    private Evtl evtl;

    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "FILE", description = "the journal")
    private Path file;

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FORMAT",
            defaultValue = "text",
            description = {
                "${COMPLETION-CANDIDATES}; default ${DEFAULT-VALUE}",
                "text: for people, with all but printable ASCII escaped",
                "jsonl: an object a line, payload in hex",
                "csv: with a line of headings",
                "hex: an event's payload a line; gaps are told on standard error"
            })
    private EventFormat format;

    @Mixin
    private Selection selection;

    @Option(names = "-n", paramLabel = "N", description = "at most so many events")
    private long limit = Long.MAX_VALUE;

    private long shown;

    @Override
    public Integer call() throws IOException {
        if (limit < 0) {
            throw new ParameterException(spec.commandLine(), "-n is below 0: " + limit);
        }
        final EventFilter filter = selection.filter().and(this::count);
        final PrintWriter out = spec.commandLine().getOut();
        try (Walk walk = evtl.walk(file, true, selection.sequences(), true);
                EventWriter writer = format.writer(walk.reader(), out, evtl::talk)) {
            final EventHandler handler = filter.before(writer);
            while (shown < limit && walk.poll(handler, limit - shown)) {
                // each event that is read is shown, or not, but never more than are wanted
            }
        }
        return ExitCode.GOOD;
    }

    private boolean count(final long sequence, final long timestamp, final int type) {
        shown++;
        return true;
    }
}
