package dev.evtl.replay.cli;

import dev.evtl.journal.Journal;
import dev.evtl.journal.JournalConfig;
import dev.evtl.journal.JournalRecovery;
import dev.evtl.journal.OpenMode;
import dev.evtl.journal.RecoveryReport;
import dev.evtl.journal.exceptions.CorruptJournalException;
import dev.evtl.journal.exceptions.JournalLockedException;
import dev.evtl.journal.ring.RingFile;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

@Command(
        name = "recover",
        description = {
            "Recovers a journal that its writer did not close, as opening it for append would, and closes it.",
            "Events that were accepted into its ring file, and are not in it yet, are brought in.",
            "Bytes that are cut off are kept beside it, in FILE.cut-OFFSET. Run it as the user who writes the journal."
        },
        exitCodeList = {
            "0:good: nothing was torn or lost",
            "1:a file could not be read or written, or a process has it or its ring file open",
            "2:wrong usage",
            "3:recovered, or it would be, but its tail was torn or unsynced data was lost",
            "4:corrupt, or not a journal: refused and left as it was; see salvage"
        })
final class Recover implements Callable<Integer> {
    @ParentCommand
    private Evtl evtl;

    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "FILE", description = "the journal")
    private Path file;

    @Option(names = "--dry-run", description = "only say what would be done; changes nothing")
    private boolean dryRun;

    @Option(names = "--json", description = "as a JSON object")
    private boolean json;

    /** What there is to say; without a report the file was refused and left as it was. */
    private record Answer(String result, Optional<RecoveryReport> report, String reason, int exitCode) {
        static Answer of(final RecoveryReport report) {
            return new Answer(
                    Verify.word(report.condition()),
                    Optional.of(report),
                    report.reason(),
                    Verify.codeFor(report.condition()));
        }

        static Answer of(final CorruptJournalException e) {
            final String place = "offset " + e.offset() + (e.sequence() < 0 ? "" : ", sequence " + e.sequence());
            final String result =
                    e.kind() == CorruptJournalException.Kind.CORRUPT_EVENT ? "corrupt" : Verify.word(e.kind());
            return new Answer(result, Optional.empty(), place + ": " + e.reason(), ExitCode.CORRUPT);
        }
    }

    @Override
    public Integer call() throws IOException {
        final Answer answer = answer();
        final PrintWriter out = spec.commandLine().getOut();
        if (json) {
            printJson(answer, out);
        } else {
            out.println(Evtl.oneLine(file + ": " + answer.result + ": "
                    + answer.report.map(this::text).orElse("refused and left as it was") + "; " + answer.reason));
        }
        return answer.exitCode;
    }

    private Answer answer() {
        try (Progress progress = evtl.progress("recover", file.toFile().length())) {
            final Optional<Path> ring =
                    dryRun ? Optional.empty() : RingFile.notedFor(file).filter(noted -> RingFile.isOf(noted, file));
            if (ring.isPresent()) {
                return Answer.of(bringIn(ring.get(), progress));
            }
            return Answer.of(
                    dryRun ? JournalRecovery.plan(file, progress::at) : JournalRecovery.recover(file, progress::at));
        } catch (final CorruptJournalException e) {
            return Answer.of(e);
        } catch (final JournalLockedException e) {
            return new Answer("locked", Optional.empty(), e.getMessage(), ExitCode.IO_FAILURE);
        }
    }

    /** Refused while a process publishes into the ring, which would be told that the journal is closed. */
    private RecoveryReport bringIn(final Path ring, final Progress progress) {
        final RecoveryReport planned = JournalRecovery.plan(file, progress::at);
        final RingFile.Wanted found = RingFile.Wanted.as(ring);
        final JournalConfig config = JournalConfig.builder()
                .openMode(OpenMode.APPEND)
                .ringFile(ring)
                .ringSize(found.capacity())
                .maxPayloadLength(found.maxPayloadLength())
                .build();
        try (Journal journal = Journal.open(file, config)) {
            return journal.recovery().orElse(planned);
        }
    }

    private String text(final RecoveryReport report) {
        final String kept =
                (dryRun ? "would keep " : "kept ") + report.events() + " events up to offset " + report.validEnd();
        final String cutOff = report.cutFile()
                .map(cut -> kept + ", and cut off " + report.bytesZeroed() + " bytes into " + cut)
                .orElse(kept + ", nothing to cut off");
        final String broughtIn = report.ringEvents() + report.claimsLeft() == 0
                ? cutOff
                : cutOff + "; from the ring file " + report.ringEvents() + " events more, without "
                        + report.claimsLeft() + " claims that were never committed";
        return report.setAside()
                .map(aside ->
                        broughtIn + "; the ring file is of an earlier boot of the machine, which promises nothing, and "
                                + (dryRun ? "would be" : "was") + " set aside as " + aside)
                .orElse(broughtIn);
    }

    private void printJson(final Answer answer, final PrintWriter out) throws IOException {
        try (JsonGenerator generator = Json.to(out)) {
            generator.writeStartObject();
            generator.writeStringField("result", answer.result);
            generator.writeBooleanField("dryRun", dryRun);
            generator.writeNumberField(
                    "events", answer.report.map(RecoveryReport::events).orElse(0L));
            generator.writeNumberField(
                    "validEnd", answer.report.map(RecoveryReport::validEnd).orElse(0L));
            generator.writeNumberField(
                    "bytesZeroed",
                    answer.report.map(RecoveryReport::bytesZeroed).orElse(0L));
            generator.writeStringField(
                    "cutFile",
                    answer.report
                            .flatMap(RecoveryReport::cutFile)
                            .map(Path::toString)
                            .orElse(null));
            generator.writeNumberField(
                    "ringEvents", answer.report.map(RecoveryReport::ringEvents).orElse(0L));
            generator.writeNumberField(
                    "claimsLeft", answer.report.map(RecoveryReport::claimsLeft).orElse(0));
            generator.writeStringField(
                    "setAside",
                    answer.report
                            .flatMap(RecoveryReport::setAside)
                            .map(Path::toString)
                            .orElse(null));
            generator.writeStringField("reason", answer.reason);
            Json.end(generator);
        }
    }
}
