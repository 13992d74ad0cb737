package dev.evtl.cli.stress;

import dev.evtl.cli.console.Console;
import dev.evtl.cli.verb.ExitCode;
import dev.evtl.cli.verb.NewJournal;
import dev.evtl.cli.verb.ResultOutput;
import dev.evtl.cli.verb.Verb;
import dev.evtl.journal.AppenderMode;
import dev.evtl.journal.BackPressure;
import dev.evtl.journal.Growth;
import dev.evtl.journal.JournalConfig;
import dev.evtl.journal.StorageMode;
import dev.evtl.journal.format.EventHeader;
import dev.evtl.journal.io.JournalPaths;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.agrona.IoUtil;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Writes events as fast as it can, or at a rate, reads all of them back and compares each with what was written. */
@Command(
        name = "stress",
        description = "Writes events through the API, replays all of them and compares each with what was written.",
        exitCodeList = {
            "0:nothing was lost or mixed up",
            "1:the file could not be written or read, or a producer failed",
            "2:wrong usage",
            "4:events were lost or mixed up"
        })
public final class Stress extends Verb {
    private static final long DEFAULT_EVENTS = 10_000_000;
    private static final long DEFAULT_BYTES = 1L << 30;
    private static final long WARM_UP_EVENTS = 1_000_000;
    private static final long WARM_UP_BYTES = 128L << 20;

    private final UnaryOperator<JournalConfig.Builder> tuning;

    @Option(
            names = "--file",
            paramLabel = "F",
            description = "New file to write, or directory with --roll-size, and keep, of several rounds the last; by"
                    + " default one that is deleted.")
    private Path file;

    @Option(
            names = "--events",
            paramLabel = "N",
            description = "Events that all producers together offer; by default 10,000,000, or fewer that take 1 GiB,"
                    + " or with --seconds no limit.")
    private Long events;

    @Option(names = "--seconds", paramLabel = "S", description = "Time for which they offer at the most.")
    private Double seconds;

    @Option(
            names = "--producers",
            paramLabel = "P",
            description = "Threads that publish; by default one less than there are cores.")
    private Integer producers;

    @Option(
            names = "--payload",
            paramLabel = "BYTES",
            defaultValue = "64",
            description = "Payload of each event; default ${DEFAULT-VALUE}.")
    private int payload;

    @Option(
            names = "--batch",
            paramLabel = "K",
            defaultValue = "1",
            description = "Events in a claim; default ${DEFAULT-VALUE}.")
    private int batch;

    @Option(
            names = "--rate",
            paramLabel = "PER_SECOND",
            description = "Events that all producers together offer in a second; by default as many as they can.")
    private Long rate;

    @Option(
            names = "--policy",
            paramLabel = "refuse|block|drop",
            defaultValue = "block",
            converter = PolicyConverter.class,
            description = "What happens to an event when the ring is full: refused, waits, or dropped and recorded in a"
                    + " gap; default ${DEFAULT-VALUE}.")
    private BackPressure policy;

    @Option(
            names = "--storage",
            paramLabel = "mapped|write|direct",
            defaultValue = "mapped",
            converter = StorageConverter.class,
            description = "How events get into the file; default ${DEFAULT-VALUE}.")
    private StorageMode storage;

    @Option(
            names = "--appender",
            paramLabel = "thread|publishers",
            defaultValue = "thread",
            converter = AppenderConverter.class,
            description = "Who moves events from the ring to the file: a thread, or the producers; default"
                    + " ${DEFAULT-VALUE}.")
    private AppenderMode appender;

    @Option(
            names = "--roll-size",
            paramLabel = "BYTES",
            description =
                    "Writes a journal of several files, a directory, that goes on in another file from this length"
                            + " on; by default a journal of one file.")
    private Long rollSize;

    @Option(names = "--no-checksums", description = "Write the file without checksums.")
    private boolean noChecksums;

    @Option(
            names = "--rounds",
            paramLabel = "R",
            defaultValue = "1",
            description = "Writes so many files, one after the other; the figures of several are medians.")
    private int rounds;

    @Option(
            names = "--warm-up",
            paramLabel = "N",
            description = "Events written and replayed before that, as fast as they can, which do not count; by default"
                    + " 1,000,000, or fewer that take 128 MiB; 0 for none.")
    private Long warmUp;

    @Mixin
    private ResultOutput output;

    public Stress(final Console console) {
        this(console, UnaryOperator.identity());
    }

    Stress(final Console console, final UnaryOperator<JournalConfig.Builder> tuning) {
        super(console);
        this.tuning = tuning;
    }

    static final class PolicyConverter implements CommandLine.ITypeConverter<BackPressure> {
        @Override
        public BackPressure convert(final String value) {
            return switch (value) {
                case "refuse", "fail" -> BackPressure.REFUSE;
                case "block" -> BackPressure.BLOCK;
                case "drop" -> BackPressure.DROP;
                default ->
                    throw new CommandLine.TypeConversionException("'" + value + "' is not refuse, block or drop");
            };
        }
    }

