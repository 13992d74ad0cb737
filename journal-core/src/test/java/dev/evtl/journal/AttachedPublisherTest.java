package dev.evtl.journal;

import static dev.evtl.journal.support.TestJournals.claim;
import static dev.evtl.journal.support.TestJournals.drain;
import static dev.evtl.journal.support.TestJournals.payload;
import static dev.evtl.journal.support.TestJournals.small;
import static dev.evtl.journal.support.TestJournals.tiny;
import static dev.evtl.journal.support.TestJournals.tryClaim;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.evtl.journal.exceptions.JournalException;
import dev.evtl.journal.exceptions.JournalFailedException;
import dev.evtl.journal.exceptions.JournalTimeoutException;
import dev.evtl.journal.ring.RingFiles;
import dev.evtl.journal.support.ChildJvm;
import dev.evtl.journal.support.FailingStorage;
import dev.evtl.journal.support.FailingStorage.Call;
import dev.evtl.journal.support.MemoryDirectory;
import dev.evtl.journal.support.RingPublisher;
import dev.evtl.journal.support.StoredEvent;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.io.TempDir;

/** What a process that is attached sees of the journal, and waits for. */
@Timeout(value = 60, threadMode = ThreadMode.SEPARATE_THREAD)
class AttachedPublisherTest {
    private static final int EVENT = 24;
    private static final Duration LONG = Duration.ofSeconds(30);
    private static final Duration SHORT = Duration.ofMillis(20);

    @TempDir(factory = MemoryDirectory.class)
    Path directory;

    private Path file;
    private Path ring;

    @BeforeEach
    void setPaths() {
        file = directory.resolve("a.evtl");
        ring = directory.resolve("a.ring");
    }

    private JournalConfig.Builder config() {
        return tiny().ringFile(ring).listener(JournalListener.NONE);
    }

    private static long offer(final AttachedPublisher attached) {
        final long position = attached.publisher().offer(1, payload(8), 0, 8);
        assertTrue(position > 0);
        return position;
    }

    /** The ring file as it is while its first owner opens the journal. */
    private void makeRingOfAJournalThatIsNotOpenYet() throws IOException {
        final JournalConfig config = config().build();
        final JournalOpener opening = JournalAccess.opener(
                file,
                OpenMode.CREATE,
                Optional.of(new RingFiles.Wanted(ring, config.ringSize, config.maxPayloadLength)));
        opening.release();
        opening.file().close();
    }

    @Test
    void otherProcessWaitsUntilItsEventsAreThereAndOnTheDevice() throws Exception {
        try (Journal journal = Journal.open(
                file, small().ringFile(ring).listener(JournalListener.NONE).build())) {
            final Process child = ChildJvm.start(Waiter.class, ring.toString());
            final BufferedReader said =
                    new BufferedReader(new InputStreamReader(child.getInputStream(), StandardCharsets.UTF_8));
            final PrintStream goOn = new PrintStream(child.getOutputStream(), true, StandardCharsets.UTF_8);
            for (int i = 1; i <= 20; i++) {
                assertEquals("journaled " + i, said.readLine());
                assertEquals(64 + i * EVENT, StoredEvent.writeOffset(Files.readAllBytes(file)));
                goOn.println();
                assertEquals("synced " + i, said.readLine());
                assertEquals(64 + i * EVENT, StoredEvent.durableOffset(Files.readAllBytes(file)));
                goOn.println();
            }
            assertEquals("running 20 20 20", said.readLine());
            assertEquals(0, child.waitFor());
            assertEquals(20, journal.stats().getForces());
        }
    }

    /** Publishes one event after the other, and says when it is journaled and when it is synced. */
    static final class Waiter {
        public static void main(final String[] args) throws IOException {
            try (AttachedPublisher attached = Journal.attach(Path.of(args[0]))) {
                final BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
                for (int i = 1; i <= 20; i++) {
                    final long position = attached.publisher().offer(1, payload(8), 0, 8);
                    if (attached.awaitJournaled(position, LONG)) {
                        System.out.println("journaled " + i);
                    }
                    in.readLine();
                    if (i % 2 == 0) {
                        attached.sync();
                        System.out.println("synced " + i);
                    } else if (attached.sync(position, LONG)) {
                        System.out.println("synced " + i);
                    }
                    in.readLine();
                }
                final RingStats stats = attached.stats();
                System.out.println(stats.getState()
                        + ' '
                        + stats.getOfferedEvents()
                        + ' '
                        + stats.getJournaledEvents()
                        + ' '
                        + stats.getForces());
            }
        }
    }

