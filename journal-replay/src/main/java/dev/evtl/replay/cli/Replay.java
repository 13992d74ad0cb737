package dev.evtl.replay.cli;

import dev.evtl.journal.Journal;
import dev.evtl.journal.exceptions.CorruptJournalException;
import dev.evtl.replay.Dispatcher;
import dev.evtl.replay.EventConsumer;
import dev.evtl.replay.EventFilter;
import dev.evtl.replay.EventPrinter;
import dev.evtl.replay.JournalCopy;
import dev.evtl.replay.LatencyHistogram;
import dev.evtl.replay.TypeCounter;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.agrona.CloseHelper;
import org.agrona.concurrent.OffsetEpochNanoClock;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

@Command(name = "replay", description = "Hands a journal's events to consumers, and says how fast that was.")
final class Replay implements Callable<Integer> {
    private static final String PRINT = "print";
    private static final String COPY = "copy:";

    @ParentCommand
    private Evtl evtl;

    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "FILE", description = "the journal")
    private Path file;

    @Option(
            names = "--consumer",
            paramLabel = "NAME",
            defaultValue = "count",
            description = {
                "may be repeated; default ${DEFAULT-VALUE}",
                "count: counts events by type",
                "print: prints each event on a line",
                "latency: nanoseconds from each event's timestamp to now",
                "latency:file: the same to when FILE was last written",
                "copy:OUT: writes the events to OUT, a new journal"
            })
    private List<String> names;

    @Mixin
    private Selection selection;

    @Option(names = "--no-verify", description = "do not verify the events: faster, but may deliver damage")
    private boolean noVerify;

    @Option(names = "--json", description = "the result as a JSON object")
    private boolean json;

    private final Map<String, Supplier<EventConsumer>> known = Map.of(
            "count",
            TypeCounter::new,
            PRINT,
            () -> new EventPrinter(spec.commandLine().getOut()),
            "latency",
            () -> new LatencyHistogram(new OffsetEpochNanoClock()),
            "latency:file",
            this::latencyToFileTime);

    private final List<EventConsumer> consumers = new ArrayList<>();
    private final List<Journal> copies = new ArrayList<>();
    private CorruptJournalException damage;
    private Throwable consumerFailure;

    @Override
    public Integer call() throws IOException {
        final EventFilter filter = selection.filter();
        for (final String name : names) {
            if (!known.containsKey(name) && !(name.startsWith(COPY) && name.length() > COPY.length())) {
                throw new ParameterException(
                        spec.commandLine(),
                        "--consumer is not count, print, latency, latency:file or copy:OUT: " + name);
            }
        }
        final ReplayReport report;
        try (Walk walk = evtl.walk(file, !noVerify, selection.sequences(), names.contains(PRINT))) {
            names.forEach(this::addConsumer);
            report = replay(walk, filter);
        } finally {
            CloseHelper.closeAll(copies);
        }
        if (json) {
            report.printJson(spec.commandLine().getOut());
        } else {
            report.print(spec.commandLine().getOut());
        }
        if (damage != null) {
            throw damage; // after what was delivered up to it
        }
        if (consumerFailure != null || report.failed() > 0) {
            evtl.talk(consumerFailure == null ? report.failed() + " events not taken" : consumerFailure.getMessage());
            return ExitCode.IO_FAILURE;
        }
        return ExitCode.GOOD;
    }

    private void addConsumer(final String name) {
        if (name.startsWith(COPY)) {
            final Journal copy = Evtl.create(Path.of(name.substring(COPY.length())));
            copies.add(copy);
            consumers.add(new JournalCopy(copy));
        } else {
            consumers.add(known.get(name).get());
        }
    }

    private EventConsumer latencyToFileTime() {
        try {
            final long fileTime = Files.getLastModifiedTime(file).to(TimeUnit.NANOSECONDS);
            return new LatencyHistogram(() -> fileTime);
        } catch (final IOException e) {
            throw new UncheckedIOException(file + ": could not read when it was last written: " + e.getMessage(), e);
        }
    }

    private ReplayReport replay(final Walk walk, final EventFilter filter) {
        final Dispatcher dispatcher = new Dispatcher(walk.reader(), filter, this::onConsumerFailure, consumers);
        final long sequence = walk.reader().sequence();
        final long position = walk.reader().position();
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
                walk.reader().sequence() - sequence,
                walk.reader().position() - position,
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
