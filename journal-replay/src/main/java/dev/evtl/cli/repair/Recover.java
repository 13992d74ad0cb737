package dev.evtl.cli.repair;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.evtl.cli.console.Console;
import dev.evtl.cli.console.Json;
import dev.evtl.cli.console.Progress;
import dev.evtl.cli.verb.ExitCode;
import dev.evtl.cli.verb.FileVerb;
import dev.evtl.cli.verb.Result;
import dev.evtl.cli.verb.ResultOutput;
import dev.evtl.journal.JournalRecovery;
import dev.evtl.journal.RecoveryReport;
import dev.evtl.journal.exceptions.CorruptJournalException;
import dev.evtl.journal.exceptions.JournalLockedException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.LongConsumer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Recovers a journal that its writer did not close. */
@Command(
        name = "recover",
        description = {
            "Recovers a journal that its writer did not close, as opening it for append would, and closes it.",
            "Events that were accepted into its ring file, and are not in it yet, are brought in.",
            "A ring file of an earlier boot of the machine is set aside; with --ring what it holds is brought in all the"
                    + " same, behind what the journal holds.",
            "Bytes that are cut off are kept beside it, in FILE.cut-OFFSET. Run it as the user who writes the journal.",
            "Of a journal of several files each that a writer left is closed, and the answer is about the newest; what comes"
                    + " after events that are lost is set aside, in FILE.cut."
        },
        exitCodeList = {
            "0:good: nothing was torn or lost",
            "1:a file could not be read or written, or a process has it or its ring file open",
            "2:wrong usage",
            "3:recovered, or it would be, but its tail was torn, unsynced data was lost, its ring file is gone, or that knows"
                    + " of events which the file does not hold",
            "4:corrupt, or not a journal: refused and left as it was; see salvage"
        })
public final class Recover extends FileVerb {
    @Option(names = "--dry-run", description = "only say what would be done; changes nothing")
    private boolean dryRun;

    @Option(
            names = "--ring",
            paramLabel = "RING",
            description =
                    "bring in what this ring file of the journal holds, also one that was set aside, and delete it")
    private Path ring;

    @Mixin
    private ResultOutput output;

    public Recover(final Console console) {
        super(console);
    }

    /** What there is to say; without a report the file was refused and left as it was. */
    private record Answer(
            Path file, boolean dryRun, String result, Optional<RecoveryReport> report, String reason, int exitCode)
            implements Result {
        @Override
        public void print(final Console console) {
            console.print(file + ": "
                    + report.map(found -> result + ": " + text(found)).orElse("refused and left as it was") + "; "
                    + reason
                    + report.flatMap(RecoveryReport::failure)
                            .map(failure -> "; it failed when it was open last: " + failure)
                            .orElse(""));
        }

        private String text(final RecoveryReport report) {
            final String kept =
                    (dryRun ? "would keep " : "kept ") + report.events() + " events up to offset " + report.validEnd();
            final String cutOff = report.cutFile()
                    .map(cut -> kept + ", and cut off " + report.bytesZeroed() + " bytes into " + cut)
                    .orElse(kept + ", nothing to cut off");
            final String broughtIn = report.ringEvents() + report.claimsAbandoned() == 0
                    ? cutOff
                    : cutOff + "; from the ring file " + report.ringEvents() + " events more, without "
                            + report.claimsAbandoned() + " claims that were never committed";
            final String aside = report.setAside()
                    .map(path -> broughtIn
                            + "; the ring file is of an earlier boot of the machine, which promises nothing, and "
                            + (dryRun ? "would be" : "was") + " set aside as " + path + "; --ring brings it in")
                    .orElse(broughtIn);
            final String missing = report.bytesMissing() == 0
                    ? aside
                    : aside + "; " + report.bytesMissing() + " bytes of events that were published before those in its"
                            + " ring file are missing: the file was cut short, was not forced before the power went, or is"
                            + " a copy of an earlier moment";
            return report.missingRing()
                    .map(path -> missing + "; its ring file " + path
                            + " is gone, and with it what was accepted into it and is not in the file")
                    .orElse(missing);
        }

        @Override
        public void writeFields(final JsonGenerator json) throws IOException {
            json.writeStringField("file", file.toString());
            json.writeStringField("result", result);
            json.writeBooleanField("dryRun", dryRun);
            Json.unsigned(json, "events", report.map(RecoveryReport::events).orElse(0L));
            Json.unsigned(json, "validEnd", report.map(RecoveryReport::validEnd).orElse(0L));
            Json.unsigned(
                    json, "bytesZeroed", report.map(RecoveryReport::bytesZeroed).orElse(0L));
            json.writeStringField(
                    "cutFile",
                    report.flatMap(RecoveryReport::cutFile).map(Path::toString).orElse(null));
            Json.unsigned(
                    json, "ringEvents", report.map(RecoveryReport::ringEvents).orElse(0L));
            json.writeNumberField(
                    "claimsAbandoned",
                    report.map(RecoveryReport::claimsAbandoned).orElse(0));
            json.writeStringField(
                    "setAside",
                    report.flatMap(RecoveryReport::setAside).map(Path::toString).orElse(null));
            json.writeStringField(
                    "missingRing",
                    report.flatMap(RecoveryReport::missingRing)
                            .map(Path::toString)
                            .orElse(null));
            Json.unsigned(
                    json,
                    "bytesMissing",
                    report.map(RecoveryReport::bytesMissing).orElse(0L));
            json.writeStringField(
                    "failure", report.flatMap(RecoveryReport::failure).orElse(null));
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
        try (Progress progress = progress("recover", file())) {
            return recovered(report(progress::at));
        } catch (final CorruptJournalException e) {
            final String place = (Files.isDirectory(file()) ? e.file() + ": " : "") + "offset " + e.offset()
                    + (e.sequence() < 0 ? "" : ", sequence " + e.sequence());
            final String result = e.kind() == CorruptJournalException.Kind.CORRUPT_EVENT ? "corrupt" : word(e.kind());
            return refused(result, place + ": " + e.reason(), ExitCode.CORRUPT);
        } catch (final JournalLockedException e) {
            return refused("locked", e.getMessage(), ExitCode.IO_FAILURE);
        }
    }

    private RecoveryReport report(final LongConsumer progress) {
        if (ring == null) {
            return dryRun ? JournalRecovery.plan(file(), progress) : JournalRecovery.recover(file(), progress);
        }
        return dryRun ? JournalRecovery.plan(file(), ring, progress) : JournalRecovery.recover(file(), ring, progress);
    }

    private Answer recovered(final RecoveryReport report) {
        return new Answer(
                file(),
                dryRun,
                word(report.condition()),
                Optional.of(report),
                report.reason(),
                report.missingRing().isPresent() || report.bytesMissing() > 0
                        ? ExitCode.DATA_LOST
                        : ExitCode.of(report.condition()));
    }

    private Answer refused(final String result, final String reason, final int exitCode) {
        return new Answer(file(), dryRun, result, Optional.empty(), reason, exitCode);
    }
}
