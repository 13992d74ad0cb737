package dev.evtl.cli.inspect;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.evtl.cli.console.Console;
import dev.evtl.cli.console.Json;
import dev.evtl.cli.console.Progress;
import dev.evtl.cli.verb.ExitCode;
import dev.evtl.cli.verb.FilesVerb;
import dev.evtl.cli.verb.Result;
import dev.evtl.cli.verb.ResultOutput;
import dev.evtl.journal.JournalRecovery;
import dev.evtl.journal.JournalScan;
import dev.evtl.journal.JournalScan.Condition;
import dev.evtl.journal.exceptions.CorruptJournalException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
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
            String missingRing,
            String reason,
            int exitCode)
            implements Result {
        static Answer of(final Path file, final JournalScan scan, final Optional<Path> missingRing) {
            return new Answer(
                    file,
                    word(scan.condition()),
                    scan.events(),
                    scan.validEnd(),
                    scan.dropped(),
                    scan.offset(),
                    scan.sequence(),
                    missingRing.map(Path::toString).orElse(null),
                    scan.reason(),
                    missingRing.isPresent() ? ExitCode.DATA_LOST : ExitCode.of(scan.condition()));
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
                    null,
                    e.reason(),
                    ExitCode.CORRUPT);
        }

        @Override
        public void print(final Console console) {
            if (validEnd == 0) {
                console.print(file + ": " + reason); // which names the result in its own words
                return;
            }
            console.print(file + ": " + result + ": " + events + " events up to offset " + validEnd + ", "
                    + Long.toUnsignedString(dropped) + " dropped; " + reason
                    + (missingRing == null
                            ? ""
                            : "; its ring file " + missingRing
                                    + " is gone, and with it what was accepted into it and is not in the file"));
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
            json.writeStringField("missingRing", missingRing);
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
            final JournalScan scan = JournalScan.of(file, progress::at);
            return Answer.of(
                    file,
                    scan,
                    scan.condition() == Condition.CORRUPT ? Optional.empty() : JournalRecovery.missingRingFile(file));
        } catch (final CorruptJournalException e) {
            return Answer.of(file, e);
        }
    }
}
