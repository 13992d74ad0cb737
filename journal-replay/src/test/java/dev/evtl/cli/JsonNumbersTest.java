package dev.evtl.cli;

import static dev.evtl.cli.Ran.evtl;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.evtl.journal.Journal;
import dev.evtl.journal.JournalConfig;
import dev.evtl.journal.format.EventChecksum;
import dev.evtl.journal.format.EventHeader;
import dev.evtl.journal.format.FileHeader;
import dev.evtl.journal.format.GapEvent;
import dev.evtl.replay.TestFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What becomes of large numbers where a reader of JSON makes doubles of them. */
class JsonNumbersTest {
    private static final long BASE = (1L << 53) - 1;
    private static final long TIMESTAMP = 1_700_000_000_123_456_789L;

    @TempDir
    Path directory;

    private Path file;

    /** Two events, of which the second has a sequence number that no double tells from its neighbours, and a gap of 2^64-1. */
    @BeforeEach
    void makeJournal() throws IOException {
        file = directory.resolve("large.evtl");
        try (Journal journal =
                Journal.open(file, JournalConfig.builder().baseSequence(BASE).build())) {
            TestFiles.offer(journal.publisher(), 1, TIMESTAMP, "a");
            TestFiles.offer(journal.publisher(), 1, Long.MAX_VALUE, "b");
            TestFiles.offer(journal.publisher(), 2, -1, "c".repeat(GapEvent.PAYLOAD_LENGTH));
        }
        makeLastEventAGap();
    }

    private void makeLastEventAGap() throws IOException {
        final byte[] bytes = Files.readAllBytes(file);
        final int offset = bytes.length - GapEvent.LENGTH;
        final UnsafeBuffer buffer = new UnsafeBuffer(bytes);
        GapEvent.encode(buffer, offset, TIMESTAMP, -1, TIMESTAMP + 1, TIMESTAMP + 2);
        final int checksum =
                new EventChecksum(FileHeader.checksum(buffer)).compute(bytes, offset, GapEvent.LENGTH, offset);
        buffer.putInt(offset + EventHeader.CHECKSUM_OFFSET, checksum);
        Files.write(file, bytes);
    }

    private List<String> everyObject() {
        final List<String> objects = new ArrayList<>();
        for (final String verb : List.of(
                "cat -o jsonl FILE",
                "info --json --types FILE",
                "verify --json FILE",
                "replay --json --consumer count --consumer latency FILE",
                "recover --json FILE",
                "salvage --json FILE FILE.out",
                "stress --json --events 10 --rate 9223372036854775807")) {
            final Ran ran =
                    evtl((Object[]) verb.replace("FILE", file.toString()).split(" "));
            assertEquals(0, ran.code(), ran.err());
            objects.addAll(ran.lines());
        }
        return objects;
    }

    private static Long nanos(final String time) {
        final Instant instant = Instant.parse(time);
        return TimeUnit.SECONDS.toNanos(instant.getEpochSecond()) + instant.getNano();
    }

    @Test
    void everyNumberIsExactAsADoubleOrATimestampWithItsTime() throws IOException {
        for (final String object : everyObject()) {
            check(Ran.json(object), object);
        }
    }

    private static void check(final Object value, final String object) {
        if (value instanceof final List<?> list) {
            list.forEach(element -> check(element, object));
        } else if (value instanceof final Map<?, ?> map) {
            map.forEach((name, field) -> {
                if (field instanceof final Long number && Math.abs(number) >= 1L << 53) {
                    final String time = name.equals("createdAt")
                            ? "createdTime"
                            : name.toString().replace("Timestamp", "Time").replace("timestamp", "time");
                    assertNotEquals(name, time, object);
                    assertEquals(number, nanos(map.get(time).toString()), object);
                    assertTrue(map.get(time).toString().matches(".*\\.\\d{9}Z"), object);
                } else {
                    check(field, object);
                }
            });
        }
    }

    @Test
    void largeCountsAreStringsOfTheirDigits() throws IOException {
        final List<String> lines = evtl("cat", "-o", "jsonl", file).lines();
        assertEquals(BASE, Ran.json(lines.get(0)).get("seq"));
        assertEquals("9007199254740992", Ran.json(lines.get(1)).get("seq"));
        assertEquals("9007199254740993", Ran.json(lines.get(2)).get("seq"));
        assertEquals("18446744073709551615", Ran.json(lines.get(2)).get("dropped"));
        assertEquals(TIMESTAMP, Ran.json(lines.get(0)).get("timestamp"));
        assertEquals("2023-11-14T22:13:20.123456789Z", Ran.json(lines.get(0)).get("time"));
        assertEquals(
                "18446744073709551615", evtl("verify", "--json", file).json().get("dropped"));
        assertEquals(
                "18446744073709551615", evtl("replay", "--json", file).json().get("dropped"));
        assertTrue(evtl("cat", file).out().contains(" 18446744073709551615 events dropped"));
        assertTrue(evtl("cat", "-o", "csv", file).out().contains(",18446744073709551615,"));
        assertTrue(evtl("cat", "-o", "hex", file).err().contains(" 18446744073709551615 events dropped"));
        assertTrue(evtl("verify", file).out().contains(" 18446744073709551615 dropped"));
    }

    /** With the readers themselves, where they are installed. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "jq -r '[.seq, .dropped, .time] | map(select(. != null) | tostring) | join(\" \")'",
                "node -e 'require(\"fs\").readFileSync(0, \"utf8\").trim().split(\"\\n\").map(JSON.parse)"
                        + ".forEach(e => console.log([e.seq, e.dropped, e.time].filter(x => x !== undefined).join(\" \")))'"
            })
    void readersOfJsonGetEveryDigit(final String reader) throws Exception {
        final String program = reader.substring(0, reader.indexOf(' '));
        assumeTrue(
                Stream.of(System.getenv("PATH").split(":")).anyMatch(path -> Files.exists(Path.of(path, program))),
                "skipped: " + program + " is not installed");
        final Path json = Files.writeString(
                directory.resolve("events.json"),
                evtl("cat", "-o", "jsonl", file).out());
        final Process process = new ProcessBuilder("sh", "-c", reader + " < " + json)
                .redirectErrorStream(true)
                .start();
        assertEquals(
                List.of(
                        "9007199254740991 2023-11-14T22:13:20.123456789Z",
                        "9007199254740992 2262-04-11T23:47:16.854775807Z",
                        "9007199254740993 18446744073709551615 2023-11-14T22:13:20.123456789Z"),
                new String(process.getInputStream().readAllBytes(), UTF_8)
                        .lines()
                        .toList());
    }
}
