package dev.evtl.cli.console;

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
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;
import picocli.CommandLine.Help.Ansi;

/** What the command reads from and prints to. Names of files and reasons of failures are escaped on their way. */
public final class Console {
    /** What a terminal could take for more than text. */
    private static final Pattern CONTROLS = Pattern.compile("[\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}]");

    private final InputStream in;
    private final PrintWriter out;
    private final PrintWriter err;
    private final PrintStream progressTerminal;
    private final boolean outIsTerminal;

    /** With streams that are no terminals. */
    public Console(final InputStream in, final OutputStream out, final OutputStream err) {
        this(in, out, err, false, false);
    }

    private Console(
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

    /** With the streams of this process. */
    public static Console ofProcess() {
        return new Console(
                System.in,
                new FileOutputStream(FileDescriptor.out),
                new FileOutputStream(FileDescriptor.err),
                isTerminal(1),
                isTerminal(2));
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

    public InputStream in() {
        return in;
    }

    /** Standard output, for what has an escaping of its own; its failures are {@link Output.Failure}s. */
    public PrintWriter out() {
        return out;
    }

    public PrintWriter err() {
        return err;
    }

    public boolean outIsTerminal() {
        return outIsTerminal;
    }

    /** Prints a line for people on standard output. */
    public void print(final String line) {
        out.println(oneLine(line));
    }

    /** Prints a line for people on standard error. */
    public void printError(final String line) {
        err.println(oneLine(line));
    }

    /** Says something to the user. */
    public void talk(final String message) {
        printError("evtl: " + message);
    }

    /** As one line that does nothing to a terminal. */
    static String oneLine(final String text) {
        return CONTROLS.matcher(text)
                .replaceAll(match -> String.format("\\\\u{%x}", match.group().codePointAt(0)));
    }

    /** Progress of a verb that writes nothing until it is done. */
    public Progress progress(final String task, final long total) {
        return new Progress(task, total, progressTerminal, System::nanoTime);
    }

    /** Progress of a verb that writes data meanwhile, which a terminal cannot show with a progress bar. */
    public Progress progressBesideOutput(final String task, final long total) {
        return new Progress(task, total, outIsTerminal ? null : progressTerminal, System::nanoTime);
    }
}
