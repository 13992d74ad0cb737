package dev.evtl.journal;

import static dev.evtl.journal.support.TestJournals.EIGHTH_OF_RING;
import static dev.evtl.journal.support.TestJournals.claim;
import static dev.evtl.journal.support.TestJournals.drain;
import static dev.evtl.journal.support.TestJournals.payload;
import static dev.evtl.journal.support.TestJournals.small;
import static dev.evtl.journal.support.TestJournals.tiny;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.evtl.journal.exceptions.JournalException;
import dev.evtl.journal.exceptions.JournalFailedException;
import dev.evtl.journal.support.ChildJvm;
import dev.evtl.journal.support.FailingStorage;
import dev.evtl.journal.support.FailingStorage.Call;
import dev.evtl.journal.support.MemoryDirectory;
import dev.evtl.journal.support.Reports;
import dev.evtl.journal.support.StoredEvent;
import java.io.IOException;
import java.lang.ref.Reference;
import java.lang.ref.WeakReference;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.logging.Logger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Everything is told once, with its numbers, and nobody waits for who is told. */
@Timeout(value = 60, threadMode = ThreadMode.SEPARATE_THREAD)
class JournalListenerTest {
    @TempDir(factory = MemoryDirectory.class)
    Path directory;

    private final Reports reports = new Reports();
    private Path file;

    @BeforeEach
    void setFile() {
        file = directory.resolve("l.evtl");
    }

    private static long offer(final Journal journal) {
        return journal.publisher().offer(1, payload(EIGHTH_OF_RING), 0, EIGHTH_OF_RING);
    }

    private static void fill(final Journal journal) {
        for (int i = 0; i < 8; i++) {
            assertTrue(offer(journal) > 0);
        }
    }

    /** The number at a line's end. */
    private static long count(final String line) {
        return Long.parseLong(line.substring(line.lastIndexOf(' ') + 1));
    }

    @Test
    void journalWithNothingToTellTellsNothing() {
        final Journal journal = Journal.open(file, tiny().listener(reports).build());
        fill(journal);
        drain(journal);
        journal.close();
        reports.awaitEnd(journal);
        assertEquals(List.of(), reports.told());
    }

    @Test
    void dropsBeginAndEndWithTheirCounts() {
        final Journal journal = Journal.open(
                file, tiny().backPressure(BackPressure.DROP).listener(reports).build());
        fill(journal);
        for (int i = 0; i < 5; i++) {
            assertEquals(Publisher.DROPPED, offer(journal));
        }
        reports.await("drops end 5"); // after a second without
        for (int i = 0; i < 3; i++) {
            assertEquals(Publisher.DROPPED, offer(journal));
        }
        journal.close();
        reports.awaitEnd(journal);
        final List<String> told = reports.told();
        assertEquals(4, told.size(), told.toString());
        assertTrue(told.get(0).startsWith("drops begin "), told.toString());
        assertTrue(count(told.get(0)) >= 1 && count(told.get(0)) <= 5, told.toString());
        assertEquals("drops end 5", told.get(1));
        assertTrue(told.get(2).startsWith("drops begin "), told.toString());
        assertTrue(count(told.get(2)) >= 6 && count(told.get(2)) <= 8, told.toString());
        assertEquals("drops end 3", told.get(3), "at the close at the latest");
    }

    @Test
    void refusalsAreToldOnceASecondAtTheMostAndAddUp() throws Exception {
        final long start = System.nanoTime();
        final Journal journal = Journal.open(file, tiny().listener(reports).build());
        fill(journal);
        long refused = 0;
        while (System.nanoTime() - start < Duration.ofMillis(1500).toNanos()) {
            assertEquals(Publisher.BACK_PRESSURED, offer(journal));
            refused++;
            Thread.sleep(1);
        }
        final long seconds = (System.nanoTime() - start) / 1_000_000_000;
        journal.close();
        reports.awaitEnd(journal);
        final List<String> told = reports.told();
        assertTrue(told.stream().allMatch(line -> line.startsWith("refused ")), told.toString());
        assertTrue(told.size() >= 2 && told.size() <= seconds + 2, told.toString());
        assertEquals(
                refused, told.stream().mapToLong(JournalListenerTest::count).sum());
    }

