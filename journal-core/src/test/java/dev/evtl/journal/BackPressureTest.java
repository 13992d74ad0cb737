package dev.evtl.journal;

import static dev.evtl.journal.support.TestJournals.EIGHTH_OF_RING;
import static dev.evtl.journal.support.TestJournals.claim;
import static dev.evtl.journal.support.TestJournals.drain;
import static dev.evtl.journal.support.TestJournals.payload;
import static dev.evtl.journal.support.TestJournals.small;
import static dev.evtl.journal.support.TestJournals.tiny;
import static dev.evtl.journal.support.TestJournals.tryClaim;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.evtl.journal.support.StoredEvent;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.IdleStrategy;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A full ring under each policy, with an appender that runs only when the test lets it. */
@Timeout(60)
class BackPressureTest {
    private static final DirectBuffer EIGHTH = payload(EIGHTH_OF_RING);

    /** Bytes of the ring that a gap event takes, with its record's header. */
    private static final int GAP_IN_RING = 48;

    @TempDir
    Path directory;

    private long time;

    private Journal open(final BackPressure policy) {
        return Journal.open(
                directory.resolve("b.evtl"),
                tiny().backPressure(policy).clock(() -> ++time).build());
    }

    private static long offer(final Journal journal) {
        return journal.publisher().offer(1, EIGHTH, 0, EIGHTH_OF_RING);
    }

    private static void fill(final Journal journal) {
        for (int i = 0; i < 8; i++) {
            assertTrue(offer(journal) > 0);
        }
        assertEquals(1024, journal.stats().getRingUsed());
    }

    private static void assertAccounts(
            final Journal journal, final long journaled, final long dropped, final long refused) {
        final JournalStats stats = journal.stats();
        assertEquals(
                List.of(journaled + dropped + refused, journaled, dropped, refused),
                List.of(
                        stats.getOfferedEvents(),
                        stats.getJournaledEvents(),
                        stats.getDroppedEvents(),
                        stats.getRefusedEvents()));
        assertEquals(
                List.of(120 * journaled, 120 * dropped, 120 * refused),
                List.of(stats.getJournaledBytes(), stats.getDroppedBytes(), stats.getRefusedBytes()));
    }

    @Test
    void refusesUntilThereIsRoom() throws IOException {
        final Journal journal = open(BackPressure.REFUSE);
        fill(journal);
        assertEquals(Publisher.BACK_PRESSURED, offer(journal));
        assertEquals(Publisher.BACK_PRESSURED, tryClaim(journal.publisher(), 1, EIGHTH_OF_RING));
        drain(journal);
        assertTrue(offer(journal) > 0);
        journal.close();
        assertEquals(9, StoredEvent.readAll(journal.path()).size());
        assertAccounts(journal, 9, 0, 2);
    }

    @Test
    void blockWaitsUntilThereIsRoom() throws IOException {
        final AtomicInteger idled = new AtomicInteger();
        final Journal journal = Journal.open(
                directory.resolve("b.evtl"),
                tiny().backPressure(BackPressure.BLOCK)
                        .blockIdleStrategy(() -> new CountingIdle(idled))
                        .build());
        fill(journal);
        final CompletableFuture<Long> blocked = CompletableFuture.supplyAsync(() -> offer(journal));
        while (idled.get() < 100) {
            Thread.onSpinWait();
        }
        assertEquals(8, journal.stats().getAcceptedEvents());
        drain(journal);
        assertTrue(blocked.join() > 0);
        journal.close();
        assertEquals(9, StoredEvent.readAll(journal.path()).size());
        assertAccounts(journal, 9, 0, 0);
    }

