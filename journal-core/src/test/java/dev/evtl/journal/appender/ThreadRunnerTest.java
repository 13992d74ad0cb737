package dev.evtl.journal.appender;

import static dev.evtl.journal.support.TestJournals.claim;
import static dev.evtl.journal.support.TestJournals.payload;
import static dev.evtl.journal.support.TestJournals.small;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.evtl.journal.Claim;
import dev.evtl.journal.Journal;
import dev.evtl.journal.JournalAccess;
import dev.evtl.journal.JournalConfig;
import dev.evtl.journal.JournalListener;
import dev.evtl.journal.JournalScan;
import dev.evtl.journal.JournalScan.Condition;
import dev.evtl.journal.Publisher;
import dev.evtl.journal.exceptions.JournalException;
import dev.evtl.journal.exceptions.JournalFailedException;
import dev.evtl.journal.support.FailingStorage;
import dev.evtl.journal.support.FailingStorage.Call;
import dev.evtl.journal.support.MemoryDirectory;
import dev.evtl.journal.support.Reports;
import dev.evtl.journal.support.StoredEvent;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.stream.Stream;
import javax.management.ObjectName;
import org.agrona.concurrent.IdleStrategy;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The appender's thread may end in any way: the journal never looks alive without it, and nobody hangs. */
@Timeout(value = 60, threadMode = ThreadMode.SEPARATE_THREAD)
class ThreadRunnerTest {
    @TempDir(factory = MemoryDirectory.class)
    Path directory;

    private Path file;
    private final Reports reports = new Reports();

    @BeforeEach
    void setFile() {
        file = directory.resolve("t.evtl");
    }

    /** A thread whose end by an Error is not printed. */
    private static Thread quiet(final Runnable work) {
        final Thread thread = new Thread(work);
        thread.setUncaughtExceptionHandler((ended, error) -> {});
        return thread;
    }

    private static long offer(final Journal journal) {
        return journal.publisher().offer(1, payload(8), 0, 8);
    }

    private static void awaitEnd(final Journal journal) {
        while (journal.stats().getState().equals("running")
                || journal.stats().getState().equals("closing")) {
            Thread.onSpinWait();
        }
    }

    static Stream<ThreadFactory> badFactories() {
        return Stream.of(
                work -> {
                    throw new UnsatisfiedLinkError("provoked");
                },
                work -> null,
                work -> new Thread(() -> {
                    // ends without doing its work, as one does that could not be pinned
                }));
    }

    @ParameterizedTest
    @MethodSource("badFactories")
    void openFailsWithoutAThreadAndLeavesNothingBehind(final ThreadFactory factory) throws Exception {
        final JournalConfig bad = small().threadFactory(factory).jmx(true).build();
        assertThrows(Throwable.class, () -> Journal.open(file, bad));
        assertEquals(
                0,
                ManagementFactory.getPlatformMBeanServer()
                        .queryNames(new ObjectName("dev.evtl:type=Journal,*"), null)
                        .size());
        try (Journal journal = Journal.open(file, small().jmx(true).build())) {
            assertTrue(offer(journal) > 0);
        }
        assertEquals(Condition.CLEAN, JournalScan.of(file).condition());
    }

    @Test
    void errorInTheIdleStrategyFailsTheJournal() {
        final IdleThatFails idle = new IdleThatFails();
        final Journal journal = Journal.open(
                file,
                small().idleStrategy(idle)
                        .threadFactory(ThreadRunnerTest::quiet)
                        .listener(reports)
                        .build());
        assertTrue(offer(journal) > 0);
        final long synced = journal.sync();
        idle.error = new StackOverflowError("provoked");
        awaitEnd(journal);
        assertSame(idle.error, journal.failure().orElseThrow());
        assertEquals("failed", journal.stats().getState());
        assertEquals(Publisher.FAILED, offer(journal));
        assertThrows(JournalFailedException.class, journal::sync, "though all was synced before");
        assertSame(
                idle.error,
                assertThrows(JournalFailedException.class, journal::close).getCause());
        assertEquals(synced, journal.stats().getDurableOffset());
        reports.awaitEnd(journal);
        assertEquals(
                List.of(idle.error),
                reports.errors().stream().map(Throwable::getCause).toList());
    }

