package dev.evtl.cli.stress;

import com.sun.management.ThreadMXBean;
import dev.evtl.journal.Journal;
import dev.evtl.journal.JournalConfig;
import dev.evtl.journal.JournalListener;
import dev.evtl.journal.JournalStats;
import dev.evtl.journal.exceptions.JournalException;
import dev.evtl.journal.file.JournalDirectory;
import dev.evtl.replay.JournalReader;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.ToLongFunction;

/** One round of {@link Stress}: writes a new file, reads it back and compares. */
final class StressRound {
    private static final long WATCH_MILLIS = 5;
    private static final long POLL_NANOS = TimeUnit.MICROSECONDS.toNanos(20);
    /** An appender that has had an empty ring for so long has nothing more to add. */
    private static final long GRACE_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private final Path file;
    private final StressSettings settings;
    private final Consumer<String> log;
    private final List<StressProducer> producers = new ArrayList<>();
    private final AtomicBoolean stopped = new AtomicBoolean();
    private final AtomicReference<Thread> appender = new AtomicReference<>();
    private JournalStats stats;
    private Sample appenderBefore;
    private Sample appenderAfter;
    private double seconds;

    /** What a thread has allocated by a number of events. */
    private record Sample(long bytes, long events) {
        double perEventSince(final Sample before) {
            return perEvent(bytes - before.bytes, events - before.events);
        }
    }

    StressRound(final Path file, final StressSettings settings, final Consumer<String> log) {
        this.file = file;
        this.settings = settings;
        this.log = log;
    }

    /**
     * Runs the round, once.
     *
     * @throws JournalException if the file cannot be written or read, or a producer fails
     */
    StressResult run() throws InterruptedException, IOException {
        write();
        return replay(new StressChecker(
                settings.payload(),
                producers.stream().map(StressProducer::written).toList()));
    }

    private void write() throws InterruptedException {
        try (Journal journal = Journal.open(file, config())) {
            stats = journal.stats();
            appenderBefore = sampleAppender();
            runProducers(journal);
            awaitJournaled(journal);
            final long end = System.nanoTime();
            final long start = producers.stream()
                    .mapToLong(StressProducer::firstClaim)
                    .min()
                    .orElseThrow();
            seconds = seconds(end - start);
            appenderAfter = sampleAppender();
        }
    }

    private JournalConfig config() {
        return settings.config()
                .threadFactory(work -> {
                    appender.set(new Thread(work));
                    return appender.get();
                })
                .listener(new StuckClaims())
                .build();
    }

    /** A failure is what the close throws, and drops and refusals are in the result. */
    private final class StuckClaims implements JournalListener {
        @Override
        public void onStuckClaim(final JournalException report) {
            log.accept(report.getMessage());
        }

        @Override
        public void onAbandonedClaim(final JournalException report) {
            log.accept(report.getMessage());
        }
    }

    private void runProducers(final Journal journal) throws InterruptedException {
        final CyclicBarrier start = new CyclicBarrier(settings.producers());
        final List<Thread> running = new ArrayList<>();
        for (int i = 0; i < settings.producers(); i++) {
            final StressProducer producer =
                    new StressProducer(settings, i, journal.publisher(), threads, start, stopped);
            producers.add(producer);
            running.add(new Thread(producer, "evtl-stress " + i));
        }
        try {
            running.forEach(Thread::start);
            awaitProducers(running);
        } finally {
            stopped.set(true);
            running.forEach(Thread::interrupt); // one may wait for another that could not be started
        }
        for (int i = 0; i < producers.size(); i++) {
            final Throwable failure = producers.get(i).failure();
            if (failure != null) {
                throw new JournalException(file + ": producer " + i + " failed: " + failure, failure);
            }
        }
    }

    private void awaitProducers(final List<Thread> running) throws InterruptedException {
        final long start = System.nanoTime();
        final long warmEvents = StressProducer.warmEvents(settings.events());
        boolean warm = false;
        for (final Thread thread : running) {
            while (thread.isAlive()) {
                thread.join(WATCH_MILLIS);
                if (System.nanoTime() - start >= settings.nanos()) {
                    stopped.set(true);
                }
                if (!warm && thread.isAlive() && stats.getJournaledEvents() >= warmEvents) {
                    appenderBefore = sampleAppender();
                    warm = true;
                }
            }
        }
    }

    /** Waits until what was accepted is in the file, or must be lost. */
    private void awaitJournaled(final Journal journal) {
        final long accepted = sum(producer -> producer.written().accepted());
        long busy = System.nanoTime();
        while (stats.getJournaledEvents() < accepted && System.nanoTime() - busy < GRACE_NANOS) {
            if (journal.failure().isPresent()) {
                journal.close(); // throws
            }
            if (stats.getRingUsed() > 0) {
                busy = System.nanoTime();
            }
            LockSupport.parkNanos(POLL_NANOS);
        }
    }

    private Sample sampleAppender() {
        return new Sample(threads.getThreadAllocatedBytes(appender.get().getId()), stats.getJournaledEvents());
    }

    private StressResult replay(final StressChecker checker) throws IOException {
        try (JournalReader reader = JournalReader.open(file)) {
            final long start = System.nanoTime();
            reader.poll(checker, (int) StressProducer.warmEvents(stats.getJournaledEvents()));
            final long allocatedBefore = threads.getCurrentThreadAllocatedBytes();
            final long polled = reader.forEach(checker::onEvent);
            final long allocated = threads.getCurrentThreadAllocatedBytes() - allocatedBefore;
            final double replaySeconds = seconds(System.nanoTime() - start);
            checker.finish();
            return new StressResult(
                    new StressResult.Accounting(
                            sum(producer -> producer.written().offered()),
                            stats.getJournaledEvents(),
                            stats.getDroppedEvents(),
                            stats.getRefusedEvents(),
                            checker.replayed(),
                            checker.mismatched(),
                            reader.droppedEvents(),
                            stats.getJournaledBytes(),
                            size(),
                            checker.firstMismatch()),
                    seconds,
                    stats.getJournaledEvents() / seconds,
                    stats.getJournaledBytes() / seconds,
                    replaySeconds,
                    checker.replayed() / replaySeconds,
                    StressResult.Allocation.of(
                            perEvent(sum(StressProducer::allocatedBytes), sum(StressProducer::allocatingEvents)),
                            appenderAfter.perEventSince(appenderBefore),
                            perEvent(allocated, polled)),
                    stats.getRingSize(),
                    stats.getRingHighWaterMark(),
                    stats.getGrowths(),
                    stats.getForces());
        }
    }

    private long size() throws IOException {
        if (!Files.isDirectory(file)) {
            return Files.size(file);
        }
        long bytes = 0;
        for (final long base : JournalDirectory.baseSequences(file)) {
            bytes += Files.size(JournalDirectory.file(file, base));
        }
        return bytes;
    }

    private long sum(final ToLongFunction<StressProducer> count) {
        return producers.stream().mapToLong(count).sum();
    }

    private static double perEvent(final long bytes, final long events) {
        return (double) bytes / Math.max(1, events);
    }

    private static double seconds(final long nanos) {
        return (double) nanos / TimeUnit.SECONDS.toNanos(1);
    }
}
