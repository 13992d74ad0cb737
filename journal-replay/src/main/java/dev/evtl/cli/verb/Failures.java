package dev.evtl.cli.verb;

import dev.evtl.cli.console.Console;
import dev.evtl.journal.exceptions.CorruptJournalException;
import dev.evtl.journal.exceptions.JournalException;
import java.io.UncheckedIOException;

/** What ends a verb, or its work on a file, and is told in one line. */
public final class Failures {
    private Failures() {}

    /**
     * Tells the user.
     *
     * @return the {@link ExitCode}
     */
    public static int tell(final Throwable failure, final Console console) {
        final boolean expected = failure instanceof JournalException
                || failure instanceof UncheckedIOException
                || failure instanceof IllegalStateException;
        console.talk(expected && failure.getMessage() != null ? failure.getMessage() : failure.toString());
        return failure instanceof final CorruptJournalException corrupt ? ExitCode.of(corrupt) : ExitCode.IO_FAILURE;
    }
}
