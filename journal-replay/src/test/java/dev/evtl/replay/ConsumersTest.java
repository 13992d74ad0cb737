package dev.evtl.replay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.evtl.journal.BackPressure;
import dev.evtl.journal.EventBatch;
import dev.evtl.journal.Journal;
import dev.evtl.journal.JournalConfig;
import dev.evtl.journal.JournalScan;
import dev.evtl.journal.format.EventHeader;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConsumersTest {
    private static final String PAYLOAD_OF_EVERY_BYTE = IntStream.range(0, 256)
            .collect(StringBuilder::new, (s, i) -> s.append((char) i), StringBuilder::append)
            .toString();

    @TempDir
    Path directory;

    private final List<Throwable> errors = new ArrayList<>();

    private void dispatch(final Path file, final EventConsumer consumer) {
        try (JournalReader reader = JournalReader.open(file)) {
            new Dispatcher(reader, EventFilter.ALL, errors::add, List.of(consumer)).drain();
        }
        assertEquals(List.of(), errors);
    }

    @Test
    void counterCountsByTypeAndGapsAsTheirs() throws IOException {
        final TypeCounter counter = new TypeCounter();
        dispatch(TestFiles.golden("gap", directory), counter);
        dispatch(TestFiles.golden("closed", directory), counter);
        assertEquals(Map.of(1, 2L, 2, 1L, 7, 2L, 239, 2L, 240, 1L), counter.counts());
        assertEquals(List.of(1, 2, 7, 239, 240), List.copyOf(counter.counts().keySet()));
    }

    @Test
    void printerPrintsALineForEachEventAndGap() throws IOException {
        final StringWriter out = new StringWriter();
        dispatch(TestFiles.golden("gap", directory), new EventPrinter(out));
        final List<String> lines = out.toString().lines().toList();
        assertEquals(5, lines.size());
        assertEquals("seq=0 2023-11-14T22:13:20.000000001Z type=1 flags=0 length=0 ", lines.get(0));
        assertEquals("seq=1 2023-11-14T22:13:20.000000002Z type=7 flags=0 length=14 hello, journal", lines.get(1));
        assertEquals(
                "seq=3 2023-11-14T22:13:20.000000010Z gap: 12345 events dropped"
                        + " from 2023-11-14T22:13:20.000000003Z to 2023-11-14T22:13:20.000000009Z",
                lines.get(3));
        assertEquals("seq=4 2023-11-14T22:13:20.000000011Z type=2 flags=0 length=5 after", lines.get(4));
    }

    @Test
    void printerEscapesAllButPrintableAscii() {
        final Path file = directory.resolve("bytes.evtl");
        try (Journal journal = Journal.open(file)) {
            TestFiles.offer(journal.publisher(), 1, 0, PAYLOAD_OF_EVERY_BYTE);
            TestFiles.offer(journal.publisher(), 1, 0, "\u001b]0;title\u0007\u009b2J");
            TestFiles.offer(journal.publisher(), 1, 0, "right to left: \u00e2\u0080\u00ae"); // U+202E in UTF-8
        }
        final StringWriter out = new StringWriter();
        dispatch(file, new EventPrinter(out));
        final String[] lines = out.toString().split("\n", -1);
        assertEquals(4, lines.length);
        final StringBuilder expected = new StringBuilder();
        for (int b = 0; b < 256; b++) {
            expected.append(b < 32 || b > 126 ? String.format("\\x%02x", b) : b == '\\' ? "\\\\" : (char) b + "");
        }
        assertEquals("seq=0 1970-01-01T00:00:00.000000000Z type=1 flags=0 length=256 " + expected, lines[0]);
        assertEquals("\\x1b]0;title\\x07\\x9b2J", lines[1].substring(lines[1].indexOf("=13 ") + 4));
        assertEquals("right to left: \\xe2\\x80\\xae", lines[2].substring(lines[2].indexOf("=18 ") + 4));
    }

    @Test
    void timesAreIsoWithNanoseconds() {
        assertEquals("1970-01-01T00:00:00.000000000Z", EventPrinter.time(0));
        assertEquals("1969-12-31T23:59:59.999999999Z", EventPrinter.time(-1));
        assertEquals("2262-04-11T23:47:16.854775807Z", EventPrinter.time(Long.MAX_VALUE));
    }

    @Test
    void latencyIsTheClocksTimeLessTheTimestamp() {
        final LatencyHistogram latency = new LatencyHistogram(() -> 1_000);
        for (final long timestamp : new long[] {1_000, 990, 980, 1_001, Long.MAX_VALUE}) {
            latency.consume(event(timestamp));
        }
        assertEquals(3, latency.histogram().getTotalCount());
        assertEquals(0, latency.histogram().getMinValue());
        assertEquals(20, latency.histogram().getMaxValue());
        assertEquals(10, latency.histogram().getMean());
        assertEquals(2, latency.ahead());
    }

    private static JournalEvent event(final long timestamp) {
        final UnsafeBuffer bytes = new UnsafeBuffer(new byte[EventHeader.LENGTH]);
        EventHeader.encode(bytes, 0, timestamp, 1, 0, 0);
        return new JournalEvent().wrap(bytes, 0, 0, 64);
    }

    @Test
    void latencyOfAnyTimestampIsRecorded() {
        final LatencyHistogram latency = new LatencyHistogram(() -> Long.MAX_VALUE);
        for (final long timestamp : new long[] {Long.MIN_VALUE, -1, 0, 1, Long.MAX_VALUE}) {
            latency.consume(event(timestamp));
        }
        assertEquals(5, latency.histogram().getTotalCount());
        assertEquals(Long.MAX_VALUE, latency.histogram().getMaxValue());
    }

    @Test
    void copyHoldsTheSameEvents() throws IOException {
        final Path copy = directory.resolve("copy.evtl");
        try (Journal journal = Journal.open(
                copy, JournalConfig.builder().backPressure(BackPressure.BLOCK).build())) {
            final JournalCopy consumer = new JournalCopy(journal);
            assertEquals("copy:" + copy, consumer.name());
            dispatch(TestFiles.golden("second-file", directory), consumer);
        }
        assertEquals(JournalScan.Condition.CLEAN, JournalScan.of(copy).condition());
        final Lines lines = new Lines();
        try (JournalReader reader = JournalReader.open(copy)) {
            reader.forEach(lines::onEvent);
        }
        assertEquals(List.of(Lines.E1, Lines.E2, Lines.E3), lines.lines);
    }

    private Journal target(final int ringSize) {
        return Journal.open(
                directory.resolve("copy.evtl"),
                JournalConfig.builder()
                        .ringSize(ringSize)
                        .maxPayloadLength(112)
                        .backPressure(BackPressure.BLOCK)
                        .build());
    }

    /** Each event as its type, and + where the claim goes on. */
    private static String claims(final Path file) {
        final StringBuilder claims = new StringBuilder();
        try (JournalReader reader = JournalReader.open(file)) {
            reader.forEach(event -> claims.append(event.type()).append(event.moreOfClaim() ? "+" : " "));
        }
        return claims.toString();
    }

    @Test
    void copyKeepsClaimsWhole() throws IOException {
        final Path original = TestFiles.golden("group", directory);
        final Journal journal = target(1024);
        try (journal;
                JournalCopy copy = new JournalCopy(journal)) {
            dispatch(original, copy);
            dispatch(original, copy);
        }
        assertEquals("1 2+3+4 5 1 2+3+4 5 ", claims(journal.path()));
        final Lines lines = new Lines();
        final Lines expected = new Lines();
        try (JournalReader reader = JournalReader.open(journal.path());
                JournalReader other = JournalReader.open(original)) {
            reader.poll(lines, 5);
            other.poll(expected, 5);
        }
        assertEquals(expected.lines, lines.lines);
    }

    /** What is left on either side of an event that a filter keeps back is a claim of its own, and none is another's. */
    @ParameterizedTest
    @CsvSource({
        "'1,2,3,5', 1 2+3 5 ",
        "'1,2,4,5', 1 2 4 5 ",
        "'1,3,4,5', 1 3+4 5 ",
        "'1,2,3', 1 2+3 ",
        "2, 2 ",
        "'4,5', 4 5 "
    })
    void copyOfAPartOfAClaimIsAClaim(final String types, final String claims) throws IOException {
        final int[] passing =
                Stream.of(types.split(",")).mapToInt(Integer::parseInt).toArray();
        final Journal journal = target(1024);
        try (journal;
                JournalCopy copy = new JournalCopy(journal);
                JournalReader reader = JournalReader.open(TestFiles.golden("group", directory))) {
            new Dispatcher(reader, EventFilter.types(passing), errors::add, List.of(copy)).drain();
        }
        assertEquals(List.of(), errors);
        assertEquals(claims.strip(), claims(journal.path()).strip());
    }

    @Test
    void claimThatIsTooLongForTheOtherJournalIsAnErrorThatSaysSo() throws IOException {
        final Path original = directory.resolve("long.evtl");
        try (Journal journal = Journal.open(original)) {
            final EventBatch batch = journal.publisher().newBatch();
            TestFiles.offer(journal.publisher(), 1, 0, "before");
            assertTrue(batch.tryClaim(10, 1_000) > 0);
            for (int i = 0; i < 10; i++) {
                batch.next(2, 100);
            }
            assertTrue(batch.commit() > 0);
            TestFiles.offer(journal.publisher(), 3, 0, "after");
        }
        final Journal journal = target(1024);
        try (journal;
                JournalCopy copy = new JournalCopy(journal);
                JournalReader reader = JournalReader.open(original)) {
            final Dispatcher dispatcher = new Dispatcher(reader, EventFilter.ALL, errors::add, List.of(copy));
            assertEquals(12, dispatcher.drain());
            assertTrue(dispatcher.failed() > 0);
        }
        assertEquals(1, errors.size());
        final String message = errors.get(0).getMessage();
        assertTrue(message.contains("the claim that begins with sequence 1 is longer than the "), message);
        assertEquals("1 3 ", claims(journal.path()));
    }

    @Test
    void claimThatIsRefusedIsAnErrorAndNotCopiedInPart() throws IOException {
        final Journal journal = target(1024);
        journal.close();
        try (JournalReader reader = JournalReader.open(TestFiles.golden("group", directory))) {
            final Dispatcher dispatcher =
                    new Dispatcher(reader, EventFilter.ALL, errors::add, List.of(new JournalCopy(journal)));
            assertEquals(5, dispatcher.drain());
            assertEquals(2, dispatcher.delivered(), "events kept back for the claim");
            assertEquals(3, dispatcher.failed());
        }
        assertEquals(1, errors.size());
        assertTrue(errors.get(0).getMessage().contains("a claim of 3 events, "), errors.toString());
    }

    @Test
    void copyKeepsGapsAsGaps() throws IOException {
        final Journal journal = Journal.open(
                directory.resolve("copy.evtl"), JournalConfig.builder().build());
        final Path gap = TestFiles.golden("gap", directory);
        try (journal;
                JournalCopy copy = new JournalCopy(journal);
                JournalReader reader = JournalReader.open(gap)) {
            final Dispatcher dispatcher = new Dispatcher(reader, EventFilter.ALL, errors::add, List.of(copy));
            assertEquals(5, dispatcher.drain());
            assertEquals(5, dispatcher.delivered());
            assertEquals(0, dispatcher.failed());
        }
        assertEquals(gaps(gap), gaps(journal.path()));
        assertTrue(gaps(journal.path()).startsWith("12345 from "), gaps(journal.path()));
        assertEquals("1 7 239 240 2 ", claims(journal.path()));
    }

    private static String gaps(final Path file) {
        final StringBuilder gaps = new StringBuilder();
        try (JournalReader reader = JournalReader.open(file)) {
            reader.forEach(event -> {
                if (event.isGap()) {
                    gaps.append(event.dropped())
                            .append(" from ")
                            .append(event.firstDropTimestamp())
                            .append(" to ")
                            .append(event.lastDropTimestamp())
                            .append(" at ")
                            .append(event.timestamp());
                }
            });
        }
        return gaps.toString();
    }

    @Test
    void copyDoesNotTakeWhatTheOtherJournalRefuses() throws IOException {
        final Journal journal = Journal.open(directory.resolve("copy.evtl"));
        journal.close();
        try (JournalReader reader = JournalReader.open(TestFiles.golden("closed", directory))) {
            final Dispatcher dispatcher =
                    new Dispatcher(reader, EventFilter.ALL, errors::add, List.of(new JournalCopy(journal)));
            dispatcher.drain();
            assertEquals(3, dispatcher.failed());
        }
    }
}
