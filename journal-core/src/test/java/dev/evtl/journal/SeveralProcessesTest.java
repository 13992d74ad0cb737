package dev.evtl.journal;

import static dev.evtl.journal.support.TestJournals.claim;
import static dev.evtl.journal.support.TestJournals.tryClaim;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.evtl.journal.JournalScan.Condition;
import dev.evtl.journal.exceptions.JournalException;
import dev.evtl.journal.exceptions.JournalFailedException;
import dev.evtl.journal.support.FailingStorage;
import dev.evtl.journal.support.FailingStorage.Call;
import dev.evtl.journal.support.MemoryDirectory;
import dev.evtl.journal.support.Reports;
import dev.evtl.journal.support.RingPublisher;
import dev.evtl.journal.support.StoredEvent;
import dev.evtl.journal.support.TestJournals;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Several processes that publish into one journal, some of which are killed or stopped. */
@Timeout(value = 60, threadMode = ThreadMode.SEPARATE_THREAD)
class SeveralProcessesTest {
    @TempDir(factory = MemoryDirectory.class)
    Path directory;

    private final Reports reports = new Reports();
    private Path file;
    private Path ring;

    @BeforeEach
    void setPaths() {
        file = directory.resolve("s.evtl");
        ring = directory.resolve("s.ring");
    }

    private JournalConfig.Builder config() {
        return TestJournals.small().ringFile(ring).listener(reports);
    }

    private Journal open() {
        return Journal.open(file, config().build());
    }

    private static void await(final BooleanSupplier condition) {
        while (!condition.getAsBoolean()) {
            Thread.onSpinWait();
        }
    }

    private static void offer(final Publisher publisher, final int type, final long first, final int count) {
        final UnsafeBuffer source = new UnsafeBuffer(new byte[Long.BYTES]);
        for (long i = first; i < first + count; i++) {
            source.putLong(0, i);
            long result;
            do {
                result = publisher.offer(type, source, 0, Long.BYTES);
            } while (result == Publisher.BACK_PRESSURED);
            assertTrue(result > 0);
        }
    }

    /** The numbers of the events of each type, in the file's order. */
    private void assertNumbered(final int... counts) throws IOException {
        assertEquals(Condition.CLEAN, JournalScan.of(file).condition());
        final long[] next = new long[counts.length];
        for (final StoredEvent event : StoredEvent.readAll(file)) {
            assertEquals(next[event.type() - 1]++, event.data().getLong(), "type " + event.type());
        }
        for (int i = 0; i < counts.length; i++) {
            assertEquals(counts[i], next[i], "type " + (i + 1));
        }
    }

