package dev.evtl.journal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.evtl.journal.exceptions.JournalException;
import dev.evtl.journal.exceptions.JournalFailedException;
import dev.evtl.journal.support.Events;
import dev.evtl.journal.support.FailingStorage;
import dev.evtl.journal.support.FailingStorage.Call;
import dev.evtl.journal.support.RingBytes;
import dev.evtl.journal.support.TestJournals;
import dev.evtl.journal.support.Tmpfs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A journal whose last writer had a ring file that is gone, or that nobody looks for where it is. */
@Timeout(60)
class MissingRingFileTest {
    @TempDir
    Path directory;

    private Path file;
    private Path ring;

    @BeforeEach
    void setPaths() throws IOException {
        directory = directory.toRealPath();
        file = directory.resolve("r.evtl");
        ring = directory.resolve("r.ring");
    }

    private JournalConfig.Builder config() {
        return TestJournals.tiny().ringFile(ring).listener(JournalListener.NONE);
    }

    /** A journal with a ring file in which three events wait. */
    private void leavePending() {
        final Journal journal = Journal.open(
                file,
                config().build(),
                storage -> FailingStorage.throwing(storage, Call.RESERVE, 1, new IOException("provoked")));
        Events.offer(journal, 0, 3);
        journal.invoker().invoke();
        assertThrows(JournalFailedException.class, journal::close);
    }

    private void put(final String what) throws IOException {
        switch (what) {
            case "text" -> Files.writeString(ring, "no ring file");
            case "empty file" -> Files.createFile(ring);
            case "directory" -> Files.createDirectory(ring);
            case "link" -> Files.createSymbolicLink(ring, Files.writeString(directory.resolve("target"), "precious"));
            case "pipe" -> assumeTrue(Tmpfs.run("mkfifo", ring.toString()), "there is no mkfifo");
            case "device" ->
                assumeTrue(Tmpfs.run("mknod", ring.toString(), "c", "1", "5"), "this user may not make a device");
            case "another journal's" -> {
                final Path own = Files.move(ring, directory.resolve("own"));
                Files.copy(own, ring);
                RingBytes.ofAnotherJournal(ring);
            }
            default -> {
                // nothing
            }
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"nothing", "text", "empty file", "directory", "link", "pipe", "device", "another journal's"})
    void isSaidByThePlanTheRecoveryAndTheListenerWhateverLiesInItsPlace(final String what) throws IOException {
        leavePending();
        if (!what.startsWith("another")) {
            Files.delete(ring);
        }
        put(what);
        assertEquals(Optional.of(ring), JournalRecovery.missingRingFile(file));
        assertEquals(
                Optional.of(ring), JournalRecovery.plan(file, position -> {}).missingRing());
        try (Journal journal = Journal.open(file, TestJournals.tiny().build())) {
            final RecoveryReport report = journal.recovery().orElseThrow();
            assertEquals(Optional.of(ring), report.missingRing());
            assertTrue(report.isOfInterest());
            assertEquals(Optional.empty(), JournalRecovery.missingRingFile(file), "a writer has it open");
            Events.offer(journal, 0, 1);
        }
        Events.assertHolds(file, 1);
        assertEquals(Optional.empty(), JournalRecovery.missingRingFile(file), "it was said");
    }

    @Test
    void isSaidWhereTheNextWriterHasTheSameRingFile() throws IOException {
        leavePending();
        Files.delete(ring);
        try (Journal journal = Journal.open(file, config().build())) {
            assertEquals(Optional.of(ring), journal.recovery().orElseThrow().missingRing());
        }
        try (Journal journal = Journal.open(file, config().build())) {
            assertEquals(Optional.empty(), journal.recovery());
        }
    }

