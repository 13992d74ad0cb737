package dev.evtl.journal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.evtl.journal.JournalScan.Condition;
import dev.evtl.journal.exceptions.JournalException;
import dev.evtl.journal.exceptions.JournalFailedException;
import dev.evtl.journal.support.Events;
import dev.evtl.journal.support.FailingStorage;
import dev.evtl.journal.support.FailingStorage.Call;
import dev.evtl.journal.support.MemoryDirectory;
import dev.evtl.journal.support.RingBytes;
import dev.evtl.journal.support.RingPublisher;
import dev.evtl.journal.support.StoredEvent;
import dev.evtl.journal.support.TestJournals;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Ring files that name another boot of the machine than this one: of an earlier boot, or of another container. */
@Timeout(60)
class EarlierBootTest {
    /** Where the state of a ring file is, which says that it has ended. */
    private static final int STATE = 20480;

    @TempDir
    Path onDisk;

    @TempDir(factory = MemoryDirectory.class)
    Path inMemory;

    private Path file;
    private Path ring;
    private Path aside;

    @BeforeEach
    void setPaths() {
        file = onDisk.resolve("r.evtl");
        ring = onDisk.resolve("r.ring");
        aside = onDisk.resolve("r.ring.earlier-boot-1");
    }

    private JournalConfig.Builder config() {
        return TestJournals.tiny().ringFile(ring).listener(JournalListener.NONE);
    }

    private Journal open() {
        return Journal.open(file, config().build());
    }

    /** A ring file in which this many events wait, and which names another boot; returns its bytes. */
    private byte[] leavePending(final int events) throws IOException {
        final Journal journal = Journal.open(
                file,
                config().build(),
                storage -> FailingStorage.throwing(storage, Call.RESERVE, 1, new IOException("provoked")));
        Events.offer(journal, 0, events);
        journal.invoker().invoke();
        assertThrows(JournalFailedException.class, journal::close);
        return RingBytes.ofAnEarlierBoot(ring);
    }

    private static void assertSameButEnded(final byte[] before, final byte[] after) {
        assertEquals(3, after[STATE] & 7, "closed");
        after[STATE] = before[STATE];
        assertArrayEquals(before, after);
    }

    private List<Long> numbers() throws IOException {
        return StoredEvent.readAll(file).stream()
                .map(event -> event.data().getLong())
                .toList();
    }

    @Test
    void ringFileOfAnEarlierBootIsSetAsideAndReported() throws IOException {
        final byte[] bytes = leavePending(3);
        assertThrows(JournalException.class, () -> Journal.attach(ring));
        assertEquals(
                Optional.of(aside), JournalRecovery.plan(file, position -> {}).setAside());
        assertArrayEquals(bytes, Files.readAllBytes(ring));
        try (Journal journal = open()) {
            final RecoveryReport report = journal.recovery().orElseThrow();
            assertEquals(Optional.of(aside), report.setAside());
            assertEquals(0, report.ringEvents());
            Events.offer(journal, 0, 1);
        }
        assertSameButEnded(bytes, Files.readAllBytes(aside));
        Events.assertHolds(file, 1);
    }

    @Test
    void itIsAlsoSetAsideAndReportedWhereTheJournalIsOpenedWithoutIt() throws IOException {
        final byte[] bytes = leavePending(3);
        try (Journal journal = Journal.open(file, TestJournals.tiny().build())) {
            assertEquals(Optional.of(aside), journal.recovery().orElseThrow().setAside());
        }
        assertSameButEnded(bytes, Files.readAllBytes(aside));
        assertFalse(Files.exists(ring));
    }

    /** The same machine, looked at from a container with a boot identity of its own. */
    @Test
    void memoryDoesNotOutliveABootSoTheRingFileIsBroughtIn() throws IOException {
        ring = inMemory.resolve("r.ring");
        leavePending(3);
        assertEquals(3, JournalRecovery.plan(file, position -> {}).ringEvents());
        try (AttachedPublisher attached = Journal.attach(ring);
                Journal journal = open()) {
            assertEquals(3, journal.recovery().orElseThrow().ringEvents());
            assertTrue(attached.publisher().offer(1, TestJournals.payload(8), 0, 8) > 0);
        }
        assertEquals(4, StoredEvent.readAll(file).size());
    }