    @Test
    void stuckClaimIsToldAndThatItWasLeftAtTheClose() {
        final Journal journal = Journal.open(
                file,
                small().listener(reports)
                        .stuckClaimTimeout(Duration.ofMillis(1))
                        .closeTimeout(Duration.ofMillis(1))
                        .build());
        final Claim claim = claim(journal.publisher(), 1, 8);
        reports.await("stuck");
        journal.close();
        reports.awaitEnd(journal);
        assertEquals(List.of("stuck", "abandoned"), reports.told());
        assertTrue(reports.messages()
                .get(0)
                .startsWith(file + ": a claim of 1 events has been neither committed nor aborted for "));
        assertEquals(
                file + ": closed without a claim of 1 events that was neither committed nor aborted",
                reports.messages().get(1));
        assertEquals(1, journal.stats().getAbandonedEvents());
        claim.abort();
    }

    @Test
    void failureIsToldOnceWithItsCause() {
        final IOException failure = new IOException("provoked");
        final Journal journal = Journal.open(
                file,
                small().listener(reports).build(),
                storage -> FailingStorage.throwing(storage, Call.APPEND, 1, failure));
        offer(journal);
        reports.await("failure");
        assertThrows(JournalFailedException.class, journal::close);
        reports.awaitEnd(journal);
        assertEquals(1, reports.errors().size());
        final JournalException told = reports.errors().get(0);
        assertSame(failure, told.getCause());
        assertTrue(told.getMessage().startsWith(file + ": the journal has failed: "), told.getMessage());
        assertEquals(
                List.of("failure", "drops begin 1", "drops end 1"), reports.told(), "and what it could not journal");
    }

    @Test
    void recoveryIsTold() throws IOException {
        final Path killed = directory.resolve("k.evtl");
        try (Journal journal = Journal.open(killed, tiny().build())) {
            offer(journal);
            drain(journal);
            Files.copy(killed, file); // as a kill would leave it
        }
        final Journal journal = Journal.open(file, tiny().listener(reports).build());
        reports.await("recovery of 1 events and 0 from the ring");
        journal.close();
        reports.awaitEnd(journal);
        assertEquals(List.of("recovery of 1 events and 0 from the ring"), reports.told());
    }