    @Test
    void isRefusedWhereTheConfigSaysSoAndEverythingStaysUntilItIsBack() throws IOException {
        leavePending();
        final byte[] before = Files.readAllBytes(file);
        final Path away = Files.move(ring, directory.resolve("away"));
        for (final JournalConfig.Builder config : new JournalConfig.Builder[] {config(), TestJournals.tiny()}) {
            for (int i = 0; i < 2; i++) {
                final JournalException e = assertThrows(
                        JournalException.class,
                        () -> Journal.open(file, config.refuseMissingRing(true).build()));
                assertEquals(
                        file + ": its ring file " + ring + " is gone, and with it what was accepted into it and is not"
                                + " in the file; put it back, or run evtl recover to go on without it",
                        e.getMessage());
                assertArrayEquals(before, Files.readAllBytes(file));
                assertFalse(Files.exists(ring));
            }
        }
        Files.move(away, ring);
        try (Journal journal =
                Journal.open(file, config().refuseMissingRing(true).build())) {
            assertEquals(3, journal.recovery().orElseThrow().ringEvents());
        }
        Events.assertHolds(file, 3);
    }

    /** Its last writer was killed after it closed the file and deleted the ring file, before it took back the note. */
    @Test
    void nothingIsMissingOfAJournalThatWasClosed() throws IOException {
        final Journal journal = Journal.open(file, config().build());
        Events.offer(journal, 0, 3);
        journal.close();
        Files.writeString(directory.resolve("r.evtl.lock"), "4711\n" + ring + "\n");
        assertEquals(Optional.empty(), JournalRecovery.missingRingFile(file));
        assertEquals(
                Optional.empty(), JournalRecovery.plan(file, position -> {}).missingRing());
        Journal.open(file, config().refuseMissingRing(true).build()).close();
        Events.assertHolds(file, 3);
    }

    @ParameterizedTest
    @ValueSource(strings = {"moved.evtl", "elsewhere/r.evtl"})
    void noteGoesAlongWhereTheJournalIsMovedWithoutItsLockFile(final String name) throws IOException {
        leavePending();
        Files.createDirectory(directory.resolve("elsewhere"));
        final Path moved = Files.move(file, directory.resolve(name));
        assertEquals(3, JournalRecovery.plan(moved, position -> {}).ringEvents());
        for (int i = 0; i < 2; i++) {
            final JournalException e = assertThrows(
                    JournalException.class,
                    () -> Journal.open(moved, TestJournals.tiny().build()));
            assertTrue(e.getMessage().startsWith(moved + ": its ring file " + ring + " holds 3 events"));
        }
        assertEquals(3, JournalRecovery.recover(moved, position -> {}).ringEvents());
        Events.assertHolds(moved, 3);
        Journal.open(moved, TestJournals.tiny().build()).close();
    }

    @Test
    void missingRingFileOfAMovedJournalIsSaid() throws IOException {
        leavePending();
        Files.delete(ring);
        final Path moved = Files.move(file, directory.resolve("moved.evtl"));
        assertEquals(Optional.of(ring), JournalRecovery.missingRingFile(moved));
        assertEquals(
                Optional.of(ring),
                JournalRecovery.recover(moved, position -> {}).missingRing());
    }

    /** A backup of a live journal is nobody's but its own. */
    @Test
    void copyHasNoRingFile() throws IOException {
        final Path copy = directory.resolve("copy.evtl");
        try (Journal journal = Journal.open(file, config().build())) {
            Events.offer(journal, 0, 3);
            journal.sync();
            Files.copy(file, copy, StandardCopyOption.COPY_ATTRIBUTES);
            assumeTrue(Tmpfs.run("cp", "-a", file.toString(), copy.toString()), "there is no cp");
            assertEquals(Optional.empty(), JournalRecovery.notedRingFile(copy));
            try (Journal other = Journal.open(copy, TestJournals.tiny().build())) {
                assertEquals(3, other.recovery().orElseThrow().events());
            }
        }
        Events.assertHolds(copy, 3);
        Events.assertHolds(file, 3);
    }
}
