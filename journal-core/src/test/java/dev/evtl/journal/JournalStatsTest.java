package dev.evtl.journal;

import static dev.evtl.journal.support.TestJournals.claim;
import static dev.evtl.journal.support.TestJournals.drain;
import static dev.evtl.journal.support.TestJournals.payload;
import static dev.evtl.journal.support.TestJournals.small;
import static dev.evtl.journal.support.TestJournals.tiny;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.evtl.journal.exceptions.JournalException;
import dev.evtl.journal.exceptions.JournalFailedException;
import dev.evtl.journal.exceptions.JournalLockedException;
import dev.evtl.journal.support.FailingIdle;
import dev.evtl.journal.support.FailingStorage;
import dev.evtl.journal.support.Producers;
import dev.evtl.journal.support.Threads;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.ToLongFunction;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(60)
class JournalStatsTest {
    private static final MBeanServer SERVER = ManagementFactory.getPlatformMBeanServer();

    @TempDir
    Path directory;

    private Journal open(final JournalConfig.Builder config) {
        return Journal.open(directory.resolve("s.evtl"), config.build());
    }

    private static void offer(final Journal journal, final int events) {
        for (int i = 0; i < events; i++) {
            assertTrue(journal.publisher().offer(1, payload(8), 0, 8) > 0);
        }
    }

    @Test
    void newJournalHasDoneNothing() {
        try (Journal journal = open(tiny())) {
            final JournalStats stats = journal.stats();
            assertEquals("running", stats.getState());
            assertEquals(0, stats.getOfferedEvents());
            assertEquals(0, stats.getAcceptedEvents());
            assertEquals(0, stats.getAcceptedBytes());
            assertEquals(0, stats.getDropRate());
            assertEquals(1024, stats.getRingSize());
            assertEquals(0, stats.getRingUsed());
            assertEquals(0, stats.getRingHighWaterMark());
            assertEquals(64, stats.getFileOffset());
            assertEquals(64, stats.getDurableOffset());
            assertTrue(stats.getMappedOffset() >= 4096);
            assertEquals(0, stats.getPercentFull(), "there is no maximum");
            assertEquals(0, stats.getForces());
            assertEquals(0, stats.getMaxForceNanos());
            assertEquals(0, stats.forceNanosAtPercentile(99.9));
            for (final double none : new double[] {-0.1, 100.1, Double.NaN}) {
                assertThrows(IllegalArgumentException.class, () -> stats.forceNanosAtPercentile(none), "of " + none);
            }
        }
    }

    @Test
    void eventsAreAcceptedOnceCommittedAndJournaledOnceAppended() {
        try (Journal journal = open(tiny().maxSize(8192, WhenFull.FAIL))) {
            final JournalStats stats = journal.stats();
            offer(journal, 3);
            final Claim open = claim(journal.publisher(), 1, 8);
            final EventBatch batch = journal.publisher().newBatch();
            batch.tryClaim(2, 0);
            batch.next(1, 0);
            batch.next(1, 0);
            batch.commit();
            claim(journal.publisher(), 1, 0).abort();
            assertEquals(5, stats.getAcceptedEvents());
            assertEquals(3 * 24 + 32, stats.getAcceptedBytes());
            assertEquals(5, stats.getOfferedEvents());
            assertEquals(0, stats.getJournaledEvents());
            assertEquals(4 * 32 + 40 + 24, stats.getRingUsed());

            journal.invoker().invoke();
            assertEquals(3, stats.getJournaledEvents(), "up to the open claim");
            assertEquals(3 * 24, stats.getJournaledBytes());
            assertEquals(5, stats.getAcceptedEvents());
            assertEquals(4 * 32 + 40 + 24, stats.getRingHighWaterMark());
            open.commit();
            drain(journal);
            assertEquals(6, stats.getJournaledEvents());
            assertEquals(6, stats.getAcceptedEvents());
            assertEquals(4 * 24 + 32, stats.getAcceptedBytes());
            assertEquals(0, stats.getRingUsed());
            assertEquals(64 + 4 * 24 + 32, stats.getFileOffset());
            assertEquals(100.0 * (64 + 4 * 24 + 32) / 8192, stats.getPercentFull());
        }
    }

