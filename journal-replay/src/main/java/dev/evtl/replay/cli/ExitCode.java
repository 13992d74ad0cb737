package dev.evtl.replay.cli;


/** What the command returns to the shell. */
final class ExitCode {
    static final int GOOD = 0;
    static final int IO_FAILURE = 1;
    static final int WRONG_USAGE = 2;
    static final int DATA_LOST = 3;
    static final int CORRUPT = 4;

    private ExitCode() {}
}
