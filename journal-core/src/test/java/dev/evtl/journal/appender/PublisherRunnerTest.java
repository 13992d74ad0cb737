package dev.evtl.journal.appender;

import static dev.evtl.journal.support.TestJournals.claim;
import static dev.evtl.journal.support.TestJournals.payload;
import static dev.evtl.journal.support.TestJournals.small;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.evtl.journal.AppenderMode;
import dev.evtl.journal.BackPressure;
import dev.evtl.journal.Claim;
import dev.evtl.journal.Growth;
import dev.evtl.journal.Journal;
import dev.evtl.journal.JournalAccess;
import dev.evtl.journal.JournalConfig;
import dev.evtl.journal.JournalListener;
import dev.evtl.journal.JournalScan;
import dev.evtl.journal.JournalScan.Condition;
import dev.evtl.journal.Publisher;
import dev.evtl.journal.StorageMode;
import dev.evtl.journal.exceptions.JournalFailedException;
import dev.evtl.journal.exceptions.JournalTimeoutException;
import dev.evtl.journal.file.JournalFile;
import dev.evtl.journal.file.JournalStorage;
import dev.evtl.journal.support.FailingStorage;
import dev.evtl.journal.support.FailingStorage.Call;
import dev.evtl.journal.support.MemoryDirectory;
import dev.evtl.journal.support.Producers;
import dev.evtl.journal.support.StoredEvent;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import org.agrona.LangUtil;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

/** A journal whose publishing threads run the appender. */
@Timeout(value = 60, threadMode = ThreadMode.SEPARATE_THREAD)
class PublisherRunnerTest {
    private static final int EVENTS = 10_000;
    /** Longer than the appender's thread parks. */
    private static final long UNNOTICED_MILLIS = 100;

    @TempDir(factory = MemoryDirectory.class)
    Path directory;

    private Path file;

    @BeforeEach
    void setFile() {
        file = directory.resolve("p.evtl");
    }

    private static JournalConfig.Builder config() {
        return small().initialSize(1 << 20).ringSize(1 << 16).appenderMode(AppenderMode.PUBLISHERS);
    }

    private static long offer(final Journal journal) {
        return journal.publisher().offer(1, payload(8), 0, 8);
    }

    private long eventsInTheFile() throws IOException {
        try (FileChannel channel = FileChannel.open(file)) {
            return JournalFile.readHeader(file, channel).eventCount();
        }
    }

    @Test
    void eventIsInTheFileWhenItsCommitReturns() throws IOException {
        try (Journal journal =
                Journal.open(file, config().backPressure(BackPressure.BLOCK).build())) {
            for (int i = 1; i <= EVENTS; i++) {
                final long position = offer(journal);
                assertTrue(position > 0);
                if (i % 100 == 0 && eventsInTheFile() != i) {
                    // the appender's thread had the turn, and publishes it
                    assertTrue(journal.awaitJournaled(position, Duration.ofSeconds(10)));
                    assertEquals(i, eventsInTheFile());
                }
            }
        }
        assertEquals(EVENTS, eventsInTheFile());
    }

    @ParameterizedTest
    @CsvSource({"1, REFUSE", "2, BLOCK", "8, REFUSE", "8, BLOCK", "8, DROP", "100, DROP"})
    void everyEventOfManyThreadsIsJournaledOnceAndInOrder(final int threads, final BackPressure policy)
            throws Exception {
        final Journal journal = Journal.open(file, config().backPressure(policy).build());
        final Producers producers = new Producers(journal, threads, 200_000 / threads);
        producers.go();
        producers.join();
        journal.close();
        producers.assertAccounted(journal.stats());
        producers.assertJournaledExactly(StoredEvent.readAll(file));
    }

    /** Whoever commits last has it in the file soon, though nobody asks for anything any more. */
    @Test
    void nothingIsLeftInTheRingWhenAllHaveCommitted() throws Exception {
        try (Journal journal = Journal.open(file, config().build())) {
            for (int round = 0; round < 200; round++) {
                final Producers producers = new Producers(journal, 4, 50);
                producers.go();
                producers.join();
                final long expected = 200 * (round + 1);
                if (eventsInTheFile() != expected) {
                    TimeUnit.MILLISECONDS.sleep(UNNOTICED_MILLIS); // the appender's thread was about to take them
                }
                assertEquals(expected, eventsInTheFile());
            }
        }
    }

    @Test
    void claimThatHoldsUpOthersTakesThemAlongWhenItEnds() throws IOException {
        try (Journal journal = Journal.open(file, config().build())) {
            final Claim open = claim(journal.publisher(), 1, 8);
            final long position = offer(journal);
            assertEquals(0, eventsInTheFile());
            open.abort();
            assertTrue(journal.awaitJournaled(position, Duration.ofSeconds(10)));
            assertEquals(1, eventsInTheFile());
        }
    }

