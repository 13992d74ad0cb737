package dev.evtl.replay.cli;

import dev.evtl.journal.exceptions.CorruptJournalException;
import dev.evtl.journal.JournalScan;
import dev.evtl.journal.JournalScan.Condition;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

@Command(name = "verify", description = "Says what a journal is, event by event. Never changes it.")
final class Verify implements Callable<Integer> {
    @ParentCommand
    private Evtl evtl;

    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "FILE", description = "the journal")
    private Path file;

    @Option(names = "--json", description = "as a JSON object")
    private boolean json;

    /** What there is to say; {@code sequence} is null where it is no event. */
    private record Answer(
            String result,
            long events,
            long validEnd,
            long dropped,
            long offset,
            Long sequence,
            String reason,
            int exitCode) {
        static Answer of(final JournalScan scan) {
            return new Answer(
                    word(scan.condition()),
                    scan.events(),
                    scan.validEnd(),
                    scan.dropped(),
                    scan.offset(),
                    scan.sequence(),
                    scan.reason(),
                    codeFor(scan.condition()));
        }

        /** A header that cannot be believed: nothing after it was looked at. */
        static Answer of(final CorruptJournalException e) {
            return new Answer(
                    word(e.kind()),
                    0,
                    0,
                    0,
                    e.offset(),
                    e.sequence() < 0 ? null : e.sequence(),
                    e.reason(),
                    ExitCode.CORRUPT);
        }
    }

    static String word(final Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    static int codeFor(final Condition condition) {
        return switch (condition) {
            case CLEAN, UNCLOSED -> ExitCode.GOOD;
            case TORN, LOST -> ExitCode.DATA_LOST;
            case CORRUPT -> ExitCode.CORRUPT;
        };
    }

    @Override
    public Integer call() throws IOException {
        final Answer answer = answer();
        final PrintWriter out = spec.commandLine().getOut();
        if (json) {
            printJson(answer, out);
        } else {
            out.println(Evtl.oneLine(file + ": " + answer.result + ": " + answer.events + " events up to offset "
                    + answer.validEnd + ", " + answer.dropped + " dropped; " + answer.reason));
        }
        return answer.exitCode;
    }

    private Answer answer() {
        try (Progress progress = evtl.progress("verify", file.toFile().length())) {
            return Answer.of(JournalScan.of(file, progress::at));
        } catch (final CorruptJournalException e) {
            return Answer.of(e);
        }
    }

    private static void printJson(final Answer answer, final PrintWriter out) throws IOException {
        try (JsonGenerator json = Json.to(out)) {
            json.writeStartObject();
            json.writeStringField("result", answer.result);
            json.writeNumberField("events", answer.events);
            json.writeNumberField("validEnd", answer.validEnd);
            json.writeNumberField("dropped", answer.dropped);
            json.writeNumberField("offset", answer.offset);
            json.writeFieldName("sequence");
            if (answer.sequence == null) {
                json.writeNull();
            } else {
                json.writeNumber(answer.sequence);
            }
            json.writeStringField("reason", answer.reason);
            Json.end(json);
        }
    }
}
