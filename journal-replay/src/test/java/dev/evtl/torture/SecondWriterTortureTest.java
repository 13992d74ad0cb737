package dev.evtl.torture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.evtl.journal.Journal;
import dev.evtl.journal.MemoryDirectory;
import dev.evtl.journal.OtherWriter;
import dev.evtl.journal.storage.JournalException;
import dev.evtl.journal.storage.JournalLockedException;
import dev.evtl.journal.storage.JournalRecovery;
import dev.evtl.journal.storage.JournalSalvage;
import dev.evtl.journal.storage.JournalScan;
import dev.evtl.journal.storage.JournalScan.Condition;
import dev.evtl.replay.JournalReader;
import dev.evtl.replay.TestFiles;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** One writer per file: every way by which a second one could come, time and again. */
@Tag(Torture.TAG)
@Timeout(600)
class SecondWriterTortureTest {
    private static final String TWO_NAMES = ": has 2 names (hard links)";

    private final long rounds = Torture.rounds(3, 100);

    @TempDir(factory = MemoryDirectory.class)
    Path directory;

    private Path file;
    private Path link;
    private Path linkedDirectory;

    @FunctionalInterface
    private interface Attempt {
        void run() throws IOException;
    }

    @BeforeEach
    void setFiles() throws IOException {
        final Path real = Files.createDirectory(directory.resolve("real"));
        file = real.resolve("w.evtl");
        link = Files.createSymbolicLink(directory.resolve("link"), file);
        linkedDirectory = Files.createSymbolicLink(directory.resolve("linked"), real);
    }

    private void assertRefusedHere(final Path path) {
        final JournalLockedException e = assertThrows(
                JournalLockedException.class, () -> Journal.open(path).close());
        assertTrue(e.getMessage().endsWith(": this process has it open for writing already"), e.getMessage());
    }

    private void assertRefusedThere(final OtherWriter other, final Path path) throws IOException {
        assertEquals(
                "JournalLockedException: " + file.toRealPath() + ": process "
                        + ProcessHandle.current().pid() + " has it open for writing",
                other.openAndClose(path));
    }

    private void throughAHardLink(final OtherWriter other) throws IOException {
        final Path hard = Files.createLink(file.resolveSibling("hard.evtl"), file);
        for (final Path path : new Path[] {hard, file}) {
            final JournalException e = assertThrows(
                    JournalException.class, () -> Journal.open(path).close());
            assertTrue(e.getMessage().contains(TWO_NAMES), e.getMessage());
            final String answer = other.openAndClose(path);
            assertTrue(answer.contains(TWO_NAMES), answer);
        }
        Files.delete(hard);
    }

    private void afterReaders(final OtherWriter other) throws IOException {
        try (JournalReader reader = JournalReader.open(file)) {
            assertTrue(reader.forEach((sequence, timestamp, type, flags, buffer, offset, length) -> {}) > 0);
        }
        JournalReader.open(link, false).close();
        JournalScan.of(linkedDirectory.resolve("w.evtl"));
        Files.readAllBytes(file);
        try (RandomAccessFile writable = new RandomAccessFile(file.toFile(), "rw")) {
            assertEquals('E', writable.read());
        }
        assertRefusedThere(other, file);
        assertRefusedHere(file);
    }

    private void throughTheCommands(final OtherWriter other) throws IOException {
        assertThrows(JournalLockedException.class, () -> JournalRecovery.plan(file, position -> {}));
        assertThrows(JournalLockedException.class, () -> JournalRecovery.recover(link, position -> {}));
        final Path out = directory.resolve("out.evtl");
        assertThrows(JournalLockedException.class, () -> JournalSalvage.salvage(link, out, position -> {}));
        assertRefusedThere(other, file);
    }

    @Test
    void isRefusedByWhateverWayItComesAndTheFirstGoesOn() throws Exception {
        long offered = 0;
        try (OtherWriter other = new OtherWriter();
                Journal journal = Journal.open(file)) {
            final Map<String, Attempt> ways = new LinkedHashMap<>();
            ways.put("same JVM", () -> assertRefusedHere(file));
            ways.put("same JVM, symbolic link", () -> assertRefusedHere(link));
            ways.put("same JVM, linked directory", () -> assertRefusedHere(linkedDirectory.resolve("w.evtl")));
            ways.put("another process", () -> assertRefusedThere(other, file));
            ways.put("another process, symbolic link", () -> assertRefusedThere(other, link));
            ways.put(
                    "another process, linked directory",
                    () -> assertRefusedThere(other, linkedDirectory.resolve("w.evtl")));
            ways.put("both, hard link", () -> throughAHardLink(other));
            ways.put("both, after readers closed", () -> afterReaders(other));
            ways.put("both, recover and salvage", () -> throughTheCommands(other));
            for (final Map.Entry<String, Attempt> way : ways.entrySet()) {
                for (int round = 0; round < rounds; round++) {
                    TestFiles.offer(journal.publisher(), 1, offered++, "event");
                    journal.sync();
                    way.getValue().run();
                }
                Torture.report(SecondWriterTortureTest.class, "%s: refused in %d rounds", way.getKey(), rounds);
            }
        }
        final JournalScan scan = JournalScan.of(file);
        assertEquals(Condition.CLEAN, scan.condition(), scan.reason());
        assertEquals(offered, scan.events());
    }

    @Test
    void lockOfAKilledProcessIsTakenOverAtOnce() throws Exception {
        for (int round = 0; round < rounds; round++) {
            try (OtherWriter other = new OtherWriter()) {
                assertEquals(OtherWriter.OPEN, other.openAndHold(round % 2 == 0 ? file : link));
                final JournalLockedException e = assertThrows(
                        JournalLockedException.class, () -> Journal.open(file).close());
                assertEquals(
                        file.toRealPath() + ": process " + other.pid() + " has it open for writing", e.getMessage());
                other.kill();
                Journal.open(file).close();
                assertEquals(round + 1, JournalScan.of(file).events());
            }
        }
        Torture.report(SecondWriterTortureTest.class, "lock taken over at once from %d killed processes", rounds);
    }
}
