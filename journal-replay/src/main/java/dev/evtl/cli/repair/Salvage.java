package dev.evtl.cli.repair;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.evtl.cli.console.Console;
import dev.evtl.cli.console.Json;
import dev.evtl.cli.console.Progress;
import dev.evtl.cli.verb.ExitCode;
import dev.evtl.cli.verb.FileVerb;
import dev.evtl.cli.verb.Result;
import dev.evtl.cli.verb.ResultOutput;
import dev.evtl.journal.JournalSalvage;
import dev.evtl.journal.SalvageReport;
import dev.evtl.journal.SalvageReport.LeftOut;
import dev.evtl.journal.exceptions.JournalException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Makes a new journal of what verifies in a damaged one. */
@Command(
        name = "salvage",
        description = {
            "Makes a new, closed journal of every event that verifies in a damaged one, with a gap event in the place of"
                    + " each hole, and lists what was left out. The damaged one is only read, and must have no writer.",
            "Events that were accepted into its ring file, and are not in it, are added at the end.",
            "Of a claim that lost a member the others are kept. Sequence numbers behind a hole are not what they were.",
            "Of a journal of several files it takes one file at a time."
        },
        exitCodeList = {
            "0:nothing is missing",
            "1:a file could not be read or written, OUT exists, or a writer has FILE open",
            "2:wrong usage",
            "3:all but a torn tail or unsynced data lost, as recover would keep",
            "4:events are missing, or their number or their sequence numbers are not known; or FILE is no journal, and"
                    + " there is no OUT"
        })
public final class Salvage extends FileVerb {
    @Parameters(index = "1", paramLabel = "OUT", description = "the new journal; it must not exist")
    private Path newFile;

    @Mixin
    private ResultOutput output;

    public Salvage(final Console console) {
        super(console);
    }

    private record Answer(Path file, Path newFile, SalvageReport report) implements Result {
        @Override
        public void print(final Console console) {
            console.print(file + ": " + word(report.outcome()) + ": " + report.events()
                    + " events kept in " + newFile + ", " + (report.missingKnown() ? "" : "at least ")
                    + report.missing() + " missing in " + report.leftOut().size() + " holes of " + report.bytesLeftOut()
                    + " bytes, " + report.brokenClaims() + " claims broken"
                    + (report.ringEvents() == 0 ? "" : ", and " + report.ringEvents() + " events from the ring file"));
            report.remarks().forEach(console::print);
            for (final LeftOut hole : report.leftOut()) {
                console.print("left out: offset=" + hole.offset() + " bytes=" + hole.length() + " events="
                        + hole.missing() + " seq=" + hole.sequence() + " " + hole.reason());
            }
        }

        @Override
        public void writeFields(final JsonGenerator json) throws IOException {
            json.writeStringField("file", file.toString());
            json.writeStringField("out", newFile.toString());
            json.writeStringField("result", word(report.outcome()));
            Json.unsigned(json, "events", report.events());
            Json.unsigned(json, "ringEvents", report.ringEvents());
            Json.unsigned(json, "missing", report.missing());
            json.writeBooleanField("missingKnown", report.missingKnown());
            Json.unsigned(json, "brokenClaims", report.brokenClaims());
            Json.unsigned(json, "baseSequence", report.baseSequence());
            Json.unsigned(json, "bytesLeftOut", report.bytesLeftOut());
            json.writeArrayFieldStart("leftOut");
            for (final LeftOut hole : report.leftOut()) {
                json.writeStartObject();
                Json.unsigned(json, "offset", hole.offset());
                Json.unsigned(json, "bytes", hole.length());
                Json.unsigned(json, "events", hole.missing());
                Json.unsigned(json, "sequence", hole.sequence());
                json.writeStringField("reason", hole.reason());
                json.writeEndObject();
            }
            json.writeEndArray();
            json.writeArrayFieldStart("remarks");
            for (final String remark : report.remarks()) {
                json.writeString(remark);
            }
            json.writeEndArray();
        }
    }

    @Override
    public Integer call() throws IOException {
        if (Files.isDirectory(file())) {
            throw new JournalException(file() + ": is a journal of several files, which are salvaged one by one; name"
                    + " the one that verify names, and OUT; recover mends what a writer left");
        }
        final SalvageReport report;
        try (Progress progress = progress("salvage", file())) {
            report = JournalSalvage.salvage(file(), newFile, progress::at);
        }
        output.print(new Answer(file(), newFile, report), console());
        return switch (report.outcome()) {
            case COMPLETE -> ExitCode.GOOD;
            case TAIL_MISSING -> ExitCode.DATA_LOST;
            case INCOMPLETE -> ExitCode.CORRUPT;
        };
    }
}
