package dev.evtl.cli.repair;

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
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SalvageTest {
    @TempDir
    Path directory;

    private Path out;

    @BeforeEach
    void setOut() {
        out = directory.resolve("out.evtl");
    }

    @ParameterizedTest
    @CsvSource({
        "closed, complete, 3, 0, true, 0, 0",
        "gap, complete, 5, 0, true, 0, 0",
        "crashed-unpublished, complete, 3, 0, true, 0, 0",
        "corrupt-header, complete, 3, 0, true, 0, 0",
        "crashed-torn, tail-missing, 2, 1, false, 200, 3",
        "power-loss, tail-missing, 2, 1, true, 785, 3",
        "corrupt-payload, incomplete, 2, 1, true, 30, 4"
    })
    void jsonSaysWhatWasKeptAndLeftOut(
            final String name,
            final String result,
            final long events,
            final long missing,
            final boolean known,
            final long bytes,
            final int code)
            throws IOException {
        final Path file = TestFiles.golden(name, directory);
        final byte[] before = Files.readAllBytes(file);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("r--r--r--"));
        final FileTime modified = FileTime.fromMillis(1_000_000_000);
        Files.setLastModifiedTime(file, modified);

        final Ran ran = evtl("salvage", "--json", file, out);
        assertEquals(code, ran.code());
        assertEquals("", ran.err());
        final Map<?, ?> json = ran.json();
        assertEquals(
                List.of(
                        "file",
                        "out",
                        "result",
                        "events",
                        "ringEvents",
                        "missing",
                        "missingKnown",
                        "brokenClaims",
                        "baseSequence",
                        "bytesLeftOut",
                        "leftOut",
                        "remarks"),
                List.copyOf(json.keySet()));
        assertEquals(result, json.get("result"));
        assertEquals(events, json.get("events"));
        assertEquals(missing, json.get("missing"));
        assertEquals(known, json.get("missingKnown"));
        assertEquals(bytes, json.get("bytesLeftOut"));
        assertEquals(missing, (long) ((List<?>) json.get("leftOut")).size());
        assertArrayEquals(before, Files.readAllBytes(file));
        assertEquals(modified, Files.getLastModifiedTime(file));

        final Map<?, ?> verified = evtl("verify", "--json", out).json();
        assertEquals("clean", verified.get("result"));
        assertEquals(events + missing, verified.get("events"));
        assertEquals(missing + (name.equals("gap") ? 12_345 : 0), verified.get("dropped"));
    }

    @Test
    void textListsEveryHoleAndTheNewJournalShowsItsGap() throws IOException {
        final Path file = TestFiles.golden("corrupt-payload", directory);
        final Ran ran = evtl("salvage", file, out);
        assertEquals(4, ran.code());
        assertEquals(2, ran.lines().size());
        assertEquals(
                file + ": incomplete: 2 events kept in " + out + ", 1 missing in 1 holes of 30 bytes, 0 claims broken",
                ran.lines().get(0));
        assertTrue(
                ran.lines().get(1).startsWith("left out: offset=80 bytes=30 events=1 seq=1 checksum: expected 0x"),
                ran.out());
        final List<String> shown = evtl("cat", out).lines();
        assertEquals(3, shown.size());
        assertTrue(shown.get(1).contains("seq=1 2023-11-14T22:13:20.000000002Z gap: 1 events dropped"), shown.get(1));
    }

    @Test
    void textSaysWhatBecameOfADamagedHeader() throws IOException {
        final Path file = TestFiles.golden("corrupt-header", directory);
        final List<String> lines = evtl("salvage", file, out).lines();
        assertEquals(3, lines.size());
        assertEquals(
                file + ": complete: 3 events kept in " + out + ", 0 missing in 0 holes of 0 bytes, 0 claims broken",
                lines.get(0));
        assertTrue(lines.get(1).startsWith("header damaged: checksum: expected 0x"), lines.get(1));
        assertEquals("base_sequence 0 holds: with it that is the header's checksum", lines.get(2));
    }

    @Test
    void whatIsNoJournalIsOneLineAndFourAndThereIsNoNewFile() throws IOException {
        final Path file = Files.writeString(directory.resolve("text"), "no journal".repeat(10));
        final Ran ran = evtl("salvage", file, out);
        assertEquals(4, ran.code());
        assertTrue(ran.error().startsWith("evtl: " + file + ": offset 0: not a journal: magic"), ran.err());
        assertEquals("", ran.out());
        assertFalse(Files.exists(out));
    }

    @Test
    void newFileThatExistsAndFileThatDoesNotAreOneLineAndOne() throws IOException {
        final Path file = TestFiles.golden("closed", directory);
        Files.writeString(out, "kept");
        final Ran exists = evtl("salvage", file, out);
        assertEquals(1, exists.code());
        assertEquals("evtl: " + out + ": exists; give another name", exists.error());
        assertEquals("kept", Files.readString(out));
        final Ran missing = evtl("salvage", directory.resolve("no.evtl"), directory.resolve("new.evtl"));
        assertEquals(1, missing.code());
        assertEquals("evtl: " + directory.resolve("no.evtl") + ": does not exist", missing.error());
    }

    @Test
    void journalOfALiveWriterIsRefused() throws IOException {
        final Path file = directory.resolve("live.evtl");
        try (Journal journal = Journal.open(file)) {
            TestFiles.offer(journal.publisher(), 1, 1, "event");
            journal.sync();
            final Ran ran = evtl("salvage", file, out);
            assertEquals(1, ran.code());
            assertEquals("evtl: " + file + ": a writer has it open", ran.error());
            assertFalse(Files.exists(out));
            TestFiles.offer(journal.publisher(), 1, 2, "the writer still has its lock");
        }
        assertEquals(2L, evtl("verify", "--json", file).json().get("events"));
    }

    @Test
    void helpSaysTheExitCodes() {
        final String help = evtl("salvage", "--help").out();
        assertTrue(help.contains("0   nothing is missing"), help);
        assertTrue(help.contains("3   all but a torn tail"), help);
        assertTrue(help.contains("4   events are missing"), help);
    }
}
