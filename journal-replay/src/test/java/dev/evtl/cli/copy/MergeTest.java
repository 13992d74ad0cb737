package dev.evtl.cli.copy;

import static dev.evtl.cli.Ran.evtl;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
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

class MergeTest {
    @TempDir
    Path directory;

    private Path journal(final String name, final long... timestamps) {
        final Path file = directory.resolve(name);
        try (Journal journal = Journal.open(file)) {
            for (final long timestamp : timestamps) {
                TestFiles.offer(journal.publisher(), 1, timestamp, name + timestamp);
            }
        }
        return file;
    }

    private static String payloads(final Path journal) {
        return String.join(
                " ",
                evtl("cat", journal).lines().stream()
                        .map(line -> line.substring(line.lastIndexOf(' ') + 1))
                        .toList());
    }

    @Test
    void journalsBecomeOneInOrderOfTimestamp() throws IOException {
        final Path out = directory.resolve("out.evtl");
        final Ran ran = evtl("merge", journal("a", 1, 4, 6), journal("b", 2, 6), journal("c", 3), out);
        assertEquals(0, ran.code(), ran.err());
        assertEquals(List.of(out + ": 6 events of 3 journals, 0 dropped"), ran.lines());
        assertEquals("a1 b2 c3 a4 a6 b6", payloads(out));
        assertEquals("clean", evtl("verify", "--json", out).json().get("result"));
    }

    @Test
    void directoriesAreMergedAsFilesAre() throws IOException {
        final Path trades = TestFiles.rolled(Files.createDirectory(directory.resolve("trades")), 10, 5, 5);
        final Path a = journal("a", TestFiles.T0 + 3, TestFiles.T0 + 99);
        final Path out = directory.resolve("out.evtl");
        final Map<?, ?> json = evtl("merge", "--json", trades, a, out).json();
        assertEquals(out.toString(), json.get("out"));
        assertEquals(2L, json.get("journals"));
        assertEquals(22L, json.get("events"));
        assertEquals(0L, json.get("dropped"));
        final String merged = payloads(out);
        assertTrue(merged.startsWith("0 1 2 3 a" + (TestFiles.T0 + 3) + " 4 5 "), merged);
        assertTrue(merged.endsWith(" 18 19 a" + (TestFiles.T0 + 99)), merged);
    }

    @Test
    void claimsAndGapsAreCarriedAlong() throws IOException {
        final Path group = TestFiles.golden("group", directory);
        final Path gap = TestFiles.golden("gap", directory);
        final Path out = directory.resolve("out.evtl");
        final Ran ran = evtl("merge", "--json", group, gap, out);
        assertEquals(12345L, ran.json().get("dropped"));
        assertEquals(10L, ran.json().get("events"));
        assertEquals(2, evtl("cat", out).out().split(" more ").length - 1);
        assertTrue(evtl("cat", out).out().contains("gap: 12345 events dropped"));
    }

    @Test
    void nothingIsWrittenOverAndNothingIsLeftWhereAJournalIsMissing() throws IOException {
        final Path a = journal("a", 1);
        final Path b = journal("b", 2);
        final byte[] before = Files.readAllBytes(b);
        final Ran exists = evtl("merge", a, a, b);
        assertEquals(1, exists.code());
        assertEquals("evtl: " + b + ": exists; give another name", exists.error());
        assertArrayEquals(before, Files.readAllBytes(b));
        final Path out = directory.resolve("out.evtl");
        final Ran missing = evtl("merge", a, directory.resolve("missing"), out);
        assertEquals(1, missing.code());
        assertEquals("evtl: " + directory.resolve("missing") + ": does not exist", missing.error());
        assertFalse(Files.exists(out));
    }

    @Test
    void damageEndsItAfterWhatCameBefore() throws IOException {
        final Path damaged = TestFiles.golden("corrupt-payload", directory);
        final Path out = directory.resolve("out.evtl");
        final Ran ran = evtl("merge", damaged, journal("a", 1, TestFiles.T0 + 99), out);
        assertEquals(4, ran.code());
        assertTrue(ran.error().startsWith("evtl: " + damaged + ": offset 80, sequence 1"), ran.err());
        assertEquals(2, evtl("cat", out).lines().size());
        assertEquals("clean", evtl("verify", "--json", out).json().get("result"));
    }
}
