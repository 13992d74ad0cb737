package dev.evtl.bench.compare;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.github.freva.asciitable.AsciiTable;
import com.github.freva.asciitable.Column;
import com.github.freva.asciitable.ColumnData;
import com.github.freva.asciitable.HorizontalAlign;
import java.io.IOException;
import java.io.InputStream;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.HdrHistogram.Histogram;

/** Shows results: as a table, as JSON and as a page. */
final class Report {
    private static final int MAX_WHAT_WIDTH = 60;

    private final Results results;
    private final Map<String, String> facts;

    /**
     * For results.
     *
     * @param results to show
     * @param facts   that they must be read with
     */
    Report(final Results results, final Map<String, String> facts) {
        this.results = results;
        this.facts = facts;
    }

    String table() {
        final List<Row> brief = Row.of(results).stream().filter(Row::isBrief).toList();
        final List<ColumnData<Row>> columns = new ArrayList<>(List.of(
                column("what").maxWidth(MAX_WHAT_WIDTH).with(Row::what),
                column("contestant").maxWidth(MAX_WHAT_WIDTH).with(Row::contestant),
                column("median").dataAlign(HorizontalAlign.RIGHT).with(Row::median),
                column("least .. most").maxWidth(MAX_WHAT_WIDTH).with(Row::spread),
                column("of wall").dataAlign(HorizontalAlign.RIGHT).with(Row::ofWall),
                column("must be").with(Row::mustBe),
                column("is").with(Row::verdict)));
        if (results.otherRun().isPresent()) {
            columns.add(column("of the other run").with(Row::against));
        }
        return AsciiTable.builder()
                .border(AsciiTable.BASIC_ASCII_NO_DATA_SEPARATORS)
                .data(brief, columns)
                .asString();
    }

    private static Column column(final String header) {
        return new Column().header(header).headerAlign(HorizontalAlign.LEFT).dataAlign(HorizontalAlign.LEFT);
    }

    String json() throws IOException {
        final StringWriter text = new StringWriter();
        try (JsonGenerator json = new JsonFactory().createGenerator(text).useDefaultPrettyPrinter()) {
            json.writeStartObject();
            json.writeObjectFieldStart("facts");
            for (final Map.Entry<String, String> fact : facts.entrySet()) {
                json.writeStringField(fact.getKey(), fact.getValue());
            }
            json.writeEndObject();
            json.writeArrayFieldStart("notes");
            for (final String note : results.notes()) {
                json.writeString(note);
            }
            json.writeEndArray();
            json.writeArrayFieldStart("series");
            for (final Series series : results.series()) {
                write(json, series);
            }
            json.writeEndArray();
            json.writeArrayFieldStart("targets");
            for (final Target target : Target.of(results)) {
                write(json, target);
            }
            json.writeEndArray();
            json.writeEndObject();
        }
        return text.toString();
    }

    private void write(final JsonGenerator json, final Series series) throws IOException {
        json.writeStartObject();
        json.writeStringField("group", name(series.group()));
        json.writeStringField("id", series.contestant().id());
        json.writeStringField("label", series.contestant().label());
        json.writeStringField("role", name(series.contestant().role()));
        json.writeStringField("variant", series.variant());
        if (series.failure().isPresent()) {
            json.writeStringField("failure", series.failure().get());
        }
        json.writeObjectFieldStart("figures");
        for (final Figure figure : series.values().keySet()) {
            final Summary summary = series.summary(figure).orElseThrow();
            json.writeObjectFieldStart(name(figure));
            json.writeNumberField("median", summary.median());
            json.writeNumberField("min", summary.min());
            json.writeNumberField("max", summary.max());
            if (results.ofWall(series, figure).isPresent()) {
                json.writeNumberField("ofWall", results.ofWall(series, figure).getAsDouble());
            }
            json.writeArrayFieldStart("rounds");
            for (final double value : series.values().get(figure)) {
                json.writeNumber(value);
            }
            json.writeEndArray();
            json.writeEndObject();
        }
        json.writeEndObject();
        if (series.histogram().isPresent()) {
            final Histogram histogram = series.histogram().get();
            json.writeArrayFieldStart("percentiles");
            for (final var value : histogram.percentiles(2)) {
                json.writeStartArray();
                json.writeNumber(value.getPercentileLevelIteratedTo());
                json.writeNumber(value.getValueIteratedTo());
                json.writeEndArray();
            }
            json.writeEndArray();
        }
        json.writeEndObject();
    }

    private static void write(final JsonGenerator json, final Target target) throws IOException {
        json.writeStartObject();
        json.writeStringField("group", name(target.of().group()));
        json.writeStringField("id", target.of().id());
        json.writeStringField("variant", target.of().variant());
        json.writeStringField("figure", name(target.of().figure()));
        json.writeStringField("mustBe", target.mustBe());
        if (target.ratio().isPresent()) {
            json.writeNumberField("is", target.ratio().getAsDouble());
            json.writeBooleanField("met", target.isMet());
        }
        json.writeEndObject();
    }

    static String name(final Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }

    /** One page that needs nothing else: its pictures are in it. */
    String html() throws IOException {
        final StringBuilder factRows = new StringBuilder();
        facts.forEach((name, value) ->
                factRows.append("<tr><th>%s</th><td>%s</td></tr>%n".formatted(escape(name), escape(value))));
        final StringBuilder noteItems = new StringBuilder();
        results.notes().forEach(note -> noteItems.append("<li>%s</li>%n".formatted(escape(note))));
        final StringBuilder pictures = new StringBuilder();
        for (final Charts.Picture picture : Charts.draw(results)) {
            pictures.append("<img alt=\"%s\" width=\"%d\" src=\"data:image/png;base64,%s\">%n"
                    .formatted(
                            escape(picture.title()),
                            picture.width(),
                            Base64.getEncoder().encodeToString(picture.png())));
        }
        final StringBuilder rows = new StringBuilder();
        final StringBuilder targets = new StringBuilder();
        for (final Row row : Row.of(results)) {
            rows.append(html(row));
            if (!row.mustBe().isEmpty()) {
                targets.append(html(row));
            }
        }
        return template()
                .replace("${facts}", factRows)
                .replace("${notes}", noteItems)
                .replace("${pictures}", pictures)
                .replace("${targets}", targets)
                .replace("${rows}", rows);
    }

    private static String html(final Row row) {
        return "<tr class=\"%s\"><td>%s</td><td>%s</td><td class=n>%s</td><td class=n>%s</td><td class=n>%s</td><td>%s</td><td class=\"%s\">%s</td><td>%s</td></tr>%n"
                .formatted(
                        name(row.role()),
                        escape(row.what()),
                        escape(row.contestant()),
                        escape(row.median()),
                        escape(row.spread()),
                        escape(row.ofWall()),
                        escape(row.mustBe()),
                        name(row.state()),
                        escape(row.verdict()),
                        escape(row.against()));
    }

    private static String template() throws IOException {
        try (InputStream page = Report.class.getResourceAsStream("report.html")) {
            return new String(page.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private static String escape(final String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace("\"", "&quot;")
                .replace("\n", "<br>");
    }
}
