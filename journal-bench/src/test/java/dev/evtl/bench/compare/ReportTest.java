package dev.evtl.bench.compare;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReportTest {
    private static final String STALL_RATE = Comparison.rateLabel(Comparison.STALL_RATES.get(0));
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
    void aStallOfAMillisecondIsShortWhateverChronicleHas() {
        for (final String id : List.of(Roster.EACH, Roster.PUBLISHERS)) {
            results.add(Group.STALL, Roster.find(id), STALL_RATE)
                    .add(Figure.MAX, id.equals(Roster.EACH) ? 900_000 : 1_500_000);
        }
        results.add(Group.STALL, peer("chronicle-a"), STALL_RATE).add(Figure.MAX, 1_000_000);

        assertEquals("0.90, met", verdict(Group.STALL, Roster.EACH, Figure.MAX));
        assertEquals("1.50, NOT MET", verdict(Group.STALL, Roster.PUBLISHERS, Figure.MAX));
    }

    @Test
    void everyTargetBelongsToWhatTakesPart() {
        for (final Target target : Target.of(results)) {
            assertTrue(
                    Roster.find(target.of().id()).groups().contains(target.of().group()), target::toString);
        }
    }

    @Test
    void theShortFormMeasuresAllThatHasTargetsButFilesPastMemory() {
        final Set<Group> groups =
                Target.of(results).stream().map(t -> t.of().group()).collect(Collectors.toSet());
        groups.remove(Group.COLD);

        assertTrue(Settings.quick().groups().containsAll(groups));
    }

    @Test
    void tableShowsEveryRowThatHasATarget() {
        results.add(Group.VISIBLE, Roster.find(Roster.EACH), Comparison.rateLabel(100_000))
                .add(Figure.P99, 700);

        assertTrue(report.table().contains("offer to visible in another process, 100 k/s: p99"), report.table());
    }

    @Test
    void whatIsBeyondAllRoundsOfAnotherRunIsWorse(@TempDir final Path directory) throws IOException {
        addSomething();
        final Path json = Files.writeString(directory.resolve("compare.json"), report.json());
        final Results later = new Results();
        later.holdAgainst(OtherRun.read(json));
        later.add(Group.WRITE, Roster.find(Roster.EACH), "not in the other").add(Figure.EVENTS_PER_SECOND, 9e6);
        later.add(Group.WRITE, Roster.find(Roster.EACH), "").add(Figure.EVENTS_PER_SECOND, 9e6);
        later.add(Group.CALLER, Roster.find(Roster.EACH), RATE).add(Figure.P50, 60);

        final List<String> against = Row.of(later).stream().map(Row::against).toList();
        assertEquals(List.of("", "0.30, worse", "1.20"), against);
        assertEquals("compare --quick", OtherRun.read(json).fact("command").orElseThrow());
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
                        "write until in the file, warm: events/s",
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
