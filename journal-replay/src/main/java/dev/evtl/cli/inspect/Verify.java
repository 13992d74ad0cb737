package dev.evtl.cli.inspect;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.evtl.cli.console.Console;
import dev.evtl.cli.console.Json;
import dev.evtl.cli.console.Progress;
import dev.evtl.cli.verb.ExitCode;
import dev.evtl.cli.verb.FilesVerb;
import dev.evtl.cli.verb.Result;
import dev.evtl.cli.verb.ResultOutput;
import dev.evtl.journal.JournalScan;
import dev.evtl.journal.exceptions.CorruptJournalException;
import java.io.IOException;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Says what a file is. */
@Command(name = "verify", description = "Says what journals are, event by event. Never changes them.")
public final class Verify extends FilesVerb {
    @Mixin
    private ResultOutput output;

    public Verify(final Console console) {
        super(console);
    }

    /** What there is to say; {@code sequence} is null where it is no event. */
    private record Answer(
            Path file,
            String result,
            long events,
            long validEnd,
            long dropped,
            long offset,
            Long sequence,
            String reason,
            int exitCode)
            implements Result {
        static Answer of(final Path file, final JournalScan scan) {
            return new Answer(
                    file,
                    word(scan.condition()),
                    scan.events(),
                    scan.validEnd(),
                    scan.dropped(),
                    scan.offset(),
                    scan.sequence(),
                    scan.reason(),
                    ExitCode.of(scan.condition()));
        }

        /** A header that cannot be believed: nothing after it was looked at. */
        static Answer of(final Path file, final CorruptJournalException e) {
            return new Answer(
                    file,
                    word(e.kind()),
                    0,
                    0,
                    0,
                    e.offset(),
                    e.sequence() < 0 ? null : e.sequence(),
                    e.reason(),
                    ExitCode.CORRUPT);
        }

        @Override
        public void print(final Console console) {
            console.print(file + ": " + result + ": " + events + " events up to offset " + validEnd + ", "
                    + Long.toUnsignedString(dropped) + " dropped; " + reason);
        }

        @Override
        public void writeFields(final JsonGenerator json) throws IOException {
            json.writeStringField("file", file.toString());
            json.writeStringField("result", result);
            Json.unsigned(json, "events", events);
            Json.unsigned(json, "validEnd", validEnd);
            Json.unsigned(json, "dropped", dropped);
            Json.unsigned(json, "offset", offset);
            if (sequence == null) {
                json.writeNullField("sequence");
            } else {
                Json.unsigned(json, "sequence", sequence);
            }
            json.writeStringField("reason", reason);
        }
    }

    @Override
    protected int look(final Path file) throws IOException {
        final Answer answer = answer(file);
        output.print(answer, console());
        return answer.exitCode;
    }

    private Answer answer(final Path file) {
        try (Progress progress = progress("verify", file)) {
            return Answer.of(file, JournalScan.of(file, progress::at));
        } catch (final CorruptJournalException e) {
            return Answer.of(file, e);
        }
    }
}
