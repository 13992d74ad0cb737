package dev.evtl.journal.appender;

import static dev.evtl.journal.support.TestJournals.claim;
import static dev.evtl.journal.support.TestJournals.drain;
import static dev.evtl.journal.support.TestJournals.payload;
import static dev.evtl.journal.support.TestJournals.small;
import static dev.evtl.journal.support.TestJournals.tiny;
import static dev.evtl.journal.support.TestJournals.tryClaim;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.evtl.journal.BackPressure;
import dev.evtl.journal.Claim;
import dev.evtl.journal.EventBatch;
import dev.evtl.journal.Journal;
import dev.evtl.journal.JournalAccess;
import dev.evtl.journal.JournalConfig;
import dev.evtl.journal.JournalScan;
import dev.evtl.journal.JournalStats;
import dev.evtl.journal.Publisher;
import dev.evtl.journal.SyncPolicy;
import dev.evtl.journal.exceptions.JournalFailedException;
import dev.evtl.journal.file.JournalStorage;
import dev.evtl.journal.support.FailingStorage;
import dev.evtl.journal.support.FailingStorage.Call;
import dev.evtl.journal.support.MemoryDirectory;
import dev.evtl.journal.support.Producers;
import dev.evtl.journal.support.Reports;
import dev.evtl.journal.support.StoredEvent;
import dev.evtl.journal.support.Threads;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Stream;
import org.agrona.DirectBuffer;
import org.agrona.LangUtil;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The first failure of the storage is final and loud, whatever fails and with whatever. */
@Timeout(60)
class FailureTest {
    private static final DirectBuffer EIGHT = payload(8);
    private static final int BATCH = 5;

    @TempDir(factory = MemoryDirectory.class)
    Path directory;

    private Reports reports = new Reports();

    private Journal open(final JournalConfig.Builder config, final Call call, final int kth, final Throwable failure) {
        return JournalAccess.open(
                directory.resolve("f.evtl"),
                config.listener(reports).build(),
                storage -> FailingStorage.throwing(storage, call, kth, failure));
    }

    static Stream<Arguments> failures() {
        return Stream.of(
                        new IOException("provoked"),
                        new StackOverflowError("provoked"),
                        new InternalError("provoked"),
                        new IllegalStateException("provoked"))
                .flatMap(failure -> Stream.of(
                        Arguments.of(Call.RESERVE, 1, 0, failure),
                        Arguments.of(Call.RESERVE, 2 * BATCH - 1, 2 * BATCH - 2, failure),
                        Arguments.of(Call.APPEND, 3, 2, failure),
                        Arguments.of(Call.PUBLISH, 1, 0, failure),
                        Arguments.of(Call.PUBLISH, 2, BATCH, failure),
                        Arguments.of(Call.FORCE, 1, BATCH, failure),
                        Arguments.of(Call.FORCE, 3, 3 * BATCH, failure)));
    }

    @ParameterizedTest
    @MethodSource("failures")
    void failureInABatchEndsTheJournal(final Call call, final int kth, final int journaled, final Throwable failure)
            throws IOException {
        final Journal journal = open(tiny().syncPolicy(SyncPolicy.EVERY_BATCH), call, kth, failure);
        int batches = 0;
        while (journal.failure().isEmpty()) {
            offerBatch(journal);
            batches++;
            journal.invoker().invoke();
        }

        assertFailed(journal, failure);
        drain(journal);
        final long durable = journal.stats().getDurableOffset();
        assertTrue(durable <= 64 + journaled * 24L, "durable " + durable);
        assertEquals(call == Call.FORCE ? 1 : 0, journal.stats().getForcesFailed());
        assertCloseFails(journal, failure);
        assertEquals(durable, journal.stats().getDurableOffset(), "nothing acknowledged after the failure");
        assertAccounts(journal, journaled, (long) batches * BATCH - journaled, 4);
    }

