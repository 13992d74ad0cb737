package dev.evtl.journal;

import static dev.evtl.journal.support.TestJournals.payload;
import static dev.evtl.journal.support.TestJournals.small;
import static dev.evtl.journal.support.TestJournals.tiny;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.evtl.journal.exceptions.JournalException;
import dev.evtl.journal.support.FailingStorage;
import dev.evtl.journal.support.FailingStorage.Call;
import dev.evtl.journal.support.StoredEvent;
import dev.evtl.journal.support.Threads;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class SyncTest {
    private static final int EVENT = 24;

    @TempDir
    Path directory;

    private Journal open(final JournalConfig.Builder config) {
        return Journal.open(directory.resolve("s.evtl"), config.build());
    }

    private static void offer(final Journal journal) {
        assertTrue(journal.publisher().offer(1, payload(8), 0, 8) > 0);
    }

    /** One batch of events. */
    private static void batch(final Journal journal, final int events) {
        for (int i = 0; i < events; i++) {
            offer(journal);
        }
        journal.invoker().invoke();
    }

    @Test
    void noneNeverForcesByItself() {
        try (Journal journal = open(tiny().syncPolicy(SyncPolicy.NONE))) {
            for (int i = 0; i < 50; i++) {
                batch(journal, 3);
            }
            assertEquals(0, journal.stats().getForces());
            assertEquals(64, journal.stats().getDurableOffset());
        }
    }

    @Test
    void everyBatchForcesEachBatchOnce() {
        try (Journal journal = open(tiny().syncPolicy(SyncPolicy.EVERY_BATCH))) {
            for (int i = 1; i <= 5; i++) {
                batch(journal, 3);
                assertEquals(i, journal.stats().getForces());
                assertEquals(64 + i * 3 * EVENT, journal.stats().getDurableOffset());
                journal.invoker().invoke();
                assertEquals(i, journal.stats().getForces(), "nothing to force");
            }
        }
    }

    @Test
    void bytesForcesWhenSoManyAreWritten() {
        try (Journal journal = open(tiny().syncPolicy(SyncPolicy.bytes(4 * EVENT)))) {
            for (int i = 1; i <= 12; i++) {
                batch(journal, 1);
                assertEquals(i / 4, journal.stats().getForces());
                assertEquals(64 + i / 4 * 4 * EVENT, journal.stats().getDurableOffset());
            }
        }
    }

    @Test
    void intervalForcesWhenItIsOverAndThereIsSomething() {
        try (Journal journal = open(tiny().syncPolicy(SyncPolicy.interval(Duration.ofMillis(2))))) {
            for (int i = 1; i <= 3; i++) {
                batch(journal, 1);
                while (journal.stats().getDurableOffset() < 64 + i * EVENT) {
                    journal.invoker().invoke();
                }
                assertEquals(i, journal.stats().getForces());
            }
        }
    }

    @Test
    void intervalDoesNotForceBeforeItIsOver() {
        try (Journal journal = open(tiny().syncPolicy(SyncPolicy.interval(Duration.ofDays(1))))) {
            batch(journal, 3);
            assertEquals(0, journal.stats().getForces());
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void returnsOnceTheCallersEventsAreOnTheDeviceAndTheFileSaysSo(final boolean checksums) throws IOException {
        try (Journal journal = open(small().checksums(checksums))) {
            for (int i = 1; i <= 50; i++) {
                offer(journal);
                final long offset = journal.sync();
                assertEquals(64 + i * EVENT, offset);
                assertEquals(offset, StoredEvent.durableOffset(Files.readAllBytes(journal.path())));
                assertEquals(offset, journal.stats().getDurableOffset());
            }
            assertEquals(50, journal.stats().getForces());
            assertTrue(journal.stats().getMaxForceNanos() >= journal.stats().forceNanosAtPercentile(50));
            assertTrue(journal.stats().forceNanosAtPercentile(50) > 0);
        }
    }

    @Test
    void needsNoForceWhenThereIsNothingNew() {
        try (Journal journal = open(small())) {
            assertEquals(64, journal.sync());
            offer(journal);
            assertEquals(88, journal.sync());
            assertEquals(88, journal.sync());
            assertEquals(1, journal.stats().getForces());
        }
        try (Journal journal = open(small())) {
            assertEquals(88, journal.sync(), "of the file as it was opened");
        }
    }

    @Test
    void afterCloseSaysWhatIsOnTheDevice() {
        final Journal journal = open(small());
        offer(journal);
        journal.close();
        assertEquals(88, journal.sync());
    }

    @Test
    void waitsForEventsThatWereAcceptedButNotYetAppended() {
        try (Journal journal = open(tiny().ringSize(1 << 16))) {
            for (int i = 0; i < 2000; i++) {
                offer(journal);
            }
            assertEquals(64 + 2000 * EVENT, journal.sync());
        }
    }

    @Test
    void oneForceServesAllWhoWait() throws Exception {
        final List<Thread> threads = new ArrayList<>();
        try (Journal journal = Journal.open(
                directory.resolve("s.evtl"),
                small().build(),
                storage -> new FailingStorage(storage, Call.FORCE, 1, () -> Threads.awaitOthersWaiting(threads)))) {
            final ConcurrentLinkedQueue<Long> offsets = new ConcurrentLinkedQueue<>();
            IntStream.range(0, 8)
                    .forEach(i -> threads.add(new Thread(() -> {
                        offer(journal);
                        offsets.add(journal.sync());
                    })));
            threads.forEach(Thread::start);
            for (final Thread thread : threads) {
                thread.join();
            }
            assertEquals(8, offsets.size());
            assertTrue(
                    journal.stats().getForces() <= 2,
                    "one while they came, one for all: " + journal.stats().getForces());
        }
    }

    @Test
    void everyThreadsEventsAreDurableWhenItsSyncReturns() throws Exception {
        try (Journal journal = open(small().ringSize(8192))) {
            final List<Thread> threads = new ArrayList<>();
            final ConcurrentLinkedQueue<Throwable> failures = new ConcurrentLinkedQueue<>();
            for (int i = 0; i < 8; i++) {
                threads.add(new Thread(() -> {
                    try {
                        for (int k = 0; k < 50; k++) {
                            offer(journal);
                            final long accepted = journal.stats().getJournaledEvents();
                            assertTrue(journal.sync() >= 64 + accepted * EVENT);
                        }
                    } catch (final Throwable t) {
                        failures.add(t);
                    }
                }));
            }
            threads.forEach(Thread::start);
            for (final Thread thread : threads) {
                thread.join();
            }
            assertEquals(List.of(), List.copyOf(failures));
            assertEquals(64 + 400 * EVENT, journal.stats().getDurableOffset());
            assertTrue(journal.stats().getForces() <= 400);
        }
    }

    /** Opens a journal whose first force takes until it is let go. */
    private Journal openWithLongForce(final CompletableFuture<Void> letGo) {
        return Journal.open(
                directory.resolve("s.evtl"),
                small().build(),
                storage -> new FailingStorage(storage, Call.FORCE, 1, letGo::join));
    }

    @Test
    void interruptedWaiterIsToldAndTheJournalGoesOn() throws Exception {
        final CompletableFuture<Void> letGo = new CompletableFuture<>();
        try (Journal journal = openWithLongForce(letGo)) {
            final Thread forcing = new Thread(journal::sync);
            offer(journal);
            forcing.start();
            Threads.awaitWaiting(forcing);
            final ConcurrentLinkedQueue<Throwable> thrown = new ConcurrentLinkedQueue<>();
            final Thread waiter = new Thread(() -> {
                offer(journal);
                thrown.add(assertThrows(JournalException.class, journal::sync));
                if (!Thread.currentThread().isInterrupted()) {
                    thrown.add(new AssertionError("the interrupt was lost"));
                }
            });
            waiter.start();
            Threads.awaitWaiting(waiter);
            waiter.interrupt();
            waiter.join();
            letGo.complete(null);
            assertEquals(1, thrown.size());
            assertEquals(
                    journal.path() + ": interrupted while waiting",
                    thrown.peek().getMessage());
            forcing.join();
            assertEquals(64 + 2 * EVENT, journal.sync());
        }
    }

    @Test
    void threadThatForcesDoesSoToTheEndAndKeepsItsInterrupt() {
        final CompletableFuture<Void> letGo = new CompletableFuture<>();
        try (Journal journal = openWithLongForce(letGo)) {
            final Thread forcing = Thread.currentThread();
            offer(journal);
            CompletableFuture.runAsync(() -> {
                Threads.awaitWaiting(forcing);
                forcing.interrupt();
                letGo.complete(null);
            });
            assertEquals(64 + EVENT, journal.sync());
            assertTrue(Thread.interrupted());
        }
    }
}