    static final class AppenderConverter implements CommandLine.ITypeConverter<AppenderMode> {
        @Override
        public AppenderMode convert(final String value) {
            return switch (value) {
                case "thread" -> AppenderMode.THREAD;
                case "publishers" -> AppenderMode.PUBLISHERS;
                default -> throw new CommandLine.TypeConversionException("'" + value + "' is not thread or publishers");
            };
        }
    }

    static final class StorageConverter implements CommandLine.ITypeConverter<StorageMode> {
        @Override
        public StorageMode convert(final String value) {
            return switch (value) {
                case "mapped" -> StorageMode.MAPPED;
                case "write" -> StorageMode.WRITE;
                case "direct" -> StorageMode.DIRECT;
                default ->
                    throw new CommandLine.TypeConversionException("'" + value + "' is not mapped, write or direct");
            };
        }
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        final StressSettings settings = settings();
        if (file != null) {
            NewJournal.refuseExisting(file);
        }
        final Path directory = file == null
                ? Files.createTempDirectory("evtl-stress")
                : Files.createTempDirectory(JournalPaths.writable(file).getParent(), "evtl-stress");
        final Thread cleanup = new Thread(() -> delete(directory), "evtl-stress cleanup");
        Runtime.getRuntime().addShutdownHook(cleanup);
        try {
            return run(directory, settings);
        } finally {
            delete(directory);
            try {
                Runtime.getRuntime().removeShutdownHook(cleanup);
            } catch (final IllegalStateException e) {
                // the JVM is shutting down, and the hook runs or has run
            }
        }
    }

    private void delete(final Path directory) {
        IoUtil.delete(directory.toFile(), error -> console().printError(error.getMessage()));
    }

    private StressSettings settings() {
        final int threads =
                producers != null ? producers : Math.max(1, Runtime.getRuntime().availableProcessors() - 1);
        check("--producers", threads, 1, EventHeader.MAX_APPLICATION_TYPE);
        check("--payload", payload, 0, EventHeader.MAX_PAYLOAD_LENGTH);
        check("--batch", batch, 1, StressSettings.maxBatch(payload));
        check("--rounds", rounds, 1, Integer.MAX_VALUE);
        if (events != null) {
            check("--events", events, 1, Long.MAX_VALUE);
        }
        if (rate != null) {
            check("--rate", rate, 1, Long.MAX_VALUE);
        }
        if (rollSize != null) {
            check("--roll-size", rollSize, Growth.MIN_STEP, Growth.MAX_STEP);
        }
        if (warmUp != null) {
            check("--warm-up", warmUp, 0, Long.MAX_VALUE);
        }
        if (seconds != null && !(seconds > 0)) {
            throw wrongUsage("--seconds " + seconds + " is not above 0");
        }
        if (appender == AppenderMode.PUBLISHERS && storage != StorageMode.MAPPED) {
            throw wrongUsage("--appender publishers needs --storage mapped");
        }
        return new StressSettings(
                events != null ? events : defaultEvents(),
                seconds != null ? (long) (seconds * TimeUnit.SECONDS.toNanos(1)) : Long.MAX_VALUE,
                threads,
                payload,
                batch,
                rate != null ? rate : 0,
                policy,
                storage,
                appender,
                rollSize != null ? rollSize : 0,
                !noChecksums,
                tuning);
    }

    private long defaultEvents() {
        return seconds != null
                ? Long.MAX_VALUE
                : Math.min(DEFAULT_EVENTS, DEFAULT_BYTES / (EventHeader.LENGTH + payload));
    }

    private void check(final String option, final long value, final long min, final long max) {
        if (value < min || value > max) {
            throw wrongUsage(option + " " + value + " is not from " + min + " to " + max);
        }
    }

    private int run(final Path directory, final StressSettings settings) throws IOException, InterruptedException {
        final Path path = file != null ? file : directory.resolve("stress.evtl");
        final StressSettings warming = settings.asFastAsTheyCan(warmUpEvents());
        final int warmUps = warming.events() > 0 ? 1 : 0;
        final List<StressResult> results = new ArrayList<>();
        List<String> problems = List.of();
        while (results.size() < warmUps + rounds && problems.isEmpty()) {
            final boolean isWarmUp = results.size() < warmUps;
            if (results.size() > warmUps) {
                delete(path);
            }
            final StressResult result = new StressRound(
                            isWarmUp ? directory.resolve("warm-up.evtl") : path,
                            isWarmUp ? warming : settings,
                            console()::printError)
                    .run();
            results.add(result);
            problems = result.accounting().problems();
        }
        final StressReport report = new StressReport(settings, warmUps, results);
        for (final String problem : problems) {
            console().printError(report.lastRound() + ": " + problem);
        }
        output.print(report, console());
        return problems.isEmpty() ? ExitCode.GOOD : ExitCode.CORRUPT;
    }

    private long warmUpEvents() {
        return warmUp != null ? warmUp : Math.min(WARM_UP_EVENTS, WARM_UP_BYTES / (EventHeader.LENGTH + payload));
    }
}