    /** A journal with one event that another thread syncs, and whose force takes until it is let go. */
    private final class LongForce implements AutoCloseable {
        private final CompletableFuture<Void> released = new CompletableFuture<>();
        private final CompletableFuture<Long> synced;
        private final Journal journal;

        /** Begins it. What the force does in the end may throw. */
        LongForce(final JournalConfig.Builder config, final Runnable end, final UnaryOperator<JournalStorage> inner) {
            final CompletableFuture<Void> begun = new CompletableFuture<>();
            journal = JournalAccess.open(
                    file,
                    config.build(),
                    storage -> new FailingStorage(inner.apply(storage), Call.FORCE, 1, () -> {
                        begun.complete(null);
                        released.join();
                        end.run();
                    }));
            assertTrue(offer(journal) > 0);
            synced = CompletableFuture.supplyAsync(journal::sync);
            begun.join();
        }

        void letGo() {
            assertFalse(synced.isDone());
            released.complete(null);
        }

        @Override
        public void close() {
            released.complete(null);
            journal.close();
        }
    }

    private static void nothing() {}

    @Test
    void forceHoldsUpNoAppendAndAcknowledgesWhatWasThereWhenItBegan() throws Exception {
        try (LongForce force = new LongForce(config(), PublisherRunnerTest::nothing, UnaryOperator.identity())) {
            for (int i = 0; i < 100; i++) {
                assertTrue(offer(force.journal) > 0);
                assertEquals(i + 2, eventsInTheFile());
            }
            force.letGo();
            final long durable = force.synced.join();
            assertTrue(durable < force.journal.stats().getFileOffset(), durable + " bytes");
            assertEquals(force.journal.stats().getFileOffset(), force.journal.sync());
        }
    }

    /** Its header, which is forced too, would say that more is there than is on the device. */
    @Test
    void nothingIsPublishedWhileAFileWithoutChecksumsIsForced() throws Exception {
        try (LongForce force =
                new LongForce(config().checksums(false), PublisherRunnerTest::nothing, UnaryOperator.identity())) {
            final long position = offer(force.journal);
            TimeUnit.MILLISECONDS.sleep(UNNOTICED_MILLIS);
            assertEquals(1, eventsInTheFile());
            force.letGo();
            assertTrue(force.journal.awaitJournaled(position, Duration.ofSeconds(10)));
            assertEquals(2, eventsInTheFile());
        }
    }

    @Test
    void windowThatIsForcedStaysMappedWhileOthersFollow() throws Exception {
        try (LongForce force = new LongForce(
                config().initialSize(8192).growth(Growth.steps(4096)).backPressure(BackPressure.BLOCK),
                PublisherRunnerTest::nothing,
                UnaryOperator.identity())) {
            for (int i = 0; i < EVENTS; i++) {
                assertTrue(offer(force.journal) > 0);
            }
            assertTrue(force.journal.stats().getGrowths() > 10);
            assertTrue(isFirstWindowMapped(), "a force of other pages at its address would succeed");
            force.letGo();
            force.synced.join();
            while (isFirstWindowMapped()) {
                TimeUnit.MILLISECONDS.sleep(1); // until the test's timeout
            }
            force.journal.sync();
        }
        assertEquals(Condition.CLEAN, JournalScan.of(file).condition());
        assertEquals(EVENTS + 1, eventsInTheFile());
    }

    private boolean isFirstWindowMapped() throws IOException {
        final Pattern mapping =
                Pattern.compile("(\\p{XDigit}+)-(\\p{XDigit}+) \\S+ 0+ .*" + Pattern.quote(file.toString()));
        return Files.readAllLines(Path.of("/proc/self/maps")).stream()
                .map(mapping::matcher)
                .anyMatch(found -> found.matches()
                        && Long.parseLong(found.group(2), 16) - Long.parseLong(found.group(1), 16) == 8192);
    }

    @Test
    void forceThatFailsFailsTheJournalAndWhatWasAppendedMeanwhileIsThere() throws Exception {
        final Error failure = new InternalError("the device is gone");
        final LongForce force = new LongForce(
                config().listener(JournalListener.NONE),
                () -> LangUtil.rethrowUnchecked(failure),
                UnaryOperator.identity());
        assertTrue(offer(force.journal) > 0);
        force.letGo();
        assertSame(
                failure,
                assertThrows(CompletionException.class, force.synced::join)
                        .getCause()
                        .getCause());
        assertEquals(Publisher.FAILED, offer(force.journal));
        assertThrows(JournalFailedException.class, force::close);
        assertEquals(2, JournalScan.of(file).events());
    }

