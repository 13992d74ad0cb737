package dev.evtl.cli.inspect;

import static dev.evtl.cli.Ran.evtl;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.evtl.cli.Ran;
import dev.evtl.journal.Journal;
import dev.evtl.replay.TestFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class VerifyTest {
    @TempDir
    Path directory;

    @ParameterizedTest
    @CsvSource({
        "empty, clean, 0, 64, 0, 64, 0, 0, every event verified",
        "closed, clean, 3, 895, 0, 895, 3, 0, every event verified",
        "second-file, clean, 3, 895, 0, 895, 1048579, 0, every event verified",
        "no-checksums, clean, 3, 895, 0, 895, 3, 0, no checksums: nothing could be verified",
        "gap, clean, 5, 956, 12345, 956, 5, 0, every event verified",
        "open-preallocated, unclosed, 3, 895, 0, 895, 3, 0, 'not closed, nothing torn, 0 events past write_offset'",
        "crashed-unpublished, unclosed, 3, 895, 0, 895, 3, 0, 'not closed, nothing torn, 2 events past write_offset'",
        "crashed-torn, torn, 2, 110, 0, 110, 2, 3, torn tail: ",
        "power-loss, lost, 2, 110, 0, 110, 2, 3, unsynced data lost: published up to 895",
        "group, clean, 5, 185, 0, 185, 5, 0, every event verified",
        "crashed-group, lost, 1, 85, 0, 85, 1, 3, unsynced data lost: ",
        "corrupt-payload, corrupt, 1, 80, 0, 80, 1, 4, corrupt event: checksum: expected 0x",
        "corrupt-header, damaged-header, 0, 0, 0, 0, , 4, header damaged: checksum: expected 0x"
    })
    void verifySaysWhatAFileIsAndLeavesItAsItWas(
            final String name,
            final String result,
            final long events,
            final long validEnd,
            final long dropped,
            final long offset,
            final Long sequence,
            final int code,
            final String reason)
            throws IOException {
        final Path file = TestFiles.golden(name, directory);
        final byte[] before = Files.readAllBytes(file);

        final Ran asJson = evtl("verify", "--json", file);
        final Map<?, ?> json = asJson.json();
        assertEquals(
                List.of(
                        "file",
                        "result",
                        "events",
                        "validEnd",
                        "dropped",
                        "offset",
                        "sequence",
                        "missingRing",
                        "reason"),
                List.copyOf(json.keySet()));
        assertEquals(result, json.get("result"));
        assertEquals(events, json.get("events"));
        assertEquals(validEnd, json.get("validEnd"));
        assertEquals(dropped, json.get("dropped"));
        assertEquals(offset, json.get("offset"));
        assertEquals(sequence, json.get("sequence"));
        assertTrue(json.get("reason").toString().startsWith(reason), asJson.out());
        assertEquals(code, asJson.code());

        final Ran asText = evtl("verify", file);
        assertEquals(code, asText.code());
        final String found = validEnd == 0
                ? "" // a header that is not believed, and says no more than why
                : result + ": " + events + " events up to offset " + validEnd + ", " + dropped + " dropped; ";
        assertEquals(List.of(file + ": " + found + json.get("reason")), asText.lines());

        assertEquals("", asJson.err() + asText.err());
        assertArrayEquals(before, Files.readAllBytes(file));
        try (Stream<Path> files = Files.list(directory)) {
            assertEquals(List.of(file), files.toList());
        }
    }

    @Test
    void whatIsNoJournalIsAResult() throws IOException {
        final Path file = Files.writeString(directory.resolve("short"), "EVTL");
        final Ran ran = evtl("verify", "--json", file);
        assertEquals(4, ran.code());
        assertEquals("not-a-journal", ran.json().get("result"));
        assertEquals(0L, ran.json().get("offset"));
        assertNull(ran.json().get("sequence"));
        assertEquals(
                "too short to be a journal: expected at least 64 bytes, found 4",
                ran.json().get("reason"));

        assertEquals(
                List.of(file + ": too short to be a journal: expected at least 64 bytes, found 4"),
                evtl("verify", file).lines());

        Files.write(file, new byte[100]);
        assertEquals("not-a-journal", evtl("verify", "--json", file).json().get("result"));
        assertEquals(
                List.of(file + ": not a journal: magic: expected 0x4c545645, found 0x00000000"),
                evtl("verify", file).lines());
    }

    @Test
    void journalOfALiveWriterIsUnclosed() throws IOException {
        final Path file = directory.resolve("live.evtl");
        try (Journal journal = Journal.open(file)) {
            TestFiles.offer(journal.publisher(), 1, 1, "event");
            journal.sync();
            final Ran ran = evtl("verify", "--json", file);
            assertEquals(0, ran.code());
            assertEquals("unclosed", ran.json().get("result"));
            assertEquals("a writer has it open", ran.json().get("reason"));
            assertEquals(1L, ran.json().get("events"));
            TestFiles.offer(journal.publisher(), 1, 2, "the writer still has its lock");
        }
        assertEquals(2L, evtl("verify", "--json", file).json().get("events"));
    }
}
