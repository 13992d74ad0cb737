package dev.evtl.journal.appender;

import static dev.evtl.journal.support.TestJournals.claim;
import static dev.evtl.journal.support.TestJournals.payload;
import static dev.evtl.journal.support.TestJournals.small;
import static dev.evtl.journal.support.TestJournals.tiny;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.evtl.journal.Claim;
import dev.evtl.journal.Journal;
import dev.evtl.journal.JournalScan;
import dev.evtl.journal.JournalScan.Condition;
import dev.evtl.journal.exceptions.JournalException;
import dev.evtl.journal.exceptions.JournalTimeoutException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.io.TempDir;

/** A journal whose appender the application runs. */
@Timeout(value = 60, threadMode = ThreadMode.SEPARATE_THREAD)
class InvokerRunnerTest {
    @TempDir
    Path directory;

    private Journal open() {
        return Journal.open(directory.resolve("i.evtl"), tiny().build());
    }

    private static void offer(final Journal journal) {
        assertTrue(journal.publisher().offer(1, payload(8), 0, 8) > 0);
    }

    private void assertClosedWith(final long events) {
        final JournalScan scan = JournalScan.of(directory.resolve("i.evtl"));
        assertEquals(Condition.CLEAN, scan.condition());
        assertEquals(events, scan.events());
    }

    @Test
    void journalWithAThreadOfItsOwnHasNone() {
        try (Journal journal = Journal.open(directory.resolve("i.evtl"), small().build())) {
            final IllegalStateException e = assertThrows(IllegalStateException.class, journal::invoker);
            assertTrue(e.getMessage().contains("appenderMode(INVOKER)"), e.getMessage());
        }
    }

    @Test
    void nothingIsJournaledUnlessInvoked() {
        try (Journal journal = open()) {
            offer(journal);
            assertEquals(0, journal.stats().getJournaledEvents());
            assertTrue(journal.invoker().invoke() > 0);
            assertEquals(1, journal.stats().getJournaledEvents());
        }
        assertClosedWith(1);
    }

    @Test
    void syncRunsTheAppender() {
        try (Journal journal = open()) {
            offer(journal);
            assertEquals(64 + 24, journal.sync());
        }
    }

    @Test
    void syncOfAnotherThreadWaitsForTheOneThatInvokes() {
        try (Journal journal = open()) {
            offer(journal);
            final CompletableFuture<Long> synced = CompletableFuture.supplyAsync(journal::sync);
            while (!synced.isDone()) {
                journal.invoker().invoke();
            }
            assertEquals(88, synced.join());
        }
    }

    @Test
    void syncOfAnInterruptedThreadEnds() {
        try (Journal journal = open()) {
            offer(journal);
            Thread.currentThread().interrupt();
            assertEquals(88, journal.sync(), "what can be done without waiting is done");
            assertTrue(Thread.interrupted());
            final Claim open = claim(journal.publisher(), 1, 8);
            Thread.currentThread().interrupt();
            assertThrows(JournalException.class, journal::sync);
            assertTrue(Thread.interrupted());
            open.commit();
            assertEquals(88 + 24, journal.sync());
        }
        assertClosedWith(2);
    }

    @Test
    void interruptedThreadGoesOnInvoking() {
        try (Journal journal = open()) {
            Thread.currentThread().interrupt();
            assertEquals(0, journal.invoker().invoke());
            offer(journal);
            assertTrue(journal.invoker().invoke() > 0);
            assertTrue(journal.invoker().isRunning());
            assertTrue(Thread.interrupted());
            assertEquals("running", journal.stats().getState());
        }
        assertClosedWith(1);
    }