    @Test
    void ringThatHasWrappedIsCountedRight() {
        try (Journal journal = open(tiny())) {
            for (int i = 1; i <= 200; i++) {
                offer(journal, 7);
                assertEquals(i * 7, journal.stats().getAcceptedEvents());
                drain(journal);
                assertEquals(i * 7, journal.stats().getAcceptedEvents());
            }
        }
    }

    @Test
    void dropRateIsTheShareOfWhatWasOffered() {
        final Journal journal = open(tiny().backPressure(BackPressure.DROP));
        while (journal.stats().getDroppedEvents() < 8) {
            journal.publisher().offer(1, payload(104), 0, 104);
        }
        assertEquals(0.5, journal.stats().getDropRate());
        journal.close();
        assertEquals(0.5, journal.stats().getDropRate());
    }

    @Test
    void countsNeverGoBackNorAstrayWhileEventsFlow() throws Exception {
        final AtomicBoolean stop = new AtomicBoolean();
        final Journal journal = open(small().ringSize(8192).backPressure(BackPressure.BLOCK));
        final JournalStats stats = journal.stats();
        final Producers producers = new Producers(journal, 2, 200_000);
        final CompletableFuture<Void> watch = CompletableFuture.runAsync(() -> {
            long journaled = 0;
            while (!stop.get()) {
                final long before = stats.getJournaledEvents();
                final long accepted = stats.getAcceptedEvents();
                final long after = stats.getJournaledEvents();
                assertTrue(before >= journaled);
                journaled = before;
                assertTrue(accepted >= before, accepted + " accepted, but " + before + " journaled before");
                assertTrue(
                        accepted <= after + 8192 / 16,
                        accepted + " accepted, but " + after + " journaled and not so many in the ring");
            }
        });
        producers.go();
        producers.join();
        stop.set(true);
        watch.join();
        journal.close();
        assertEquals(400_000, stats.getAcceptedEvents());
    }

    @Test
    void statsAreAnMBeanAsLongAsTheJournalIsOpen() throws Exception {
        final ObjectName name = new ObjectName("dev.evtl:type=Journal,file="
                + ObjectName.quote(directory.resolve("s.evtl").toString()));
        final Journal journal = open(tiny().jmx(true));
        offer(journal, 2);
        drain(journal);
        assertEquals(2L, SERVER.getAttribute(name, "JournaledEvents"));
        assertEquals("running", SERVER.getAttribute(name, "State"));
        assertEquals(0.0, SERVER.getAttribute(name, "PercentFull"));
        assertEquals(0L, SERVER.invoke(name, "forceNanosAtPercentile", new Object[] {50.0}, new String[] {"double"}));
        journal.close();
        assertFalse(SERVER.isRegistered(name));
        final Journal failing = Journal.open(
                directory.resolve("s.evtl"),
                tiny().jmx(true).listener(JournalListener.NONE).build(),
                storage ->
                        FailingStorage.throwing(storage, FailingStorage.Call.RESERVE, 1, new IOException("provoked")));
        offer(failing, 1);
        drain(failing);
        assertEquals("failed", SERVER.getAttribute(name, "State"));
        assertThrows(JournalFailedException.class, failing::close);
        assertFalse(SERVER.isRegistered(name));
    }

    @Test
    void withoutJmxThereIsNoMBean() throws Exception {
        try (Journal journal = open(tiny())) {
            assertEquals(
                    Set.of(),
                    SERVER.queryNames(new ObjectName("dev.evtl:*"), null),
                    journal.path().toString());
        }
    }

    @Test
    void journalWhoseMBeanIsThereAlreadyIsNotOpenedAndLeavesNoLock() throws Exception {
        final ObjectName name = new ObjectName("dev.evtl:type=Journal,file="
                + ObjectName.quote(directory.resolve("s.evtl").toString()));
        try (Journal other = Journal.open(directory.resolve("other.evtl"), tiny().build())) {
            SERVER.registerMBean(other.stats(), name);
            assertThrows(JournalException.class, () -> open(tiny().jmx(true)));
            assertTrue(SERVER.isRegistered(name), "it is somebody else's");
            SERVER.unregisterMBean(name);
        }
        open(tiny().jmx(true)).close();
    }

