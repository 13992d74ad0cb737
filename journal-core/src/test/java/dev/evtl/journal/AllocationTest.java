package dev.evtl.journal;

import static dev.evtl.journal.support.TestJournals.payload;
import static dev.evtl.journal.support.TestJournals.tiny;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import com.sun.management.ThreadMXBean;
import dev.evtl.journal.support.MemoryDirectory;
import dev.evtl.journal.support.TestJournals;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.agrona.DirectBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Nothing is allocated per event on any of the journal's threads, once the code is compiled. */
@Timeout(120)
class AllocationTest {
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private static final double NOTHING = 0.001;

    /** What the appender's look whether the journal is still its own may allocate, twice a second. */
    private static final double LOOK_BYTES = 2048;

    private static final int EVENTS = 200_000;
    private static final int WARM_UP_ROUNDS = 60;
    private static final int STEADY_ROUNDS = 3;
    private static final DirectBuffer SOURCE = payload(64);

    @TempDir(factory = MemoryDirectory.class)
    Path directory;

    private final AtomicReference<Thread> appender = new AtomicReference<>();

    private JournalConfig.Builder config() {
        return JournalConfig.builder()
                .ringSize(1 << 16)
                .maxPayloadLength(1024)
                .backPressure(BackPressure.BLOCK)
                .initialSize(8 << 20)
                .growth(Growth.steps(8 << 20))
                .threadFactory(work -> {
                    appender.set(new Thread(work));
                    return appender.get();
                });
    }

    private static long allocated(final Thread... threads) {
        long sum = 0;
        for (final Thread thread : threads) {
            sum += THREADS.getThreadAllocatedBytes(thread.getId());
        }
        return sum;
    }

    /** Runs rounds until the compiler is done: then some rounds in a row in which these threads allocate nothing. */
    private static void assertSteady(final Runnable round, final Thread... threads) {
        int steady = 0;
        double perEvent = 0;
        for (int i = 0; i < WARM_UP_ROUNDS && steady < STEADY_ROUNDS; i++) {
            final long start = System.nanoTime();
            final long before = allocated(threads);
            round.run();
            final long looks = (System.nanoTime() - start) / TimeUnit.MILLISECONDS.toNanos(500) + 1;
            perEvent = (allocated(threads) - before - looks * LOOK_BYTES) / EVENTS;
            steady = perEvent < NOTHING ? steady + 1 : 0;
        }
        if (steady < STEADY_ROUNDS) {
            fail(perEvent + " bytes per event in the last round");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "true, offer, THREAD",
        "false, offer, THREAD",
        "true, claim, THREAD",
        "true, batch, THREAD",
        "true, claim, PUBLISHERS",
        "true, batch, PUBLISHERS"
    })
    void publishingAndAppendingAcrossWindowsAllocatesNothing(
            final boolean checksums, final String way, final AppenderMode mode) {
        try (Journal journal = Journal.open(
                directory.resolve("a.evtl"),
                config().checksums(checksums)
                        .appenderMode(mode)
                        .syncPolicy(SyncPolicy.bytes(4 << 20))
                        .build())) {
            final Publisher publisher = journal.publisher();
            final EventBatch batch = publisher.newBatch();
            assertSteady(
                    () -> {
                        switch (way) {
                            case "offer" -> offer(publisher);
                            case "claim" -> claim(publisher);
                            default -> batch(batch);
                        }
                    },
                    Thread.currentThread(),
                    appender.get());
            assertTrue(journal.stats().getGrowths() >= 3);
            assertTrue(journal.stats().getForces() >= 3);
        }
    }

    private static void offer(final Publisher publisher) {
        for (int i = 0; i < EVENTS; i++) {
            publisher.offer(1, SOURCE, 0, 64);
        }
    }

    private static void claim(final Publisher publisher) {
        final Claim claim = publisher.newClaim();
        for (int i = 0; i < EVENTS; i++) {
            publisher.tryClaim(claim, 1, 64);
            claim.buffer().putLong(0, i);
            claim.commit();
        }
    }

