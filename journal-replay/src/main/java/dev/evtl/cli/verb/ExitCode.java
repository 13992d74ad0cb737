package dev.evtl.cli.verb;

import dev.evtl.journal.JournalScan.Condition;
import dev.evtl.journal.exceptions.CorruptJournalException;

/** What the command returns to the shell. */
public final class ExitCode {
    public static final int GOOD = 0;
    public static final int IO_FAILURE = 1;
    public static final int WRONG_USAGE = 2;
    public static final int DATA_LOST = 3;
    public static final int CORRUPT = 4;

    private ExitCode() {}

    public static int of(final Condition condition) {
        return switch (condition) {
            case CLEAN, UNCLOSED -> GOOD;
            case TORN, LOST -> DATA_LOST;
            case CORRUPT -> CORRUPT;
        };
    }

    public static int of(final CorruptJournalException e) {
        return e.kind() == CorruptJournalException.Kind.UNSYNCED_DATA_LOST ? DATA_LOST : CORRUPT;
    }
}
