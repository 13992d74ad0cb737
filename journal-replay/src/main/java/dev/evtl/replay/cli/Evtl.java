package dev.evtl.replay.cli;

import dev.evtl.journal.BackPressure;
import dev.evtl.journal.Journal;
import dev.evtl.journal.JournalConfig;
import dev.evtl.journal.OpenMode;
import dev.evtl.journal.exceptions.CorruptJournalException;
import dev.evtl.journal.exceptions.JournalException;
import dev.evtl.replay.JournalReader;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedWriter;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.regex.Pattern;
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
        description = "Stresses, records, reads, checks and mends EVTL journals.",
        subcommands = {
            Stress.class,
            Record.class,
            Info.class,
            Cat.class,
            Replay.class,
            Verify.class,
            Recover.class,
            Salvage.class
        },
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
            "3:a torn tail, or unsynced data lost",
            "4:corrupt, or not a journal"
        })
public final class Evtl {
    /** What a terminal could take for more than text. */
    private static final Pattern CONTROLS = Pattern.compile("[\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}]");

    private final InputStream in;
    private final PrintWriter out;
    private final PrintWriter err;
    private final PrintStream progressTerminal;
    private final boolean outIsTerminal;
    private Throwable failure;

    /**
     * With streams that are no terminals.
     *
     * @param in  standard input
     * @param out for data
     * @param err for talk
     */
    public Evtl(final InputStream in, final OutputStream out, final OutputStream err) {
        this(in, out, err, false, false);
    }

    private Evtl(
            final InputStream in,
            final OutputStream out,
            final OutputStream err,
            final boolean outIsTerminal,
            final boolean errIsTerminal) {
        this.in = in;
        this.out = new PrintWriter(new BufferedWriter(new OutputStreamWriter(new Output(out), UTF_8), 1 << 16));
        this.err = new PrintWriter(new OutputStreamWriter(err, UTF_8), true);
        this.progressTerminal = errIsTerminal ? new PrintStream(err, true, UTF_8) : null;
        this.outIsTerminal = outIsTerminal;
    }

    /**
     * Runs a verb and ends the process.
     *
     * @param args verb, options and files
     */
    public static void main(final String... args) {
        final Evtl evtl = new Evtl(
                System.in,
                new FileOutputStream(FileDescriptor.out),
                new FileOutputStream(FileDescriptor.err),
                isTerminal(1),
                isTerminal(2));
        System.exit(evtl.run(args));
    }

    private static boolean isTerminal(final int descriptor) {
        try {
            final String file = Files.readSymbolicLink(Path.of("/proc/self/fd/" + descriptor))
                    .toString();
            return file.startsWith("/dev/pts/") || file.startsWith("/dev/tty") || file.equals("/dev/console");
        } catch (final IOException | UnsupportedOperationException e) {
            return Ansi.AUTO.enabled(); // no such links on this system; picocli knows about standard output
        }
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
            code = new CommandLine(this)
                    .setOut(out)
                    .setErr(err)
                    .setColorScheme(Help.defaultColorScheme(outIsTerminal ? Ansi.AUTO : Ansi.OFF))
                    .setCaseInsensitiveEnumValuesAllowed(true)
                    .setExecutionStrategy(Evtl::execute)
                    .setParameterExceptionHandler(this::onWrongUsage)
                    .setExecutionExceptionHandler(this::onFailure)
                    .execute(args);
        } catch (final Error e) {
            failure = e; // said in one line too
        }
        try {
            out.flush();
        } catch (final Output.Failure e) {
            failure = Objects.requireNonNullElse(failure, e);
        }
        return failure == null ? code : report(failure, code);
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
        err.println(oneLine(verb + ": " + e.getMessage() + " (see " + verb + " --help)"));
        return ExitCode.WRONG_USAGE;
    }

    private int onFailure(final Exception e, final CommandLine line, final ParseResult result) {
        failure = e;
        return ExitCode.GOOD; // until run reports it
    }

    private int report(final Throwable thrown, final int code) {
        if (thrown instanceof final Output.Failure output && output.isClosedPipe()) {
            return code;
        }
        final boolean expected = thrown instanceof JournalException
                || thrown instanceof UncheckedIOException
                || thrown instanceof IllegalStateException;
        talk(expected && thrown.getMessage() != null ? thrown.getMessage() : thrown.toString());
        if (thrown instanceof final CorruptJournalException corrupt) {
            return corrupt.kind() == CorruptJournalException.Kind.UNSYNCED_DATA_LOST
                    ? ExitCode.DATA_LOST
                    : ExitCode.CORRUPT;
        }
        return ExitCode.IO_FAILURE;
    }

    /** Says something to the user. */
    void talk(final String message) {
        err.println("evtl: " + oneLine(message));
    }

    static String oneLine(final String text) {
        return CONTROLS.matcher(text)
                .replaceAll(match -> String.format("\\\\u{%x}", match.group().codePointAt(0)));
    }

    InputStream in() {
        return in;
    }

    /** Progress of a verb that writes nothing until it is done. */
    Progress progress(final String task, final long total) {
        return progress(task, total, false);
    }

    private Progress progress(final String task, final long total, final boolean besideOutput) {
        final PrintStream terminal = besideOutput && outIsTerminal ? null : progressTerminal;
        return new Progress(task, total, terminal, System::nanoTime);
    }

    /**
     * Reads a stretch of a journal.
     *
     * @param besideOutput whether data is written meanwhile, which a terminal cannot show with a progress bar
     */
    Walk walk(final Path file, final boolean verify, final Range sequences, final boolean besideOutput) {
        final JournalReader reader = JournalReader.open(file, verify);
        return Walk.of(reader, sequences, progress("read", reader.header().writeOffset(), besideOutput));
    }

    /** A new journal that takes events as fast as they come, and is closed even if the process is told to end. */
    static Journal create(final Path file) {
        refuseExisting(file);
        return Journal.open(
                file,
                JournalConfig.builder()
                        .openMode(OpenMode.CREATE)
                        .backPressure(BackPressure.BLOCK)
                        .closeOnShutdown(true)
                        .errorHandler(e -> {}) // closing the journal throws it
                        .build());
    }

    /** As the API would, but without naming an option that no verb has. */
    static void refuseExisting(final Path file) {
        if (Files.exists(file)) {
            throw new JournalException(file + ": exists; give another name");
        }
    }

    static final class Version implements IVersionProvider {
        @Override
        public String[] getVersion() {
            final String version = Evtl.class.getPackage().getImplementationVersion();
            return new String[] {"evtl " + Objects.requireNonNullElse(version, "not packaged")};
        }
    }
}
