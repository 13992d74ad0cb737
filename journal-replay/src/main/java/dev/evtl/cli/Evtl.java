package dev.evtl.cli;

import dev.evtl.cli.cat.Cat;
import dev.evtl.cli.console.Console;
import dev.evtl.cli.console.Output;
import dev.evtl.cli.copy.Backup;
import dev.evtl.cli.copy.Merge;
import dev.evtl.cli.inspect.Info;
import dev.evtl.cli.inspect.ReadersVerb;
import dev.evtl.cli.inspect.Verify;
import dev.evtl.cli.record.Record;
import dev.evtl.cli.repair.Recover;
import dev.evtl.cli.repair.Salvage;
import dev.evtl.cli.replay.Replay;
import dev.evtl.cli.stress.Stress;
import dev.evtl.cli.verb.ExitCode;
import dev.evtl.cli.verb.Failures;
import dev.evtl.cli.verb.FileName;
import dev.evtl.cli.verb.Verb;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExecutionException;
import picocli.CommandLine.Help;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.RunLast;
import picocli.CommandLine.ScopeType;

/** The {@code evtl} command. */
@Command(
        name = "evtl",
        description = "Stresses, records, reads, merges, copies, checks and mends EVTL journals.",
        scope = ScopeType.INHERIT,
        mixinStandardHelpOptions = true,
        versionProvider = Evtl.Version.class,
        synopsisSubcommandLabel = "VERB",
        commandListHeading = "%nVerbs:%n",
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:good",
            "1:a file could not be read or written, or the input of record is cut or no message",
            "2:wrong usage",
            "3:a torn tail, or unsynced data lost, as verify, recover and salvage find",
            "4:corrupt, or not a journal"
        })
public final class Evtl {
    private final Console console;
    private Throwable failure;

    /**
     * With streams that are no terminals.
     *
     * @param in  standard input
     * @param out for data
     * @param err for talk
     */
    public Evtl(final InputStream in, final OutputStream out, final OutputStream err) {
        this(new Console(in, out, err));
    }

    private Evtl(final Console console) {
        this.console = console;
    }

    /**
     * Runs a verb and ends the process.
     *
     * @param args verb, options and files
     */
    public static void main(final String... args) {
        final Console console = Console.ofProcess();
        Thread.setDefaultUncaughtExceptionHandler((thread, thrown) -> console.talk(thread.getName() + ": " + thrown));
        System.exit(new Evtl(console).run(args));
    }

    /**
     * Runs a verb.
     *
     * @param args verb, options and files
     * @return 0 good, 1 I/O failure, 2 wrong usage, 3 torn tail or unsynced data lost, 4 corrupt or not a journal
     */
    public int run(final String... args) {
        failure = null;
        int code = ExitCode.GOOD;
        try {
            code = commandLine().execute(args);
        } catch (final Error e) {
            failure = e; // said in one line too
        }
        try {
            console.out().flush();
        } catch (final Output.Failure e) {
            failure = Objects.requireNonNullElse(failure, e);
        }
        return failure == null ? code : report(failure, code);
    }

    private CommandLine commandLine() {
        final CommandLine evtl = new CommandLine(this);
        for (final Verb verb : List.of(
                new Stress(console),
                new Record(console),
                new Info(console),
                new Cat(console),
                new Replay(console),
                new Merge(console),
                new Backup(console),
                new ReadersVerb(console),
                new Verify(console),
                new Recover(console),
                new Salvage(console))) {
            evtl.addSubcommand(new CommandLine(verb)); // which transforms its model, as adding the verb would not
        }
        return evtl.registerConverter(Path.class, new FileName())
                .setOut(console.help())
                .setErr(console.err())
                .setColorScheme(Help.defaultColorScheme(console.outIsTerminal() ? Ansi.AUTO : Ansi.OFF))
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setExpandAtFiles(false) // a journal's name may begin with @
                .setExecutionStrategy(Evtl::execute)
                .setParameterExceptionHandler(this::onWrongUsage)
                .setExecutionExceptionHandler(this::onFailure);
    }

    private static int execute(final ParseResult result) {
        try {
            return new RunLast().execute(result);
        } catch (final Output.Failure e) { // from printing help, which picocli would answer with a stack trace
            throw new ExecutionException(result.commandSpec().commandLine(), e.getMessage(), e);
        }
    }

    private int onWrongUsage(final ParameterException e, final String[] args) {
        final String verb = e.getCommandLine().getCommandSpec().qualifiedName();
        console.printError(verb + ": " + e.getMessage() + " (see " + verb + " --help)");
        return ExitCode.WRONG_USAGE;
    }

    private int onFailure(final Exception e, final CommandLine line, final ParseResult result) {
        failure = e;
        return ExitCode.GOOD; // until run reports it
    }

    private int report(final Throwable thrown, final int code) {
        return thrown instanceof final Output.Failure output && output.isClosedPipe()
                ? code
                : Math.max(code, Failures.tell(thrown, console));
    }

    static final class Version implements IVersionProvider {
        @Override
        public String[] getVersion() {
            final String version = Evtl.class.getPackage().getImplementationVersion();
            return new String[] {"evtl " + Objects.requireNonNullElse(version, "not packaged")};
        }
    }
}