    /** One of them runs the end, and the others do nothing meanwhile. */
    @Test
    void invokerClosedWhileAnotherThreadInvokesEndsTheJournalOnce() throws Exception {
        for (int round = 0; round < 50; round++) {
            final Journal journal = open();
            offer(journal);
            final AtomicBoolean stopped = new AtomicBoolean();
            final Thread invoking = new Thread(() -> {
                while (!stopped.get()) {
                    journal.invoker().invoke();
                }
            });
            invoking.start();
            journal.invoker().close();
            stopped.set(true);
            invoking.join();
            assertEquals("closed", journal.stats().getState());
            assertTrue(journal.failure().isEmpty());
            journal.close();
        }
        assertClosedWith(50);
    }

    @Test
    void closeOfTheInvokerClosesTheJournal() {
        final Journal journal = open();
        offer(journal);
        journal.invoker().close();
        assertEquals("closed", journal.stats().getState());
        assertClosedWith(1);
        journal.close();
        assertTrue(journal.invoker().isClosed());
        assertEquals(0, journal.invoker().invoke());
    }

    @Test
    void closeOfAnotherThreadWaitsForTheOneThatInvokes() {
        final Journal journal = open();
        offer(journal);
        final CompletableFuture<Void> closed = CompletableFuture.runAsync(journal::close);
        while (!closed.isDone()) {
            journal.invoker().invoke();
        }
        closed.join();
        assertClosedWith(1);
    }

    /** Twice closeTimeout and a second, as the close says. */
    @Test
    void closeGivesUpOnAThreadThatDoesNotInvokeAndCanBeCalledAgain() throws Exception {
        final Journal journal = Journal.open(
                directory.resolve("i.evtl"),
                tiny().closeTimeout(Duration.ofMillis(1)).build());
        offer(journal);
        final CompletableFuture<Throwable> refused =
                CompletableFuture.supplyAsync(() -> assertThrows(JournalTimeoutException.class, journal::close));
        assertTrue(
                refused.get().getMessage().endsWith("; the journal is not closed"),
                refused.get().getMessage());
        assertEquals("closing", journal.stats().getState());
        assertEquals(0, journal.stats().getJournaledEvents());
        journal.close();
        assertClosedWith(1);
    }

    @Test
    void closeDoesNotWaitForAThreadThatHasEnded() throws InterruptedException {
        final Journal journal = open();
        offer(journal);
        final Thread invoking = new Thread(() -> journal.invoker().invoke());
        invoking.start();
        invoking.join();
        offer(journal);
        journal.close();
        assertClosedWith(2);
    }

    @Test
    void closeDoesNotWaitForAThreadThatEndsMeanwhile() throws InterruptedException {
        final Journal journal = open();
        final AtomicBoolean end = new AtomicBoolean();
        final Thread invoking = new Thread(() -> {
            journal.invoker().invoke();
            while (!end.get()) {
                Thread.onSpinWait();
            }
        });
        invoking.start();
        while (!journal.invoker().isRunning() || invoking.getState() == Thread.State.NEW) {
            Thread.onSpinWait();
        }
        offer(journal);
        final Thread closing = new Thread(journal::close);
        closing.start();
        while (closing.getState() != Thread.State.WAITING
                && closing.getState() != Thread.State.TIMED_WAITING
                && closing.isAlive()) {
            Thread.onSpinWait();
        }
        end.set(true);
        closing.join();
        assertClosedWith(1);
    }

    /** By mistake: one of them runs the appender, and the other does nothing meanwhile. */
    @Test
    void threadsThatInvokeAtOnceDoNoHarm() throws Exception {
        final AtomicBoolean stopped = new AtomicBoolean();
        final List<Thread> threads = new ArrayList<>();
        long offered = 0;
        try (Journal journal = open()) {
            for (int i = 0; i < 3; i++) {
                final Thread thread = new Thread(() -> {
                    while (!stopped.get()) {
                        journal.invoker().invoke();
                    }
                });
                threads.add(thread);
                thread.start();
            }
            while (offered < 5_000) {
                offered += journal.publisher().offer(1, payload(8), 0, 8) > 0 ? 1 : 0;
            }
            journal.sync();
            stopped.set(true);
            for (final Thread thread : threads) {
                thread.join();
            }
        }
        assertClosedWith(offered);
    }
}
