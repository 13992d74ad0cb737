package dev.evtl.cli;

import static dev.evtl.cli.Ran.evtl;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.evtl.journal.Journal;
import dev.evtl.journal.file.JournalDirectory;
import dev.evtl.replay.TestFiles;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** To every verb a directory is a journal as a file is. */
class DirectoryTest {
    private static final byte[] OPEN_AND_NOT_DURABLE = {64, 0, 0, 0, 0, 0, 0, 0, 0};
    private static final int DURABLE_OFFSET = 48;

    @TempDir
    Path directory;

    private Path file(final long baseSequence) {
        return JournalDirectory.file(directory, baseSequence);
    }

    private static void overwrite(final Path file, final long offset, final byte[] bytes) throws IOException {
        try (RandomAccessFile out = new RandomAccessFile(file.toFile(), "rw")) {
            out.seek(offset);
            out.write(bytes);
        }
    }

    /** As where its writer died before it was closed, and nothing was forced. */
    private void reopen(final long baseSequence) throws IOException {
        overwrite(file(baseSequence), DURABLE_OFFSET, OPEN_AND_NOT_DURABLE);
    }

    private Map<String, byte[]> content() throws IOException {
        final Map<String, byte[]> content = new TreeMap<>();
        try (Stream<Path> files = Files.list(directory)) {
            for (final Path file : (Iterable<Path>) files::iterator) {
                content.put(file.getFileName().toString(), Files.readAllBytes(file));
            }
        }
        return content;
    }

    private static void assertSame(final Map<String, byte[]> expected, final Map<String, byte[]> found) {
        assertEquals(expected.keySet(), found.keySet());
        expected.forEach((name, bytes) -> assertArrayEquals(bytes, found.get(name), name));
    }

    @Test
    void infoIsAboutTheWhole() throws IOException {
        TestFiles.rolledFrom(directory, 100, 10, 20, 5);
        final Map<?, ?> json = evtl("info", "--json", "--types", directory).json();
        assertEquals(directory.toString(), json.get("file"));
        assertEquals(3L, json.get("files"));
        assertEquals(100L, json.get("firstSequence"));
        assertEquals(100L, json.get("baseSequence"));
        assertEquals(135L, json.get("nextSequence"));
        assertEquals(35L, json.get("eventCount"));
        assertEquals("closed", json.get("state"));
        assertEquals(Files.size(file(100)) + Files.size(file(110)) + Files.size(file(130)), json.get("length"));
        assertEquals(Files.size(file(130)), json.get("writeOffset"));
        assertEquals(TestFiles.T0 + 100, json.get("firstTimestamp"));
        assertEquals(TestFiles.T0 + 134, json.get("lastTimestamp"));
        assertEquals(
                35L,
                ((Map<?, ?>) json.get("types"))
                        .values().stream().mapToLong(n -> (long) n).sum());
        final String table = evtl("info", directory).out().replaceAll(" +", " ");
        for (final String row : List.of("| files | 3 |", "| nextSequence | 135 |", "| eventCount | 35 |")) {
            assertTrue(table.contains(row), table);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "'', 0, 31",
        "--seq 9, 9, 10",
        "--seq 9..12, 9, 13",
        "--seq 25.., 25, 31",
        "--seq ..10, 0, 11",
        "--seq 31.., 0, 0",
        "--from 1700000000000000008 --to 1700000000000000011, 8, 12",
        "--from 1700000000000000030, 30, 31",
        "-n 12, 0, 12",
        "--last 22, 9, 31",
        "--last 99, 0, 31",
        "--last 22 --seq ..12, 9, 13"
    })
    void catShowsAStretchAcrossFiles(final String options, final long from, final long to) throws IOException {
        TestFiles.rolled(directory, 10, 1, 20);
        final Ran ran = evtl(Stream.concat(
                        Stream.of("cat", "-o", "jsonl", directory),
                        Stream.of(options.split(" ")).filter(option -> !option.isEmpty()))
                .toArray());
        assertEquals(0, ran.code(), ran.err());
        final List<String> lines = ran.lines();
        assertEquals(to - from, lines.size());
        for (int i = 0; i < lines.size(); i++) {
            assertEquals(from + i, Ran.json(lines.get(i)).get("seq"));
        }
    }

