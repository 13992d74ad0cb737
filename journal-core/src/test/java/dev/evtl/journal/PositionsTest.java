package dev.evtl.journal;

import static dev.evtl.journal.support.TestJournals.claim;
import static dev.evtl.journal.support.TestJournals.drain;
import static dev.evtl.journal.support.TestJournals.payload;
import static dev.evtl.journal.support.TestJournals.small;
import static dev.evtl.journal.support.TestJournals.tiny;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.evtl.journal.exceptions.JournalException;
import dev.evtl.journal.exceptions.JournalFailedException;
import dev.evtl.journal.exceptions.JournalTimeoutException;
import dev.evtl.journal.support.FailingStorage;
import dev.evtl.journal.support.FailingStorage.Call;
import dev.evtl.journal.support.MemoryDirectory;
import dev.evtl.journal.support.StoredEvent;
import dev.evtl.journal.support.Threads;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** What publishing returns, and who waits for it. */
@Timeout(value = 60, threadMode = ThreadMode.SEPARATE_THREAD)
class PositionsTest {
    private static final int EVENT = 24;
    private static final Duration LONG = Duration.ofSeconds(30);
    private static final Duration SHORT = Duration.ofMillis(20);

    @TempDir(factory = MemoryDirectory.class)
    Path directory;

    private Path file;

    @BeforeEach
    void setFile() {
        file = directory.resolve("p.evtl");
    }

    /** The two waits that take a position. */
    private enum Wait {
        JOURNALED(Journal::awaitJournaled) {
            @Override
            long reached(final byte[] bytes) {
                return StoredEvent.writeOffset(bytes);
            }
        },
        SYNCED((journal, position, timeout) -> journal.sync(position, timeout)) {
            @Override
            long reached(final byte[] bytes) {
                return StoredEvent.durableOffset(bytes);
            }
        };

        private interface Call {
            boolean await(Journal journal, long position, Duration timeout);
        }

        private final Call call;

        Wait(final Call call) {
            this.call = call;
        }

        boolean await(final Journal journal, final long position, final Duration timeout) {
            return call.await(journal, position, timeout);
        }

        /** The offset in the file that it is about. */
        abstract long reached(byte[] bytes);
    }

    private static long offer(final Journal journal) {
        final long position = journal.publisher().offer(1, payload(8), 0, 8);
        assertTrue(position > 0);
        return position;
    }

    private long reached(final Wait wait) throws IOException {
        return wait.reached(Files.readAllBytes(file));
    }