    @ParameterizedTest
    @ValueSource(classes = {IOException.class, StackOverflowError.class})
    void failureAtCloseIsReportedByIt(final Class<? extends Throwable> type) throws Exception {
        final Throwable failure = type.getConstructor(String.class).newInstance("provoked");
        final Journal journal = open(small(), Call.CLOSE, 1, failure);
        offerBatch(journal);
        assertCloseFails(journal, failure);
        assertEquals(Publisher.FAILED, journal.publisher().offer(1, EIGHT, 0, 8));
        assertAccounts(journal, BATCH, 0, 1);
        assertSame(
                failure,
                assertThrows(JournalFailedException.class, journal::sync).getCause());
    }

    @ParameterizedTest
    @EnumSource(BackPressure.class)
    void publishersOfAFailedJournalAreToldAndEveryEventIsCounted(final BackPressure policy) throws Exception {
        for (int round = 1; round <= 10; round++) {
            final IOException failure = new IOException("provoked");
            final Journal journal =
                    open(small().ringSize(8192).backPressure(policy), Call.RESERVE, 300 * round, failure);
            final Producers producers = new Producers(journal, 16, Long.MAX_VALUE);
            producers.go();
            producers.join();
            producers.all.forEach(p -> assertEquals(Publisher.FAILED, p.end));
            assertCloseFails(journal, failure);
            final JournalStats stats = journal.stats();
            assertEquals(producers.accepted() + producers.dropped() + producers.refused(), stats.getOfferedEvents());
            assertEquals(
                    stats.getOfferedEvents(),
                    stats.getJournaledEvents() + stats.getDroppedEvents() + stats.getRefusedEvents());
            assertEquals(producers.refused(), stats.getRefusedEvents());
            Files.delete(journal.path());
        }
    }

    @ParameterizedTest
    @EnumSource(BackPressure.class)
    void everyWayOfPublishingSaysFailedAndIsCounted(final BackPressure policy) throws IOException {
        final Journal journal = open(tiny().backPressure(policy), Call.RESERVE, 1, new IOException("provoked"));
        final Publisher publisher = journal.publisher();
        publisher.offer(1, EIGHT, 0, 8);
        journal.invoker().invoke();
        assertEquals(Publisher.FAILED, publisher.offer(1, EIGHT, 0, 8));
        final Claim claim = publisher.newClaim();
        assertEquals(Publisher.FAILED, publisher.tryClaim(claim, 1, 8));
        assertThrows(IllegalStateException.class, claim::commit, "there is none");
        final EventBatch batch = publisher.newBatch();
        assertEquals(Publisher.FAILED, batch.tryClaim(3, 24));
        assertThrows(IllegalStateException.class, () -> batch.next(1, 8), "there is none");
        assertEquals(Publisher.FAILED, publisher.offerGap(1, 1, 1, 1));
        assertThrows(IllegalArgumentException.class, () -> publisher.offer(0, EIGHT, 0, 8), "not offered");
        assertThrows(JournalFailedException.class, journal::close);
        assertAccounts(journal, 0, 1, 6);
    }

    @Test
    void claimOpenAtTheFailureIsAnsweredFailed() throws IOException {
        final Journal journal = open(tiny(), Call.RESERVE, 1, new IOException("provoked"));
        journal.publisher().offer(1, EIGHT, 0, 8);
        final Claim claim = claim(journal.publisher(), 1, 8);
        final EventBatch batch = journal.publisher().newBatch();
        batch.tryClaim(2, 0);
        batch.next(1, 0);
        batch.next(1, 0);
        journal.invoker().invoke();
        assertEquals(Publisher.FAILED, claim.commit());
        assertEquals(Publisher.FAILED, batch.commit());
        assertThrows(JournalFailedException.class, journal::close);
        assertAccounts(journal, 0, 1, 3);
    }

