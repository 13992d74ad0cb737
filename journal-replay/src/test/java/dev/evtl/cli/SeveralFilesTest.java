package dev.evtl.cli;

import static dev.evtl.cli.Ran.evtl;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.evtl.replay.TestFiles;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Verbs that look at journals take several. */
class SeveralFilesTest {
    @TempDir
    Path directory;

    @BeforeEach
    void makeJournals() throws IOException {
        for (final String name : List.of("closed", "group", "gap", "crashed-torn", "corrupt-payload", "power-loss")) {
            TestFiles.golden(name, directory);
        }
    }

    private Path file(final String name) {
        return directory.resolve(name + ".evtl");
    }

    private Ran run(final String verb, final String files) {
        final List<Object> args = new ArrayList<>(List.of((Object[]) verb.split(" ")));
        for (final String name : files.split(" ")) {
            args.add(file(name));
        }
        return evtl(args.toArray());
    }

    @ParameterizedTest
    @CsvSource({
        "closed group, 0",
        "closed missing, 1",
        "missing closed, 1",
        "closed crashed-torn missing, 3",
        "corrupt-payload crashed-torn missing closed, 4",
        "missing corrupt-payload, 4"
    })
    void verifySaysWhatEachIsAndReturnsTheWorst(final String files, final int code) throws IOException {
        final Ran text = run("verify", files);
        assertEquals(code, text.code());
        final Ran json = run("verify --json", files);
        assertEquals(code, json.code());
        final List<String> there = new ArrayList<>(List.of(files.split(" ")));
        there.remove("missing");
        assertEquals(there.size(), text.lines().size());
        assertEquals(there.size(), json.lines().size());
        for (int i = 0; i < there.size(); i++) {
            assertTrue(text.lines().get(i).startsWith(file(there.get(i)) + ": "), text.out());
            assertEquals(
                    file(there.get(i)).toString(), Ran.json(json.lines().get(i)).get("file"));
        }
        assertEquals(files.contains("missing") ? "evtl: " + file("missing") + ": does not exist\n" : "", text.err());
        assertEquals(text.err(), json.err());
    }

    @ParameterizedTest
    @CsvSource({
        "info, closed group, 0",
        "info, power-loss missing closed, 3",
        "replay, closed group, 0",
        "replay, corrupt-payload missing closed, 4",
        "replay --consumer print, power-loss missing closed, 3"
    })
    void infoAndReplayReportOnEachAsOnItAlone(final String verb, final String files, final int code) {
        final Ran all = run(verb, files);
        assertEquals(code, all.code());
        final List<Ran> each =
                List.of(files.split(" ")).stream().map(file -> run(verb, file)).toList();
        assertEquals(
                each.stream().map(Ran::out).map(SeveralFilesTest::withoutTimes).collect(Collectors.joining()),
                withoutTimes(all.out()));
        assertEquals(each.stream().map(Ran::err).collect(Collectors.joining()), all.err());
        for (final String name : files.split(" ")) {
            assertTrue((all.out() + all.err()).contains(file(name).toString()), all.out());
        }
    }

    private static String withoutTimes(final String tables) {
        return tables.lines()
                .filter(line -> !line.matches("[+-]*|\\|( +[\\d.]+ +\\|){6}"))
                .map(line -> line + "\n")
                .collect(Collectors.joining());
    }

    @Test
    void catTellsTheEventsOfSeveralApart() throws IOException {
        final Ran text = run("cat", "closed missing gap");
        assertEquals(1, text.code());
        assertEquals(8, text.lines().size());
        assertTrue(text.lines().get(0).startsWith(file("closed") + ": offset=64 seq=0 "), text.out());
        assertTrue(text.lines().get(3).startsWith(file("gap") + ": offset=64 seq=0 "), text.out());

        final Ran csv = run("cat -o csv", "missing closed gap");
        assertEquals(9, csv.lines().size());
        assertTrue(csv.lines().get(0).startsWith("file,seq,offset,"), csv.out());
        assertTrue(csv.lines().get(4).startsWith(file("gap") + ",0,64,"), csv.out());

        final Ran jsonl = run("cat -o jsonl", "closed gap");
        assertEquals(file("closed").toString(), Ran.json(jsonl.lines().get(2)).get("file"));
        assertEquals(file("gap").toString(), Ran.json(jsonl.lines().get(3)).get("file"));
        assertFalse(run("cat -o jsonl", "closed").out().contains("\"file\""));

        final Ran hex = run("cat -o hex", "gap closed");
        assertEquals(
                run("cat -o hex", "gap").out() + run("cat -o hex", "closed").out(), hex.out());
        assertTrue(hex.error().startsWith("evtl: " + file("gap") + ": gap at offset 895"), hex.err());
    }

    @Test
    void limitIsOfAllTogetherAndSequencesOfEach() {
        assertEquals(4, run("cat -n 4", "closed gap group").lines().size());
        assertEquals(3, run("cat --seq 0", "closed gap group").lines().size());
    }

    @Test
    void optionsMayStandBehindTheFiles() {
        assertEquals(
                2,
                evtl("cat", file("closed"), file("gap"), "--seq", "2..2", "-n", "3")
                        .lines()
                        .size());
        assertEquals(0, evtl("verify", file("closed"), file("gap"), "--json").code());
    }

    @Test
    void copyIsOfOneJournal() {
        final Path copy = directory.resolve("copy.evtl");
        final Ran ran = run("replay --consumer copy:" + copy, "closed gap");
        assertEquals(2, ran.code());
        assertEquals(
                "evtl replay: --consumer copy:OUT takes the events of one FILE (see evtl replay --help)", ran.error());
        assertFalse(Files.exists(copy));
    }

    @ParameterizedTest
    @ValueSource(strings = {"verify", "cat", "info", "replay"})
    void closedPipeEndsAllAndKeepsTheWorstUpToThere(final String verb) {
        final OutputStream closed = new OutputStream() {
            @Override
            public void write(final int b) throws IOException {
                throw new IOException("Broken pipe");
            }
        };
        final Ran ran = evtl(new byte[0], closed, verb, file("corrupt-payload"), file("closed"));
        assertEquals(4, ran.code());
    }

    @Test
    void nameThatBeginsWithAnAtIsAName() {
        assertEquals(
                "evtl: @missing: does not exist", evtl("verify", "@missing").error());
    }
}
