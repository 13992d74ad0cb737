package dev.evtl.journal.io;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.evtl.journal.Journal;
import dev.evtl.journal.exceptions.JournalException;
import dev.evtl.journal.io.FileWatcher.Call;
import dev.evtl.journal.support.Events;
import dev.evtl.journal.support.Golden;
import dev.evtl.journal.support.MemoryDirectory;
import dev.evtl.journal.support.TestJournals;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is made beside a journal, or in its place, takes nothing from anybody; what a kill left of it goes. */
class UnfinishedFileTest {
    /** What follows a name while its file is made. */
    private static final String UNFINISHED = ".new-0123456789abcdef";

    private static final byte[] ZEROS = new byte[9000];

    @TempDir(factory = MemoryDirectory.class)
    Path directory;

    private Path file;
    private Path ring;

    @BeforeEach
    void setPaths() {
        file = directory.resolve("j.evtl");
        ring = directory.resolve("j.ring");
    }

    @AfterEach
    void watchNoMore() {
        FileCalls.watch(FileWatcher.NONE);
    }

    /** Makes a journal, its ring file and a file for what a recovery cuts off. */
    private void makeAll() throws IOException {
        Journal.open(file, TestJournals.tiny().ringFile(ring).build()).close();
        Files.write(file, Golden.bytes("crashed-torn"));
        Journal.open(file, TestJournals.tiny().build()).close();
        assertTrue(Files.exists(directory.resolve("j.evtl.cut-110")));
    }

    private TreeMap<String, String> files() throws IOException {
        final TreeMap<String, String> files = new TreeMap<>();
        try (Stream<Path> all = Files.list(directory)) {
            for (final Path path : all.toList()) {
                files.put(
                        path.getFileName().toString(),
                        Files.isRegularFile(path, NOFOLLOW_LINKS) ? Arrays.toString(Files.readAllBytes(path)) : "");
            }
        }
        return files;
    }

    private static byte[] emptyJournal() throws IOException {
        return Golden.bytes("empty");
    }

    private byte[] ringHeader() throws IOException {
        final Journal journal = Journal.open(
                directory.resolve("other"),
                TestJournals.tiny().ringFile(directory.resolve("other.ring")).build());
        final byte[] bytes = Arrays.copyOf(Files.readAllBytes(directory.resolve("other.ring")), 4096);
        journal.close();
        Files.delete(directory.resolve("other"));
        Files.delete(directory.resolve("other.lock"));
        Files.delete(directory.resolve("other.ring.lock"));
        return bytes;
    }

    @Test
    void neighboursWhoseNamesAreLikeThoseOfUnfinishedFilesAreUntouched() throws IOException {
        final Path live = directory.resolve("j.evtl.new");
        try (Journal journal = Journal.open(live, TestJournals.tiny().build())) {
            Events.offer(journal, 0, 5);
            for (final String name : List.of("j.evtl", "j.ring", "j.evtl.cut-110")) {
                for (final String end : List.of(".new", ".new-", UNFINISHED + "0", UNFINISHED.toUpperCase(), ".tmp")) {
                    final Path neighbour = directory.resolve(name + end);
                    if (!neighbour.equals(live)) {
                        Files.write(neighbour, new byte[0]);
                    }
                }
            }
            final TreeMap<String, String> before = files();
            makeAll();
            final TreeMap<String, String> after = files();
            before.forEach((name, content) -> assertEquals(content, after.get(name), name));
            Events.offer(journal, 5, 5);
            journal.sync();
        }
        Events.assertHolds(live, 10);
    }

    @Test
    void whatAKillLeftOfAnUnfinishedFileIsDeleted() throws IOException {
        final byte[] torn = Golden.bytes("crashed-torn");
        final byte[] ringHeader = ringHeader();
        for (int i = 0; i < 3; i++) {
            Files.write(directory.resolve("j.evtl" + UNFINISHED), i == 0 ? new byte[0] : emptyJournal());
            Files.write(directory.resolve("j.ring" + UNFINISHED), i == 0 ? new byte[0] : i == 1 ? ZEROS : ringHeader);
            Files.write(directory.resolve("j.evtl.cut-110" + UNFINISHED), Arrays.copyOfRange(torn, 110, 110 + 100 * i));
            makeAll();
            assertEquals(
                    List.of("j.evtl", "j.evtl.cut-110", "j.evtl.lock", "j.ring.lock"), List.copyOf(files().keySet()));
            Files.delete(file);
            Files.delete(directory.resolve("j.evtl.cut-110"));
        }
    }

    /** A name alone says little of whose a file is. */
    @ParameterizedTest
    @ValueSource(strings = {"text", "journal", "short journal", "empty journal with its lock", "link", "directory"})
    void whatSomebodyElseMadeIsLeftAloneWhateverItsName(final String what) throws IOException {
        final byte[] text = "precious".repeat(20).getBytes();
        for (final String name : List.of("j.evtl", "j.ring", "j.evtl.cut-110")) {
            final Path neighbour = directory.resolve(name + UNFINISHED);
            switch (what) {
                case "text" -> Files.write(neighbour, text);
                case "journal" -> Files.write(neighbour, Golden.bytes("closed"));
                case "short journal" -> Files.write(neighbour, Golden.bytes("group"));
                case "empty journal with its lock" -> {
                    Files.write(neighbour, emptyJournal());
                    Files.write(directory.resolve(name + UNFINISHED + ".lock"), new byte[0]);
                }
                case "link" ->
                    Files.createSymbolicLink(
                            neighbour, Files.write(directory.resolve("target of " + name), new byte[0]));
                default -> Files.createDirectory(neighbour);
            }
        }
        final TreeMap<String, String> before = files();
        makeAll();
        final TreeMap<String, String> after = files();
        before.forEach((name, content) -> assertEquals(content, after.get(name), name));
    }

    @Test
    void fileThatAppearsUnderTheNameMeanwhileIsNotReplaced() throws IOException {
        final byte[] other = Golden.bytes("closed");
        for (final Path made : List.of(file, ring)) {
            FileCalls.watch((call, called, from, to) -> {
                if (call == Call.RENAME && called.equals(made)) {
                    Files.write(made, other);
                }
            });
            assertThrows(
                    JournalException.class,
                    () -> Journal.open(file, TestJournals.tiny().ringFile(ring).build()));
            assertArrayEquals(other, Files.readAllBytes(made));
            assertFalse(files().keySet().stream().anyMatch(name -> name.contains(".new")), "" + files().keySet());
            Files.delete(made);
        }
        FileCalls.watch(FileWatcher.NONE);
        makeAll();
    }
}
