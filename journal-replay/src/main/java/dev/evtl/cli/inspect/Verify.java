package dev.evtl.cli.inspect;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.evtl.cli.console.Console;
import dev.evtl.cli.console.Progress;
import dev.evtl.cli.verb.ExitCode;
import dev.evtl.cli.verb.FileVerb;
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
@Command(name = "verify", description = "Says what a journal is, event by event. Never changes it.")
public final class Verify extends FileVerb {
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
            console.print(file + ": " + result + ": " + events + " events up to offset " + validEnd + ", " + dropped
                    + " dropped; " + reason
                    + (missingRing == null
                            ? ""
                            : "; its ring file " + missingRing
                                    + " is gone, and with it what was accepted into it and is not in the file"));
        }

        @Override
        public void writeFields(final JsonGenerator json) throws IOException {
            json.writeStringField("result", result);
            json.writeNumberField("events", events);
            json.writeNumberField("validEnd", validEnd);
            json.writeNumberField("dropped", dropped);
            json.writeNumberField("offset", offset);
            json.writeFieldName("sequence");
            if (sequence == null) {
                json.writeNull();
            } else {
                json.writeNumber(sequence);
            }
            json.writeStringField("missingRing", missingRing);
            json.writeStringField("reason", reason);
        }
    }

    @Override
    public Integer call() throws IOException {
        final Answer answer = answer();
        output.print(answer, console());
        return answer.exitCode;
    }

    private Answer answer() {
        try (Progress progress = progress("verify")) {
            final JournalScan scan = JournalScan.of(file(), progress::at);
            return Answer.of(
                    file(),
                    scan,
                    scan.condition() == Condition.CORRUPT
                            ? Optional.empty()
                            : JournalRecovery.missingRingFile(file()));
        } catch (final CorruptJournalException e) {
            return Answer.of(file(), e);
        }
    }
}