    @Test
    void exceptionInTheIdleStrategyIsReportedAndTheJournalGoesOn() throws IOException {
        final IdleThatFails idle = new IdleThatFails();
        final Journal journal =
                Journal.open(file, small().idleStrategy(idle).listener(reports).build());
        idle.exception = new IllegalStateException("provoked");
        while (reports.errors().isEmpty()) {
            Thread.onSpinWait();
        }
        assertTrue(offer(journal) > 0);
        journal.sync();
        journal.close();
        assertSame(idle.exception, reports.errors().get(0).getCause());
        assertEquals(1, StoredEvent.readAll(file).size());
    }

    private static JournalListener onFailure(final Consumer<JournalFailedException> listener) {
        return new JournalListener() {
            @Override
            public void onFailure(final JournalFailedException failure) {
                listener.accept(failure);
            }
        };
    }

    static Stream<JournalListener> badListeners() {
        return Stream.of(
                onFailure(failure -> {
                    throw new IllegalStateException("provoked by the listener");
                }),
                onFailure(failure -> {
                    throw new StackOverflowError("provoked by the listener");
                }),
                onFailure(failure -> {
                    throw failure;
                }));
    }

    @ParameterizedTest
    @MethodSource("badListeners")
    void listenerThatThrowsChangesNothing(final JournalListener listener) {
        final IOException failure = new IOException("provoked");
        final Journal journal = JournalAccess.open(
                file,
                small().threadFactory(ThreadRunnerTest::quiet)
                        .listener(listener)
                        .build(),
                storage -> FailingStorage.throwing(storage, Call.FORCE, 1, failure));
        offer(journal);
        assertSame(
                failure,
                assertThrows(JournalFailedException.class, journal::sync).getCause());
        assertEquals(Publisher.FAILED, offer(journal));
        assertSame(
                failure,
                assertThrows(JournalFailedException.class, journal::close).getCause());
    }

    @ParameterizedTest
    @MethodSource("badListeners")
    void listenerThatThrowsOfAThreadThatEndsChangesNothing(final JournalListener listener) {
        final IdleThatFails idle = new IdleThatFails();
        final Journal journal = Journal.open(
                file,
                small().idleStrategy(idle)
                        .threadFactory(ThreadRunnerTest::quiet)
                        .listener(listener)
                        .build());
        idle.error = new StackOverflowError("provoked");
        awaitEnd(journal);
        assertEquals(Publisher.FAILED, offer(journal));
        assertThrows(JournalFailedException.class, journal::close);
    }

    @Test
    void listenerMayCloseTheJournal() throws Exception {
        final IOException failure = new IOException("provoked");
        final AtomicReference<Journal> opened = new AtomicReference<>();
        final CompletableFuture<Throwable> atClose = new CompletableFuture<>();
        final Journal journal = JournalAccess.open(
                file,
                small().listener(onFailure(error -> {
                            try {
                                opened.get().close();
                            } catch (final JournalFailedException e) {
                                atClose.complete(e.getCause());
                            }
                        }))
                        .build(),
                storage -> FailingStorage.throwing(storage, Call.FORCE, 1, failure));
        opened.set(journal);
        offer(journal);
        assertThrows(JournalFailedException.class, journal::sync);
        assertThrows(JournalFailedException.class, journal::close);
        assertSame(failure, atClose.get(30, TimeUnit.SECONDS));
    }

    @Test
    void listenerMayWaitForASync() throws Exception {
        final CompletableFuture<Journal> opened = new CompletableFuture<>();
        final CompletableFuture<Long> synced = new CompletableFuture<>();
        final CountDownLatch called = new CountDownLatch(1);
        final Journal journal = Journal.open(
                file,
                small().stuckClaimTimeout(Duration.ofMillis(1))
                        .listener(new JournalListener() {
                            @Override
                            public void onStuckClaim(final JournalException report) {
                                called.countDown();
                                synced.complete(opened.join().sync());
                            }
                        })
                        .build());
        opened.complete(journal);
        final Claim claim = claim(journal.publisher(), 1, 8);
        called.await();
        claim.commit();
        assertEquals(64 + 24, synced.get());
        journal.close();
        assertEquals(1, StoredEvent.readAll(file).size());
    }

    private static final class IdleThatFails implements IdleStrategy {
        private volatile Error error;
        private volatile RuntimeException exception;

        @Override
        public void idle(final int workCount) {
            final Error toThrow = error;
            if (toThrow != null) {
                throw toThrow;
            }
            if (exception != null) {
                throw exception;
            }
            Thread.onSpinWait();
        }

        @Override
        public void idle() {
            idle(0);
        }

        @Override
        public void reset() {}
    }
}
