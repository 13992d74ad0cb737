package dev.evtl.cli.verb;

import dev.evtl.cli.console.Console;
import dev.evtl.cli.console.Progress;
import dev.evtl.journal.file.JournalDirectory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** A verb of the command; its call returns an {@link ExitCode}, and throws what the command is to report. */
public abstract class Verb implements Callable<Integer> {
    private final Console console;

    @Spec
    private CommandSpec spec;

    protected Verb(final Console console) {
        this.console = console;
    }

    protected final Console console() {
        return console;
    }

    /** Progress of a task that goes through a whole journal. */
    protected final Progress progress(final String task, final Path journal) {
        return console.progress(task, length(journal));
    }

    /** Bytes of all files of a journal. */
    protected static long length(final Path journal) {
        return Files.isDirectory(journal)
                ? Arrays.stream(JournalDirectory.baseSequences(journal))
                        .map(file ->
                                JournalDirectory.file(journal, file).toFile().length())
                        .sum()
                : journal.toFile().length();
    }

    protected final ParameterException wrongUsage(final String problem) {
        return new ParameterException(spec.commandLine(), problem);
    }

    /** What a constant is called in output. */
    public static String word(final Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** Adds lines to an option's help that its annotation cannot know. */
    protected static CommandSpec describe(final CommandSpec spec, final String option, final Stream<String> lines) {
        final OptionSpec found = spec.findOption(option);
        final String[] all =
                Stream.concat(Stream.of(found.description()), lines).toArray(String[]::new);
        spec.remove(found);
        return spec.addOption(OptionSpec.builder(found).description(all).build());
    }
}
