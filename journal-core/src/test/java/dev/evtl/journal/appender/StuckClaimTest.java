package dev.evtl.journal.appender;

import static dev.evtl.journal.support.TestJournals.EIGHTH_OF_RING;
import static dev.evtl.journal.support.TestJournals.claim;
import static dev.evtl.journal.support.TestJournals.payload;
import static dev.evtl.journal.support.TestJournals.small;
import static dev.evtl.journal.support.TestJournals.tiny;
import static dev.evtl.journal.support.TestJournals.tryClaim;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.evtl.journal.BackPressure;
import dev.evtl.journal.Claim;
import dev.evtl.journal.EventBatch;
import dev.evtl.journal.Journal;
import dev.evtl.journal.JournalAccess;
import dev.evtl.journal.JournalConfig;
import dev.evtl.journal.JournalScan;
import dev.evtl.journal.JournalScan.Condition;
import dev.evtl.journal.JournalStats;
import dev.evtl.journal.Publisher;
import dev.evtl.journal.exceptions.JournalFailedException;
import dev.evtl.journal.exceptions.JournalTimeoutException;
import dev.evtl.journal.support.FailingStorage;
import dev.evtl.journal.support.FailingStorage.Call;
import dev.evtl.journal.support.Producers;
import dev.evtl.journal.support.Reports;
import dev.evtl.journal.support.StoredEvent;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Claims of a thread that never ends them. */
@Timeout(value = 60, threadMode = ThreadMode.SEPARATE_THREAD)
class StuckClaimTest {
    @TempDir
    Path directory;

    private final Reports reports = new Reports();

    private JournalConfig.Builder impatient(final JournalConfig.Builder config) {
        return config.listener(reports).stuckClaimTimeout(Duration.ofMillis(1)).closeTimeout(Duration.ofMillis(1));
    }

    private Journal open() {
        return Journal.open(directory.resolve("s.evtl"), impatient(tiny()).build());
    }

    private static long offer(final Journal journal, final int type) {
        return journal.publisher().offer(type, payload(8), 0, 8);
    }

    @Test
    void openClaimIsSeenGrowsOlderAndIsReportedOnce() {
        final Journal journal = open();
        assertEquals(0, journal.stats().getHeadStuckNanos());
        final Claim claim = claim(journal.publisher(), 1, 8);
        offer(journal, 2);
        journal.invoker().invoke();
        final long first = journal.stats().getHeadStuckNanos();
        assertTrue(first > 0);
        while (reports.errors().isEmpty()
                || journal.stats().getHeadStuckNanos() < Duration.ofMillis(20).toNanos()) {
            journal.invoker().invoke();
        }
        final String message = reports.messages().get(0);
        assertTrue(
                message.matches(".*s\\.evtl: a claim of 1 events has been neither committed nor aborted for "
                        + "\\d+ ms and holds up 64 bytes"),
                message);
        assertEquals(0, journal.stats().getJournaledEvents());
        assertTrue(claim.commit() > 0);
        journal.invoker().invoke();
        assertEquals(0, journal.stats().getHeadStuckNanos());
        assertEquals(2, journal.stats().getJournaledEvents());
        journal.close();
        reports.awaitEnd(journal);
        assertEquals(1, reports.errors().size(), reports.toString());
        assertEquals(0, journal.stats().getAbandonedEvents());
    }