    @Test
    void processDoesNotOutliveABootSoTheRingFileThatItHasIsBroughtIn() throws IOException {
        try (RingPublisher owner = RingPublisher.own(file, ring);
                RingPublisher publisher = RingPublisher.attach(ring)) {
            assertEquals(3, owner.offer(1, 0, 3));
            owner.kill();
            RingBytes.ofAnEarlierBoot(ring);
            assertEquals(2, publisher.offer(1, 3, 2));
            try (Journal journal =
                    Journal.open(file, TestJournals.small().ringFile(ring).build())) {
                assertEquals(Optional.empty(), journal.recovery().flatMap(RecoveryReport::setAside));
                assertEquals(2, publisher.offer(1, 5, 2));
                journal.sync();
            }
        }
        assertEquals(List.of(0L, 1L, 2L, 3L, 4L, 5L, 6L), numbers());
    }

    /** Nobody sees it any more, because its lock file was deleted. */
    @Test
    void publisherThatHasARingFileThatIsSetAsideGetsNothingAcceptedAnyMore() throws IOException {
        try (RingPublisher owner = RingPublisher.own(file, ring);
                RingPublisher publisher = RingPublisher.attach(ring)) {
            owner.kill();
            assertEquals(1, publisher.offer(1, 0, 1));
            RingBytes.ofAnEarlierBoot(ring);
            Files.delete(onDisk.resolve("r.ring.lock"));
            try (Journal journal = open()) {
                assertEquals(
                        Optional.of(aside), journal.recovery().orElseThrow().setAside());
                assertEquals(0, publisher.offer(1, 1, 5));
            }
        }
    }

    @Test
    void whatWasSetAsideIsBroughtInOnceByWhoeverAnswersForIt() throws IOException {
        leavePending(3);
        try (Journal journal = open()) {
            Events.offer(journal, 7, 1);
        }
        final byte[] journal = Files.readAllBytes(file);
        final byte[] bytes = Files.readAllBytes(aside);
        assertEquals(3, JournalRecovery.plan(file, aside, position -> {}).ringEvents());
        assertArrayEquals(journal, Files.readAllBytes(file));
        assertArrayEquals(bytes, Files.readAllBytes(aside));

        assertEquals(3, JournalRecovery.recover(file, aside, position -> {}).ringEvents());
        assertEquals(List.of(7L, 0L, 1L, 2L), numbers());
        assertEquals(Condition.CLEAN, JournalScan.of(file).condition());
        assertFalse(Files.exists(aside));
        assertThrows(JournalException.class, () -> JournalRecovery.recover(file, aside, position -> {}));
        assertEquals(4, StoredEvent.readAll(file).size());
    }

    @Test
    void anotherJournalDoesNotGetWhatWasSetAside() throws IOException {
        leavePending(3);
        open().close();
        final byte[] bytes = Files.readAllBytes(aside);
        final Path other = onDisk.resolve("other.evtl");
        Journal.open(other, TestJournals.tiny().build()).close();
        final JournalException e =
                assertThrows(JournalException.class, () -> JournalRecovery.recover(other, aside, position -> {}));
        assertTrue(e.getMessage().startsWith(aside + ": is the ring file of another journal"), e.getMessage());
        assertArrayEquals(bytes, Files.readAllBytes(aside));
    }

    @Test
    void whatWasSetAsideWaitsForWhatTheRingFileOfTodayHolds() throws IOException {
        leavePending(3);
        final Journal journal = Journal.open(
                file,
                config().build(),
                storage -> FailingStorage.throwing(storage, Call.RESERVE, 1, new IOException("provoked")));
        Events.offer(journal, 7, 1);
        journal.invoker().invoke();
        assertThrows(JournalFailedException.class, journal::close);
        final JournalException e =
                assertThrows(JournalException.class, () -> JournalRecovery.recover(file, aside, position -> {}));
        assertTrue(e.getMessage().contains("its ring file " + ring + " holds 1 events"), e.getMessage());
        JournalRecovery.recover(file, position -> {});
        JournalRecovery.recover(file, aside, position -> {});
        assertEquals(List.of(7L, 0L, 1L, 2L), numbers());
    }
}
