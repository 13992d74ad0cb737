package dev.evtl.journal.ring;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.evtl.journal.AttachedPublisher;
import dev.evtl.journal.Journal;
import dev.evtl.journal.JournalConfig;
import dev.evtl.journal.JournalListener;
import dev.evtl.journal.JournalRecovery;
import dev.evtl.journal.JournalScan;
import dev.evtl.journal.Publisher;
import dev.evtl.journal.exceptions.JournalException;
import dev.evtl.journal.support.Events;
import dev.evtl.journal.support.MemoryDirectory;
import dev.evtl.journal.support.MortalStorage;
import dev.evtl.journal.support.StoredEvent;
import dev.evtl.journal.support.TestJournals;
import dev.evtl.journal.support.Tmpfs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What lies where a ring file belongs, whose it is, and what may be done with it. */
@Timeout(60)
class RingFilePlaceTest {
    private static final int STRANGER = 4711;

    @TempDir(factory = MemoryDirectory.class)
    Path directory;

    @TempDir
    Path onDisk;

    private Path file;
    private Path ring;

    @BeforeEach
    void setPaths() {
        file = directory.resolve("r.evtl");
        ring = directory.resolve("r.ring");
    }

    private JournalConfig config() {
        return TestJournals.tiny().ringFile(ring).listener(JournalListener.NONE).build();
    }

    /** A ring file in which this many events wait. */
    private void leavePending(final int events) {
        final MortalStorage.Life life = MortalStorage.open(file, config());
        Events.offer(life.journal(), 0, events);
        life.storage().kill();
    }

    private static void give(final Path path, final int user) throws IOException {
        try {
            Files.setAttribute(path, "unix:uid", user);
        } catch (final IOException e) {
            assumeTrue(false, "this user may not give files away");
        }
    }

    private Set<String> files() throws IOException {
        try (Stream<Path> all = Files.list(directory)) {
            return all.map(path -> path.getFileName().toString()).collect(Collectors.toCollection(TreeSet::new));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"text", "directory", "pipe", "device"})
    void whatIsNoRingFileIsRefusedAtOnceWithAdviceAndLeftAsItIs(final String what) throws IOException {
        switch (what) {
            case "text" -> Files.writeString(ring, "precious");
            case "directory" -> Files.createDirectory(ring);
            case "pipe" -> assumeTrue(Tmpfs.run("mkfifo", ring.toString()), "there is no mkfifo");
            default ->
                assumeTrue(Tmpfs.run("mknod", ring.toString(), "c", "1", "5"), "this user may not make a device");
        }
        final String expected = ring
                + (what.equals("text") ? ": is not a ring file" : ": is a directory, a pipe, a device or a socket");
        final JournalException opened = assertThrows(JournalException.class, () -> Journal.open(file, config()));
        assertTrue(opened.getMessage().startsWith(expected), opened.getMessage());
        assertTrue(opened.getMessage().contains("move it away, or give another ringFile"), opened.getMessage());
        final JournalException attached = assertThrows(JournalException.class, () -> Journal.attach(ring));
        assertTrue(attached.getMessage().startsWith(expected), attached.getMessage());
        final Set<String> left = files();
        left.removeIf(name -> name.endsWith(".lock"));
        assertEquals(Set.of("r.ring"), left);
    }

    /** Whoever forged it would publish in the journal's name, and get what a publisher publishes. */
    @Test
    void ringFileOfAStrangerIsRefusedByOwnerAndPublisherAndUntouched() throws IOException {
        leavePending(3);
        give(ring, STRANGER);
        final byte[] bytes = Files.readAllBytes(ring);
        final byte[] journal = Files.readAllBytes(file);
        for (final JournalException e : new JournalException[] {
            assertThrows(JournalException.class, () -> Journal.open(file, config())),
            assertThrows(
                    JournalException.class,
                    () -> Journal.open(file, TestJournals.tiny().build())),
            assertThrows(JournalException.class, () -> Journal.attach(ring)),
            assertThrows(JournalException.class, () -> JournalRecovery.plan(file, position -> {})),
            assertThrows(JournalException.class, () -> JournalRecovery.recover(file, position -> {}))
        }) {
            assertTrue(e.getMessage().startsWith(ring + ": belongs to user " + STRANGER), e.getMessage());
        }
        assertArrayEquals(bytes, Files.readAllBytes(ring));
        assertArrayEquals(journal, Files.readAllBytes(file));
    }

    @Test
    void ringFileThatEverybodyMayWriteIsRefused() throws IOException {
        leavePending(3);
        Files.setPosixFilePermissions(ring, PosixFilePermissions.fromString("rw-rw-rw-"));
        for (final JournalException e : new JournalException[] {
            assertThrows(JournalException.class, () -> Journal.open(file, config())),
            assertThrows(JournalException.class, () -> Journal.attach(ring))
        }) {
            assertTrue(e.getMessage().startsWith(ring + ": every user can write it"), e.getMessage());
        }
        Files.setPosixFilePermissions(ring, PosixFilePermissions.fromString("rw-------"));
        Journal.open(file, config()).close();
        Events.assertHolds(file, 3);
    }

