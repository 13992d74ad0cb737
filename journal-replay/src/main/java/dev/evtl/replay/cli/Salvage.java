package dev.evtl.replay.cli;

import dev.evtl.journal.JournalSalvage;
import dev.evtl.journal.SalvageReport;
import dev.evtl.journal.SalvageReport.LeftOut;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

@Command(
        name = "salvage",
        description = {
            "Makes a new, closed journal of every event that verifies in a damaged one, with a gap event in the place of"
                    + " each hole, and lists what was left out. The damaged one is only read, and must have no writer.",
            "Events that were accepted into its ring file, and are not in it, are added at the end.",
            "Of a claim that lost a member the others are kept. Sequence numbers behind a hole are not what they were."
        },
        exitCodeList = {
            "0:nothing is missing",
            "1:a file could not be read or written, OUT exists, or a writer has FILE open",
            "2:wrong usage",
            "3:all but a torn tail or unsynced data lost, as recover would keep",
            "4:events are missing, or their number or their sequence numbers are not known; or FILE is no journal, and"
                    + " there is no OUT"
        })
final class Salvage implements Callable<Integer> {
    @ParentCommand
    private Evtl evtl;

    @Spec
    private CommandSpec spec;

    @Parameters(index = "0", paramLabel = "FILE", description = "the damaged journal")
    private Path file;

    @Parameters(index = "1", paramLabel = "OUT", description = "the new journal; it must not exist")
    private Path newFile;

    @Option(names = "--json", description = "as a JSON object")
    private boolean json;

    @Override
    public Integer call() throws IOException {
        final SalvageReport report;
        try (Progress progress = evtl.progress("salvage", file.toFile().length())) {
            report = JournalSalvage.salvage(file, newFile, progress::at);
        }
        final PrintWriter out = spec.commandLine().getOut();
        if (json) {
            printJson(report, out);
        } else {
            print(report, out);
        }
        return switch (report.outcome()) {
            case COMPLETE -> ExitCode.GOOD;
            case TAIL_MISSING -> ExitCode.DATA_LOST;
            case INCOMPLETE -> ExitCode.CORRUPT;
        };
    }

    private void print(final SalvageReport report, final PrintWriter out) {
        out.println(Evtl.oneLine(file + ": " + Verify.word(report.outcome()) + ": " + report.events()
                + " events kept in " + newFile + ", " + (report.missingKnown() ? "" : "at least ")
                + report.missing() + " missing in " + report.leftOut().size() + " holes of " + report.bytesLeftOut()
                + " bytes, " + report.brokenClaims() + " claims broken"
                + (report.ringEvents() == 0 ? "" : ", and " + report.ringEvents() + " events from the ring file")));
        report.remarks().forEach(out::println);
        for (final LeftOut hole : report.leftOut()) {
            out.println("left out: offset=" + hole.offset() + " bytes=" + hole.length() + " events=" + hole.missing()
                    + " seq=" + hole.sequence() + " " + hole.reason());
        }
    }

    private static void printJson(final SalvageReport report, final PrintWriter out) throws IOException {
        try (JsonGenerator json = Json.to(out)) {
            json.writeStartObject();
            json.writeStringField("result", Verify.word(report.outcome()));
            json.writeNumberField("events", report.events());
            json.writeNumberField("ringEvents", report.ringEvents());
            json.writeNumberField("missing", report.missing());
            json.writeBooleanField("missingKnown", report.missingKnown());
            json.writeNumberField("brokenClaims", report.brokenClaims());
            json.writeNumberField("baseSequence", report.baseSequence());
            json.writeNumberField("bytesLeftOut", report.bytesLeftOut());
            json.writeArrayFieldStart("leftOut");
            for (final LeftOut hole : report.leftOut()) {
                json.writeStartObject();
                json.writeNumberField("offset", hole.offset());
                json.writeNumberField("bytes", hole.length());
                json.writeNumberField("events", hole.missing());
                json.writeNumberField("sequence", hole.sequence());
                json.writeStringField("reason", hole.reason());
                json.writeEndObject();
            }
            json.writeEndArray();
            json.writeArrayFieldStart("remarks");
            for (final String remark : report.remarks()) {
                json.writeString(remark);
            }
            json.writeEndArray();
            Json.end(json);
        }
    }
}
