package dev.evtl.cli.verb;

import dev.evtl.cli.console.Console;
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
}