    /** Who owns the journal can write into it anyway, and who owns the directory can put there what he likes. */
    @Test
    void ringFileOfTheJournalsOwnerIsTaken() throws IOException {
        leavePending(3);
        for (final String name : files()) {
            give(directory.resolve(name), STRANGER);
        }
        assertThrows(JournalException.class, () -> Journal.attach(ring));
        give(directory, STRANGER);
        try (AttachedPublisher attached = Journal.attach(ring);
                Journal journal = Journal.open(file, config())) {
            assertEquals(3, journal.recovery().orElseThrow().ringEvents());
            assertTrue(attached.publisher().offer(1, TestJournals.payload(8), 0, 8) > 0);
        }
        assertEquals(4, StoredEvent.readAll(file).size());
    }

    /** A directory in which files can be made and not removed, as a sticky one is for another user's files. */
    private void keepFiles(final boolean kept) {
        assumeTrue(Tmpfs.run("chattr", kept ? "+a" : "-a", onDisk.toString()), "this user may not use chattr");
    }

    @Test
    void closeIsCleanWhereTheRingFileCannotBeDeletedAndItIsUsedAgain() throws IOException {
        ring = onDisk.resolve("r.ring");
        Journal journal = Journal.open(file, config());
        keepFiles(true);
        try {
            for (int i = 0; i < 3; i++) {
                final AttachedPublisher attached = Journal.attach(ring);
                Events.offer(journal, 5L * i, 5);
                journal.close();
                assertEquals(JournalScan.Condition.CLEAN, JournalScan.of(file).condition());
                assertEquals("closed", journal.stats().getState());
                assertTrue(Files.exists(ring));
                assertTrue(attached.isEnded());
                assertEquals(Publisher.CLOSED, attached.publisher().offer(1, TestJournals.payload(8), 0, 8));
                attached.close();
                journal = Journal.open(file, config());
                assertTrue(journal.recovery().isEmpty(), () -> "nothing was left");
                assertEquals(Publisher.CLOSED, attached.publisher().offer(1, TestJournals.payload(8), 0, 8));
            }
        } finally {
            keepFiles(false);
        }
        journal.close();
        assertFalse(Files.exists(ring));
        Events.assertHolds(file, 15);
    }

    /** Otherwise the claim's thread could write into another's. */
    @Test
    void ringFileThatWasClosedOverAClaimIsNotUsedAgainWhereItCannotBeDeleted() throws IOException {
        ring = onDisk.resolve("r.ring");
        final Journal journal = Journal.open(
                file,
                TestJournals.tiny()
                        .ringFile(ring)
                        .listener(JournalListener.NONE)
                        .closeTimeout(Duration.ofMillis(1))
                        .build());
        Events.offer(journal, 0, 3);
        TestJournals.claim(journal.publisher(), 1, 8);
        keepFiles(true);
        try {
            journal.close();
            final JournalException e = assertThrows(JournalException.class, () -> Journal.open(file, config()));
            assertTrue(e.getMessage().startsWith(ring + ": this ring file can neither be used again"), e.getMessage());
            Journal.open(file, TestJournals.tiny().build()).close();
        } finally {
            keepFiles(false);
        }
        Journal.open(file, config()).close();
        assertFalse(Files.exists(ring));
        Events.assertHolds(file, 3);
    }

    /** It may be somebody else's. */
    @Test
    void closeLeavesWhatHasTakenThePlaceOfItsRingFile() throws IOException {
        final Journal journal = Journal.open(file, config());
        Events.offer(journal, 0, 3);
        Files.delete(ring);
        Files.writeString(ring, "precious");
        journal.close();
        assertEquals("precious", Files.readString(ring));
        Events.assertHolds(file, 3);
    }

    /** An opening that fails at its last step, after a publisher has attached. */
    private void failToOpen(final Runnable attaching) {
        assertThrows(
                IllegalStateException.class,
                () -> Journal.open(
                        file,
                        TestJournals.small()
                                .ringFile(ring)
                                .listener(JournalListener.NONE)
                                .threadFactory(work -> {
                                    attaching.run();
                                    throw new IllegalStateException("provoked");
                                })
                                .build()));
    }

    @Test
    void failedOpeningEndsThosePublishersThatHaveAttachedMeanwhile() {
        final AttachedPublisher[] attached = new AttachedPublisher[1];
        failToOpen(() -> attached[0] = Journal.attach(ring));
        assertTrue(attached[0].isEnded());
        assertFalse(Files.exists(file));
        assertFalse(Files.exists(ring));
        attached[0].close();
    }

    @Test
    void whatWasAcceptedWhileOpeningFailedIsKept() throws IOException {
        failToOpen(() -> {
            try (AttachedPublisher attached = Journal.attach(ring)) {
                assertTrue(attached.publisher().offer(1, TestJournals.payload(8), 0, 8) > 0);
            }
        });
        try (Journal journal = Journal.open(file, config())) {
            assertEquals(1, journal.recovery().orElseThrow().ringEvents());
        }
        assertEquals(1, StoredEvent.readAll(file).size());
    }
}