    @Test
    void reverseShowsTheWholeFromItsEnd() throws IOException {
        TestFiles.rolled(directory, 10, 1, 20);
        final List<String> lines = new ArrayList<>(evtl("cat", directory).lines());
        Collections.reverse(lines);
        assertEquals(31, lines.size());
        assertEquals(lines, evtl("cat", "--reverse", directory).lines());
        assertEquals(
                lines.subList(19, 23),
                evtl("cat", "--reverse", "--seq", "8..11", directory).lines());
        assertEquals(
                lines.subList(0, 22),
                evtl("cat", "--reverse", "--last", "22", directory).lines());
        assertEquals(
                lines.subList(0, 25),
                evtl("cat", "--reverse", "-n", "25", directory).lines());
        TestFiles.rolledFrom(directory, 31, 0);
        assertEquals(lines, evtl("cat", "--reverse", directory).lines());
    }

    @Test
    void reverseStopsAtAHoleAndAtAnOverlap(@TempDir final Path other) throws IOException {
        TestFiles.rolled(directory, 10, 10, 10);
        final byte[] middle = Files.readAllBytes(file(10));
        Files.delete(file(10));
        final Ran hole = evtl("cat", "--reverse", directory);
        assertEquals(4, hole.code());
        assertEquals(10, hole.lines().size());
        assertTrue(hole.error().contains("sequences 10 to 19 are missing"), hole.err());
        Files.write(file(10), middle);
        TestFiles.rolledFrom(other, 18, 2);
        Files.move(JournalDirectory.file(other, 18), file(18));
        final Ran overlap = evtl("cat", "--reverse", directory);
        assertEquals(4, overlap.code());
        assertEquals(12, overlap.lines().size());
        assertTrue(overlap.error().contains("files overlap"), overlap.err());
    }

    @Test
    void replayCountsAndCopiesTheWhole(@TempDir final Path elsewhere) throws IOException {
        TestFiles.rolled(directory, 10, 1, 20);
        final Path copy = elsewhere.resolve("copy.evtl");
        final Ran ran = evtl(
                "replay",
                "--json",
                "--consumer",
                "count",
                "--consumer",
                "latency:file",
                "--consumer",
                "copy:" + copy,
                directory);
        assertEquals(0, ran.code(), ran.err());
        assertEquals(31L, ran.json().get("events"));
        assertEquals(
                Files.size(file(0)) + Files.size(file(10)) + Files.size(file(11)) - 3 * 64,
                ran.json().get("bytes"));
        assertEquals(
                evtl("cat", "-o", "hex", directory).out(),
                evtl("cat", "-o", "hex", copy).out());
        assertEquals(
                5L, evtl("replay", "--json", "--seq", "8..12", directory).json().get("events"));
    }

    @Test
    void verifySaysThatFilesFollowOneAnotherAndWhatTheNewestIs() throws IOException {
        TestFiles.rolled(directory, 10, 1, 20);
        final Ran ran = evtl("verify", "--json", directory);
        assertEquals(0, ran.code());
        assertEquals(directory.toString(), ran.json().get("file"));
        assertEquals("clean", ran.json().get("result"));
        assertEquals(31L, ran.json().get("events"));
        assertEquals(31L, ran.json().get("sequence"));
        assertEquals(
                List.of(directory + ": clean: 31 events in 3 files, the newest up to offset " + Files.size(file(11))
                        + ", 0 dropped; every event verified"),
                evtl("verify", directory).lines());
        reopen(10);
        assertEquals("clean", evtl("verify", "--json", directory).json().get("result"), "left at a roll");
        reopen(11);
        assertEquals("unclosed", evtl("verify", "--json", directory).json().get("result"));
        assertEquals(
                directory.toString(), evtl("verify", "--json", directory).json().get("file"));
    }

    @Test
    void journalOfALiveWriterIsUnclosed() throws IOException {
        try (Journal journal = Journal.open(directory)) {
            TestFiles.offer(journal.publisher(), 1, 1, "event");
            assertTrue(journal.roll(Duration.ofMinutes(1)));
            TestFiles.offer(journal.publisher(), 1, 2, "event");
            journal.sync();
            final Ran ran = evtl("verify", "--json", directory);
            assertEquals(0, ran.code(), ran.out());
            assertEquals("unclosed", ran.json().get("result"));
            assertEquals(2L, ran.json().get("events"));
            assertEquals("open", evtl("info", "--json", directory).json().get("state"));
            assertEquals(2L, evtl("info", "--json", directory).json().get("eventCount"));
            final Ran recover = evtl("recover", "--json", directory);
            assertEquals(1, recover.code());
            assertEquals("locked", recover.json().get("result"));
        }
        assertEquals("clean", evtl("verify", "--json", directory).json().get("result"));
    }

