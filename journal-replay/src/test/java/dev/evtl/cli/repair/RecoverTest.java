package dev.evtl.cli.repair;

import static dev.evtl.cli.Ran.evtl;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.evtl.cli.Ran;
import dev.evtl.journal.Journal;
import dev.evtl.journal.support.ChildJvm;
import dev.evtl.journal.support.HaltsBeforeAppending;
import dev.evtl.journal.support.OtherWriter;
import dev.evtl.journal.support.RingBytes;
import dev.evtl.replay.JournalReader;
import dev.evtl.replay.TestFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RecoverTest {
    @TempDir
    Path directory;

    private List<String> files() throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "closed, clean, 3, 895, 0, 0",
        "open-preallocated, unclosed, 3, 895, 0, 0",
        "crashed-unpublished, unclosed, 3, 895, 0, 0",
        "crashed-torn, torn, 2, 110, 200, 3",
        "power-loss, lost, 2, 110, 0, 3",
        "crashed-group, lost, 1, 85, 68, 3"
    })
    void dryRunSaysWhatIsDoneThen(
            final String name,
            final String result,
            final long events,
            final long validEnd,
            final long bytesZeroed,
            final int code)
            throws IOException {
        final Path file = TestFiles.golden(name, directory);
        final byte[] before = Files.readAllBytes(file);
        final Path cut = directory.resolve(name + ".evtl.cut-" + validEnd);

        final Ran dryRun = evtl("recover", "--dry-run", "--json", file);
        final Map<?, ?> json = dryRun.json();
        assertEquals(
                List.of(
                        "file",
                        "result",
                        "dryRun",
                        "events",
                        "validEnd",
                        "bytesZeroed",
                        "cutFile",
                        "ringEvents",
                        "claimsAbandoned",
                        "setAside",
                        "missingRing",
                        "bytesMissing",
                        "failure",
                        "reason"),
                List.copyOf(json.keySet()));
        assertEquals(result, json.get("result"));
        assertEquals(true, json.get("dryRun"));
        assertEquals(events, json.get("events"));
        assertEquals(validEnd, json.get("validEnd"));
        assertEquals(bytesZeroed, json.get("bytesZeroed"));
        assertEquals(bytesZeroed == 0 ? null : cut.toString(), json.get("cutFile"));
        assertEquals(evtl("verify", "--json", file).json().get("reason"), json.get("reason"));
        assertEquals(code, dryRun.code());
        final String cutOff =
                bytesZeroed == 0 ? ", nothing to cut off" : ", and cut off " + bytesZeroed + " bytes into " + cut;
        final Ran text = evtl("recover", "--dry-run", file);
        assertEquals(code, text.code());
        assertEquals(
                List.of(file + ": " + result + ": would keep " + events + " events up to offset " + validEnd + cutOff
                        + "; " + json.get("reason")),
                text.lines());
        assertArrayEquals(before, Files.readAllBytes(file));
        assertEquals(List.of(name + ".evtl"), files());

        final Ran recovered = evtl("recover", file);
        assertEquals(code, recovered.code());
        assertEquals(
                text.lines().get(0).replace("would keep", "kept"),
                recovered.lines().get(0));
        assertEquals("", recovered.err() + dryRun.err() + text.err());
        assertEquals(0, evtl("verify", file).code());
        assertEquals("clean", evtl("verify", "--json", file).json().get("result"));
        assertEquals(events, evtl("verify", "--json", file).json().get("events"));
        if (bytesZeroed > 0) {
            assertArrayEquals(
                    Arrays.copyOfRange(before, (int) validEnd, (int) (validEnd + bytesZeroed)),
                    Files.readAllBytes(cut));
        }
        assertEquals(0, evtl("recover", file).code(), "nothing is left to do");
    }

    @Test
    void jsonSaysWhereTheBytesWent() throws IOException {
        final Path file = TestFiles.golden("crashed-torn", directory);
        final Map<?, ?> json = evtl("recover", "--json", file).json();
        assertEquals(false, json.get("dryRun"));
        assertEquals(file + ".cut-110", json.get("cutFile"));
        assertEquals(200L, json.get("bytesZeroed"));
    }

    @ParameterizedTest
    @CsvSource({
        "corrupt-payload, corrupt, 'offset 80, sequence 1: corrupt event: checksum: expected 0x'",
        "corrupt-header, damaged-header, 'offset 0: header damaged: checksum: expected 0x'"
    })
    void corruptFileIsRefusedAndLeftAsItWas(final String name, final String result, final String reason)
            throws IOException {
        final Path file = TestFiles.golden(name, directory);
        final byte[] before = Files.readAllBytes(file);
        final Ran dryRun = evtl("recover", "--dry-run", file);
        assertEquals(List.of(name + ".evtl"), files());
        final Ran ran = evtl("recover", file);
        assertEquals(dryRun, ran);
        assertEquals(4, ran.code());
        assertTrue(ran.out().startsWith(file + ": refused and left as it was; " + reason), ran.out());
        assertEquals("", ran.err());
        final Ran json = evtl("recover", "--json", file);
        assertEquals(4, json.code());
        assertEquals(result, json.json().get("result"));
        assertNull(json.json().get("cutFile"));
        assertArrayEquals(before, Files.readAllBytes(file));
    }

    @Test
    void whatIsNoJournalIsAResult() throws IOException {
        final Path file = Files.writeString(directory.resolve("text"), "no journal".repeat(10));
        final Ran ran = evtl("recover", "--json", file);
        assertEquals(4, ran.code());
        assertEquals("not-a-journal", ran.json().get("result"));
    }

    @Test
    void journalOfALiveWriterIsLocked() throws IOException {
        final Path file = directory.resolve("live.evtl");
        try (Journal journal = Journal.open(file)) {
            TestFiles.offer(journal.publisher(), 1, 1, "event");
            journal.sync();
            assertLocked(file, "a writer has it open", "this process has it open for writing already");
            TestFiles.offer(journal.publisher(), 1, 2, "the writer still has its lock");
        }
        assertEquals(2L, evtl("verify", "--json", file).json().get("events"));
    }

    private static void assertLocked(final Path file, final String planned, final String refused) throws IOException {
        final Ran dryRun = evtl("recover", "--dry-run", file);
        assertEquals(1, dryRun.code());
        assertEquals(List.of(file + ": refused and left as it was; " + file + ": " + planned), dryRun.lines());
        final Ran ran = evtl("recover", file);
        assertEquals(1, ran.code());
        assertEquals(List.of(file + ": refused and left as it was; " + file + ": " + refused), ran.lines());
        assertEquals("locked", evtl("recover", "--json", file).json().get("result"));
    }

    @Test
    @Timeout(120)
    void journalOfALiveWriterInAnotherProcessIsLockedUntilThatDies() throws Exception {
        final Path file = directory.resolve("other.evtl");
        try (OtherWriter holder = new OtherWriter()) {
            assertEquals(OtherWriter.OPEN, holder.openAndHold(file));
            assertLocked(file, "a writer has it open", "process " + holder.pid() + " has it open for writing");
            assertEquals(1, evtl("salvage", file, directory.resolve("out.evtl")).code());
        }
        final Ran ran = evtl("recover", "--json", file);
        assertEquals(0, ran.code());
        assertEquals("unclosed", ran.json().get("result"));
        assertEquals(1L, ran.json().get("events"));
    }

    @Test
    void fileWithTwoNamesIsRefused() throws IOException {
        final Path file = TestFiles.golden("crashed-torn", directory);
        Files.createLink(directory.resolve("other.evtl"), file);
        for (final List<Object> args :
                List.<List<Object>>of(List.of("recover", file), List.of("recover", "--dry-run", file))) {
            final Ran ran = evtl(args.toArray());
            assertEquals(1, ran.code());
            assertTrue(ran.error().startsWith("evtl: " + file + ": has 2 names (hard links)"), ran.err());
        }
    }

    @Test
    void helpSaysTheExitCodes() {
        final String help = evtl("recover", "--help").out();
        assertTrue(help.contains("3   recovered, or it would be, but its tail was torn"), help);
        assertTrue(help.contains("4   corrupt, or not a journal: refused"), help);
    }

    @Test
    void whatWasAcceptedIntoTheRingFileIsBroughtIn() throws Exception {
        final Path file = directory.resolve("j.evtl");
        final Path ring = directory.resolve("j.ring");
        assertEquals(
                0,
                ChildJvm.start(HaltsBeforeAppending.class, file.toString(), ring.toString(), "5")
                        .waitFor());

        final Map<?, ?> dryRun = evtl("recover", "--dry-run", "--json", file).json();
        assertEquals(0L, dryRun.get("events"));
        assertEquals(5L, dryRun.get("ringEvents"));
        assertEquals(5L, evtl("recover", "--dry-run", "--json", file).json().get("ringEvents"));

        final Ran recovered = evtl("recover", file);
        assertEquals(0, recovered.code(), recovered.toString());
        assertTrue(recovered.lines().get(0).contains("from the ring file 5 events more, without 1 claims"));
        final List<Long> numbers = new ArrayList<>();
        try (JournalReader reader = JournalReader.open(file)) {
            reader.forEach(event -> numbers.add(event.buffer().getLong(event.payloadOffset())));
        }
        assertEquals(List.of(0L, 1L, 2L, 3L, 4L), numbers);
        assertTrue(Files.notExists(ring));
        assertEquals("clean", evtl("verify", "--json", file).json().get("result"));
    }

    private void leaveAccepted(final Path file, final Path ring) throws Exception {
        assertEquals(
                0,
                ChildJvm.start(HaltsBeforeAppending.class, file.toString(), ring.toString(), "5")
                        .waitFor());
    }

    @Test
    void ringFileOfAnEarlierBootIsSaidToBeSetAside() throws Exception {
        final Path file = directory.resolve("j.evtl");
        final Path ring = directory.resolve("j.ring");
        leaveAccepted(file, ring);
        final byte[] bytes = RingBytes.ofAnEarlierBoot(ring);

        final String aside = directory.resolve("j.ring.earlier-boot-1").toString();
        assertEquals(aside, evtl("recover", "--dry-run", "--json", file).json().get("setAside"));
        final Ran dryRun = evtl("recover", "--dry-run", file);
        assertTrue(dryRun.out().contains("would be set aside as " + aside), dryRun.out());
        assertTrue(Files.exists(ring));
        final Ran recovered = evtl("recover", file);
        assertEquals(0, recovered.code(), recovered.toString());
        assertTrue(recovered.out().contains("was set aside as " + aside), recovered.out());
        assertEquals(bytes.length, Files.size(Path.of(aside)));

        assertEquals(
                5L,
                evtl("recover", "--dry-run", "--json", "--ring", aside, file)
                        .json()
                        .get("ringEvents"));
        final Ran broughtIn = evtl("recover", "--ring", aside, file);
        assertEquals(0, broughtIn.code(), broughtIn.toString());
        assertTrue(broughtIn.out().contains("from the ring file 5 events more"), broughtIn.out());
        assertEquals(5L, evtl("verify", "--json", file).json().get("events"));
        assertTrue(Files.notExists(Path.of(aside)));
        assertEquals(1, evtl("recover", "--ring", aside, file).code(), "once");
    }

    @Test
    void ringFileThatIsGoneIsSaidByVerifyAndRecover() throws Exception {
        final Path file = directory.resolve("j.evtl");
        final Path ring = directory.resolve("j.ring");
        leaveAccepted(file, ring);
        Files.delete(ring);

        final String gone = "its ring file " + ring + " is gone, and with it what was accepted into it and is not in";
        for (final Ran said : List.of(evtl("verify", file), evtl("recover", "--dry-run", file))) {
            assertEquals(3, said.code(), said.toString());
            assertTrue(said.out().contains(gone), said.out());
        }
        for (final Ran said : List.of(
                evtl("verify", "--json", file),
                evtl("recover", "--dry-run", "--json", file),
                evtl("recover", "--json", file))) {
            assertEquals(3, said.code(), said.toString());
            assertEquals(ring.toString(), said.json().get("missingRing"));
        }
        assertEquals(0, evtl("verify", file).code(), "it was said");
        assertEquals(0, evtl("recover", file).code());
    }

    @Test
    void fileThatIsOlderThanItsRingFileIsSaid() throws Exception {
        final Path file = directory.resolve("j.evtl");
        final Path ring = directory.resolve("j.ring");
        leaveAccepted(file, ring);
        RingBytes.ofALaterMoment(ring, 96);

        final Ran said = evtl("recover", "--dry-run", file);
        assertEquals(3, said.code(), said.toString());
        assertTrue(said.out().contains("; 96 bytes of events that were published"), said.out());
        final Ran json = evtl("recover", "--json", file);
        assertEquals(3, json.code(), json.toString());
        assertEquals(96L, json.json().get("bytesMissing"));
        assertEquals(5L, json.json().get("ringEvents"));
        assertEquals(0, evtl("recover", file).code(), "it was said");
    }

    @Test
    void anotherJournalsRingFileInThePlaceOfItsOwnIsLeftAsItIs() throws Exception {
        final Path file = directory.resolve("j.evtl");
        final Path ring = directory.resolve("j.ring");
        leaveAccepted(file, ring);
        Files.delete(ring);
        final Path other = directory.resolve("other.evtl");
        leaveAccepted(other, ring);
        final byte[] bytes = Files.readAllBytes(ring);

        final Ran dryRun = evtl("recover", "--dry-run", file);
        final Ran recovered = evtl("recover", file);
        assertEquals(3, recovered.code(), recovered.toString());
        assertTrue(recovered.out().contains("its ring file " + ring + " is gone"), recovered.out());
        assertEquals(dryRun.out().replace("would keep", "kept"), recovered.out());
        assertArrayEquals(bytes, Files.readAllBytes(ring));
        assertEquals(5L, evtl("recover", "--json", other).json().get("ringEvents"));
    }
}