    @Test
    void appendThatFailsDuringAForceFailsTheJournalAndTheSync() throws Exception {
        final Error failure = new InternalError("a page that is gone");
        final LongForce force = new LongForce(
                config().listener(JournalListener.NONE),
                PublisherRunnerTest::nothing,
                storage -> FailingStorage.throwing(storage, Call.APPEND, 2, failure));
        assertEquals(Publisher.FAILED, untilFailed(force.journal));
        force.released.complete(null);
        assertSame(
                failure,
                assertThrows(CompletionException.class, force.synced::join)
                        .getCause()
                        .getCause());
        assertThrows(JournalFailedException.class, force::close);
        assertEquals(1, JournalScan.of(file).events());
    }

    private static long untilFailed(final Journal journal) {
        long result = 1;
        while (result > 0) {
            result = offer(journal);
        }
        return result;
    }

    @ParameterizedTest
    @EnumSource(value = Call.class, names = "FORCE|CLOSE", mode = Mode.MATCH_NONE)
    void publishingThreadIsToldOfAFailureAndNeverGetsIt(final Call call) throws InterruptedException {
        final AtomicReference<Thread> told = new AtomicReference<>();
        final Error failure = new InternalError("a page that is gone");
        final CompletableFuture<JournalFailedException> heard = new CompletableFuture<>();
        final Journal journal = JournalAccess.open(
                file,
                config().backPressure(BackPressure.BLOCK)
                        .listener(new JournalListener() {
                            @Override
                            public void onFailure(final JournalFailedException reported) {
                                told.set(Thread.currentThread());
                                heard.complete(reported);
                            }
                        })
                        .build(),
                storage -> FailingStorage.throwing(storage, call, 3, failure));
        assertEquals(Publisher.FAILED, untilFailed(journal)); // the appender's thread may have the turn for some
        assertSame(failure, heard.join().getCause());
        assertNotSame(Thread.currentThread(), told.get());
        assertSame(failure, journal.failure().orElseThrow());
        assertThrows(JournalFailedException.class, journal::close);
    }

    @Test
    void otherStoragesAreRefused() {
        for (final StorageMode mode : StorageMode.values()) {
            if (mode != StorageMode.MAPPED) {
                final JournalConfig.Builder config = config().storage(mode);
                final IllegalArgumentException e =
                        assertThrows(IllegalArgumentException.class, config::build, mode.name());
                assertTrue(e.getMessage().contains(mode.name()), e.getMessage());
            }
        }
    }

    /**
     * However deep in the journal's code a thread runs out of its stack: the journal goes on or has failed, and it
     * closes.
     */
    @Test
    void threadThatOverflowsItsStackHangsNobody() throws InterruptedException {
        for (int round = 0; round < 10; round++) {
            final Journal journal = Journal.open(
                    directory.resolve("p" + round + ".evtl"),
                    config().syncTimeout(Duration.ofSeconds(1))
                            .closeTimeout(Duration.ofSeconds(1))
                            .build());
            for (int i = 0; i < 20; i++) {
                final Thread thread = new Thread(null, () -> overflow(journal), "deep", 256 * 1024);
                thread.start();
                thread.join();
            }
            try (journal) {
                offer(journal);
                journal.sync();
            } catch (final JournalFailedException e) {
                assertTrue(e.getMessage().contains("StackOverflowError")
                        || e.getMessage().contains("out of its stack"));
            } catch (final JournalTimeoutException e) {
                assertTrue(journal.stats().getAbandonedEvents() > 0, "it left a claim open: " + e);
            }
            assertNotEquals(Condition.CORRUPT, JournalScan.of(journal.path()).condition());
        }
    }

    private static void overflow(final Journal journal) {
        try {
            goDeeper(journal, 0);
        } catch (final StackOverflowError e) {
            // what is looked for is what it leaves
        }
    }

    private static int goDeeper(final Journal journal, final int depth) {
        offer(journal);
        return goDeeper(journal, depth + 1) + 1;
    }

    @Test
    void interruptedThreadPublishesAndKeepsItsFlag() throws IOException {
        try (Journal journal = Journal.open(file, config().build())) {
            Thread.currentThread().interrupt();
            for (int i = 0; i < EVENTS; i++) {
                while (offer(journal) == Publisher.BACK_PRESSURED) {
                    Thread.onSpinWait(); // the appender's thread may have the turn, and a core of its own or not
                }
            }
            assertTrue(Thread.interrupted());
        }
        assertEquals(EVENTS, eventsInTheFile());
    }
}
