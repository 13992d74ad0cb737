package dev.evtl.cli.replay;

import dev.evtl.cli.console.Console;
import dev.evtl.cli.console.Output;
import dev.evtl.cli.verb.ExitCode;
import dev.evtl.cli.verb.FilesVerb;
import dev.evtl.cli.verb.ResultOutput;
import dev.evtl.cli.verb.Selection;
import dev.evtl.cli.verb.Walk;
import dev.evtl.journal.exceptions.CorruptJournalException;
import dev.evtl.replay.Dispatcher;
import dev.evtl.replay.EventConsumer;
import dev.evtl.replay.EventFilter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.agrona.CloseHelper;
import picocli.CommandLine.Command;
import picocli.CommandLine.IModelTransformer;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** Reads a journal through consumers. */
@Command(
        name = "replay",
        description = "Hands the events of journals to consumers, and says how fast that was.",
        modelTransformer = Replay.ConsumerHelp.class)
public final class Replay extends FilesVerb {
    @Option(
            names = "--consumer",
            paramLabel = "NAME",
            defaultValue = "count",
            description = "may be repeated; default ${DEFAULT-VALUE}")
    private List<String> names;

    @Mixin
    private Selection selection;

    @Option(names = "--no-verify", description = "do not verify the events: faster, but may deliver damage")
    private boolean noVerify;

    @Mixin
    private ResultOutput output;

    private CorruptJournalException damage;
    private Throwable consumerFailure;

    public Replay(final Console console) {
        super(console);
    }

    static final class ConsumerHelp implements IModelTransformer {
        @Override
        public CommandSpec transform(final CommandSpec spec) {
            return describe(spec, "--consumer", Consumers.help());
        }
    }

    @Override
    protected int look(final Path file) throws IOException {
        final EventFilter filter = selection.filter();
        final List<ConsumerKind> kinds = names.stream().map(this::kind).toList();
        final boolean prints = kinds.stream().anyMatch(ConsumerKind::prints);
        final List<EventConsumer> consumers = new ArrayList<>();
        damage = null;
        consumerFailure = null;
        final ReplayReport report;
        try (Walk walk = walk(file, !noVerify, selection.sequences(), prints)) {
            for (int i = 0; i < kinds.size(); i++) {
                final ConsumerKind kind = kinds.get(i);
                consumers.add(kind.create(file, names.get(i), console().out()));
            }
            report = replay(file, walk, filter, consumers);
        } finally {
            CloseHelper.closeAll(consumers.stream()
                    .filter(AutoCloseable.class::isInstance)
                    .map(AutoCloseable.class::cast)
                    .toList());
        }
        output.print(report, console());
        if (damage != null) {
            throw damage; // after what was delivered up to it
        }
        if (consumerFailure != null || report.failed() > 0) {
            final String events = report.failed() + " events not taken";
            console().talk(file + ": " + (consumerFailure == null ? events : consumerFailure.getMessage()));
            return ExitCode.IO_FAILURE;
        }
        return ExitCode.GOOD;
    }

    private ConsumerKind kind(final String name) {
        final ConsumerKind kind = Consumers.find(name)
                .orElseThrow(() -> wrongUsage("--consumer is not " + Consumers.forms() + ": " + name));
        if (kind.writesFile() && several()) {
            throw wrongUsage("--consumer " + kind.form() + " takes the events of one FILE");
        }
        return kind;
    }

    private ReplayReport replay(
            final Path file, final Walk walk, final EventFilter filter, final List<EventConsumer> consumers) {
        final Dispatcher dispatcher = new Dispatcher(walk.reader(), filter, this::onConsumerFailure, consumers);
        final long sequence = walk.reader().sequence();
        final long position = walk.position();
        final long dropped = walk.reader().droppedEvents();
        final long start = System.nanoTime();
        try {
            for (int batch = walk.batch(); batch > 0 && dispatcher.drain(batch) > 0; ) {
                batch = walk.batch();
            }
        } catch (final CorruptJournalException e) {
            damage = e;
        }
        return new ReplayReport(
                file,
                walk.reader().sequence() - sequence,
                walk.position() - position,
                Math.max(1, System.nanoTime() - start),
                walk.reader().droppedEvents() - dropped,
                dispatcher,
                names,
                consumers);
    }

    private void onConsumerFailure(final Throwable thrown) {
        if (thrown.getCause() instanceof final Output.Failure failure) {
            throw failure; // nobody reads what is printed
        }
        if (consumerFailure == null) {
            consumerFailure = thrown;
        }
    }
}
