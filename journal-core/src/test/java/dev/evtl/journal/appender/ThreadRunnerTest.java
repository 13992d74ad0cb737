package dev.evtl.journal.appender;

import static dev.evtl.journal.support.TestJournals.payload;
import static dev.evtl.journal.support.TestJournals.small;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.evtl.journal.BackPressure;
import dev.evtl.journal.Journal;
import dev.evtl.journal.JournalAccess;
import dev.evtl.journal.JournalConfig;
import dev.evtl.journal.JournalScan;
import dev.evtl.journal.JournalScan.Condition;
import dev.evtl.journal.Publisher;
import dev.evtl.journal.exceptions.JournalFailedException;
import dev.evtl.journal.support.FailingStorage;
import dev.evtl.journal.support.FailingStorage.Call;
import dev.evtl.journal.support.MemoryDirectory;
import dev.evtl.journal.support.Producers;
import dev.evtl.journal.support.StoredEvent;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import javax.management.ObjectName;
import org.agrona.ErrorHandler;
import org.agrona.LangUtil;
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
    private final Queue<Throwable> reported = new ConcurrentLinkedQueue<>();

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

    private static int offer(final Journal journal) {
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
            assertEquals(Publisher.ACCEPTED, offer(journal));
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
                        .errorHandler(reported::add)
                        .build());
        assertEquals(Publisher.ACCEPTED, offer(journal));
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
        assertEquals(synced, journal.stats().getDurablePosition());
    }

    @Test
    void exceptionInTheIdleStrategyIsReportedAndTheJournalGoesOn() throws IOException {
        final IdleThatFails idle = new IdleThatFails();
        final Journal journal = Journal.open(
                file, small().idleStrategy(idle).errorHandler(reported::add).build());
        idle.exception = new IllegalStateException("provoked");
        while (reported.isEmpty()) {
            Thread.onSpinWait();
        }
        assertEquals(Publisher.ACCEPTED, offer(journal));
        journal.sync();
        journal.close();
        assertSame(idle.exception, reported.peek());
        assertEquals(1, StoredEvent.readAll(file).size());
    }

    static Stream<ErrorHandler> badHandlers() {
        return Stream.of(
                error -> {
                    throw new IllegalStateException("provoked by the handler");
                },
                error -> {
                    throw new StackOverflowError("provoked by the handler");
                },
                LangUtil::rethrowUnchecked);
    }

    @ParameterizedTest
    @MethodSource("badHandlers")
    void errorHandlerThatThrowsChangesNothing(final ErrorHandler handler) {
        final IOException failure = new IOException("provoked");
        final Journal journal = JournalAccess.open(
                file,
                small().threadFactory(ThreadRunnerTest::quiet)
                        .errorHandler(handler)
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
    @MethodSource("badHandlers")
    void errorHandlerThatThrowsOfAThreadThatEndsChangesNothing(final ErrorHandler handler) {
        final IdleThatFails idle = new IdleThatFails();
        final Journal journal = Journal.open(
                file,
                small().idleStrategy(idle)
                        .threadFactory(ThreadRunnerTest::quiet)
                        .errorHandler(handler)
                        .build());
        idle.error = new StackOverflowError("provoked");
        awaitEnd(journal);
        assertEquals(Publisher.FAILED, offer(journal));
        assertThrows(JournalFailedException.class, journal::close);
    }

    @Test
    void errorHandlerMayCloseTheJournal() {
        final IOException failure = new IOException("provoked");
        final AtomicReference<Journal> opened = new AtomicReference<>();
        final AtomicReference<Throwable> atClose = new AtomicReference<>();
        final Journal journal = JournalAccess.open(
                file,
                small().errorHandler(error -> {
                            try {
                                opened.get().close();
                            } catch (final JournalFailedException e) {
                                atClose.set(e.getCause());
                            }
                        })
                        .build(),
                storage -> FailingStorage.throwing(storage, Call.FORCE, 1, failure));
        opened.set(journal);
        offer(journal);
        assertThrows(JournalFailedException.class, journal::sync);
        assertThrows(JournalFailedException.class, journal::close);
        assertSame(failure, atClose.get());
    }

    @Test
    void errorHandlerMayWaitForASync() throws Exception {
        final CompletableFuture<Journal> opened = new CompletableFuture<>();
        final CompletableFuture<Long> synced = new CompletableFuture<>();
        final CountDownLatch called = new CountDownLatch(1);
        final Journal journal = Journal.open(
                file,
                small().stuckClaimTimeout(Duration.ofMillis(1))
                        .errorHandler(error -> {
                            called.countDown();
                            synced.complete(opened.join().sync());
                        })
                        .build());
        opened.complete(journal);
        final int claim = journal.publisher().tryClaim(1, 8);
        called.await();
        journal.publisher().commit(claim);
        assertEquals(64 + 24, synced.get());
        journal.close();
        assertEquals(1, StoredEvent.readAll(file).size());
    }

    @Test
    void interruptOfTheThreadClosesTheJournal() throws Exception {
        final AtomicReference<Thread> thread = new AtomicReference<>();
        final Journal journal = Journal.open(
                file,
                small().backPressure(BackPressure.BLOCK)
                        .threadFactory(work -> {
                            thread.set(new Thread(work));
                            return thread.get();
                        })
                        .build());
        final Producers producers = new Producers(journal, 2, Long.MAX_VALUE);
        producers.go();
        while (journal.stats().getJournaledEvents() < 1000) {
            Thread.onSpinWait();
        }
        thread.get().interrupt();
        producers.stop();
        producers.join();
        thread.get().join();
        assertEquals("closed", journal.stats().getState());
        assertEquals(Publisher.CLOSED, offer(journal));
        journal.close();
        assertEquals(Condition.CLEAN, JournalScan.of(file).condition());
        producers.assertJournaledExactly(StoredEvent.readAll(file));
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
