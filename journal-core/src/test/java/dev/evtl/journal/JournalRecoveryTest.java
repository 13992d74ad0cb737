package dev.evtl.journal;

import static dev.evtl.journal.support.TestJournals.tiny;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.evtl.journal.JournalScan.Condition;
import dev.evtl.journal.exceptions.CorruptJournalException;
import dev.evtl.journal.exceptions.JournalException;
import dev.evtl.journal.exceptions.JournalLockedException;
import dev.evtl.journal.support.Events;
import dev.evtl.journal.support.Golden;
import dev.evtl.journal.support.MemoryDirectory;
import dev.evtl.journal.support.MortalStorage;
import dev.evtl.journal.support.TestJournals;
import dev.evtl.torture.ReferenceJournal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Recovery without the application. */
class JournalRecoveryTest {
    @TempDir(factory = MemoryDirectory.class)
    Path directory;

    private static RecoveryReport plan(final Path file) {
        return JournalRecovery.plan(file, position -> {});
    }

    private static RecoveryReport recover(final Path file) {
        return JournalRecovery.recover(file, position -> {});
    }

    private List<Path> files() throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.sorted().toList();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "empty, CLEAN",
        "closed, CLEAN",
        "second-file, CLEAN",
        "no-checksums, CLEAN",
        "gap, CLEAN",
        "open-preallocated, UNCLOSED",
        "crashed-unpublished, UNCLOSED",
        "crashed-torn, TORN",
        "power-loss, LOST",
        "group, CLEAN",
        "crashed-group, LOST"
    })
    void planSaysWhatRecoverDoesAndChangesNothing(final String name, final Condition condition) throws IOException {
        final Path file = Golden.copy(name, directory);
        final RecoveryReport plan = plan(file);
        assertEquals(condition, plan.condition());
        assertArrayEquals(Golden.bytes(name), Files.readAllBytes(file));
        assertEquals(List.of(file), files());

        assertEquals(plan, recover(file));
        final JournalScan scan = JournalScan.of(file);
        assertEquals(Condition.CLEAN, scan.condition(), scan.reason());
        assertEquals(plan.events(), scan.events());
        assertEquals(plan.validEnd(), scan.validEnd());
        assertEquals(plan.validEnd(), Files.size(file));
        if (condition == Condition.CLEAN) {
            assertArrayEquals(Golden.bytes(name), Files.readAllBytes(file));
        }
    }

    /** Such a file is another program's. It can be read; what is appended could not be numbered for ever. */
    @ParameterizedTest
    @ValueSource(longs = {(1L << 62) + 1, Long.MAX_VALUE, Long.MIN_VALUE, -1})
    void fileWhoseSequenceNumbersCouldRunOutIsLeftAsItIs(final long base) throws IOException {
        final Path file = directory.resolve("far.evtl");
        final byte[] bytes = new ReferenceJournal(1, true, base)
                .add(1, 0, 1, new byte[3])
                .add(1, 0, 2, new byte[3])
                .closed();
        Files.write(file, bytes);
        for (final Executable write :
                List.<Executable>of(() -> plan(file), () -> recover(file), () -> Journal.open(file, tiny().build()))) {
            final JournalException e = assertThrows(JournalException.class, write);
            assertEquals(
                    file + ": sequence numbers could run out: expected a base_sequence from 0 to 4611686018427387904,"
                            + " found " + Long.toUnsignedString(base)
                            + "; it can be read, and not be written; open another file",
                    e.getMessage());
            assertArrayEquals(bytes, Files.readAllBytes(file));
        }
        assertEquals(2, JournalScan.of(file).events());
    }

    @Test
    void recoveredFileIsWhatTheApplicationWouldHaveLeft() throws IOException {
        final Path byCommand = Golden.copy("crashed-torn", directory);
        final Path byApplication = Files.copy(byCommand, directory.resolve("application.evtl"));
        recover(byCommand);
        Journal.open(byApplication, tiny().openMode(OpenMode.APPEND).build()).close();
        assertArrayEquals(Files.readAllBytes(byApplication), Files.readAllBytes(byCommand));
        assertEquals(Condition.CLEAN, recover(byCommand).condition());
        assertArrayEquals(Files.readAllBytes(byApplication), Files.readAllBytes(byCommand));
    }

    @Test
    void lockFileThatIsMadeHasTheJournalsPermissions() throws IOException {
        final Path file = Golden.copy("closed", directory);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-rw----"));
        recover(file);
        assertEquals(
                "rw-rw----",
                PosixFilePermissions.toString(Files.getPosixFilePermissions(directory.resolve("closed.evtl.lock"))));
    }

    @ParameterizedTest
    @ValueSource(strings = {"corrupt-payload", "corrupt-header"})
    void corruptFileIsRefusedAndLeftAsItIs(final String name) throws IOException {
        final Path file = Golden.copy(name, directory);
        final CorruptJournalException planned = assertThrows(CorruptJournalException.class, () -> plan(file));
        assertEquals(List.of(file), files());
        final CorruptJournalException refused = assertThrows(CorruptJournalException.class, () -> recover(file));
        assertEquals(refused.getMessage(), planned.getMessage());
        assertArrayEquals(Golden.bytes(name), Files.readAllBytes(file));
    }

    @Test
    void fileOfALiveWriterIsRefused() throws IOException {
        final Path file = directory.resolve("live.evtl");
        try (Journal journal = Journal.open(file, tiny().build())) {
            Events.offer(journal, 0, 3);
            journal.sync();
            assertEquals(
                    file + ": a writer has it open",
                    assertThrows(JournalLockedException.class, () -> plan(file)).getMessage());
            assertThrows(JournalLockedException.class, () -> recover(file));
            Events.offer(journal, 3, 1);
        }
        Events.assertHolds(file, 4);
    }

    @Test
    void missingFileIsNamedAndNotMade() throws IOException {
        final Path file = directory.resolve("missing.evtl");
        for (final Runnable attempt : List.<Runnable>of(() -> plan(file), () -> recover(file))) {
            assertEquals(
                    file + ": does not exist",
                    assertThrows(JournalException.class, attempt::run).getMessage());
        }
        assertEquals(List.of(), files());
    }

    @Test
    void fileWithTwoNamesIsRefused() throws IOException {
        final Path file = Golden.copy("crashed-torn", directory);
        Files.createLink(directory.resolve("other.evtl"), file);
        for (final Runnable attempt : List.<Runnable>of(() -> plan(file), () -> recover(file))) {
            final JournalException e = assertThrows(JournalException.class, attempt::run);
            assertEquals(
                    file + ": has 2 names (hard links); remove all but one, or copy it, before it is opened for"
                            + " writing",
                    e.getMessage());
        }
        assertArrayEquals(Golden.bytes("crashed-torn"), Files.readAllBytes(file));
    }

    /** The checkpoint is at the end of the file before a roll, or in the file after it. */
    @ParameterizedTest
    @ValueSource(ints = {0, 4})
    void ringOfAJournalOfSeveralFilesIsBroughtInBehindItsNewest(final int inNewest) throws IOException {
        final Path journal = directory.resolve("trades");
        final Path ring = directory.resolve("trades.ring");
        final MortalStorage.Life life = MortalStorage.open(
                journal, tiny().ringFile(ring).rollSize(1 << 30).build());
        Events.offer(life.journal(), 0, 5);
        TestJournals.drain(life.journal());
        assertTrue(life.journal().roll(Duration.ofMinutes(1)));
        Events.offer(life.journal(), 5, inNewest);
        TestJournals.drain(life.journal());
        Events.offer(life.journal(), 5 + inNewest, 3);
        life.storage().kill();

        final byte[] before = Files.readAllBytes(ring);
        final RecoveryReport planned = plan(journal);
        assertEquals(Condition.UNCLOSED, planned.condition());
        assertEquals(inNewest, planned.events());
        assertEquals(3, planned.ringEvents());
        assertEquals(0, planned.bytesMissing());
        assertArrayEquals(before, Files.readAllBytes(ring));
        assertEquals(Optional.of(ring), JournalRecovery.notedRingFile(journal));
        assertEquals(3, JournalRecovery.pendingEvents(ring, journal));

        assertEquals(planned, recover(journal));
        assertFalse(Files.exists(ring));
        assertEquals(2, Events.assertHoldsInFiles(journal, 8 + inNewest));
    }

    @Test
    void ringOfAJournalOfSeveralFilesThatIsGoneIsSaid() throws IOException {
        final Path journal = directory.resolve("trades");
        final Path ring = directory.resolve("trades.ring");
        final MortalStorage.Life life = MortalStorage.open(
                journal, tiny().ringFile(ring).rollSize(1 << 30).build());
        Events.offer(life.journal(), 0, 5);
        TestJournals.drain(life.journal());
        life.storage().kill();
        assertEquals(Optional.empty(), JournalRecovery.missingRingFile(journal));
        Files.delete(ring);
        assertEquals(Optional.of(ring), JournalRecovery.missingRingFile(journal));
        assertEquals(Optional.of(ring), plan(journal).missingRing());
        assertEquals(Optional.of(ring), recover(journal).missingRing());
        assertEquals(Optional.empty(), JournalRecovery.missingRingFile(journal));
        assertEquals(1, Events.assertHoldsInFiles(journal, 5));
    }
}
