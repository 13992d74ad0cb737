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
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import picocli.CommandLine.Help.Ansi;

/**
 * What the command reads from and prints to. Everything that is printed is made {@link Printable} on its way, but for
 * help, which is the command's own text.
 */
public final class Console {
    private final InputStream in;
    private final PrintWriter out;
    private final PrintWriter err;
    private final PrintWriter help;
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
        final Writer target = new OutputStreamWriter(new Output(out), UTF_8);
        this.out = new PrintWriter(new BufferedWriter(new Printable(target), 1 << 16));
        this.err = new PrintWriter(new Printable(new OutputStreamWriter(err, UTF_8)), true);
        this.help = outIsTerminal ? new PrintWriter(target) : this.out;
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

    /** Standard output, for data; its failures are {@link Output.Failure}s. */
    public PrintWriter out() {
        return out;
    }

    public PrintWriter err() {
        return err;
    }

    /** Standard output for help, which has colours on a terminal. */
    public PrintWriter help() {
        return help;
    }

    public boolean outIsTerminal() {
        return outIsTerminal;
    }

    /** Prints a line for people on standard output. */
    public void print(final String line) {
        out.append(oneLine(line)).append('\n');
    }

    /** Prints a line for people on standard error, behind what was printed on standard output before. */
    public void printError(final String line) {
        try {
            out.flush();
        } catch (final Output.Failure e) {
            // the last flush of the command meets it again, and tells
        }
        err.println(oneLine(line));
    }

    /** Says something to the user. */
    public void talk(final String message) {
        printError("evtl: " + message);
    }

    /** As one line that does nothing to a terminal. */
    public static String oneLine(final String text) {
        return Printable.oneLine(text);
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