    /** Does the same in every method. */
    private static JournalListener always(final Runnable action) {
        return new JournalListener() {
            @Override
            public void onRecovery(final RecoveryReport report) {
                action.run();
            }

            @Override
            public void onDropsBegin(final long droppedEvents) {
                action.run();
            }

            @Override
            public void onDropsEnd(final long droppedEvents) {
                action.run();
            }

            @Override
            public void onBackPressure(final long refusedEvents) {
                action.run();
            }

            @Override
            public void onStuckClaim(final JournalException report) {
                action.run();
            }

            @Override
            public void onAbandonedClaim(final JournalException report) {
                action.run();
            }

            @Override
            public void onFailure(final JournalFailedException failure) {
                action.run();
            }
        };
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void listenerThatBlocksForEverHoldsNobodyUp(final boolean failing) throws Exception {
        final CountDownLatch called = new CountDownLatch(1);
        final CountDownLatch never = new CountDownLatch(1);
        final AtomicReference<Thread> thread = new AtomicReference<>();
        final Journal journal = Journal.open(
                file,
                small().initialSize(1 << 20) // or the storage is asked for room twice where it is not ready
                        .stuckClaimTimeout(Duration.ofNanos(1))
                        .closeTimeout(Duration.ofMillis(1))
                        .backPressure(BackPressure.BLOCK)
                        .listener(always(() -> {
                            thread.set(Thread.currentThread());
                            called.countDown();
                            try {
                                never.await();
                            } catch (final InterruptedException e) {
                                throw new IllegalStateException(e);
                            }
                        }))
                        .build(),
                storage -> failing
                        ? FailingStorage.throwing(storage, Call.RESERVE, 1001, new IOException("provoked"))
                        : storage);
        final Claim claim = claim(journal.publisher(), 1, 8);
        called.await();
        claim.commit();
        for (int i = 1; i < 1000; i++) {
            assertTrue(offer(journal) > 0);
        }
        assertEquals(64 + 24 + 999 * 120, journal.sync());
        for (int i = 0; i < 200; i++) { // far more than is kept for a listener that is behind
            final Claim stuck = claim(journal.publisher(), 1, 8);
            final long start = System.nanoTime();
            while (!failing && System.nanoTime() - start < 100_000) {
                Thread.onSpinWait();
            }
            stuck.abort();
        }
        if (failing) {
            assertTrue(offer(journal) > 0);
            while (journal.failure().isEmpty()) {
                Thread.onSpinWait();
            }
            assertEquals(Publisher.FAILED, offer(journal));
            assertThrows(JournalFailedException.class, journal::close);
        } else {
            claim(journal.publisher(), 1, 8);
            journal.close();
            assertEquals(1, journal.stats().getAbandonedEvents());
        }
        assertEquals(1000, StoredEvent.readAll(file).size());
        assertTrue(thread.get().isAlive());
        assertTrue(thread.get().isDaemon());
        never.countDown();
        reports.awaitEnd(journal);
    }

    @Test
    void listenerThatThrowsIsToldAllTheRest() throws Exception {
        final AtomicInteger calls = new AtomicInteger();
        final Journal journal = Journal.open(
                file,
                tiny().stuckClaimTimeout(Duration.ofNanos(1))
                        .backPressure(BackPressure.DROP)
                        .closeTimeout(Duration.ofMillis(1))
                        .listener(always(() -> {
                            calls.incrementAndGet();
                            throw new StackOverflowError("provoked by the listener");
                        }))
                        .build());
        claim(journal.publisher(), 1, EIGHTH_OF_RING);
        while (journal.stats().getHeadStuckNanos() < 1_000_000) {
            journal.invoker().invoke();
        }
        for (int i = 0; i < 7; i++) {
            offer(journal);
        }
        assertEquals(Publisher.DROPPED, offer(journal));
        journal.close();
        reports.awaitEnd(journal);
        assertEquals(4, calls.get(), "stuck, abandoned, drops begin and end");
        assertEquals(8, StoredEvent.readAll(file).size());
    }

    @Test
    void listenerThatExitsTheJvmOnAFailureEndsIt() throws Exception {
        final Process child = ChildJvm.start(ExitsOnFailure.class, file.toString());
        final String said = ChildJvm.output(child);
        assertEquals("failed", said.lines().findFirst().orElse(""), said);
        assertTrue(child.waitFor(20, TimeUnit.SECONDS));
        assertEquals(7, child.exitValue());
        assertEquals(0, StoredEvent.state(Files.readAllBytes(file)));
    }

    /** Its journal comes to its maximum and fails; the shutdown hook closes it. */
    static final class ExitsOnFailure {
        public static void main(final String[] args) throws Exception {
            final Path file = Path.of(args[0]);
            final Journal journal = Journal.open(
                    file,
                    small().closeOnShutdown(true)
                            .maxSize(4096, WhenFull.FAIL)
                            .listener(new JournalListener() {
                                @Override
                                public void onFailure(final JournalFailedException failure) {
                                    System.out.println("failed");
                                    System.exit(7);
                                }
                            })
                            .build());
            while (journal.publisher().offer(1, payload(100), 0, 100) != Publisher.FAILED) {
                Thread.onSpinWait();
            }
            Thread.sleep(Duration.ofSeconds(30).toMillis()); // the listener ends this
        }
    }

    @Test
    void thereIsAThreadForAListenerOnlyWhileThereIsSomethingToTell() throws Exception {
        final CountDownLatch told = new CountDownLatch(1);
        final CountDownLatch mayEnd = new CountDownLatch(1);
        final JournalListener slow = new JournalListener() {
            @Override
            public void onBackPressure(final long refusedEvents) {
                told.countDown();
                awaitUninterruptibly(mayEnd);
            }
        };
        final Journal journal = Journal.open(file, tiny().listener(slow).build());
        assertEquals(0, listenerThreads());
        offer(journal, 20);
        awaitUninterruptibly(told);
        assertEquals(1, listenerThreads());
        mayEnd.countDown();
        journal.close();
        reports.awaitEnd(journal);
        assertEquals(0, listenerThreads());
    }

    private static void awaitUninterruptibly(final CountDownLatch latch) {
        try {
            latch.await();
        } catch (final InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private long listenerThreads() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().equals("evtl-listener " + file))
                .count();
    }

    @Test
    void journalThatNobodyUsesAnyMoreIsNotHeldByItsListener() throws Exception {
        Journal forgotten = Journal.open(file, tiny().listener(reports).build());
        final WeakReference<Journal> reference = new WeakReference<>(forgotten);
        forgotten = null;
        for (int i = 0; i < 100 && reference.get() != null; i++) {
            System.gc();
            TimeUnit.MILLISECONDS.sleep(10);
        }
        assertNull(reference.get());
    }

    private static void offer(final Journal journal, final int events) {
        for (int i = 0; i < events; i++) {
            journal.publisher().offer(1, payload(EIGHTH_OF_RING), 0, EIGHTH_OF_RING);
        }
    }

    /** All journals of a JVM are looked at by one thread. The child ends without closing, which would end its JVM. */
    @Test
    void ringFileThatIsCutUnderOneJournalDoesNotSilenceTheListenersOfOthers() throws Exception {
        final Process child = ChildJvm.start(CutsARing.class, directory.toString());
        final List<String> said = ChildJvm.output(child).lines().toList();
        assertTrue(said.containsAll(List.of("seen", "told")), said::toString);
    }

    static final class CutsARing {
        public static void main(final String[] args) throws Exception {
            final Path directory = Path.of(args[0]);
            final Path ring = directory.resolve("cut.ring");
            final JournalListener quiet = new JournalListener() {};
            final Journal cut = Journal.open(
                    directory.resolve("cut.evtl"),
                    tiny().ringFile(ring).listener(quiet).build());
            final CountDownLatch told = new CountDownLatch(1);
            final Journal other = Journal.open(
                    directory.resolve("other.evtl"),
                    tiny().listener(new JournalListener() {
                                @Override
                                public void onBackPressure(final long refused) {
                                    told.countDown();
                                }
                            })
                            .build());
            final CountDownLatch seen = new CountDownLatch(1);
            final Logger logger = Logger.getLogger("dev.evtl.journal");
            logger.setFilter(logged -> {
                if (logged.getMessage().contains("its statistics can no longer be read")) {
                    seen.countDown();
                }
                return true;
            });
            try (FileChannel channel = FileChannel.open(ring, StandardOpenOption.WRITE)) {
                channel.truncate(0);
            }
            System.out.println(seen.await(20, TimeUnit.SECONDS) ? "seen" : "not seen");
            while (other.publisher().offer(1, payload(8), 0, 8) > 0) {
                Thread.onSpinWait();
            }
            System.out.println(told.await(20, TimeUnit.SECONDS) ? "told" : "silent");
            System.out.flush();
            Reference.reachabilityFence(cut);
            Reference.reachabilityFence(logger);
            Runtime.getRuntime().halt(0);
        }
    }
}
