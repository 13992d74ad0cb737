package dev.evtl.cli.stress;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.evtl.cli.console.Console;
import dev.evtl.cli.console.Json;
import dev.evtl.cli.console.Table;
import dev.evtl.cli.stress.StressResult.Accounting;
import dev.evtl.cli.verb.Result;
import dev.evtl.cli.verb.Verb;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/** Prints what {@link Stress} has found. */
final class StressReport implements Result {
    private final StressSettings settings;
    private final int warmUps;
    private final List<StressResult> rounds;
    private final StressResult result;
    private final Accounting accounting;

    /**
     * Of the rounds so many are warm-up, which count only if there are no others. If something is wrong in the last, it is
     * the one accounted for.
     */
    StressReport(final StressSettings settings, final int warmUps, final List<StressResult> rounds) {
        this.settings = settings;
        this.warmUps = warmUps;
        this.rounds = rounds;
        this.result = StressResult.median(rounds.size() > warmUps ? rounds.subList(warmUps, rounds.size()) : rounds);
        final Accounting last = rounds.get(rounds.size() - 1).accounting();
        this.accounting = last.problems().isEmpty() ? result.accounting() : last;
    }

    @Override
    public void print(final Console console) {
        final StressResult.Allocation allocation = result.allocation();
        Table.printFigures(
                console,
                List.of("figure", isMedian() ? "median" : "value"),
                List.of(
                        List.of("producers", count(settings.producers())),
                        List.of("payload, bytes", count(settings.payload())),
                        List.of("events in a claim", count(settings.batch())),
                        List.of("events/s asked for", settings.rate() == 0 ? "all they can" : count(settings.rate())),
                        List.of("when the ring is full", Verb.word(settings.policy())),
                        List.of("storage", Verb.word(settings.storage())),
                        List.of("appender", Verb.word(settings.appender())),
                        List.of("checksums", settings.checksums() ? "on" : "off"),
                        List.of("events before, to warm up", count(warmUps == 0 ? 0 : offered(0))),
                        List.of("offered", count(accounting.offered())),
                        List.of("journaled", count(accounting.journaled())),
                        List.of("journaled, bytes", count(accounting.journaledBytes())),
                        List.of("dropped", count(accounting.dropped())),
                        List.of("refused", count(accounting.refused())),
                        List.of("replayed and compared", count(accounting.replayed())),
                        List.of("mismatched", count(accounting.mismatched())),
                        List.of("events/s, until in the file", count(result.eventsPerSecond())),
                        List.of("MB/s, until in the file", megabytes(result.bytesPerSecond())),
                        List.of("seconds, until in the file", decimal(result.seconds(), 3)),
                        List.of("events/s, replayed and verified", count(result.replayEventsPerSecond())),
                        List.of("seconds, replay", decimal(result.replaySeconds(), 3)),
                        List.of("file, bytes", count(accounting.fileBytes())),
                        List.of("allocated bytes/event", decimal(allocation.total(), 4)),
                        List.of("- by publishers", decimal(allocation.publishers(), 4)),
                        List.of("- by appender", decimal(allocation.appender(), 4)),
                        List.of("- by replay", decimal(allocation.replay(), 4)),
                        List.of("ring, bytes", count(result.ringSize())),
                        List.of("ring used at the most, bytes", count(result.ringHighWaterMark())),
                        List.of("growths of the file", count(result.growths())),
                        List.of("forces before the close", count(result.forces()))));
        if (isMedian()) {
            Table.printFigures(
                    console,
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
                    IntStream.range(0, rounds.size()).mapToObj(this::round).toList());
        }
    }

    private boolean isMedian() {
        return rounds.size() - warmUps > 1;
    }

    private long offered(final int index) {
        return rounds.get(index).accounting().offered();
    }

    /** Returns which round the last was. */
    String lastRound() {
        return rounds.size() <= warmUps ? "warm-up" : "round " + (rounds.size() - warmUps);
    }

    private List<?> round(final int index) {
        final StressResult round = rounds.get(index);
        final Accounting accounting = round.accounting();
        return List.of(
                index < warmUps ? "warm-up" : Integer.toString(index - warmUps + 1),
                count(accounting.offered()),
                count(accounting.journaled()),
                count(accounting.dropped()),
                count(accounting.refused()),
                count(accounting.replayed()),
                count(accounting.mismatched()),
                count(round.eventsPerSecond()),
                megabytes(round.bytesPerSecond()),
                count(round.replayEventsPerSecond()),
                decimal(round.allocation().total(), 4));
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

    @Override
    public void writeFields(final JsonGenerator json) throws IOException {
        json.writeNumberField("producers", settings.producers());
        json.writeNumberField("payload", settings.payload());
        json.writeNumberField("batch", settings.batch());
        Json.unsigned(json, "rate", settings.rate());
        json.writeStringField("policy", Verb.word(settings.policy()));
        json.writeStringField("storage", Verb.word(settings.storage()));
        json.writeStringField("appender", Verb.word(settings.appender()));
        json.writeBooleanField("checksums", settings.checksums());
        writeFigures(json, accounting, result);
        json.writeArrayFieldStart("rounds");
        for (int i = 0; i < rounds.size(); i++) {
            json.writeStartObject();
            json.writeBooleanField("warmUp", i < warmUps);
            writeFigures(json, rounds.get(i).accounting(), rounds.get(i));
            json.writeEndObject();
        }
        json.writeEndArray();
    }

    private static void writeFigures(final JsonGenerator json, final Accounting accounting, final StressResult result)
            throws IOException {
        Json.unsigned(json, "offered", accounting.offered());
        Json.unsigned(json, "journaled", accounting.journaled());
        Json.unsigned(json, "dropped", accounting.dropped());
        Json.unsigned(json, "refused", accounting.refused());
        Json.unsigned(json, "replayed", accounting.replayed());
        Json.unsigned(json, "mismatched", accounting.mismatched());
        Json.unsigned(json, "droppedInGaps", accounting.droppedInGaps());
        Json.unsigned(json, "journaledBytes", accounting.journaledBytes());
        Json.unsigned(json, "fileBytes", accounting.fileBytes());
        json.writeNumberField("seconds", result.seconds());
        json.writeNumberField("eventsPerSecond", result.eventsPerSecond());
        json.writeNumberField("bytesPerSecond", result.bytesPerSecond());
        json.writeNumberField("replaySeconds", result.replaySeconds());
        json.writeNumberField("replayEventsPerSecond", result.replayEventsPerSecond());
        json.writeNumberField("allocatedBytesPerEvent", result.allocation().total());
        json.writeNumberField("publisherBytesPerEvent", result.allocation().publishers());
        json.writeNumberField("appenderBytesPerEvent", result.allocation().appender());
        json.writeNumberField("replayBytesPerEvent", result.allocation().replay());
        Json.unsigned(json, "ringSize", result.ringSize());
        Json.unsigned(json, "ringHighWaterMark", result.ringHighWaterMark());
        Json.unsigned(json, "growths", result.growths());
        Json.unsigned(json, "forces", result.forces());
    }
}
