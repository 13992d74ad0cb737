package dev.evtl.replay.cli;

import dev.evtl.replay.cli.StressResult.Accounting;

import com.fasterxml.jackson.core.JsonGenerator;
import com.github.freva.asciitable.AsciiTable;
import com.github.freva.asciitable.Column;
import com.github.freva.asciitable.HorizontalAlign;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/** Prints what {@link Stress} has found. */
final class StressReport {
    private final StressSettings settings;
    private final List<StressResult> rounds;
    private final StressResult result;
    private final Accounting accounting;

    /** The first of several rounds is warm-up. If something is wrong in the last, it is the one accounted for. */
    StressReport(final StressSettings settings, final List<StressResult> rounds) {
        this.settings = settings;
        this.rounds = rounds;
        this.result = StressResult.median(rounds.size() == 1 ? rounds : rounds.subList(1, rounds.size()));
        final Accounting last = rounds.get(rounds.size() - 1).accounting();
        this.accounting = last.problems().isEmpty() ? result.accounting() : last;
    }

    void writeTable(final PrintWriter out) {
        final StressResult.Allocation allocation = result.allocation();
        out.println(table(List.of("figure", rounds.size() == 1 ? "value" : "median"), new String[][] {
            {"producers", count(settings.producers())},
            {"payload, bytes", count(settings.payload())},
            {"events in a claim", count(settings.batch())},
            {"events/s asked for", settings.rate() == 0 ? "all they can" : count(settings.rate())},
            {"when the ring is full", settings.policy().toString().toLowerCase(Locale.ROOT)},
            {"storage", settings.storage().toString().toLowerCase(Locale.ROOT)},
            {"checksums", settings.checksums() ? "on" : "off"},
            {"offered", count(accounting.offered())},
            {"journaled", count(accounting.journaled())},
            {"journaled, bytes", count(accounting.journaledBytes())},
            {"dropped", count(accounting.dropped())},
            {"refused", count(accounting.refused())},
            {"replayed and compared", count(accounting.replayed())},
            {"mismatched", count(accounting.mismatched())},
            {"events/s, until in the file", count(result.eventsPerSecond())},
            {"MB/s, until in the file", megabytes(result.bytesPerSecond())},
            {"seconds, until in the file", decimal(result.seconds(), 3)},
            {"events/s, replayed and verified", count(result.replayEventsPerSecond())},
            {"seconds, replay", decimal(result.replaySeconds(), 3)},
            {"file, bytes", count(accounting.fileBytes())},
            {"allocated bytes/event", decimal(allocation.total(), 4)},
            {"- by publishers", decimal(allocation.publishers(), 4)},
            {"- by appender", decimal(allocation.appender(), 4)},
            {"- by replay", decimal(allocation.replay(), 4)},
            {"ring, bytes", count(result.ringSize())},
            {"ring used at the most, bytes", count(result.ringHighWaterMark())},
            {"growths of the file", count(result.growths())},
            {"forces before the close", count(result.forces())},
        }));
        if (rounds.size() > 1) {
            out.println(table(
                    List.of(
                            "round",
                            "offered",
                            "journaled",
                            "dropped",
                            "refused",
                            "replayed",
                            "mismatched",
                            "events/s",
                            "MB/s",
                            "replay events/s",
                            "B/event"),
                    IntStream.range(0, rounds.size()).mapToObj(this::round).toArray(String[][]::new)));
        }
        out.flush();
    }

    private String[] round(final int index) {
        final StressResult round = rounds.get(index);
        final Accounting accounting = round.accounting();
        return new String[] {
            index == 0 ? "warm-up" : Integer.toString(index + 1),
            count(accounting.offered()),
            count(accounting.journaled()),
            count(accounting.dropped()),
            count(accounting.refused()),
            count(accounting.replayed()),
            count(accounting.mismatched()),
            count(round.eventsPerSecond()),
            megabytes(round.bytesPerSecond()),
            count(round.replayEventsPerSecond()),
            decimal(round.allocation().total(), 4)
        };
    }

    private static String table(final List<String> headers, final String[][] rows) {
        final Column[] columns = headers.stream()
                .map(header -> new Column().header(header).dataAlign(HorizontalAlign.RIGHT))
                .toArray(Column[]::new);
        columns[0].dataAlign(HorizontalAlign.LEFT);
        return AsciiTable.getTable(AsciiTable.BASIC_ASCII_NO_DATA_SEPARATORS, columns, rows);
    }

    private static String count(final double value) {
        return decimal(value, 0);
    }

    private static String megabytes(final double bytes) {
        return decimal(bytes / 1e6, 1);
    }

    private static String decimal(final double value, final int digits) {
        return String.format(Locale.ROOT, "%,." + digits + "f", value);
    }

    void writeJson(final PrintWriter out) throws IOException {
        try (JsonGenerator json = Json.to(out)) {
            json.writeStartObject();
            json.writeNumberField("producers", settings.producers());
            json.writeNumberField("payload", settings.payload());
            json.writeNumberField("batch", settings.batch());
            json.writeNumberField("rate", settings.rate());
            json.writeStringField("policy", settings.policy().toString().toLowerCase(Locale.ROOT));
            json.writeStringField("storage", settings.storage().toString().toLowerCase(Locale.ROOT));
            json.writeBooleanField("checksums", settings.checksums());
            writeFigures(json, accounting, result);
            json.writeArrayFieldStart("rounds");
            for (int i = 0; i < rounds.size(); i++) {
                json.writeStartObject();
                json.writeBooleanField("warmUp", i == 0 && rounds.size() > 1);
                writeFigures(json, rounds.get(i).accounting(), rounds.get(i));
                json.writeEndObject();
            }
            json.writeEndArray();
            Json.end(json);
        }
        out.flush();
    }

    private static void writeFigures(final JsonGenerator json, final Accounting accounting, final StressResult result)
            throws IOException {
        json.writeNumberField("offered", accounting.offered());
        json.writeNumberField("journaled", accounting.journaled());
        json.writeNumberField("dropped", accounting.dropped());
        json.writeNumberField("refused", accounting.refused());
        json.writeNumberField("replayed", accounting.replayed());
        json.writeNumberField("mismatched", accounting.mismatched());
        json.writeNumberField("droppedInGaps", accounting.droppedInGaps());
        json.writeNumberField("journaledBytes", accounting.journaledBytes());
        json.writeNumberField("fileBytes", accounting.fileBytes());
        json.writeNumberField("seconds", result.seconds());
        json.writeNumberField("eventsPerSecond", result.eventsPerSecond());
        json.writeNumberField("bytesPerSecond", result.bytesPerSecond());
        json.writeNumberField("replaySeconds", result.replaySeconds());
        json.writeNumberField("replayEventsPerSecond", result.replayEventsPerSecond());
        json.writeNumberField("allocatedBytesPerEvent", result.allocation().total());
        json.writeNumberField("publisherBytesPerEvent", result.allocation().publishers());
        json.writeNumberField("appenderBytesPerEvent", result.allocation().appender());
        json.writeNumberField("replayBytesPerEvent", result.allocation().replay());
        json.writeNumberField("ringSize", result.ringSize());
        json.writeNumberField("ringHighWaterMark", result.ringHighWaterMark());
        json.writeNumberField("growths", result.growths());
        json.writeNumberField("forces", result.forces());
    }
}
