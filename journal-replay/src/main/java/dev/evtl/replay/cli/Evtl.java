package dev.evtl.replay.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The command. */
@Command(name = "evtl", subcommands = Stress.class)
final class Evtl {
    private Evtl() {}

    public static void main(final String[] args) {
        System.exit(new CommandLine(new Evtl()).execute(args));
    }
}