    @ParameterizedTest
    @CsvSource({"false, false", "true, false", "false, true"})
    void growFromClaimToClaimAndTheCommitSaysThemAgain(final boolean singleProducer, final boolean ringFile) {
        final JournalConfig.Builder config = tiny().singleProducer(singleProducer);
        if (ringFile) {
            config.ringFile(directory.resolve("p.ring"));
        }
        try (Journal journal = Journal.open(file, config.build())) {
            final Publisher publisher = journal.publisher();
            final Claim claim = publisher.newClaim();
            final EventBatch batch = publisher.newBatch();
            long last = 0;
            for (int i = 0; i < 500; i++) {
                final int length = i % 113;
                final long offered = publisher.offer(1, payload(length), 0, length);
                assertTrue(offered >= last + 24 + length, offered + " after " + last);
                final long claimed = publisher.tryClaim(claim, 1, length);
                assertTrue(claimed >= offered + 24 + length, claimed + " after " + offered);
                final long batched = batch.tryClaim(2, 90);
                assertTrue(batched >= claimed + 8 + 32 + 90, batched + " after " + claimed);
                batch.next(1, i % 91);
                assertEquals(batched, batch.commit());
                assertEquals(claimed, i % 2 == 0 ? claim.commit() : claim.commit(length / 2));
                last = publisher.offerGap(0, 1, 0, 0);
                assertTrue(last >= batched + 8 + 40, last + " after " + batched);
                assertTrue(journal.awaitJournaled(last, LONG));
                assertEquals(0, journal.stats().getRingUsed(), "it is the last claim's end");
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void waitIsOverWhenReadersSeeTheEvent(final Wait wait) throws Exception {
        try (Journal journal =
                Journal.open(file, small().backPressure(BackPressure.BLOCK).build())) {
            final List<CompletableFuture<Void>> threads = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                final int thread = i;
                threads.add(CompletableFuture.runAsync(() -> {
                    final UnsafeBuffer source = new UnsafeBuffer(new byte[8]);
                    for (int event = 0; event < 100; event++) {
                        source.putLong(0, thread * 100L + event);
                        final long position = journal.publisher().offer(1, source, 0, 8);
                        assertTrue(wait.await(journal, position, LONG));
                        assertIsThere(wait, source.getLong(0));
                    }
                }));
            }
            for (final CompletableFuture<Void> thread : threads) {
                thread.get();
            }
        }
    }

    private void assertIsThere(final Wait wait, final long number) {
        try {
            final byte[] bytes = Files.readAllBytes(file);
            assertTrue(
                    StoredEvent.readAll(bytes, wait.reached(bytes)).stream()
                            .anyMatch(event -> event.data().getLong() == number),
                    "event " + number);
        } catch (final IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void syncDoesNotWaitForTheClaimThatAnotherSyncWaitsFor() throws Exception {
        try (Journal journal = Journal.open(file, small().build())) {
            final long first = offer(journal);
            final Claim open = journal.publisher().newClaim();
            journal.publisher().tryClaim(open, 1, 8);
            final long second = offer(journal);
            final CompletableFuture<Thread> thread = new CompletableFuture<>();
            final CompletableFuture<Boolean> waiting = CompletableFuture.supplyAsync(() -> {
                thread.complete(Thread.currentThread());
                return journal.sync(second, LONG);
            });
            Threads.awaitWaiting(thread.get());
            assertTrue(journal.sync(first, LONG));
            assertEquals(64 + EVENT, reached(Wait.SYNCED));
            open.commit();
            assertTrue(waiting.get());
            assertEquals(64 + 3 * EVENT, reached(Wait.SYNCED));
        }
    }

    @ParameterizedTest
    @CsvSource({"JOURNALED, true", "JOURNALED, false", "SYNCED, true", "SYNCED, false"})
    void waitBehindAnOpenClaimEndsWithItsTime(final Wait wait, final boolean invoker) throws IOException {
        try (Journal journal = Journal.open(file, (invoker ? tiny() : small()).build())) {
            final Claim open = claim(journal.publisher(), 1, 8);
            final long position = offer(journal);
            final long start = System.nanoTime();
            assertFalse(wait.await(journal, position, SHORT));
            assertTrue(System.nanoTime() - start >= SHORT.toNanos());
            assertFalse(wait.await(journal, position, Duration.ZERO));
            assertFalse(wait.await(journal, position, SHORT.negated()));
            assertEquals(64, reached(wait));
            final long committed = open.commit();
            assertTrue(committed < position);
            assertTrue(wait.await(journal, position, LONG));
            assertEquals(64 + 2 * EVENT, reached(wait));
            assertTrue(wait.await(journal, committed, Duration.ZERO));
            assertTrue(wait.await(journal, position, SHORT.negated()), "asked, and it is there");
        }
    }

    @ParameterizedTest
    @EnumSource
    void onTheInvokersThreadTheAppenderRunsMeanwhile(final Wait wait) throws IOException {
        try (Journal journal = Journal.open(file, tiny().build())) {
            for (int i = 1; i <= 100; i++) {
                assertTrue(wait.await(journal, offer(journal), LONG));
                assertEquals(64 + i * EVENT, reached(wait));
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void onAnotherThreadTheInvokersIsWaitedFor(final Wait wait) throws Exception {
        try (Journal journal = Journal.open(file, tiny().build())) {
            final long position = offer(journal);
            final CompletableFuture<Boolean> waiting =
                    CompletableFuture.supplyAsync(() -> wait.await(journal, position, LONG));
            while (!waiting.isDone()) {
                journal.invoker().invoke();
            }
            assertTrue(waiting.get());
            assertEquals(64 + EVENT, reached(wait));
        }
    }

    @ParameterizedTest
    @EnumSource
    void whatWasNoPositionIsRefused(final Wait wait) {
        try (Journal journal = Journal.open(file, tiny().build())) {
            for (final long none : new long[] {1, 0, -1, Publisher.FAILED, Long.MIN_VALUE, Long.MAX_VALUE}) {
                assertThrows(IllegalArgumentException.class, () -> wait.await(journal, none, LONG), "of " + none);
            }
            final long position = offer(journal);
            assertEquals(
                    "position " + (position + 1) + " is none that publishing returned: they are from 1 to " + position,
                    assertThrows(IllegalArgumentException.class, () -> wait.await(journal, position + 1, LONG))
                            .getMessage());
            assertTrue(wait.await(journal, position, LONG));
        }
    }

    @ParameterizedTest
    @CsvSource({"JOURNALED, false", "SYNCED, false", "JOURNALED, true", "SYNCED, true"})
    void failureEndsTheWaitForWhatIsLost(final Wait wait, final boolean ringFile) throws IOException {
        final IOException failure = new IOException("provoked");
        final JournalConfig.Builder config = tiny().listener(JournalListener.NONE);
        final Journal journal = Journal.open(
                file,
                (ringFile ? config.ringFile(directory.resolve("p.ring")) : config).build(),
                storage -> FailingStorage.throwing(storage, Call.PUBLISH, 2, failure));
        final long there = offer(journal);
        assertTrue(journal.awaitJournaled(there, LONG));
        final long lost = offer(journal);
        final long last = offer(journal);
        for (int i = 0; i < 3; i++) {
            assertLost(wait, journal, lost, failure);
            assertLost(wait, journal, last, failure);
            journal.invoker().invoke(); // which takes out of a ring in memory what is lost
        }
        assertTrue(journal.awaitJournaled(there, LONG), "it is there all the same");
        assertThrows(JournalFailedException.class, journal::close);
        assertLost(wait, journal, lost, failure);
        assertTrue(journal.awaitJournaled(there, LONG));
        assertEquals(1, StoredEvent.readAll(file).size());
    }

    private static void assertLost(
            final Wait wait, final Journal journal, final long position, final IOException failure) {
        assertSame(
                failure,
                assertThrows(JournalFailedException.class, () -> wait.await(journal, position, LONG))
                        .getCause());
    }

    @ParameterizedTest
    @EnumSource
    void failureWakesWhoWaits(final Wait wait) throws Exception {
        final IOException failure = new IOException("provoked");
        final AtomicBoolean failing = new AtomicBoolean();
        final CountDownLatch appending = new CountDownLatch(1);
        final Journal journal = Journal.open(
                file,
                small().listener(JournalListener.NONE).build(),
                storage -> new FailingStorage(storage, Call.RESERVE, 1, () -> {
                    appending.countDown();
                    while (!failing.get()) {
                        Thread.onSpinWait();
                    }
                    throw new AssertionError("provoked", failure);
                }));
        final long position = offer(journal);
        appending.await(); // on the appender's thread: who waits in sync could be the one who appends
        final CompletableFuture<Thread> thread = new CompletableFuture<>();
        final CompletableFuture<Boolean> waiting = CompletableFuture.supplyAsync(() -> {
            thread.complete(Thread.currentThread());
            return wait.await(journal, position, LONG);
        });
        Threads.awaitWaiting(thread.get());
        failing.set(true);
        final Throwable thrown = waiting.handle((result, e) -> e).get();
        assertEquals(JournalFailedException.class, thrown.getCause().getClass());
        assertThrows(JournalFailedException.class, journal::close);
    }

    @ParameterizedTest
    @CsvSource({"JOURNALED, true", "JOURNALED, false", "SYNCED, true", "SYNCED, false"})
    void interruptedThreadIsToldAndStaysInterrupted(final Wait wait, final boolean invoker) {
        try (Journal journal = Journal.open(file, (invoker ? tiny() : small()).build())) {
            final Claim open = claim(journal.publisher(), 1, 8);
            final long position = offer(journal);
            Thread.currentThread().interrupt();
            assertEquals(
                    file + ": interrupted while waiting",
                    assertThrows(JournalException.class, () -> wait.await(journal, position, LONG))
                            .getMessage());
            assertTrue(Thread.interrupted());
            open.commit();
            assertTrue(wait.await(journal, position, LONG), "the journal goes on");
        }
    }

    /** Some are more than a long has nanoseconds for. */
    @ParameterizedTest
    @EnumSource
    void timeoutMayBeAnyDuration(final Wait wait) {
        try (Journal journal = Journal.open(file, tiny().build())) {
            final long first = offer(journal);
            assertTrue(wait.await(journal, first, Duration.ofSeconds(Long.MAX_VALUE, 999_999_999)));
            final Claim open = claim(journal.publisher(), 1, 8);
            final long second = offer(journal);
            for (final Duration none : List.of(
                    Duration.ofSeconds(Long.MIN_VALUE), Duration.ofNanos(Long.MIN_VALUE), Duration.ofNanos(-1))) {
                assertTrue(wait.await(journal, first, none), "it is there already");
                assertFalse(wait.await(journal, second, none));
            }
            open.commit();
        }
    }

    @ParameterizedTest
    @EnumSource
    void afterACloseAllIsThere(final Wait wait) throws IOException {
        final Journal journal = Journal.open(file, tiny().build());
        final long position = offer(journal);
        journal.close();
        assertTrue(wait.await(journal, position, Duration.ZERO));
        assertEquals(64 + EVENT, reached(wait));
    }

    @ParameterizedTest
    @CsvSource({"true", "false"})
    void syncBehindAnOpenClaimThrowsWhenItsTimeIsOver(final boolean invoker) {
        try (Journal journal = Journal.open(
                file, (invoker ? tiny() : small()).syncTimeout(SHORT).build())) {
            offer(journal);
            final Claim open = claim(journal.publisher(), 1, 8);
            final JournalTimeoutException e = assertThrows(JournalTimeoutException.class, journal::sync);
            assertTrue(e.getMessage().startsWith(file + ": not on the device after 20 ms; running: "), e.getMessage());
            open.abort();
            assertEquals(64 + EVENT, journal.sync());
        }
    }

    @Test
    void positionOfAShorterCommitIsReachedThoughPaddingFollowsIt() {
        try (Journal journal = Journal.open(file, tiny().build())) {
            for (int i = 0; i < 100; i++) {
                final Claim claim = claim(journal.publisher(), 1, 100);
                final long position = claim.commit(i);
                assertTrue(journal.awaitJournaled(position, LONG));
                assertEquals(0, journal.stats().getRingUsed());
            }
            drain(journal);
            assertEquals(100, journal.stats().getJournaledEvents());
        }
    }
}
