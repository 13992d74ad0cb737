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
import dev.evtl.journal.exceptions.CorruptJournalException.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Says what a file is. */
@Command(
        name = "verify",
        description = {
            "Says what journals are, event by event. Never changes them.",
            "Of a journal of several files it says what the first file is in which something is wrong, or that they"
                    + " follow one another and what the newest is."
        })
public final class Verify extends FilesVerb {
    @Mixin
    private ResultOutput output;

    public Verify(final Console console) {
        super(console);
    }

    /** What there is to say; {@code sequence} is null where it is no event, {@code files} 0 for what is one file. */
    private record Answer(
            Path file,
            int files,
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
                    0,
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
                    0,
                    word(e.kind() == Kind.UNSYNCED_DATA_LOST ? Condition.LOST : e.kind()),
                    0,
                    0,
                    0,
                    e.offset(),
                    e.sequence() < 0 ? null : e.sequence(),
                    null,
                    e.reason(),
                    ExitCode.of(e));
        }

        /** The whole of a journal of several files, which is as its newest file is. */
        static Answer ofWhole(final Path journal, final FilesScan found, final Optional<Path> missingRing) {
            final Answer newest = of(journal, found.scan(), missingRing);
            return new Answer(
                    journal,
                    found.files(),
                    newest.result,
                    found.events(),
                    newest.validEnd,
                    found.dropped(),
                    newest.offset,
                    newest.sequence,
                    newest.missingRing,
                    newest.reason,
                    newest.exitCode);
        }

        @Override
        public void print(final Console console) {
            if (validEnd == 0) {
                console.print(file + ": " + reason); // which names the result in its own words
                return;
            }
            console.print(file + ": " + result + ": " + events + " events "
                    + (files == 0 ? "" : "in " + files + " files, the newest ") + "up to offset " + validEnd + ", "
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

    private Answer answer(final Path file) throws IOException {
        try (Progress progress = progress("verify", file)) {
            if (Files.isDirectory(file)) {
                final FilesScan found = FilesScan.of(file, progress::at);
                return ExitCode.of(found.scan().condition()) == ExitCode.GOOD
                        ? Answer.ofWhole(file, found, JournalRecovery.missingRingFile(file))
                        : Answer.of(found.file(), found.scan(), Optional.empty());
            }
            final JournalScan scan = JournalScan.of(file, progress::at);
            return Answer.of(
                    file,
                    scan,
                    scan.condition() == Condition.CORRUPT ? Optional.empty() : JournalRecovery.missingRingFile(file));
        } catch (final CorruptJournalException e) {
            return Answer.of(Files.isDirectory(file) ? e.file() : file, e);
        }
    }
}