    @Test
    void verifyNamesTheFileThatIsDamaged() throws IOException {
        TestFiles.rolled(directory, 10, 10, 10);
        overwrite(file(10), 64 + 18 + 17, new byte[] {'x'});
        final Ran ran = evtl("verify", "--json", directory);
        assertEquals(4, ran.code());
        assertEquals("corrupt", ran.json().get("result"));
        assertEquals(file(10).toString(), ran.json().get("file"));
        assertEquals(11L, ran.json().get("sequence"));
        overwrite(file(10), 10, new byte[] {'x'});
        final Ran header = evtl("verify", "--json", directory);
        assertEquals(4, header.code());
        assertEquals("damaged-header", header.json().get("result"));
        assertEquals(file(10).toString(), header.json().get("file"));
    }

    @Test
    void holeOverlapAndAnotherFilesNameAreCorrupt(@TempDir final Path other) throws IOException {
        TestFiles.rolled(directory, 10, 10, 10);
        Files.move(file(10), directory.resolve("moved"));
        Map<?, ?> json = evtl("verify", "--json", directory).json();
        assertEquals("corrupt", json.get("result"));
        assertEquals(file(0).toString(), json.get("file"));
        assertEquals(
                "a hole: expected events up to sequence 19, as the next file is 00000000000000000020.evtl, found them up"
                        + " to 9",
                json.get("reason"));
        assertEquals(10L, json.get("sequence"));
        assertEquals(4, evtl("verify", directory).code());
        assertEquals(4, evtl("recover", "--dry-run", directory).code());

        Files.copy(directory.resolve("moved"), file(12));
        json = evtl("verify", "--json", directory).json();
        assertEquals(file(0).toString(), json.get("file"), "the first in which something is wrong");
        Files.move(directory.resolve("moved"), file(10));
        json = evtl("verify", "--json", directory).json();
        assertEquals(file(10).toString(), json.get("file"));
        assertTrue(json.get("reason").toString().startsWith("an overlap: "), json.toString());
        Files.delete(file(12));
        Files.move(file(20), file(21));
        TestFiles.rolledFrom(other, 20, 1);
        Files.move(JournalDirectory.file(other, 20), file(20));
        json = evtl("verify", "--json", directory).json();
        assertEquals(file(21).toString(), json.get("file"));
        assertEquals("damaged-header", json.get("result"));
        assertEquals("not the file of its name: expected base_sequence 21, found 20", json.get("reason"));
    }

    @Test
    void whatALeftFileLostIsLostAndRecoverEndsThere() throws IOException {
        TestFiles.rolled(directory, 10, 10, 10);
        reopen(10);
        reopen(20);
        overwrite(file(10), 64 + 7 * 18, new byte[3 * 18]);
        final Map<String, byte[]> before = content();
        final Ran verify = evtl("verify", "--json", directory);
        assertEquals(3, verify.code());
        assertEquals("lost", verify.json().get("result"));
        assertEquals(file(10).toString(), verify.json().get("file"));
        assertEquals(17L, verify.json().get("sequence"));

        final Ran dryRun = evtl("recover", "--dry-run", "--json", directory);
        assertEquals(3, dryRun.code());
        assertEquals("lost", dryRun.json().get("result"));
        assertEquals(7L, dryRun.json().get("events"));
        assertTrue(dryRun.json().get("reason").toString().contains("00000000000000000020.evtl"), dryRun.out());
        assertSame(before, content());

        final Ran recovered = evtl("recover", "--json", directory);
        assertEquals(3, recovered.code());
        assertEquals(dryRun.out().replace("\"dryRun\":true", "\"dryRun\":false"), recovered.out());
        assertFalse(Files.exists(file(20)));
        assertArrayEquals(
                before.get(file(20).getFileName().toString()),
                Files.readAllBytes(directory.resolve(file(20).getFileName() + ".cut")));
        final Ran after = evtl("verify", "--json", directory);
        assertEquals("clean", after.json().get("result"));
        assertEquals(17L, after.json().get("events"));
    }

