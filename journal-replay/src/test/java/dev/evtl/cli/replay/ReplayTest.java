package dev.evtl.cli.replay;

import static dev.evtl.cli.Ran.evtl;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.evtl.cli.Ran;
import dev.evtl.replay.TestFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReplayTest {
    @TempDir
    Path directory;

    private Path golden(final String name) throws IOException {
        return TestFiles.golden(name, directory);
    }

    private static Map<?, ?> consumer(final Ran ran, final int index) throws IOException {
        return (Map<?, ?>) ((List<?>) ran.json().get("consumers")).get(index);
    }

    @Test
    void eventsAreCountedByDefault() throws IOException {
        final Ran ran = evtl("replay", "--json", golden("gap"));
        assertEquals(0, ran.code());
        assertEquals("", ran.err());
        final Map<?, ?> json = ran.json();
        assertEquals(5L, json.get("events"));
        assertEquals(956L - 64, json.get("bytes"));
        assertEquals(12_345L, json.get("dropped"));
        assertEquals(5L, json.get("delivered"));
        assertEquals(0L, json.get("failed"));
        assertTrue((Double) json.get("eventsPerSecond") > 0);
        assertTrue((Double) json.get("bytesPerSecond") > 0);
        assertEquals(1, ((List<?>) json.get("consumers")).size());
        assertEquals(
                Map.of(
                        "name",
                        "count",
                        "delivered",
                        5L,
                        "failed",
                        0L,
                        "successRate",
                        1.0,
                        "types",
                        Map.of("1", 1L, "7", 1L, "239", 1L, "2", 1L, "240", 1L)),
                consumer(ran, 0));
    }

    @Test
    void tablesSayTheSame() throws IOException {
        final Ran ran = evtl("replay", golden("gap"), "--consumer", "count", "--consumer", "latency");
        assertEquals(0, ran.code());
        final String tables = ran.out().replaceAll(" +", " ");
        for (final String row : List.of(
                "\n| 5 | 892 | 12345 | ",
                "\n| count | 5 | 0 | 100.00 % |",
                "\n| latency | 5 | 0 | 100.00 % |",
                "\n| 239 | 1 |",
                "\n| latency | nanoseconds |",
                "\n| p99.9 | ")) {
            assertTrue(tables.contains(row), row + " in " + tables);
        }
    }

    @Test
    void printGoesBeforeTheResult() throws IOException {
        final Ran ran = evtl("replay", "--json", "--consumer", "print", "--seq", "3..", golden("gap"));
        assertEquals(0, ran.code());
        assertEquals(3, ran.lines().size());
        assertTrue(ran.lines().get(0).startsWith("seq=3 2023-11-14T22:13:20.000000010Z gap: 12345 events dropped"));
        assertEquals(
                "seq=4 2023-11-14T22:13:20.000000011Z type=2 flags=0 length=5 after",
                ran.lines().get(1));
        assertEquals(2L, Ran.json(ran.lines().get(2)).get("events"));
    }

    @Test
    void latencyIsUpToNowOrUpToTheFilesTime() throws IOException {
        final Path file = golden("closed");
        Files.setLastModifiedTime(file, FileTime.from(TestFiles.T0 + 1_000, TimeUnit.NANOSECONDS));
        final Ran ran = evtl("replay", "--json", "--consumer", "latency:file", "--consumer", "latency", file);
        assertEquals(0, ran.code());
        assertEquals("latency:file", consumer(ran, 0).get("name"));
        final Map<?, ?> toFileTime = (Map<?, ?>) consumer(ran, 0).get("latency");
        assertEquals(3L, toFileTime.get("count"));
        assertEquals(0L, toFileTime.get("ahead"));
        assertEquals(998L, toFileTime.get("min"));
        assertEquals(999L, toFileTime.get("max"));
        assertEquals(
                List.of("count", "ahead", "min", "p50", "p90", "p99", "p99.9", "p99.99", "max"),
                List.copyOf(toFileTime.keySet()));
        final Map<?, ?> toNow = (Map<?, ?>) consumer(ran, 1).get("latency");
        assertTrue(Long.parseLong(toNow.get("min").toString()) > 1_000); // longer than a number of JSON can say
    }

    @Test
    void copyHoldsTheSameEvents() throws IOException {
        final Path file = TestFiles.numbered(directory.resolve("many.evtl"), 20_000);
        final Path all = directory.resolve("all.evtl");
        final Path some = directory.resolve("some.evtl");
        final Ran ran = evtl("replay", "--json", file, "--consumer", "copy:" + all, "--consumer", "count");
        assertEquals(0, ran.code());
        assertEquals("copy:" + all, consumer(ran, 0).get("name"));
        assertEquals(20_000L, consumer(ran, 0).get("delivered"));
        assertEquals(evtl("cat", file).out(), evtl("cat", all).out());
        assertEquals("clean", evtl("verify", "--json", all).json().get("result"));

        assertEquals(
                0,
                evtl("replay", "--type", "3", file, "--consumer", "copy:" + some)
                        .code());
        assertEquals(
                evtl("cat", "-o", "hex", "--type", "3", file).out(),
                evtl("cat", "-o", "hex", some).out());
    }

    @Test
    void copyKeepsClaimsWhole() throws IOException {
        final Path copy = directory.resolve("copy.evtl");
        final Path file = golden("group");
        assertEquals(0, evtl("replay", file, "--consumer", "copy:" + copy).code());
        assertEquals(evtl("cat", file).out(), evtl("cat", copy).out());
        assertEquals(2, evtl("cat", copy).out().split(" more ").length - 1);
    }

    @Test
    void filtersChooseWhatIsDelivered() throws IOException {
        final Path file = TestFiles.numbered(directory.resolve("many.evtl"), 20_000);
        final Ran ran = evtl(
                "replay",
                "--json",
                "--seq",
                "9..26",
                "--type",
                "1,3",
                "--from",
                TestFiles.T0 + 10,
                "--to",
                TestFiles.T0 + 20,
                file);
        assertEquals(0, ran.code());
        assertEquals(18L, ran.json().get("events"));
        assertEquals(Map.of("1", 1L, "3", 2L), consumer(ran, 0).get("types"));
        assertEquals(3L, ran.json().get("delivered"));
    }

    @Test
    void whatLiesBeforeDamageIsDeliveredAndReported() throws IOException {
        final Ran ran = evtl("replay", "--json", golden("corrupt-payload"));
        assertEquals(4, ran.code());
        assertEquals(1L, ran.json().get("delivered"));
        assertTrue(ran.error().contains("offset 80, sequence 1: corrupt event"), ran.err());
    }

    @Test
    void withoutVerificationDamagedPayloadIsDelivered() throws IOException {
        final Ran ran = evtl("replay", "--no-verify", "--json", golden("corrupt-payload"));
        assertEquals(0, ran.code());
        assertEquals(3L, ran.json().get("delivered"));
    }

    @Test
    void helpSaysWhatEachConsumerDoes() {
        final String help = evtl("replay", "--help").out().replaceAll("\\s+", " ");
        for (final String line : List.of(
                "may be repeated; default count",
                "count: counts events by type",
                "print: prints each event on a line",
                "latency: nanoseconds from each event's timestamp to now",
                "latency:file: the same to when FILE was last written",
                "copy:OUT: writes the events to OUT, a new journal")) {
            assertTrue(help.contains(line), line + " in " + help);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"nonsense", "copy", "copy:", "count,print", "latency:now"})
    void unknownConsumerIsOneLineAndTwo(final String name) throws IOException {
        final Path copy = directory.resolve("copy.evtl");
        final Ran ran = evtl("replay", golden("closed"), "--consumer", "copy:" + copy, "--consumer", name);
        assertEquals(2, ran.code());
        assertTrue(ran.error().startsWith("evtl replay: --consumer is not count, print, "), ran.err());
        assertFalse(Files.exists(copy));
    }

    @Test
    void copyIsNeverWrittenOverAnything() throws IOException {
        final Path file = golden("closed");
        final byte[] before = Files.readAllBytes(file);
        final Ran ran = evtl("replay", file, "--consumer", "copy:" + file);
        assertEquals(1, ran.code());
        assertTrue(ran.error().startsWith("evtl: " + file + ": exists"), ran.err());
        assertEquals(List.of(before.length), List.of(Files.readAllBytes(file).length));
    }

    @Test
    void journalThatCannotBeReadLeavesNoCopy() throws IOException {
        final Path copy = directory.resolve("copy.evtl");
        assertEquals(
                4,
                evtl("replay", golden("corrupt-header"), "--consumer", "copy:" + copy)
                        .code());
        assertFalse(Files.exists(copy));
    }
}