    @Test
    void everyWaiterInSyncIsWokenWithTheCause() throws Exception {
        final IOException failure = new IOException("provoked");
        final Thread[] waiters = new Thread[4];
        final Journal journal = JournalAccess.open(
                directory.resolve("f.evtl"),
                small().listener(reports).build(),
                storage -> new FailingStorage(storage, Call.FORCE, 1, () -> {
                    Threads.awaitOthersWaiting(List.of(waiters)); // one of them may force
                    LangUtil.rethrowUnchecked(failure);
                }));
        final ConcurrentLinkedQueue<Throwable> woken = new ConcurrentLinkedQueue<>();
        for (int i = 0; i < waiters.length; i++) {
            waiters[i] = new Thread(() -> {
                journal.publisher().offer(1, EIGHT, 0, 8);
                try {
                    journal.sync();
                } catch (final JournalFailedException e) {
                    woken.add(e.getCause());
                }
            });
        }
        for (final Thread waiter : waiters) {
            waiter.start();
        }
        for (final Thread waiter : waiters) {
            waiter.join();
        }
        assertEquals(List.of(failure, failure, failure, failure), List.copyOf(woken));
        assertCloseFails(journal, failure);
    }

    /** A close that waited for space to come would wait forever. */
    @Test
    void failureInACycleThatWaitsForSpaceEndsTheJournalToo() {
        final IOException failure = new IOException("provoked");
        assertTimeoutPreemptively(Duration.ofSeconds(30), () -> {
            final Journal journal = JournalAccess.open(
                    directory.resolve("f.evtl"),
                    tiny().listener(reports).build(),
                    storage -> noSpaceAfterTheFirst(storage, failure));
            offerBatch(journal);
            journal.invoker().invoke();
            assertFailed(journal, failure);
            assertCloseFails(journal, failure);
            assertAccounts(journal, 0, BATCH, 4);
        });
    }

    private static JournalStorage noSpaceAfterTheFirst(final JournalStorage storage, final IOException atPublish) {
        final long start = storage.position();
        return (JournalStorage) Proxy.newProxyInstance(
                FailureTest.class.getClassLoader(),
                new Class<?>[] {JournalStorage.class},
                (proxy, method, arguments) -> {
                    if (method.getName().equals("reserve") && storage.position() > start) {
                        return JournalStorage.NOT_READY;
                    }
                    if (method.getName().equals("publish")) {
                        throw atPublish;
                    }
                    return method.invoke(storage, arguments);
                });
    }

    private static void offerBatch(final Journal journal) {
        for (int i = 0; i < BATCH; i++) {
            assertTrue(journal.publisher().offer(1, EIGHT, 0, 8) > 0);
        }
    }

    private static void assertFailed(final Journal journal, final Throwable failure) {
        assertSame(failure, journal.failure().orElseThrow());
        assertEquals("failed", journal.stats().getState());
        assertEquals(Publisher.FAILED, tryClaim(journal.publisher(), 1, 8));
        assertEquals(Publisher.FAILED, journal.publisher().offer(1, EIGHT, 0, 8));
        assertEquals(Publisher.FAILED, journal.publisher().newBatch().tryClaim(2, 8));
        final JournalFailedException atSync = assertThrows(JournalFailedException.class, journal::sync);
        assertSame(failure, atSync.getCause());
        assertTrue(atSync.getMessage().startsWith(journal.path() + ": the journal has failed: "));
    }

    /** Twice, and the file is left as one that was not closed. */
    private void assertCloseFails(final Journal journal, final Throwable failure) throws IOException {
        for (int i = 0; i < 2; i++) {
            assertSame(
                    failure,
                    assertThrows(JournalFailedException.class, journal::close).getCause());
        }
        assertEquals("failed", journal.stats().getState());
        assertEquals(0, StoredEvent.state(Files.readAllBytes(journal.path())));
        reports.awaitEnd(journal);
        assertSame(failure, reports.errors().get(0).getCause(), "reported first");
        assertEquals(
                1,
                reports.errors().stream()
                        .filter(JournalFailedException.class::isInstance)
                        .count(),
                "and once");
        reports = new Reports();
    }

    private static void assertAccounts(
            final Journal journal, final long journaled, final long dropped, final long refused) throws IOException {
        final JournalStats stats = journal.stats();
        assertEquals(journaled, StoredEvent.readAll(journal.path()).size());
        assertEquals(journaled, JournalScan.of(journal.path()).events(), "what the next opening finds");
        assertEquals(journaled, stats.getJournaledEvents());
        assertEquals(dropped, stats.getDroppedEvents());
        assertEquals(refused, stats.getRefusedEvents());
        assertEquals(journaled + dropped + refused, stats.getOfferedEvents());
    }
}