    @Test
    void laterEventsThatWereForcedMakeItCorrupt() throws IOException {
        TestFiles.rolled(directory, 10, 10, 10);
        reopen(10);
        overwrite(file(10), 64 + 7 * 18, new byte[3 * 18]);
        final Ran verify = evtl("verify", "--json", directory);
        assertEquals(4, verify.code());
        assertEquals("corrupt", verify.json().get("result"));
        final Map<String, byte[]> before = content();
        final Ran recover = evtl("recover", directory);
        assertEquals(4, recover.code());
        assertTrue(recover.out().contains("00000000000000000010.evtl: offset "), recover.out());
        before.remove("journal.lock");
        final Map<String, byte[]> after = content();
        after.remove("journal.lock");
        assertSame(before, after);
    }

    @Test
    void newestFileWithoutAHeaderIsSetAside() throws IOException {
        TestFiles.rolled(directory, 10, 10);
        Files.write(file(20), new byte[4096]);
        final Ran verify = evtl("verify", "--json", directory);
        assertEquals(3, verify.code());
        assertEquals("lost", verify.json().get("result"));
        assertEquals(file(20).toString(), verify.json().get("file"));
        assertEquals(3, evtl("recover", "--dry-run", directory).code());
        assertTrue(Files.exists(file(20)));
        final Ran recover = evtl("recover", "--json", directory);
        assertEquals(3, recover.code());
        assertEquals(10L, recover.json().get("events"));
        assertFalse(Files.exists(file(20)));
        assertEquals("clean", evtl("verify", "--json", directory).json().get("result"));
    }

    @Test
    void recoverClosesWhatTheWriterLeftOpen() throws IOException {
        TestFiles.rolled(directory, 10, 10, 10);
        for (final long base : new long[] {10, 20}) {
            reopen(base);
            try (RandomAccessFile out = new RandomAccessFile(file(base).toFile(), "rw")) {
                out.setLength(1 << 14);
            }
        }
        final Map<String, byte[]> before = content();
        final Ran dryRun = evtl("recover", "--dry-run", "--json", directory);
        assertEquals(0, dryRun.code(), dryRun.out());
        assertEquals("unclosed", dryRun.json().get("result"));
        assertEquals(10L, dryRun.json().get("events"));
        assertNull(dryRun.json().get("cutFile"));
        assertSame(before, content());
        final Ran recovered = evtl("recover", "--json", directory);
        assertEquals(dryRun.out().replace("\"dryRun\":true", "\"dryRun\":false"), recovered.out());
        for (final long base : LongStream.of(0, 10, 20).toArray()) {
            assertEquals("closed", evtl("info", "--json", file(base)).json().get("state"));
        }
        assertEquals(30L, evtl("verify", "--json", directory).json().get("events"));
        assertEquals(0, evtl("recover", directory).code());
    }

    @Test
    void recoverOfAnOlderFileAloneIsRefused() throws IOException {
        TestFiles.rolled(directory, 10, 10);
        reopen(0);
        for (final Ran ran : List.of(evtl("recover", "--dry-run", file(0)), evtl("recover", file(0)))) {
            assertEquals(1, ran.code());
            assertTrue(ran.error().contains("is not the newest file of its journal"), ran.err());
        }
    }

    @Test
    void salvageTakesOneFileAtATime() throws IOException {
        TestFiles.rolled(directory, 10, 10);
        final Path out = directory.resolve("out");
        final Ran ran = evtl("salvage", directory, out);
        assertEquals(1, ran.code());
        assertTrue(ran.error().contains("is a journal of several files"), ran.err());
        assertFalse(Files.exists(out));
        assertEquals(0, evtl("salvage", file(10), out).code());
    }

    @ParameterizedTest
    @ValueSource(strings = {"info", "cat", "replay"})
    void holeEndsTheVerbWithItsCodeAfterWhatLiesBefore(final String verb) throws IOException {
        TestFiles.rolled(directory, 10, 10, 10);
        Files.delete(file(10));
        final Ran ran = evtl(verb, directory);
        assertEquals(4, ran.code());
        assertTrue(ran.error().contains("sequences 10 to 19 are missing"), ran.err());
        assertFalse(ran.out().isEmpty());
    }
}