    private static void batch(final EventBatch batch) {
        for (int i = 0; i < EVENTS / 16; i++) {
            batch.tryClaim(16, 16 * 64);
            for (int k = 0; k < 16; k++) {
                batch.next(1, 64).putLong(0, i);
            }
            batch.commit();
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = BackPressure.class,
            names = {"REFUSE", "DROP"})
    void fullRingThatNobodyEmptiesAllocatesNothing(final BackPressure policy) {
        try (Journal journal = Journal.open(
                directory.resolve("a.evtl"), tiny().backPressure(policy).build())) {
            final Publisher publisher = journal.publisher();
            assertSteady(() -> offer(publisher), Thread.currentThread());
            assertTrue(journal.stats().getJournaledEvents() == 0);
        }
    }

    @ParameterizedTest
    @EnumSource(BackPressure.class)
    void fullRingThatIsEmptiedSlowerThanItIsFilledAllocatesNothing(final BackPressure policy) {
        try (Journal journal = Journal.open(
                directory.resolve("a.evtl"),
                config().ringSize(1024)
                        .maxPayloadLength(64)
                        .backPressure(policy)
                        .build())) {
            final Publisher publisher = journal.publisher();
            assertSteady(() -> offer(publisher), Thread.currentThread(), appender.get());
        }
    }

    @Test
    void refusalByAClosedJournalAllocatesNothing() {
        final Journal journal = Journal.open(directory.resolve("a.evtl"), tiny().build());
        journal.close();
        assertSteady(() -> offer(journal.publisher()), Thread.currentThread());
        assertEquals(0, journal.stats().getJournaledEvents());
    }

    @Test
    void invokedAppenderAllocatesNothing() {
        try (Journal journal = Journal.open(
                directory.resolve("a.evtl"),
                config().appenderMode(AppenderMode.INVOKER).build())) {
            final Publisher publisher = journal.publisher();
            assertSteady(
                    () -> {
                        for (int i = 0; i < EVENTS / 100; i++) {
                            for (int k = 0; k < 100; k++) {
                                publisher.offer(1, SOURCE, 0, 64);
                            }
                            TestJournals.drain(journal);
                        }
                    },
                    Thread.currentThread());
        }
    }

    @Test
    void readingTheStatisticsAllocatesNothing() {
        try (Journal journal = Journal.open(
                directory.resolve("a.evtl"),
                tiny().maxSize(1 << 20, WhenFull.FAIL).build())) {
            journal.publisher().offer(1, SOURCE, 0, 64);
            journal.sync();
            final JournalStats stats = journal.stats();
            final long[] sum = new long[1];
            assertSteady(
                    () -> {
                        for (int i = 0; i < EVENTS; i++) {
                            sum[0] += readAll(stats);
                        }
                    },
                    Thread.currentThread());
            assertTrue(sum[0] != 0);
        }
    }

    private static long readAll(final JournalStats stats) {
        return stats.getState().length()
                + stats.getOfferedEvents()
                + stats.getAcceptedEvents()
                + stats.getAcceptedBytes()
                + stats.getJournaledEvents()
                + stats.getJournaledBytes()
                + stats.getDroppedEvents()
                + stats.getDroppedBytes()
                + stats.getRefusedEvents()
                + stats.getRefusedBytes()
                + (long) stats.getDropRate()
                + stats.getRingSize()
                + stats.getRingUsed()
                + stats.getRingHighWaterMark()
                + stats.getHeadStuckNanos()
                + stats.getAbandonedEvents()
                + stats.getFileOffset()
                + stats.getAllocatedBytes()
                + stats.getMappedOffset()
                + stats.getDurableOffset()
                + (long) stats.getPercentFull()
                + stats.getGrowths()
                + stats.getForces()
                + stats.getForcesFailed()
                + stats.getMaxForceNanos()
                + stats.forceNanosAtPercentile(99);
    }
}