    @ParameterizedTest
    @CsvSource({"MAPPED, true", "MAPPED, false", "WRITE, true", "WRITE, false", "DIRECT, true", "DIRECT, false"})
    void everyAcceptedEventOfAKilledProcessIsThere(final StorageMode mode, final boolean checksums) throws Exception {
        long accepted = 0;
        for (int round = 0; round < 3; round++) {
            final RingPublisher owner = RingPublisher.own(file, ring, mode, checksums);
            accepted += owner.offer(1, accepted, 500);
            assertTrue(owner.claim(1, -1) > 0);
            owner.kill();
        }
        final Journal journal = Journal.open(file, config().storage(mode).build());
        assertEquals(1, journal.recovery().orElseThrow().claimsAbandoned());
        journal.close();
        assertEquals(1500, accepted);
        assertEquals(1500, journal.stats().getJournaledEvents());
        assertNumbered(1500);
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 4})
    void processKilledInAClaimDoesNotStopTheOthers(final int processes) throws Exception {
        final Journal journal = open();
        final List<RingPublisher> children = new ArrayList<>();
        for (int i = 0; i < processes; i++) {
            children.add(RingPublisher.attach(ring));
        }
        for (int i = 0; i < processes; i++) {
            assertEquals(50, children.get(i).offer(i + 1, 0, 50));
        }
        assertTrue(children.get(0).claim(1, -1) > 0);
        for (int i = 1; i < processes; i++) {
            assertEquals(5, children.get(i).offer(i + 1, 50, 5));
        }
        await(() -> journal.stats().getHeadStuckNanos() > 0 && journal.stats().getJournaledEvents() == processes * 50);
        children.get(0).close();
        for (int i = 1; i < processes; i++) {
            assertEquals(100, children.get(i).offer(i + 1, 55, 100));
        }
        await(() -> journal.stats().getJournaledEvents() == processes * 50 + (processes - 1) * 105);
        assertEquals(1, journal.stats().getAbandonedEvents());
        for (final RingPublisher child : children) {
            child.close();
        }
        journal.close();
        reports.awaitEnd(journal);
        assertEquals(
                1,
                reports.messages().stream()
                        .filter(message -> message.matches(
                                ".*: left out a claim of 1 events of process \\d+, which had neither.*"))
                        .count(),
                reports.toString());
        final int[] counts = new int[processes];
        Arrays.fill(counts, 155);
        counts[0] = 50;
        assertNumbered(counts);
    }

    @Test
    void claimOfAProcessThatIsStoppedIsNotReleased() throws Exception {
        final Journal journal = open();
        try (RingPublisher stopped = RingPublisher.attach(ring);
                RingPublisher other = RingPublisher.attach(ring)) {
            stopped.claim(1, 0);
            stopped.signal("STOP");
            assertEquals(5, other.offer(2, 0, 5));
            // in which the appender has asked a hundred times whether it lives
            await(() ->
                    journal.stats().getHeadStuckNanos() > Duration.ofMillis(200).toNanos());
            assertEquals(0, journal.stats().getJournaledEvents());
            stopped.signal("CONT");
            assertTrue(stopped.commit() > 0);
            await(() -> journal.stats().getJournaledEvents() == 6);
        }
        journal.close();
        assertEquals(0, journal.stats().getAbandonedEvents());
        assertNumbered(1, 5);
        assertEquals(1, StoredEvent.readAll(file).get(0).type());
    }

    /** Anything in its process has closed the lock file, or somebody has deleted it. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void processThatLivesKeepsItsClaimAndItsPlaceWithoutItsLock(final boolean deleted) throws Exception {
        final RingPublisher first = RingPublisher.own(file, ring);
        try (RingPublisher living = RingPublisher.attach(ring)) {
            assertTrue(living.claim(1, 0) > 0);
            living.readLockFile();
            first.close();
            if (deleted) {
                Files.delete(directory.resolve("s.ring.lock"));
            }
            final JournalException e = assertThrows(JournalException.class, () -> Journal.open(file));
            assertTrue(e.getMessage().startsWith(ring + ": a process has this ring file"), e.getMessage());

            final Journal journal = open();
            try (RingPublisher other = RingPublisher.attach(ring)) {
                assertEquals(5, other.offer(2, 0, 5));
                // in which the appender has asked a hundred times whether it lives
                await(() -> journal.stats().getHeadStuckNanos()
                        > Duration.ofMillis(200).toNanos());
                assertEquals(0, journal.stats().getJournaledEvents());
                assertTrue(living.commit() > 0);
                assertEquals(1, living.offer(1, 1, 1));
                assertEquals(1, other.offer(2, 5, 1));
                await(() -> journal.stats().getJournaledEvents() == 8);
                assertTrue(living.claim(1, -1) > 0);
                living.readLockFile();
                living.kill();
                assertEquals(1, other.offer(2, 6, 1));
                await(() -> journal.stats().getJournaledEvents() == 9);
            }
            journal.close();
            assertEquals(1, journal.stats().getAbandonedEvents());
            assertNumbered(2, 7);
        }
    }

    @Test
    void ownerThatHasLostItsLockStillHasTheJournalOpen() throws Exception {
        final AttachedPublisher here;
        try (RingPublisher owner = RingPublisher.own(file, ring)) {
            here = Journal.attach(ring);
            owner.readLockFile();
            assertTrue(here.awaitOpen(Duration.ZERO));
        }
        assertFalse(here.awaitOpen(Duration.ZERO), "it was killed");
        final Journal journal = open();
        assertTrue(here.awaitOpen(Duration.ZERO));
        Files.readAllBytes(directory.resolve("s.ring.lock"));
        assertTrue(here.awaitOpen(Duration.ZERO));
        journal.close();
        assertFalse(here.awaitOpen(Duration.ZERO));
        here.close();
    }

    @Test
    void publishersGoOnWhenTheOwnerIsKilledAndAnotherTakesOver() throws Exception {
        final RingPublisher first = RingPublisher.own(file, ring);
        try (RingPublisher child = RingPublisher.attach(ring)) {
            final AttachedPublisher here = Journal.attach(ring);
            offer(here.publisher(), 1, 0, 300);
            assertEquals(300, child.offer(2, 0, 300));
            assertEquals(100, first.offer(3, 0, 100));
            while (JournalScan.of(file).events() < 2 * 300 + 100) {
                Thread.yield(); // or the ring might have no room when nobody empties it
            }
            assertTrue(first.claim(3, -1) > 0);
            first.close();
            offer(here.publisher(), 1, 300, 3);
            assertEquals(3, child.offer(2, 300, 3));

            final Journal journal = open();
            final RecoveryReport report = journal.recovery().orElseThrow();
            assertEquals(1, report.claimsAbandoned());
            assertTrue(report.ringEvents() >= 6);
            offer(here.publisher(), 1, 303, 300);
            assertEquals(300, child.offer(2, 303, 300));
            journal.sync();
            assertEquals(2 * 603 + 100, journal.stats().getJournaledEvents());
            journal.close();
            assertEquals(Publisher.CLOSED, tryClaim(here.publisher(), 1, 8));
            assertEquals(0, child.offer(2, 603, 1));
            here.close();
        }
        assertNumbered(603, 603, 100);
    }

    @Test
    void ringFillsWhileNobodyOwnsItAndIsEmptiedByTheNextOwner() throws Exception {
        RingPublisher.own(file, ring).close();
        final AttachedPublisher attached = Journal.attach(ring);
        final UnsafeBuffer source = new UnsafeBuffer(new byte[Long.BYTES]);
        int accepted = 0;
        while (attached.publisher().offer(1, source, 0, Long.BYTES) > 0) {
            source.putLong(0, ++accepted);
        }
        assertEquals(1024 / 32, accepted);
        assertEquals(Publisher.BACK_PRESSURED, tryClaim(attached.publisher(), 1, 8));
        final AttachedPublisher dropping = Journal.attach(
                ring, JournalConfig.builder().backPressure(BackPressure.DROP).build());
        assertEquals(Publisher.DROPPED, tryClaim(dropping.publisher(), 1, 8));
        final AttachedPublisher blocking = Journal.attach(
                ring, JournalConfig.builder().backPressure(BackPressure.BLOCK).build());
        final int number = accepted;
        final Thread blocked = new Thread(() -> offer(blocking.publisher(), 2, number, 1));
        blocked.start();

        final Journal journal = open();
        assertEquals(accepted, journal.recovery().orElseThrow().ringEvents());
        blocked.join();
        await(() -> journal.stats().getJournaledEvents() == number + 1);
        journal.close();
        final List<StoredEvent> events = StoredEvent.readAll(file);
        assertEquals(accepted + 2, events.size());
        assertEquals(
                1,
                events.stream().filter(event -> event.type() == StoredEvent.GAP).count());
    }

    @Test
    void publishersAreToldOfAFailureAndGoOnAfterIt() throws Exception {
        final Journal journal = Journal.open(
                file,
                config().build(),
                storage -> FailingStorage.throwing(storage, Call.PUBLISH, 2, new IOException("provoked")));
        try (RingPublisher child = RingPublisher.attach(ring)) {
            final AttachedPublisher here = Journal.attach(ring);
            offer(here.publisher(), 1, 0, 1);
            await(() -> journal.stats().getJournaledEvents() == 1);
            final Claim claim = claim(here.publisher(), 1, 8);
            offer(here.publisher(), 1, 1, 0);
            assertEquals(1, child.offer(2, 0, 1));
            claim.abort();
            await(() -> journal.failure().isPresent());
            assertEquals(Publisher.FAILED, tryClaim(here.publisher(), 1, 8));
            assertEquals(0, child.offer(2, 1, 1));
            assertThrows(JournalFailedException.class, journal::close);
            assertEquals(Publisher.FAILED, tryClaim(here.publisher(), 1, 8));

            final Journal reopened = open();
            assertEquals("failed", journal.stats().getState());
            assertEquals(Publisher.FAILED, tryClaim(journal.publisher(), 1, 8), "that journal has ended");
            offer(here.publisher(), 1, 1, 1);
            assertEquals(1, child.offer(2, 1, 1));
            reopened.close();
            here.close();
        }
        assertNumbered(2, 2);
    }

    @Test
    void whoWritesIntoAClaimThatAFailedCloseDidNotWaitForDisturbsNobody() throws Exception {
        final JournalConfig impatient = config().appenderMode(AppenderMode.INVOKER)
                .closeTimeout(Duration.ofNanos(1))
                .build();
        final Journal journal = Journal.open(
                file,
                impatient,
                storage -> FailingStorage.throwing(storage, Call.CLOSE, 1, new IOException("provoked")));
        final AttachedPublisher here = Journal.attach(ring);
        offer(here.publisher(), 1, 0, 1);
        final Claim claim = claim(here.publisher(), 1, 16);
        assertThrows(JournalFailedException.class, journal::close);
        claim.buffer().putLong(0, 7);

        final Journal reopened = Journal.open(file, impatient);
        claim.buffer().putLong(8, 7);
        assertEquals(Publisher.CLOSED, claim.commit());
        final AttachedPublisher again = Journal.attach(ring);
        offer(again.publisher(), 1, 1, 30);
        again.close();
        reopened.close();
        here.close();
        assertNumbered(31);
    }

    @Test
    void attachingWithoutARingFileSaysSo() {
        final JournalException e = assertThrows(JournalException.class, () -> Journal.attach(ring));
        assertEquals(ring + ": does not exist; no journal has this ring file open", e.getMessage());
    }

    @Test
    void journalIsNotOpenedWithoutARingFileToWhichAProcessIsAttached() throws Exception {
        RingPublisher.own(file, ring).close();
        try (RingPublisher child = RingPublisher.attach(ring)) {
            final JournalException e = assertThrows(JournalException.class, () -> Journal.open(file));
            assertTrue(e.getMessage().startsWith(ring + ": a process has this ring file"), e.getMessage());
            assertEquals(1, child.offer(1, 0, 1));
            open().close();
        }
        assertNumbered(1);
        assertFalse(Files.exists(ring));
    }

    @Test
    void placesOfProcessesAreUsedAgain() throws Exception {
        final Journal journal =
                Journal.open(file, config().appenderMode(AppenderMode.INVOKER).build());
        final List<AttachedPublisher> all = new ArrayList<>();
        for (int i = 1; i < 128; i++) {
            all.add(Journal.attach(ring));
        }
        final JournalException e = assertThrows(JournalException.class, () -> Journal.attach(ring));
        assertEquals(ring + ": all 128 places for processes are taken", e.getMessage());
        offer(all.get(100).publisher(), 1, 0, 1);
        all.get(100).close();
        assertThrows(JournalException.class, () -> Journal.attach(ring), "its event is in the ring yet");
        TestJournals.drain(journal);
        final AttachedPublisher again = Journal.attach(ring);
        offer(again.publisher(), 1, 1, 1);
        assertEquals(Publisher.CLOSED, tryClaim(all.get(100).publisher(), 1, 8));
        journal.close();
        assertNumbered(2);
    }
}
