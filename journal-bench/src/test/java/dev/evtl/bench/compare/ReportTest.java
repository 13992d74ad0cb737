package dev.evtl.bench.compare;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;

class ReportTest {
    private static final String RATE = Comparison.rateLabel(1_000_000);

    private final Results results = new Results();
    private final Report report = new Report(results, Map.of("command", "compare --quick"));

    private static Contestant peer(final String id) {
        return new Contestant(id, "<b>" + id + "</b>", Role.PEER, Set.of(), 1, List.of(), (d, n) -> null, d -> null);
    }

    private void addRates(final Group group, final Contestant contestant, final double... values) {
        final Series series = results.add(group, contestant, "");
        for (final double value : values) {
            series.add(Figure.EVENTS_PER_SECOND, value);
        }
    }

    private void addTimes(final Contestant contestant, final long... nanos) {
        final Series series = results.add(Group.CALLER, contestant, RATE);
        for (final long value : nanos) {
            final Histogram histogram = new Histogram(1_000_000_000, 3);
            histogram.recordValue(value);
            series.add(histogram);
        }
    }

    private void addSomething() {
        addRates(Group.WRITE, Roster.find(Roster.WALL), 100e6, 120e6, 80e6);
        addRates(Group.WRITE, Roster.find(Roster.EACH), 30e6, 10e6, 31e6);
        addRates(Group.WRITE, peer("chronicle-a"), 4e6, 5e6, 6e6);
        addRates(Group.WRITE, peer("chronicle-b"), 3e6, 3e6, 3e6);
        results.add(Group.WRITE, peer("broken"), "").fail("broken: \"why\" & <how>");
        addTimes(Roster.find(Roster.EACH), 60, 50, 40);
        addTimes(peer("chronicle-a"), 100, 100, 100);
        results.note("a note");
    }

    private String verdict(final Group group, final String id, final Figure figure) {
        return Target.of(results).stream()
                .filter(t -> t.of().group() == group && t.of().id().equals(id) && t.of().figure() == figure)
                .findFirst()
                .orElseThrow()
                .verdict();
    }

    @Test
    void targetsAreHeldAgainstTheBetterOfChroniclesModes() {
        addSomething();

        assertEquals("6.00, met", verdict(Group.WRITE, Roster.EACH, Figure.EVENTS_PER_SECOND));
        assertEquals("0.50, met", verdict(Group.CALLER, Roster.EACH, Figure.P50));
        assertEquals("0.50, NOT MET", verdict(Group.CALLER, Roster.EACH, Figure.P99));
        assertEquals("not measured", verdict(Group.READ, Roster.VERIFIED, Figure.EVENTS_PER_SECOND));
    }

    @Test
    void tableShowsMedianSpreadAndShareOfTheWall() {
        addSomething();

        final String line = report.table()
                .lines()
                .filter(l -> l.contains("EVTL, a claim each") && l.contains("events/s"))
                .findFirst()
                .orElseThrow();
        assertEquals(
                List.of(
                        "write until in the file: events/s",
                        "EVTL, a claim each",
                        "30.0 M",
                        "10.0 M .. 31.0 M",
                        "0.30",
                        "at least 2.00 x Chronicle",
                        "6.00, met"),
                List.of(line.substring(1).strip().split("\\s*\\|\\s*")));
        assertTrue(report.table().contains("broken: \"why\" & <how>"));
    }

    @Test
    void jsonParsesAndHoldsEveryRound() throws IOException {
        addSomething();

        final Set<String> names = new TreeSet<>();
        int values = 0;
        try (JsonParser json = new JsonFactory().createParser(report.json())) {
            boolean inRounds = false;
            for (JsonToken token = json.nextToken(); token != null; token = json.nextToken()) {
                if (token == JsonToken.FIELD_NAME) {
                    names.add(json.currentName());
                    inRounds = json.currentName().equals("rounds");
                } else if (inRounds && token.isNumeric()) {
                    values++;
                }
            }
        }
        assertTrue(
                names.containsAll(Set.of("facts", "notes", "series", "targets", "failure", "percentiles", "ofWall")));
        assertEquals(4 * 3 + 2 * 3 * Figure.PERCENTILES.size(), values);
    }

    @Test
    void pageRefersToNothingOutsideAndShowsItsPictures() throws IOException {
        addSomething();

        final String page = report.html();
        assertFalse(Pattern.compile("https?:|src=\"(?!data:)|href=|url\\(|@import|\\$\\{")
                .matcher(page)
                .find());
        assertEquals(2, page.split("<img ", -1).length - 1);
        assertTrue(page.contains("broken: &quot;why&quot; &amp; &lt;how>"));
        assertFalse(page.contains("<b>"));
        assertTrue(page.contains("compare --quick"));
        assertTrue(page.contains("<li>a note</li>"));
    }
}
