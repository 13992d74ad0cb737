package dev.evtl.cli.copy;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.evtl.cli.console.Console;
import dev.evtl.cli.console.Json;
import dev.evtl.cli.console.Progress;
import dev.evtl.cli.verb.ExitCode;
import dev.evtl.cli.verb.FileVerb;
import dev.evtl.cli.verb.Result;
import dev.evtl.cli.verb.ResultOutput;
import dev.evtl.journal.BackupReport;
import dev.evtl.journal.JournalBackup;
import java.io.IOException;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Copies a journal while it is written. */
@Command(
        name = "backup",
        description = {
            "Makes a copy of a journal, which may be written meanwhile, or brings one up to date: only what is new is copied.",
            "Every event in the copy is verified, and each of its files is closed at the end of a claim, so that it is a"
                    + " journal of its own. What waits in a ring file is not in it.",
            "The journal is only read. A target that is another journal's, was written to, or holds events that the journal"
                    + " lost since, is refused and left as it was.",
            "After an interruption the next backup goes on where that one was."
        })
public final class Backup extends FileVerb {
    @Parameters(
            index = "1",
            paramLabel = "TARGET",
            description = "the copy: a file for a file, a directory for a directory; made if there is none")
    private Path target;

    @Mixin
    private ResultOutput output;

    public Backup(final Console console) {
        super(console);
    }

    private record Answer(Path file, Path target, BackupReport report) implements Result {
        @Override
        public void print(final Console console) {
            console.print(
                    target + ": " + report.eventsCopied() + " events of " + report.bytesCopied() + " bytes copied; has "
                            + (report.nextSequence() - report.firstSequence()) + " events in " + report.files()
                            + (report.files() == 1 ? " file" : " files") + ", the next to come is sequence "
                            + report.nextSequence());
        }

        @Override
        public void writeFields(final JsonGenerator json) throws IOException {
            json.writeStringField("file", file.toString());
            json.writeStringField("target", target.toString());
            json.writeNumberField("files", report.files());
            json.writeNumberField("filesWritten", report.filesWritten());
            Json.unsigned(json, "eventsCopied", report.eventsCopied());
            Json.unsigned(json, "bytesCopied", report.bytesCopied());
            Json.unsigned(json, "firstSequence", report.firstSequence());
            Json.unsigned(json, "nextSequence", report.nextSequence());
            Json.unsigned(json, "eventCount", report.nextSequence() - report.firstSequence());
        }
    }

    @Override
    public Integer call() throws IOException {
        final BackupReport report;
        try (Progress progress = progress("backup", file())) {
            report = JournalBackup.backup(file(), target, progress::at);
        }
        output.print(new Answer(file(), target, report), console());
        return ExitCode.GOOD;
    }
}
