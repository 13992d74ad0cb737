package dev.evtl.cli.verb;

import dev.evtl.cli.console.Console;
import dev.evtl.cli.console.Progress;
import dev.evtl.replay.JournalReader;
import dev.evtl.replay.ReaderConfig;
import java.nio.file.Path;
import picocli.CommandLine.Parameters;

/** A verb about a journal. */
public abstract class FileVerb extends Verb {
    @Parameters(index = "0", paramLabel = "FILE", description = "the journal")
    private Path file;

    protected FileVerb(final Console console) {
        super(console);
    }

    protected final Path file() {
        return file;
    }

    /** Progress of a task that goes through the whole file. */
    protected final Progress progress(final String task) {
        return console().progress(task, file.toFile().length());
    }

    /**
     * Reads a stretch of the journal.
     *
     * @param besideOutput whether data is written meanwhile
     */
    protected final Walk walk(final boolean verify, final Range sequences, final boolean besideOutput) {
        final JournalReader reader =
                JournalReader.open(file, ReaderConfig.builder().verify(verify).build());
        final long end = reader.header().writeOffset();
        return Walk.of(
                reader,
                sequences,
                besideOutput
                        ? console().progressBesideOutput("read", end)
                        : console().progress("read", end));
    }
}