    @Test
    void closeEndsABlockedPublish() {
        final AtomicInteger idled = new AtomicInteger();
        final Journal journal = Journal.open(
                directory.resolve("b.evtl"),
                tiny().backPressure(BackPressure.BLOCK)
                        .blockIdleStrategy(() -> new CountingIdle(idled))
                        .build());
        fill(journal);
        final CompletableFuture<Long> blocked = CompletableFuture.supplyAsync(() -> offer(journal));
        while (idled.get() == 0) {
            Thread.onSpinWait();
        }
        journal.close();
        final long result = blocked.join();
        assertTrue(result == Publisher.CLOSED || result > 0, "result " + result);
        assertAccounts(journal, result > 0 ? 9 : 8, 0, result > 0 ? 0 : 1);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void blockGivesUpBehindAnOpenClaimWhenItsTimeIsOver(final boolean invoker) throws Exception {
        final Duration timeout = Duration.ofMillis(50);
        final Journal journal = Journal.open(
                directory.resolve("b.evtl"),
                (invoker ? tiny() : small())
                        .backPressure(BackPressure.BLOCK)
                        .blockTimeout(timeout)
                        .build());
        final Claim open = claim(journal.publisher(), 2, EIGHTH_OF_RING);
        for (int i = 0; i < 7; i++) {
            assertTrue(offer(journal) > 0);
        }
        final long start = System.nanoTime();
        assertEquals(Publisher.BACK_PRESSURED, offer(journal));
        assertTrue(System.nanoTime() - start >= timeout.toNanos());
        assertEquals(
                Publisher.BACK_PRESSURED,
                CompletableFuture.supplyAsync(() -> offer(journal)).get(),
                "on any other thread too");
        assertTrue(open.commit() > 0);
        assertTrue(offer(journal) > 0);
        journal.close();
        assertEquals(2, StoredEvent.readAll(journal.path()).get(0).type());
        assertAccounts(journal, 9, 0, 2);
    }

    @Test
    void blockOnTheInvokersThreadRunsTheAppenderInsteadOfWaiting() throws IOException {
        final AtomicInteger idled = new AtomicInteger();
        final Journal journal = Journal.open(
                directory.resolve("b.evtl"),
                tiny().backPressure(BackPressure.BLOCK)
                        .blockIdleStrategy(() -> new CountingIdle(idled))
                        .build());
        for (int i = 0; i < 1000; i++) {
            assertTrue(offer(journal) > 0);
        }
        assertEquals(0, idled.get());
        journal.close();
        assertEquals(1000, StoredEvent.readAll(journal.path()).size());
        assertAccounts(journal, 1000, 0, 0);
    }

    @Test
    void interruptedThreadDoesNotWaitForRoomAndStaysInterrupted() throws Exception {
        final AtomicInteger idled = new AtomicInteger();
        final Journal journal = Journal.open(
                directory.resolve("b.evtl"),
                tiny().backPressure(BackPressure.BLOCK)
                        .blockTimeout(Duration.ofDays(1))
                        .blockIdleStrategy(() -> new CountingIdle(idled))
                        .build());
        fill(journal);
        final CompletableFuture<Boolean> stayed = CompletableFuture.supplyAsync(() -> {
            Thread.currentThread().interrupt();
            assertEquals(Publisher.BACK_PRESSURED, offer(journal));
            return Thread.interrupted();
        });
        assertTrue(stayed.get());
        assertEquals(0, idled.get());
        final CompletableFuture<Thread> waiting = new CompletableFuture<>();
        final CompletableFuture<Long> blocked = CompletableFuture.supplyAsync(() -> {
            waiting.complete(Thread.currentThread());
            final long result = offer(journal);
            assertTrue(Thread.interrupted());
            return result;
        });
        while (idled.get() == 0) {
            Thread.onSpinWait();
        }
        waiting.get().interrupt();
        assertEquals(Publisher.BACK_PRESSURED, blocked.get());
        journal.close();
        assertAccounts(journal, 8, 0, 2);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void shortestTimeToWaitIsOverSoon(final boolean invoker) {
        final Journal journal = Journal.open(
                directory.resolve("b.evtl"),
                (invoker ? tiny() : small())
                        .backPressure(BackPressure.BLOCK)
                        .blockTimeout(Duration.ofNanos(1))
                        .build());
        final Claim open = claim(journal.publisher(), 2, EIGHTH_OF_RING);
        for (int i = 0; i < 7; i++) {
            assertTrue(offer(journal) > 0);
        }
        assertEquals(Publisher.BACK_PRESSURED, offer(journal));
        assertEquals(Publisher.BACK_PRESSURED, tryClaim(journal.publisher(), 1, EIGHTH_OF_RING));
        assertEquals(Publisher.BACK_PRESSURED, journal.publisher().newBatch().tryClaim(1, EIGHTH_OF_RING));
        assertTrue(open.commit() > 0);
        journal.close();
        assertAccounts(journal, 8, 0, 3);
    }

    /** Only waiting ends with an interrupt, on the thread that would run the appender too. */
    @Test
    void interruptedThreadPublishesWhereThereIsRoom() {
        final Journal journal = open(BackPressure.BLOCK);
        Thread.currentThread().interrupt();
        fill(journal);
        assertEquals(Publisher.BACK_PRESSURED, offer(journal));
        assertTrue(Thread.interrupted());
        assertTrue(offer(journal) > 0, "it runs the appender");
        journal.close();
        assertAccounts(journal, 9, 0, 1);
    }

    @Test
    void dropIsRecordedAtItsPlaceWithCountAndTimes() throws IOException {
        final Journal journal = open(BackPressure.DROP);
        fill(journal);
        final long firstDrop = time + 1;
        for (int i = 0; i < 5; i++) {
            assertEquals(Publisher.DROPPED, offer(journal));
        }
        final long lastDrop = time;
        assertEquals(5, journal.stats().getDroppedEvents());
        drain(journal);
        assertTrue(offer(journal) > 0);
        journal.close();
        final List<StoredEvent> events = StoredEvent.readAll(journal.path());
        assertEquals(
                List.of(1, 1, 1, 1, 1, 1, 1, 1, StoredEvent.GAP, 1),
                events.stream().map(StoredEvent::type).toList());
        assertGap(events.get(8), 5, firstDrop, lastDrop);
        assertAccounts(journal, 9, 5, 0);
    }

    @Test
    void everyGapHasItsOwnPlaceAndCount() throws IOException {
        final Journal journal = open(BackPressure.DROP);
        final int restOfEighth = EIGHTH_OF_RING - GAP_IN_RING;
        final List<long[]> gaps = new ArrayList<>();
        for (int round = 1; round <= 20; round++) {
            fill(journal);
            final long firstDrop = time + 1;
            for (int i = 0; i < round; i++) {
                assertEquals(Publisher.DROPPED, offer(journal));
            }
            gaps.add(new long[] {round, firstDrop, time});
            drain(journal);
            assertTrue(journal.publisher().offer(2, EIGHTH, 0, restOfEighth) > 0);
            drain(journal);
        }
        journal.close();
        final List<StoredEvent> events = StoredEvent.readAll(journal.path());
        for (int i = 0; i < events.size(); i++) {
            final int inRound = i % 10;
            assertEquals(
                    inRound < 8 ? 1 : inRound == 8 ? StoredEvent.GAP : 2,
                    events.get(i).type());
            if (inRound == 8) {
                final long[] gap = gaps.get(i / 10);
                assertGap(events.get(i), gap[0], gap[1], gap[2]);
            }
        }
        assertEquals(200, events.size());
        assertEquals(210, journal.stats().getDroppedEvents());
    }

    @Test
    void dropIsRecordedThoughNoProducerComesByAfterwards() throws IOException {
        final Journal journal = open(BackPressure.DROP);
        fill(journal);
        offer(journal);
        while (journal.stats().getFileOffset() < 64 + 8 * 120 + 40) {
            journal.invoker().invoke();
        }
        assertGap(StoredEvent.readAll(journal.path()).get(8), 1, time, time);
        journal.close();
        assertEquals(9, StoredEvent.readAll(journal.path()).size());
    }

    @Test
    void dropIsRecordedByClose() throws IOException {
        final Journal journal = open(BackPressure.DROP);
        fill(journal);
        offer(journal);
        offer(journal);
        journal.close();
        final List<StoredEvent> events = StoredEvent.readAll(journal.path());
        assertEquals(9, events.size());
        assertGap(events.get(8), 2, time - 1, time);
        assertAccounts(journal, 8, 2, 0);
    }

    @Test
    void droppedBatchCountsWithAllItsEvents() throws IOException {
        final Journal journal = open(BackPressure.DROP);
        fill(journal);
        final EventBatch batch = journal.publisher().newBatch();
        assertEquals(Publisher.DROPPED, batch.tryClaim(4, 32));
        assertEquals(4, journal.stats().getDroppedEvents());
        assertEquals(4 * 16 + 32, journal.stats().getDroppedBytes());
        journal.close();
        assertGap(StoredEvent.readAll(journal.path()).get(8), 4, time, time);
    }

    @Test
    void dropBehindAnOpenClaimWaitsForItsPlace() throws IOException {
        final Journal journal = open(BackPressure.DROP);
        final Claim open = claim(journal.publisher(), 2, EIGHTH_OF_RING);
        for (int i = 0; i < 7; i++) {
            offer(journal);
        }
        assertEquals(Publisher.DROPPED, offer(journal));
        journal.invoker().invoke();
        assertEquals(Publisher.DROPPED, offer(journal), "there still is no room");
        open.commit();
        drain(journal);
        assertTrue(offer(journal) > 0);
        journal.close();
        final List<StoredEvent> events = StoredEvent.readAll(journal.path());
        assertEquals(
                List.of(2, 1, 1, 1, 1, 1, 1, 1, StoredEvent.GAP, 1),
                events.stream().map(StoredEvent::type).toList());
        assertEquals(2, events.get(8).data().getLong());
        assertAccounts(journal, 9, 2, 0);
    }

    private static void assertGap(
            final StoredEvent gap, final long dropped, final long firstTimestamp, final long lastTimestamp) {
        assertEquals(StoredEvent.GAP, gap.type());
        assertEquals(0, gap.flags());
        assertEquals(24, gap.payload().length);
        assertEquals(dropped, gap.data().getLong(0));
        assertEquals(firstTimestamp, gap.data().getLong(8));
        assertEquals(lastTimestamp, gap.data().getLong(16));
    }

    private record CountingIdle(AtomicInteger idled) implements IdleStrategy {
        @Override
        public void idle(final int workCount) {
            idle();
        }

        @Override
        public void idle() {
            idled.incrementAndGet();
            Thread.yield();
        }

        @Override
        public void reset() {}
    }
}