    /** Its name is free for the next one, whose MBean the close of the first leaves alone. */
    @Test
    void journalThatEndedItselfDoesNotKeepTheNameOfItsMBean() throws Exception {
        final ObjectName name = new ObjectName("dev.evtl:type=Journal,file="
                + ObjectName.quote(directory.resolve("s.evtl").toString()));
        final FailingIdle idle = new FailingIdle();
        final Journal ended = open(small().jmx(true)
                .listener(JournalListener.NONE)
                .idleStrategy(idle)
                .threadFactory(Threads::quiet));
        idle.error = new StackOverflowError("provoked");
        while (JournalScan.of(ended.path()).reason().equals("a writer has it open")) {
            Thread.onSpinWait();
        }
        assertEquals("failed", SERVER.getAttribute(name, "State"), "seen until it is closed");
        try (Journal next = open(small().jmx(true))) {
            offer(next, 1);
            assertEquals("running", SERVER.getAttribute(name, "State"));
            assertThrows(JournalFailedException.class, ended::close);
            assertEquals("running", SERVER.getAttribute(name, "State"));
        }
        assertFalse(SERVER.isRegistered(name));
    }

    /** One thread closes and another opens as soon as the lock is free. */
    @Test
    void openingDoesNotMeetTheMBeanOfAJournalThatIsBeingClosed() throws Exception {
        final ObjectName name = new ObjectName("dev.evtl:type=Journal,file="
                + ObjectName.quote(directory.resolve("s.evtl").toString()));
        Journal journal = open(small().jmx(true));
        for (int i = 0; i < 300; i++) {
            final CompletableFuture<Void> closed = CompletableFuture.runAsync(journal::close);
            Journal next = null;
            while (next == null) {
                try {
                    next = open(small().jmx(true));
                } catch (final JournalLockedException e) {
                    Thread.onSpinWait();
                }
            }
            closed.join();
            assertEquals("running", SERVER.getAttribute(name, "State"), "round " + i);
            journal = next;
        }
        journal.close();
        assertFalse(SERVER.isRegistered(name));
    }

    /** No count goes back while threads publish as fast as they can, and at rest all are exact. */
    @ParameterizedTest
    @CsvSource({"REFUSE, false", "DROP, false", "BLOCK, false", "REFUSE, true", "DROP, true", "BLOCK, true"})
    void countsNeverGoBackAndAreExactAtRest(final BackPressure policy, final boolean ringFile) throws Exception {
        final JournalConfig.Builder config =
                small().ringSize(2048).backPressure(policy).listener(JournalListener.NONE);
        if (ringFile) {
            config.ringFile(directory.resolve("s.ring"));
        }
        try (Journal journal = Journal.open(directory.resolve("s.evtl"), config.build())) {
            final Producers producers = new Producers(journal, 4, Long.MAX_VALUE);
            final AtomicLong rounds = new AtomicLong();
            final AtomicBoolean done = new AtomicBoolean();
            final FutureTask<Void> reading = new FutureTask<>(() -> assertGrowing(journal.stats(), rounds, done), null);
            new Thread(reading).start();
            producers.go();
            while (!reading.isDone() && (rounds.get() <= 10 || journal.stats().getOfferedEvents() < 40_000)) {
                Thread.onSpinWait();
            }
            producers.stop();
            producers.join();
            done.set(true);
            reading.get();
            assertTrue(rounds.get() > 10, "rounds");
            journal.sync();
            producers.assertAccounted(journal.stats());
            assertEquals(producers.accepted() * 28, journal.stats().getAcceptedBytes());
            assertEquals(producers.dropped() * 28, journal.stats().getDroppedBytes());
            assertEquals(producers.refused() * 28, journal.stats().getRefusedBytes());
        }
    }

    private static void assertGrowing(final JournalStats stats, final AtomicLong rounds, final AtomicBoolean done) {
        final List<ToLongFunction<JournalStats>> counts = List.of(
                JournalStats::getAcceptedEvents,
                JournalStats::getOfferedEvents,
                JournalStats::getAcceptedBytes,
                JournalStats::getJournaledEvents,
                JournalStats::getJournaledBytes,
                JournalStats::getDroppedEvents,
                JournalStats::getDroppedBytes,
                JournalStats::getRefusedEvents,
                JournalStats::getRefusedBytes,
                JournalStats::getFileOffset);
        final long[] last = new long[counts.size()];
        while (!done.get()) {
            for (int i = 0; i < last.length; i++) {
                final long now = counts.get(i).applyAsLong(stats);
                assertTrue(now >= last[i], "count " + i + " was " + last[i] + " and is " + now);
                last[i] = now;
            }
            rounds.incrementAndGet();
        }
    }
}