    @Test
    void waitsEndWithTheirTimeAndWhatWasNoPositionIsRefused() {
        try (Journal journal = Journal.open(file, config().build());
                AttachedPublisher attached = Journal.attach(
                        ring, JournalConfig.builder().syncTimeout(SHORT).build())) {
            final long position = offer(attached);
            assertFalse(attached.awaitJournaled(position, SHORT), "nobody runs the appender");
            assertFalse(attached.sync(position, SHORT));
            final JournalTimeoutException e = assertThrows(JournalTimeoutException.class, attached::sync);
            assertTrue(e.getMessage().startsWith(ring + ": not on the device after 20 ms; running: "), e.getMessage());
            for (final long none : new long[] {0, -1, position + 1, Long.MAX_VALUE}) {
                assertThrows(IllegalArgumentException.class, () -> attached.awaitJournaled(none, LONG));
                assertThrows(IllegalArgumentException.class, () -> attached.sync(none, LONG));
            }
            Thread.currentThread().interrupt();
            assertThrows(JournalException.class, () -> attached.awaitJournaled(position, LONG));
            assertThrows(JournalException.class, () -> attached.sync(position, LONG));
            assertThrows(JournalException.class, attached::sync);
            assertTrue(Thread.interrupted());
            drain(journal);
            assertTrue(attached.awaitJournaled(position, Duration.ZERO));
            assertTrue(attached.sync(position, Duration.ZERO), "asked for before");
            attached.sync();
            assertEquals(64 + EVENT, journal.stats().getDurableOffset());
        }
    }

    /** Some are more than a long has nanoseconds for. */
    @Test
    void timeoutMayBeAnyDuration() {
        final Duration longest = Duration.ofSeconds(Long.MAX_VALUE, 999_999_999);
        final Duration shortest = Duration.ofSeconds(Long.MIN_VALUE);
        final JournalConfig attaching = JournalConfig.builder().build();
        assertTrue(Journal.attach(ring, attaching, shortest).isEmpty());
        try (Journal journal = Journal.open(file, config().build());
                AttachedPublisher attached =
                        Journal.attach(ring, attaching, longest).orElseThrow()) {
            final long position = offer(attached);
            assertTrue(attached.awaitOpen(shortest), "it is open already");
            assertTrue(attached.awaitOpen(longest));
            assertFalse(attached.awaitJournaled(position, shortest));
            assertFalse(attached.sync(position, shortest));
            journal.sync();
            assertTrue(attached.awaitJournaled(position, longest));
            assertTrue(attached.sync(position, longest));
        }
    }

    /** The appender of another process may get no time for long; what it saw last is then not so any more. */
    @Test
    void claimThatHasEndedIsNotSaidToBeOpenWhileTheAppenderLags() {
        try (Journal journal = Journal.open(file, config().build());
                AttachedPublisher attached = Journal.attach(ring)) {
            final Claim claim = claim(attached.publisher(), 1, 8);
            offer(attached);
            journal.invoker().invoke();
            assertTrue(attached.toString().contains(", a claim is open since "), attached.toString());
            assertTrue(attached.stats().getHeadStuckNanos() > 0);
            claim.commit();
            assertFalse(attached.toString().contains("a claim is open"), attached.toString());
            assertEquals(0, attached.stats().getHeadStuckNanos());
            assertEquals(0, journal.stats().getHeadStuckNanos());
        }
    }

    @Test
    void waitForWhatAFailureLeftInTheRingEndsWithIt() throws IOException {
        final Journal journal = Journal.open(
                file,
                config().build(),
                storage -> FailingStorage.throwing(storage, Call.PUBLISH, 2, new IOException("provoked")));
        try (AttachedPublisher attached = Journal.attach(ring)) {
            final long there = offer(attached);
            drain(journal);
            final long left = offer(attached);
            journal.invoker().invoke();
            assertThrows(JournalFailedException.class, () -> attached.awaitJournaled(left, LONG));
            assertThrows(JournalFailedException.class, () -> attached.sync(left, LONG));
            assertThrows(JournalFailedException.class, attached::sync);
            assertTrue(attached.awaitJournaled(there, LONG));
            assertEquals("failed", attached.stats().getState());
            assertFalse(attached.isEnded(), "another may open the journal");
            assertThrows(JournalFailedException.class, journal::close);
            assertFalse(attached.isEnded());
            assertFalse(attached.awaitOpen(SHORT));

            final Journal next = Journal.open(file, config().build());
            assertTrue(attached.awaitOpen(SHORT));
            assertEquals("running", attached.stats().getState());
            final long after = offer(attached);
            drain(next);
            assertTrue(attached.awaitJournaled(left, LONG));
            assertTrue(attached.awaitJournaled(after, LONG));
            next.close();
        }
        assertEquals(3, StoredEvent.readAll(file).size());
    }