    @Test
    void nextStuckClaimIsReportedToo() {
        final Journal journal = open();
        for (int i = 1; i <= 3; i++) {
            final Claim claim = claim(journal.publisher(), 1, 8);
            while (reports.errors().size() < i) {
                journal.invoker().invoke();
            }
            claim.abort();
            journal.invoker().invoke();
        }
        journal.close();
        reports.awaitEnd(journal);
        assertEquals(3, reports.errors().size(), reports.toString());
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void closeLeavesOpenClaimsSaysHowManyEventsAndJournalsTheRest(final boolean singleProducer) throws IOException {
        final Journal journal = Journal.open(
                directory.resolve("s.evtl"),
                impatient(tiny()).singleProducer(singleProducer).build());
        final Publisher publisher = journal.publisher();
        offer(journal, 1);
        final Claim stuck = claim(publisher, 2, 8);
        offer(journal, 3);
        final EventBatch stuckBatch = publisher.newBatch();
        stuckBatch.tryClaim(4, 8);
        offer(journal, 5);
        offer(journal, 6);
        final Claim stuckAtTheEnd = claim(publisher, 7, 0);
        journal.close();

        assertEquals(
                List.of(1, 3, 5, 6),
                StoredEvent.readAll(journal.path()).stream()
                        .map(StoredEvent::type)
                        .toList());
        assertEquals(Condition.CLEAN, JournalScan.of(journal.path()).condition());
        assertEquals(6, journal.stats().getAbandonedEvents());
        reports.awaitEnd(journal);
        final List<String> left = reports.messages().stream()
                .filter(message -> message.contains("closed without"))
                .toList();
        assertEquals(3, left.size(), left.toString());
        assertTrue(left.get(1)
                .endsWith("s.evtl: closed without a claim of 4 events that was neither committed nor aborted"));

        assertEquals(4, reports.errors().size(), "the first as stuck, and each once as left: " + reports);

        assertEquals(Publisher.CLOSED, stuck.commit());
        assertEquals(Publisher.CLOSED, stuckAtTheEnd.commit());
        for (int i = 0; i < 4; i++) {
            stuckBatch.next(1, i == 0 ? 8 : 0);
        }
        assertEquals(Publisher.CLOSED, stuckBatch.commit());
        final JournalStats stats = journal.stats();
        assertEquals(6, stats.getRefusedEvents());
        assertEquals(4, stats.getJournaledEvents());
        assertEquals(10, stats.getOfferedEvents());
        assertEquals("closed", stats.getState());
        assertEquals(0, stats.getHeadStuckNanos());
    }

    @Test
    void abortAfterTheCloseDoesNothing() {
        final Journal journal = open();
        final Claim stuck = claim(journal.publisher(), 1, 8);
        journal.close();
        stuck.abort();
        assertEquals(0, journal.stats().getOfferedEvents());
    }

    @Test
    void fullRingOfOpenClaimsDoesNotHangTheClose() throws IOException {
        final Journal journal = Journal.open(
                directory.resolve("s.evtl"),
                impatient(tiny()).backPressure(BackPressure.DROP).build());
        for (int i = 0; i < 8; i++) {
            claim(journal.publisher(), 1, EIGHTH_OF_RING);
        }
        assertEquals(Publisher.DROPPED, tryClaim(journal.publisher(), 1, EIGHTH_OF_RING));
        journal.close();
        assertEquals(8, journal.stats().getAbandonedEvents());
        final List<StoredEvent> events = StoredEvent.readAll(journal.path());
        assertEquals(1, events.size());
        assertEquals(1, events.get(0).data().getLong(), "the one that found no room, in a gap");
    }

    @Test
    void claimCommittedWhileCloseWaitsIsJournaled() throws Exception {
        final Journal journal = Journal.open(
                directory.resolve("s.evtl"),
                small().closeTimeout(Duration.ofMinutes(5)).build());
        final Claim claim = claim(journal.publisher(), 1, 8);
        final Thread closing = new Thread(journal::close);
        closing.start();
        while (!journal.stats().getState().equals("closing")) {
            Thread.onSpinWait();
        }
        assertEquals(Publisher.CLOSED, offer(journal, 1));
        assertTrue(claim.commit() > 0);
        closing.join();
        assertEquals(1, StoredEvent.readAll(journal.path()).size());
        assertEquals(0, journal.stats().getAbandonedEvents());
    }

    /** A claim that was open for long before the close has all the time that a close waits, too. */
    @Test
    void closeTimeoutBeginsWithTheClose() throws Exception {
        final Duration timeout = Duration.ofSeconds(1);
        final Journal journal = Journal.open(
                directory.resolve("s.evtl"),
                tiny().listener(reports).closeTimeout(timeout).build());
        final Claim claim = claim(journal.publisher(), 1, 8);
        while (journal.stats().getHeadStuckNanos() <= timeout.toNanos()) {
            journal.invoker().invoke();
        }
        final Thread closing = new Thread(journal::close);
        closing.start();
        while (!journal.stats().getState().equals("closing")) {
            Thread.onSpinWait();
        }
        for (int i = 0; i < 100; i++) {
            journal.invoker().invoke(); // sees a close, and a claim that has been open for longer than that waits
        }
        assertTrue(claim.commit() > 0);
        while (closing.isAlive()) {
            journal.invoker().invoke();
        }
        assertEquals(1, StoredEvent.readAll(journal.path()).size());
        assertEquals(0, journal.stats().getAbandonedEvents());
    }

    @Test
    void forgottenClaimEndsASyncAndABlockedThreadInTime() {
        final Journal journal = Journal.open(
                directory.resolve("s.evtl"),
                impatient(small())
                        .backPressure(BackPressure.BLOCK)
                        .blockTimeout(Duration.ofMillis(50))
                        .syncTimeout(Duration.ofMillis(50))
                        .build());
        final Claim forgotten = claim(journal.publisher(), 1, 8);
        while (offer(journal, 2) > 0) {
            // until the ring is full
        }
        assertEquals(Publisher.BACK_PRESSURED, offer(journal, 2));
        assertThrows(JournalTimeoutException.class, journal::sync);
        journal.close();
        assertEquals(Publisher.CLOSED, forgotten.commit());
        assertEquals(1, journal.stats().getAbandonedEvents());
    }

    /** Threads that are always in the middle of something, on a journal that gives up on them at once. */
    @Test
    void commitThatComesTooLateIsAnsweredAndNeverThrows() throws Exception {
        for (int round = 0; round < 20; round++) {
            final Path file = directory.resolve("s" + round + ".evtl");
            final boolean failing = round % 2 == 0;
            final Journal journal = JournalAccess.open(
                    file,
                    impatient(small()).ringSize(8192).build(),
                    storage -> failing
                            ? FailingStorage.throwing(storage, Call.RESERVE, 500, new IOException("provoked"))
                            : storage);
            final Producers producers = new Producers(journal, 50, Long.MAX_VALUE);
            producers.go();
            // a reserve that waits for space counts too, so it may fail before
            while (journal.stats().getJournaledEvents() < 400
                    && journal.failure().isEmpty()) {
                Thread.onSpinWait();
            }
            try {
                journal.close();
                assertTrue(producers.accepted() >= journal.stats().getJournaledEvents());
            } catch (final JournalFailedException e) {
                assertTrue(failing);
            }
            producers.join();
        }
    }

    @Test
    void failedJournalLeavesOpenClaimsAtOnce() {
        final Journal journal = JournalAccess.open(
                directory.resolve("s.evtl"),
                tiny().closeTimeout(Duration.ofDays(1)).listener(reports).build(),
                storage -> FailingStorage.throwing(storage, Call.RESERVE, 1, new IOException("provoked")));
        offer(journal, 1);
        final Claim claim = claim(journal.publisher(), 1, 8);
        offer(journal, 1);
        journal.invoker().invoke();
        assertThrows(JournalFailedException.class, journal::close);
        assertEquals(1, journal.stats().getAbandonedEvents());
        assertEquals(2, journal.stats().getDroppedEvents());
        assertEquals(Publisher.FAILED, claim.commit());
    }
}
