package dev.evtl.cli.copy;

import static dev.evtl.cli.Ran.evtl;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.evtl.cli.Ran;
import dev.evtl.journal.Journal;
import dev.evtl.replay.TestFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BackupTest {
    @TempDir
    Path directory;

    @Test
    void directoryIsCopiedOnceAndThenWhatIsNew() throws IOException {
        final Path journal = TestFiles.rolled(Files.createDirectory(directory.resolve("trades")), 10, 20);
        final Path copy = directory.resolve("copy");
        final Ran first = evtl("backup", "--json", journal, copy);
        assertEquals(0, first.code(), first.err());
        final Map<?, ?> json = first.json();
        assertEquals(
                List.of(
                        "file",
                        "target",
                        "files",
                        "filesWritten",
                        "eventsCopied",
                        "bytesCopied",
                        "firstSequence",
                        "nextSequence",
                        "eventCount"),
                List.copyOf(json.keySet()));
        assertEquals(2L, json.get("filesWritten"));
        assertEquals(30L, json.get("eventsCopied"));
        assertEquals(30L, json.get("eventCount"));
        TestFiles.rolledFrom(journal, 30, 5);
        final Ran second = evtl("backup", journal, copy);
        assertEquals(
                List.of(copy
                        + ": 5 events of 90 bytes copied; has 35 events in 3 files, the next to come is sequence 35"),
                second.lines());
        assertEquals(0L, evtl("backup", "--json", journal, copy).json().get("filesWritten"));
        assertEquals("clean", evtl("verify", "--json", copy).json().get("result"));
        assertEquals(evtl("cat", journal).out(), evtl("cat", copy).out());
    }

    @Test
    void liveFileIsCopied() throws IOException {
        final Path file = directory.resolve("live.evtl");
        final Path copy = directory.resolve("copy.evtl");
        try (Journal journal = Journal.open(file)) {
            TestFiles.offer(journal.publisher(), 1, 1, "event");
            journal.sync();
            assertEquals(0, evtl("backup", file, copy).code());
            assertEquals("clean", evtl("verify", "--json", copy).json().get("result"));
        }
        assertArrayEquals(Files.readAllBytes(file), Files.readAllBytes(copy));
    }

    @Test
    void targetOfAnotherJournalIsRefusedInOneLine() throws IOException {
        final Path file = TestFiles.golden("closed", directory);
        final Path other = TestFiles.numbered(directory.resolve("other.evtl"), 3);
        final byte[] before = Files.readAllBytes(other);
        final Ran ran = evtl("backup", file, other);
        assertEquals(1, ran.code());
        assertTrue(ran.error().contains("is not a copy of"), ran.err());
        assertArrayEquals(before, Files.readAllBytes(other));
    }

    @Test
    void damagedJournalIsCopiedUpToTheDamage() throws IOException {
        final Path copy = directory.resolve("copy.evtl");
        final Ran ran = evtl("backup", TestFiles.golden("corrupt-payload", directory), copy);
        assertEquals(4, ran.code());
        assertTrue(ran.error().contains("offset 80, sequence 1: corrupt event"), ran.err());
        assertEquals(1L, evtl("verify", "--json", copy).json().get("events"));
        assertEquals(0, evtl("verify", copy).code());
    }
}