    @Test
    void showsWhatTheJournalHasDoneThroughAllItsProcesses() throws IOException {
        try (Journal journal = Journal.open(file, config().build());
                AttachedPublisher attached = Journal.attach(ring)) {
            journal.publisher().offer(1, payload(8), 0, 8);
            offer(attached);
            final Claim open = claim(attached.publisher(), 1, 0);
            journal.invoker().invoke();
            offer(attached);
            final RingStats stats = attached.stats();
            assertEquals("running", stats.getState());
            assertEquals(3, stats.getAcceptedEvents());
            assertEquals(3 * EVENT, stats.getAcceptedBytes());
            assertEquals(3, stats.getOfferedEvents());
            assertEquals(2, stats.getJournaledEvents());
            assertEquals(2 * EVENT, stats.getJournaledBytes());
            assertEquals(64 + 2 * EVENT, stats.getFileOffset());
            assertEquals(24 + 32, stats.getRingUsed());
            assertEquals(1024, stats.getRingSize());
            assertEquals(0, stats.getDroppedEvents());
            assertEquals(0, stats.getRefusedEvents());
            assertEquals(ring.toRealPath(), attached.ringFile());
            assertEquals(
                    "AttachedPublisher[" + ring.toRealPath()
                            + ", running: 2 events journaled up to offset 112, 0 dropped,"
                            + " 0 refused, 0 abandoned, ring 56 of 1024 bytes, 0 forces]",
                    attached.toString());
            open.abort();
            drain(journal);
            assertEquals(journal.stats().getAcceptedEvents(), stats.getAcceptedEvents());
            assertEquals(3, stats.getJournaledEvents());
        }
    }

    @Test
    void isNotEndedBeforeTheFirstOpenAndWaitsForIt() throws Exception {
        makeRingOfAJournalThatIsNotOpenYet();
        try (AttachedPublisher attached = Journal.attach(ring)) {
            assertFalse(attached.isEnded());
            assertEquals(Publisher.CLOSED, tryClaim(attached.publisher(), 1, 8));
            assertFalse(attached.awaitOpen(SHORT));
            Thread.currentThread().interrupt();
            assertFalse(attached.awaitOpen(LONG));
            assertTrue(Thread.interrupted());
            final CompletableFuture<Boolean> waiting = CompletableFuture.supplyAsync(() -> attached.awaitOpen(LONG));
            final Journal journal = Journal.open(file, config().build());
            assertTrue(waiting.get());
            assertTrue(attached.awaitOpen(Duration.ZERO));
            offer(attached);
            journal.close();
        }
        assertEquals(1, StoredEvent.readAll(file).size());
    }

    @Test
    void isNotEndedWhileItsOwnerIsDeadAndIsAfterACleanClose() throws Exception {
        RingPublisher.own(file, ring).close();
        final AttachedPublisher attached = Journal.attach(ring);
        assertFalse(attached.isEnded());
        offer(attached);
        final Journal journal = Journal.open(file, config().build());
        assertFalse(attached.isEnded());
        final CompletableFuture<Boolean> waiting = CompletableFuture.supplyAsync(() -> {
            while (!attached.isEnded()) {
                Thread.onSpinWait();
            }
            return attached.awaitOpen(LONG);
        });
        journal.close();
        assertTrue(attached.isEnded());
        assertFalse(waiting.get(10, TimeUnit.SECONDS), "for good");
        assertEquals(Publisher.CLOSED, tryClaim(attached.publisher(), 1, 8));
        assertEquals("closed", attached.stats().getState());
        attached.sync();
        attached.close();
        assertEquals(1, StoredEvent.readAll(file).size());
    }

    @Test
    void isEndedOnceItHasLeftAndCanBeAskedAllTheSame() {
        try (Journal journal = Journal.open(file, config().build())) {
            final AttachedPublisher attached = Journal.attach(ring);
            final long position = offer(attached);
            attached.close();
            attached.close();
            assertTrue(attached.isEnded());
            assertEquals(Publisher.CLOSED, tryClaim(attached.publisher(), 1, 8));
            assertFalse(attached.awaitOpen(LONG));
            drain(journal);
            assertTrue(attached.awaitJournaled(position, LONG));
            assertTrue(attached.toString().contains("1 events journaled"), attached.toString());
            assertEquals("running", journal.stats().getState());
        }
    }

    @Test
    void attachingWaitsUntilThereIsARingFile() throws Exception {
        final JournalConfig attaching = JournalConfig.builder().build();
        assertTrue(Journal.attach(ring, attaching, SHORT).isEmpty());
        assertTrue(Journal.attach(ring, attaching, Duration.ZERO).isEmpty());
        Thread.currentThread().interrupt();
        assertTrue(Journal.attach(ring, attaching, LONG).isEmpty());
        assertTrue(Thread.interrupted());
        for (int round = 1; round <= 3; round++) {
            final CompletableFuture<Optional<AttachedPublisher>> waiting =
                    CompletableFuture.supplyAsync(() -> Journal.attach(ring, attaching, LONG));
            final Journal journal = Journal.open(file, config().build());
            try (AttachedPublisher attached = waiting.get().orElseThrow()) {
                assertTrue(attached.awaitOpen(LONG));
                offer(attached);
                journal.close();
                assertTrue(attached.isEnded());
            }
            assertEquals(round, StoredEvent.readAll(file).size());
        }
        Files.write(ring, new byte[100]);
        assertThrows(JournalException.class, () -> Journal.attach(ring, attaching, LONG), "at once");
    }
}
