package dev.evtl.cli.inspect;

import static dev.evtl.cli.Ran.evtl;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.evtl.cli.Ran;
import dev.evtl.journal.Journal;
import dev.evtl.replay.TestFiles;
import dev.evtl.torture.ReferenceJournal;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class InfoTest {
    @TempDir
    Path directory;

    @Test
    void jsonHasEveryFieldAndTheEventsByType() throws IOException {
        final Ran ran = evtl("info", TestFiles.golden("gap", directory), "--types", "--json");
        assertEquals(0, ran.code());
        final String withTypes = ran.out();
        assertEquals(
                withTypes.replaceFirst(",\"types\":.*}}", "}"),
                evtl("info", directory.resolve("gap.evtl"), "--json").out());
        assertEquals(
                "{\"file\":\"" + directory.resolve("gap.evtl")
                        + "\",\"files\":1,\"version\":1,\"createdAt\":1700000000000000000,"
                        + "\"createdTime\":\"2023-11-14T22:13:20.000000000Z\",\"flags\":1,\"baseSequence\":0,"
                        + "\"firstSequence\":0,\"nextSequence\":5,\"eventCount\":5,"
                        + "\"writeOffset\":956,\"durableOffset\":956,\"state\":\"closed\",\"length\":956,"
                        + "\"firstTimestamp\":1700000000000000001,\"firstTime\":\"2023-11-14T22:13:20.000000001Z\","
                        + "\"lastTimestamp\":1700000000000000011,\"lastTime\":\"2023-11-14T22:13:20.000000011Z\","
                        + "\"types\":{\"1\":1,\"2\":1,\"7\":1,\"239\":1,\"240\":1}}\n",
                withTypes);
        assertEquals("", ran.err());
    }

    @ParameterizedTest
    @CsvSource({
        "closed, closed, 895, 895, 3, 0",
        "second-file, closed, 895, 895, 3, 1048576",
        "no-checksums, closed, 895, 895, 3, 0",
        "open-preallocated, open, 4096, 895, 3, 0",
        "crashed-unpublished, open, 1407, 80, 1, 0",
        "crashed-torn, open, 1407, 110, 2, 0",
    })
    void closedAndUnclosedFilesAreReadUpToTheirWriteOffset(
            final String name,
            final String state,
            final long length,
            final long writeOffset,
            final int events,
            final long baseSequence)
            throws IOException {
        final Path file = TestFiles.golden(name, directory);
        final Map<?, ?> json = evtl("info", "--json", file).json();
        assertEquals(state, json.get("state"));
        assertEquals(length, json.get("length"));
        assertEquals(writeOffset, json.get("writeOffset"));
        assertEquals((long) events, json.get("eventCount"));
        assertEquals(baseSequence, json.get("baseSequence"));
        assertEquals(name.equals("no-checksums") ? 0L : 1L, json.get("flags"));
        assertEquals(
                List.of("1", "7", "239").subList(0, events),
                List.copyOf(((Map<?, ?>)
                                evtl("info", "--json", "--types", file).json().get("types"))
                        .keySet()));
        assertEquals(TestFiles.T0 + 1, json.get("firstTimestamp"));
        assertEquals(TestFiles.T0 + Math.min(2, events), json.get("lastTimestamp"));
    }

    @Test
    void emptyJournalHasNoTimestamps() throws IOException {
        final Path file = TestFiles.golden("empty", directory);
        final Map<?, ?> json = evtl("info", "--json", "--types", file).json();
        assertTrue(json.containsKey("firstTimestamp"));
        assertNull(json.get("firstTimestamp"));
        assertNull(json.get("lastTimestamp"));
        assertEquals(Map.of(), json.get("types"));
        assertEquals(0, evtl("info", file).code());
    }

    @Test
    void tableHasEveryField() throws IOException {
        final Ran ran = evtl("info", "--types", TestFiles.golden("gap", directory));
        assertEquals(0, ran.code());
        final String table = ran.out().replaceAll(" +", " ");
        for (final String row : List.of(
                "| file | " + directory.resolve("gap.evtl") + " |",
                "| version | 1 |",
                "| createdAt | 1700000000000000000 (2023-11-14T22:13:20.000000000Z) |",
                "| flags | 1 (checksums) |",
                "| headerChecksum | 0xecc75650 |",
                "| files | 1 |",
                "| baseSequence | 0 |",
                "| nextSequence | 5 |",
                "| eventCount | 5 |",
                "| writeOffset | 956 |",
                "| durableOffset | 956 |",
                "| state | closed |",
                "| length | 956 |",
                "| firstTimestamp | 1700000000000000001 (2023-11-14T22:13:20.000000001Z) |",
                "| lastTimestamp | 1700000000000000011 (2023-11-14T22:13:20.000000011Z) |",
                "| 239 | 1 |",
                "| 240 | 1 |")) {
            assertTrue(table.contains(row), row + " in " + table);
        }
    }

    @Test
    void whatLiesBeforeDamageIsShown() throws IOException {
        final Path file = TestFiles.golden("power-loss", directory);
        for (final String options : List.of("--json --types", "--json")) {
            final Ran ran = evtl(Stream.concat(Stream.of("info", file), Stream.of(options.split(" ")))
                    .toArray());
            assertEquals(3, ran.code());
            assertEquals(TestFiles.T0 + 1, ran.json().get("firstTimestamp"));
            assertEquals(
                    options.contains("types") ? Map.of("1", 1L, "7", 1L) : null,
                    ran.json().get("types"));
            assertTrue(ran.error().contains("offset 110, sequence 2: unsynced data lost"), ran.err());
        }
    }

    @Test
    void noMoreIsReadThanTheFirstEventAndWhatFollowsTheLastEntryOfTheIndex() throws IOException {
        final Path file = directory.resolve("long.evtl");
        try (Journal journal = Journal.open(file)) {
            for (int i = 0; i < 100; i++) {
                TestFiles.offer(journal.publisher(), 1, i, "x".repeat(60_000));
                journal.sync();
            }
        }
        try (RandomAccessFile opened = new RandomAccessFile(file.toFile(), "rw")) {
            opened.seek(64 + 50 * (16 + 60_000) + 20);
            opened.write(0);
        }
        final Ran info = evtl("info", "--json", file);
        assertEquals(0, info.code(), info.err());
        assertEquals(0L, info.json().get("firstTimestamp"));
        assertEquals(99L, info.json().get("lastTimestamp"));
        assertEquals(100L, info.json().get("eventCount"));
        assertEquals(4, evtl("info", "--types", file).code());
        assertEquals(4, evtl("verify", file).code());
    }

    /** The newest file may have no event yet, and the last one may be of a type that is not shown. */
    @Test
    void lastTimestampIsThatOfTheLastEventThatIsShown() throws IOException {
        final ReferenceJournal journal = new ReferenceJournal(1, true, 0);
        journal.add(1, 0, 5, new byte[3]);
        for (int i = 0; i < 1000; i++) {
            journal.add(255, 0, 6, new byte[3]);
        }
        final Path file = Files.write(directory.resolve("reserved.evtl"), journal.closed());
        assertEquals(5L, evtl("info", "--json", file).json().get("lastTimestamp"));
        final Path rolled = TestFiles.rolled(Files.createDirectory(directory.resolve("rolled")), 10, 0);
        final Map<?, ?> json = evtl("info", "--json", rolled).json();
        assertEquals(2L, json.get("files"));
        assertEquals(TestFiles.T0 + 9, json.get("lastTimestamp"));
    }

    @Test
    void journalOfALiveWriterIsOpen() throws IOException {
        final Path file = directory.resolve("live.evtl");
        try (Journal journal = Journal.open(file)) {
            TestFiles.offer(journal.publisher(), 9, 1, "event");
            journal.sync();
            final Map<?, ?> json = evtl("info", "--json", "--types", file).json();
            assertEquals("open", json.get("state"));
            assertEquals(64L + 16 + 5, json.get("durableOffset"));
            assertEquals(Map.of("9", 1L), json.get("types"));
        }
    }
}
