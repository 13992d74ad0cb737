package dev.evtl.bench.compare;

import dev.evtl.bench.BenchDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The command that compares. */
@Command(
        name = "compare",
        description =
                "Measures the journal beside its walls and its peers, prints a table, and writes it with pictures.",
        mixinStandardHelpOptions = true,
        sortOptions = false)
public final class Compare implements Callable<Integer> {
    private static final int MIN_ROUNDS = 5;

    @Spec
    private CommandSpec spec;

    @Option(names = "--quick", description = "end in four minutes rather than about an hour")
    private boolean quick;

    @Option(names = "--peers", description = "with Chronicle Queue, Aeron Archive and the Disruptor")
    private boolean peers;

    @Option(names = "--rounds", paramLabel = "N", description = "rounds that count, at least 5")
    private Integer rounds;

    @Option(
            names = "--dir",
            paramLabel = "D",
            description = "where files are written, and deleted (default: ${DEFAULT-VALUE})")
    private Path dir = Path.of(System.getProperty("java.io.tmpdir"));

    @Option(
            names = "--out",
            paramLabel = "D",
            defaultValue = "${sys:evtl.compare.out:-.}",
            description = "where compare.json and compare.html go (default: ${DEFAULT-VALUE})")
    private Path out;

    @Option(
            names = "--only",
            paramLabel = "GROUP",
            split = ",",
            description = "only some groups: ${COMPLETION-CANDIDATES}")
    private List<Group> only = List.of();

    @Option(
            names = "--against",
            paramLabel = "FILE",
            description = "the compare.json of another run, as of another JDK: each median as a multiple of its median,"
                    + " and worse where it is beyond all its rounds")
    private Path against;

    private Compare() {}

    /**
     * Compares and exits.
     *
     * @param arguments as the help tells
     */
    public static void main(final String[] arguments) {
        System.exit(new CommandLine(new Compare())
                .setCaseInsensitiveEnumValuesAllowed(true)
                .execute(arguments));
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        final List<Contestant> contestants = contestants();
        final Settings settings = settings();
        final OtherRun other = against == null ? null : OtherRun.read(against);
        final Instant start = Instant.now();
        final Results results;
        Files.createDirectories(out);
        final Map<String, String> facts;
        try (BenchDirectory directory = new BenchDirectory(dir)) {
            final Thread hook = new Thread(() -> endChildren(directory));
            Runtime.getRuntime().addShutdownHook(hook);
            facts = Machine.describe(directory.path());
            facts.put("load before", Machine.load());
            results = new Comparison(settings, contestants, directory, System.err).run();
            Runtime.getRuntime().removeShutdownHook(hook);
        }
        results.holdAgainst(other);
        if (peers) {
            Roster.peers().forEach(built -> built.notes().forEach(results::note));
        }
        facts.put("date", start.truncatedTo(ChronoUnit.SECONDS).toString());
        facts.put(
                "command",
                "journal-bench/bin/compare "
                        + String.join(" ", spec.commandLine().getParseResult().originalArgs()));
        facts.put(
                "rounds",
                settings.rounds() + " counted, of " + settings.events() + " events where no rate is given; "
                        + settings.fewRounds() + " of first touch and beside neighbours, " + settings.longRounds()
                        + " of long files");
        facts.put("longest calls", "of " + settings.stalling().toSeconds() + " s at each rate");
        facts.put("took", Duration.between(start, Instant.now()).toSeconds() + " s");
        if (other != null) {
            facts.put("the other run", against + ": " + other.fact("JDK").orElse("JDK unknown"));
        }
        final Report report = new Report(results, facts);
        System.out.println(report.table());
        results.notes().forEach(System.out::println);
        Files.writeString(out.resolve("compare.json"), report.json());
        Files.writeString(out.resolve("compare.html"), report.html());
        System.err.println("written: " + out.resolve("compare.json") + ", " + out.resolve("compare.html"));
        return results.series().stream().anyMatch(s -> s.failure().isPresent()) ? 1 : 0;
    }

    private List<Contestant> contestants() {
        final List<Contestant> all = Roster.all();
        if (!peers) {
            return all.stream().filter(c -> c.role() != Role.PEER).toList();
        }
        if (all.stream().noneMatch(c -> c.role() == Role.PEER)) {
            throw new ParameterException(spec.commandLine(), "--peers: this build has none; build with -Ppeers");
        }
        return all;
    }

    private Settings settings() {
        Settings settings = quick ? Settings.quick() : Settings.full();
        if (rounds != null) {
            if (rounds < MIN_ROUNDS) {
                throw new ParameterException(spec.commandLine(), "--rounds " + rounds + " is below " + MIN_ROUNDS);
            }
            settings = settings.withRounds(rounds);
        }
        return only.isEmpty() ? settings : settings.withGroups(EnumSet.copyOf(only));
    }

    /** Before the files can be deleted, those who write them must have ended. */
    private static void endChildren(final BenchDirectory directory) {
        ProcessHandle.current().children().forEach(ProcessHandle::destroy);
        ProcessHandle.current().children().forEach(child -> child.onExit().join());
        try {
            BenchDirectory.delete(directory.path());
        } catch (final IOException e) {
            System.err.println(directory.path() + ": could not be deleted: " + e);
        }
    }
}
