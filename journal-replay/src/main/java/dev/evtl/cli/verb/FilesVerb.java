package dev.evtl.cli.verb;

import dev.evtl.cli.console.Console;
import dev.evtl.cli.console.Output;
import dev.evtl.replay.JournalReader;
import dev.evtl.replay.ReaderConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;

/** A verb that looks at journals, one after the other; what is wrong with one of them does not keep it from the next. */
public abstract class FilesVerb extends Verb {
    @Parameters(arity = "1..*", paramLabel = "FILE", description = "the journals; the exit code is that of the worst")
    private List<Path> files;

    protected FilesVerb(final Console console) {
        super(console);
    }

    /** Looks at one of the journals, and returns an {@link ExitCode}. */
    protected abstract int look(Path file) throws IOException;

    /** Whether there is more than one. */
    protected final boolean several() {
        return files.size() > 1;
    }

    /** Writes what was kept back, behind the last of them. */
    protected void finish() throws IOException {
        // most keep nothing back
    }

    @Override
    public Integer call() throws IOException {
        int worst = ExitCode.GOOD;
        try {
            for (final Path file : files) {
                worst = Math.max(worst, outcome(file));
            }
            finish();
        } catch (final Output.Failure e) {
            // the command's last flush meets it again, and tells
        }
        return worst;
    }

    private int outcome(final Path file) {
        try {
            return look(file);
        } catch (final ParameterException | Output.Failure e) {
            throw e; // of all files
        } catch (final Exception | Error e) {
            return Failures.tell(e, console());
        }
    }

    /**
     * Reads a stretch of a journal.
     *
     * @param besideOutput whether data is written meanwhile
     */
    protected final Walk walk(
            final Path file, final boolean verify, final Range sequences, final boolean besideOutput) {
        final JournalReader reader =
                JournalReader.open(file, ReaderConfig.builder().verify(verify).build());
        Extent extent = null;
        try {
            extent = Extent.of(file, reader.header());
        } finally {
            if (extent == null) {
                reader.close();
            }
        }
        return Walk.of(
                reader,
                extent,
                sequences,
                besideOutput
                        ? console().progressBesideOutput("read", extent.length())
                        : console().progress("read", extent.length()));
    }
}
