package dev.evtl.bench.compare;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** Another run, out of its {@code compare.json}. */
final class OtherRun {
    private final Map<String, String> facts = new HashMap<>();
    private final Map<String, Summary> summaries = new HashMap<>();

    private OtherRun() {}

    /**
     * Reads one.
     *
     * @param file that holds what {@link Report#json} gave
     * @return the run
     * @throws IOException if it cannot be read, or is no JSON
     */
    static OtherRun read(final Path file) throws IOException {
        final OtherRun run = new OtherRun();
        final Map<String, Double> numbers = new HashMap<>();
        try (JsonParser json = new JsonFactory().createParser(file.toFile())) {
            for (JsonToken token = json.nextToken(); token != null; token = json.nextToken()) {
                if (token == JsonToken.START_OBJECT) {
                    numbers.clear();
                } else if (token == JsonToken.VALUE_STRING && json.currentName() != null) {
                    run.facts.put(json.currentName(), json.getText());
                } else if (token.isNumeric() && json.currentName() != null) {
                    numbers.put(json.currentName(), json.getDoubleValue());
                } else if (token == JsonToken.END_OBJECT && numbers.containsKey("median")) {
                    run.add(json.currentName(), numbers);
                    numbers.clear();
                }
            }
        }
        return run;
    }

    /** The names that were read last are those of the series that a figure is in. */
    private void add(final String figure, final Map<String, Double> numbers) {
        summaries.put(
                key(facts.get("group"), facts.get("id"), facts.get("variant"), figure),
                new Summary(numbers.get("median"), numbers.get("min"), numbers.get("max")));
    }

    private static String key(final String group, final String id, final String variant, final String figure) {
        return String.join("\n", group, id, variant, figure);
    }

    /** What it says of itself, such as its JDK. */
    Optional<String> fact(final String name) {
        return Optional.ofNullable(facts.get(name));
    }

    /** A figure of a series, if it has it. */
    Optional<Summary> summary(final Series series, final Figure figure) {
        return Optional.ofNullable(summaries.get(
                key(Report.name(series.group()), series.contestant().id(), series.variant(), Report.name(figure))));
    }
}
