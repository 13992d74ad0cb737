package dev.evtl.cli.cat;

import static dev.evtl.cli.Ran.evtl;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.evtl.cli.Ran;
import dev.evtl.journal.BackPressure;
import dev.evtl.journal.Journal;
import dev.evtl.journal.JournalConfig;
import dev.evtl.replay.TestFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CatTest {
    private static final String HELLO = "68656c6c6f2c206a6f75726e616c";
    private static final String BYTES = IntStream.range(0, 768)
                    .mapToObj(i -> String.format("%02x", i & 0xFF))
                    .reduce("", String::concat)
            + "78";
    private static final String GAP = "393000000000000003002a36fe9c971709002a36fe9c9717";

    @TempDir
    Path directory;

    private Path golden(final String name) throws IOException {
        return TestFiles.golden(name, directory);
    }

    @Test
    void textIsALineForEachEventWithItsOffset() throws IOException {
        final Ran ran = evtl("cat", golden("gap"));
        assertEquals(0, ran.code());
        assertEquals("", ran.err());
        final List<String> lines = ran.lines();
        assertEquals(5, lines.size());
        assertEquals("offset=64 seq=0 2023-11-14T22:13:20.000000001Z type=1 flags=0 length=0 ", lines.get(0));
        assertEquals(
                "offset=80 seq=1 2023-11-14T22:13:20.000000002Z type=7 flags=0 length=14 hello, journal", lines.get(1));
        assertTrue(lines.get(2).startsWith("offset=110 seq=2 "), lines.get(2));
        assertTrue(lines.get(2).contains(" type=239 flags=15 length=769 \\x00\\x01\\x02"), lines.get(2));
        assertEquals(
                "offset=895 seq=3 2023-11-14T22:13:20.000000010Z gap: 12345 events dropped"
                        + " from 2023-11-14T22:13:20.000000003Z to 2023-11-14T22:13:20.000000009Z",
                lines.get(3));
        assertEquals("offset=935 seq=4 2023-11-14T22:13:20.000000011Z type=2 flags=0 length=5 after", lines.get(4));
        assertEquals(ran.out(), evtl("cat", "-o", "text", golden("gap")).out());
    }

    @Test
    void textOfAnyPayloadIsPrintableAscii() {
        final Path file = directory.resolve("bytes.evtl");
        final String all = IntStream.range(0, 256)
                .collect(StringBuilder::new, (s, i) -> s.append((char) i), StringBuilder::append)
                .toString();
        try (Journal journal = Journal.open(file)) {
            TestFiles.offer(journal.publisher(), 1, 1, all);
        }
        final Ran ran = evtl("cat", file);
        assertEquals(1, ran.lines().size());
        assertTrue(ran.out().matches("[ -~]*\n"), ran.out());
        assertTrue(ran.out().contains("\\x1b\\x1c"), ran.out());
    }

    @Test
    void jsonlIsAnObjectForEachEvent() throws IOException {
        final Ran ran = evtl("cat", "-o", "jsonl", golden("gap"));
        assertEquals(0, ran.code());
        assertEquals(
                List.of(
                        "{\"seq\":0,\"offset\":64,\"timestamp\":1700000000000000001,"
                                + "\"time\":\"2023-11-14T22:13:20.000000001Z\",\"type\":1,\"flags\":0,"
                                + "\"length\":0,\"payload\":\"\"}",
                        "{\"seq\":1,\"offset\":80,\"timestamp\":1700000000000000002,"
                                + "\"time\":\"2023-11-14T22:13:20.000000002Z\",\"type\":7,\"flags\":0,"
                                + "\"length\":14,\"payload\":\"" + HELLO + "\"}",
                        "{\"seq\":2,\"offset\":110,\"timestamp\":1700000000000000002,"
                                + "\"time\":\"2023-11-14T22:13:20.000000002Z\",\"type\":239,\"flags\":15,"
                                + "\"length\":769,\"payload\":\"" + BYTES + "\"}",
                        "{\"seq\":3,\"offset\":895,\"timestamp\":1700000000000000010,"
                                + "\"time\":\"2023-11-14T22:13:20.000000010Z\",\"type\":240,\"flags\":0,"
                                + "\"length\":24,\"payload\":\"" + GAP + "\",\"dropped\":12345,"
                                + "\"firstTimestamp\":1700000000000000003,"
                                + "\"firstTime\":\"2023-11-14T22:13:20.000000003Z\","
                                + "\"lastTimestamp\":1700000000000000009,"
                                + "\"lastTime\":\"2023-11-14T22:13:20.000000009Z\"}",
                        "{\"seq\":4,\"offset\":935,\"timestamp\":1700000000000000011,"
                                + "\"time\":\"2023-11-14T22:13:20.000000011Z\",\"type\":2,\"flags\":0,"
                                + "\"length\":5,\"payload\":\"6166746572\"}"),
                ran.lines());
        for (final String line : ran.lines()) {
            assertTrue(Ran.json(line)
                    .keySet()
                    .containsAll(List.of("seq", "offset", "timestamp", "type", "flags", "length", "payload")));
        }
    }

    @Test
    void csvHasHeadingsAndALineForEachEvent() throws IOException {
        assertEquals(
                List.of(
                        "seq,offset,timestamp,type,flags,length,payload,dropped,more",
                        "0,64,1700000000000000001,1,0,0,,,",
                        "1,80,1700000000000000002,7,0,14," + HELLO + ",,",
                        "2,110,1700000000000000002,239,15,769," + BYTES + ",,",
                        "3,895,1700000000000000010,240,0,24," + GAP + ",12345,",
                        "4,935,1700000000000000011,2,0,5,6166746572,,"),
                evtl("cat", "-o", "csv", golden("gap")).lines());
    }

    @Test
    void eventsWhoseClaimGoesOnAreMarkedAsSuch() throws IOException {
        final Path file = golden("group");
        final List<Object> more = new ArrayList<>();
        for (final String line : evtl("cat", "-o", "jsonl", file).lines()) {
            final Map<?, ?> event = Ran.json(line);
            more.add(event.containsKey("more") ? event.get("more") : "absent");
        }
        assertEquals(List.of("absent", true, true, "absent", "absent"), more);
        assertEquals(
                List.of(",more", ",", ",true", ",true", ",", ","),
                evtl("cat", "-o", "csv", file).lines().stream()
                        .map(line -> line.substring(line.lastIndexOf(',')))
                        .toList());
        assertEquals(
                List.of(
                        " flags=0 length=5 alone",
                        " flags=0 more length=14 first of three",
                        " flags=1 more length=6 second",
                        " flags=1 length=5 third",
                        " flags=0 length=11 alone again"),
                evtl("cat", file).lines().stream()
                        .map(line -> line.substring(line.indexOf(" flags=")))
                        .toList());
    }

    @Test
    void hexIsNothingButPayloadsAndTellsGapsOnStandardError() throws IOException {
        final Ran ran = evtl("cat", "--output=HEX", golden("gap"));
        assertEquals(0, ran.code());
        assertEquals("\n" + HELLO + "\n" + BYTES + "\n6166746572\n", ran.out());
        assertEquals("evtl: " + golden("gap") + ": gap at offset 895, sequence 3: 12345 events dropped", ran.error());
    }

    @Test
    void helpSaysWhatEachFormatIs() {
        final String help = evtl("cat", "--help").out().replaceAll("\\s+", " ");
        assertTrue(help.contains("text, jsonl, csv, hex; default text text: for people,"), help);
        assertTrue(
                help.contains(
                        "jsonl: an object a line, payload in hex; of several journals with the file of each event csv: "),
                help);
    }

    @ParameterizedTest
    @CsvSource({
        "second-file, 1048576 1048577 1048578",
        "no-checksums, 0 1 2",
        "open-preallocated, 0 1 2",
        "crashed-unpublished, 0",
        "crashed-torn, 0 1",
        "group, 0 1 2 3 4",
        "gap, 0 1 2 3 4",
        "empty, ''"
    })
    void goldenFilesAreShownAsFarAsTheyWerePublished(final String name, final String sequences) throws IOException {
        final Ran ran = evtl("cat", "-o", "jsonl", golden(name));
        assertEquals(0, ran.code());
        assertEquals(sequences, sequences(ran));
    }

    @ParameterizedTest
    @CsvSource({"corrupt-payload, 4, 0", "power-loss, 3, 0 1", "crashed-group, 3, 0"})
    void whatLiesBeforeDamageIsShown(final String name, final int code, final String sequences) throws IOException {
        final Ran ran = evtl("cat", "-o", "jsonl", golden(name));
        assertEquals(code, ran.code());
        assertEquals(sequences, sequences(ran));
        assertTrue(ran.error().startsWith("evtl: "), ran.err());
    }

    private static String sequences(final Ran ran) throws IOException {
        final List<String> sequences = new ArrayList<>();
        for (final String line : ran.lines()) {
            final Map<?, ?> event = Ran.json(line);
            sequences.add(event.get("seq").toString());
        }
        return String.join(" ", sequences);
    }

    /** Of 2,000 events of types 1 to 9 in turn, at T0 + sequence. */
    @ParameterizedTest
    @CsvSource({
        "--seq 5..7, 5 6 7",
        "--seq ..2, 0 1 2",
        "--seq 1998.., 1998 1999",
        "--seq 450, 450",
        "--seq .. -n 2, 0 1",
        "--seq 2000.., ''",
        "-n 0, ''",
        "-n 3, 0 1 2",
        "-n 3 --type 3, 2 11 20",
        "'--type 2,5-6 --seq 0..14', 1 4 5 10 13 14",
        "--type 2 --type 5-6 --seq 0..14, 1 4 5 10 13 14",
        "--type 10-239, ''",
        "--from 1700000000000001997, 1997 1998 1999",
        "--to 1700000000000000001, 0 1",
        "--from 2023-11-14T22:13:20.000000100Z --to 2023-11-14T22:13:20.000000102Z, 100 101 102",
        "--from 2023-11-14T23:13:20.000000100+01:00 -n 1, 100",
        "--from 2023-11-14T22:13:20.000000100 -n 1, 100",
        "--from 2023-11-14 --to 2023-11-15 -n 1, 0",
        "--from 2023-11-15, ''",
        "--to 2023-11-14, ''",
        "--from 1700000000000000100 --to 1700000000000000120 --type 1 --seq 100..117, 108 117",
        "--last 2, 1998 1999",
        "--last 0, ''",
        "--last 3 -n 2, 1997 1998",
        "--last 5 --type 1, 1998",
        "--last 5 --seq ..1996, 1995 1996",
        "--last 5 --seq ..3, ''",
        "--reverse -n 3, 1999 1998 1997",
        "--reverse --seq 5..7, 7 6 5",
        "--reverse --seq ..2, 2 1 0",
        "--reverse --type 3 -n 2, 1991 1982",
        "--reverse --last 2, 1999 1998",
        "--reverse --seq 2000.., ''",
        "--reverse -n 0, ''",
        "--reverse --from 2023-11-14T22:13:20.000000100Z --to 2023-11-14T22:13:20.000000102Z, 102 101 100",
    })
    void filtersCompose(final String options, final String sequences) throws IOException {
        final Path file = TestFiles.numbered(directory.resolve("many.evtl"), 2_000);
        final Ran ran = evtl((Object[]) ("cat -o jsonl " + file + " " + options).split(" "));
        assertEquals("", ran.err());
        assertEquals(0, ran.code());
        assertEquals(sequences, sequences(ran));
    }

    @Test
    void sequenceNumbersAreTheJournals() throws IOException {
        assertEquals(
                "1048577", sequences(evtl("cat", "-o", "jsonl", "--seq", "1048577..1048577", golden("second-file"))));
        assertEquals("1048576", sequences(evtl("cat", "-o", "jsonl", "--seq", "0..1048576", golden("second-file"))));
        assertEquals("", sequences(evtl("cat", "-o", "jsonl", "--seq", "0..5", golden("second-file"))));
    }

    @Test
    void gapsAreShownWhateverTheTypesAndNotCountedAsEvents() throws IOException {
        assertEquals("3 4", sequences(evtl("cat", "-o", "jsonl", "--type", "2", "-n", "1", golden("gap"))));
        assertEquals("3", sequences(evtl("cat", "-o", "jsonl", "--type", "240", golden("gap"))));
        assertEquals("4", sequences(evtl("cat", "-o", "jsonl", "--seq", "4..", golden("gap"))));
        assertEquals("0 1 2", sequences(evtl("cat", "-o", "jsonl", "--seq", "..2", golden("gap"))));
        assertEquals("0 1 2", sequences(evtl("cat", "-o", "jsonl", "-n", "3", golden("gap"))));
    }

    @Test
    void lastOfAJournalThatHasFewerIsAllOfIt() throws IOException {
        assertEquals("0 1 2", sequences(evtl("cat", "-o", "jsonl", "--last", "99", golden("closed"))));
        assertEquals("", sequences(evtl("cat", "-o", "jsonl", "--last", "99", "--reverse", golden("empty"))));
        assertEquals("1 2 3 4", sequences(evtl("cat", "-o", "jsonl", "--last", "2", golden("closed"), golden("gap"))));
    }

    @ParameterizedTest
    @ValueSource(strings = {"group", "gap", "second-file", "no-checksums", "crashed-torn"})
    void reverseShowsTheSameFromItsEnd(final String name) throws IOException {
        for (final String format : List.of("text", "jsonl", "hex")) {
            final List<String> lines =
                    new ArrayList<>(evtl("cat", "-o", format, golden(name)).lines());
            Collections.reverse(lines);
            assertEquals(
                    lines, evtl("cat", "--reverse", "-o", format, golden(name)).lines());
        }
    }

    /** More than is kept in memory at once, by number and by length. */
    @ParameterizedTest
    @CsvSource({"20000, 1", "200, 60000"})
    void reverseGoesThroughManyBlocks(final int events, final int length) throws IOException {
        final Path file = directory.resolve("many.evtl");
        final String payload = "x".repeat(length);
        try (Journal journal = Journal.open(
                file, JournalConfig.builder().backPressure(BackPressure.BLOCK).build())) {
            for (int i = 0; i < events; i++) {
                TestFiles.offer(journal.publisher(), 1, i, payload);
            }
        }
        final List<String> expected = new ArrayList<>();
        for (int i = events - 1; i >= 0; i--) {
            expected.add("seq=" + i);
        }
        assertEquals(
                expected,
                evtl("cat", "--reverse", file).lines().stream()
                        .map(line -> line.split(" ")[1])
                        .toList());
    }

    @Test
    void reverseShowsNothingOfWhatItCannotReachTheEndOf() throws IOException {
        final Ran ran = evtl("cat", "--reverse", golden("corrupt-payload"));
        assertEquals(4, ran.code());
        assertEquals("", ran.out());
        assertTrue(ran.error().contains("offset 80, sequence 1"), ran.err());
    }

    @Test
    void damageBeforeTheRangeIsStillAnError() throws IOException {
        final Ran ran = evtl("cat", "--seq", "2..", golden("corrupt-payload"));
        assertEquals(4, ran.code());
        assertEquals("", ran.out());
        assertTrue(ran.error().contains("offset 80, sequence 1"), ran.err());
    }

    @Test
    void journalOfALiveWriterIsShownAsFarAsItIs() throws IOException {
        final Path file = directory.resolve("live.evtl");
        try (Journal journal = Journal.open(file)) {
            TestFiles.offer(journal.publisher(), 9, 1, "event");
            journal.sync();
            assertEquals("6576656e74\n", evtl("cat", "-o", "hex", file).out());
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--type 0",
                "--type 256",
                "--type x",
                "--type 5-1",
                "--type -5",
                "--type 99999999999999999999",
                "--seq 5..4",
                "--seq x",
                "--seq -1",
                "--seq 1-2",
                "--seq 99999999999999999999..",
                "--from yesterday",
                "--from 2023-13-01",
                "--from 2023-11-14T",
                "--from 9223372036854775808",
                "--from 3000-01-01",
                "--from 2 --to 1",
                "-n -1",
                "--last -1",
                "--last x",
                "-n x",
                "-o xml",
                "-o"
            })
    void wrongOptionsAreOneLineAndTwo(final String options) throws IOException {
        final Ran ran = evtl((Object[]) ("cat " + golden("closed") + " " + options).split(" "));
        assertEquals(2, ran.code(), ran.err());
        assertTrue(ran.error().startsWith("evtl cat: "), ran.err());
        assertEquals("", ran.out());
    }
}
