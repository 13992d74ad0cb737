package dev.evtl.cli.replay;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.evtl.cli.console.Console;
import dev.evtl.cli.console.Json;
import dev.evtl.cli.console.Table;
import dev.evtl.cli.verb.Result;
import dev.evtl.replay.Delivery;
import dev.evtl.replay.Dispatcher;
import dev.evtl.replay.EventConsumer;
import dev.evtl.replay.LatencyHistogram;
import dev.evtl.replay.TypeCounter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** What a replay came to: in all, for each consumer, and what consumers found out. */
record ReplayReport(
        Path file,
        long events,
        long bytes,
        long nanos,
        long dropped,
        Dispatcher dispatcher,
        List<String> names,
        List<EventConsumer> consumers)
        implements Result {
    private static final List<String> PERCENTILES = List.of("50", "90", "99", "99.9", "99.99");

    long failed() {
        return dispatcher.failed();
    }

    private double seconds() {
        return nanos / (double) TimeUnit.SECONDS.toNanos(1);
    }

    @Override
    public void print(final Console console) {
        console.print(file + ":");
        Table.print(
                console,
                List.of("events", "bytes", "dropped", "seconds", "events/s", "MB/s"),
                List.of(List.of(
                        events,
                        bytes,
                        dropped,
                        decimal("%.3f", seconds()),
                        decimal("%.0f", events / seconds()),
                        decimal("%.1f", bytes / 1e6 / seconds()))));
        final List<List<?>> rows = new ArrayList<>();
        for (int i = 0; i < names.size(); i++) {
            final Delivery delivery = dispatcher.deliveries().get(i);
            rows.add(List.of(
                    names.get(i),
                    delivery.delivered(),
                    delivery.failed(),
                    decimal("%.2f %%", 100 * delivery.successRate())));
        }
        Table.print(console, List.of("consumer", "delivered", "failed", "success"), rows);
        for (int i = 0; i < names.size(); i++) {
            if (consumers.get(i) instanceof final TypeCounter counter) {
                Table.printTypes(console, counter.counts());
            } else if (consumers.get(i) instanceof final LatencyHistogram latency) {
                Table.print(
                        console,
                        List.of(names.get(i), "nanoseconds"),
                        figures(latency).entrySet().stream()
                                .<List<?>>map(figure -> List.of(figure.getKey(), figure.getValue()))
                                .toList());
            }
        }
    }

    private static String decimal(final String format, final double number) {
        return String.format(Locale.ROOT, format, number);
    }

    @Override
    public void writeFields(final JsonGenerator json) throws IOException {
        json.writeStringField("file", file.toString());
        Json.unsigned(json, "events", events);
        Json.unsigned(json, "bytes", bytes);
        Json.unsigned(json, "dropped", dropped);
        json.writeNumberField("seconds", seconds());
        json.writeNumberField("eventsPerSecond", events / seconds());
        json.writeNumberField("bytesPerSecond", bytes / seconds());
        Json.unsigned(json, "delivered", dispatcher.delivered());
        Json.unsigned(json, "failed", dispatcher.failed());
        json.writeArrayFieldStart("consumers");
        for (int i = 0; i < names.size(); i++) {
            printJson(json, names.get(i), dispatcher.deliveries().get(i), consumers.get(i));
        }
        json.writeEndArray();
    }

    private static void printJson(
            final JsonGenerator json, final String name, final Delivery delivery, final EventConsumer consumer)
            throws IOException {
        json.writeStartObject();
        json.writeStringField("name", name);
        Json.unsigned(json, "delivered", delivery.delivered());
        Json.unsigned(json, "failed", delivery.failed());
        json.writeNumberField("successRate", delivery.successRate());
        if (consumer instanceof final TypeCounter counter) {
            Json.types(json, counter.counts());
        } else if (consumer instanceof final LatencyHistogram latency) {
            json.writeObjectFieldStart("latency");
            for (final Map.Entry<String, Long> figure : figures(latency).entrySet()) {
                Json.unsigned(json, figure.getKey(), figure.getValue());
            }
            json.writeEndObject();
        }
        json.writeEndObject();
    }

    /** Number of events recorded, of events ahead of the clock, and nanoseconds. */
    private static Map<String, Long> figures(final LatencyHistogram latency) {
        final Map<String, Long> figures = new LinkedHashMap<>();
        figures.put("count", latency.histogram().getTotalCount());
        figures.put("ahead", latency.ahead());
        figures.put("min", latency.histogram().getMinValue());
        for (final String percentile : PERCENTILES) {
            figures.put("p" + percentile, latency.histogram().getValueAtPercentile(Double.parseDouble(percentile)));
        }
        figures.put("max", latency.histogram().getMaxValue());
        return figures;
    }
}
