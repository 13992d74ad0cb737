package dev.evtl.bench;

import dev.evtl.journal.Journal;
import dev.evtl.journal.SyncPolicy;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Threads;
import org.openjdk.jmh.infra.ThreadParams;

/** What the sync policies cost. A fresh journal for each iteration, read back whole after it. */
public class Sync extends FileBenchmark {
    private static final int PAYLOAD = 64;
    private static final int EVENTS = 1 << 17;

    @Param({"NONE", "INTERVAL", "BYTES", "EVERY_BATCH"})
    public String policy;

    private Journal journal;
    private JournalTarget target;
    private EventProducer producer;
    private long published;
    private final AtomicLong synced = new AtomicLong();

    private static SyncPolicy policy(final String name) {
        return switch (name) {
            case "NONE" -> SyncPolicy.NONE;
            case "INTERVAL" -> SyncPolicy.interval(Duration.ofMillis(10));
            case "BYTES" -> SyncPolicy.bytes(1 << 20);
            case "EVERY_BATCH" -> SyncPolicy.EVERY_BATCH;
            default -> throw new IllegalArgumentException("policy " + name + " is not known");
        };
    }

    @Setup(Level.Iteration)
    public void open() throws IOException {
        journal =
                Journal.open(newFile(), config(true).syncPolicy(policy(policy)).build());
        target = new JournalTarget(journal, PAYLOAD, 1);
        producer = target.producer(0);
        published = 0;
        synced.set(0);
    }

    /** Each thread's way into the journal. */
    @State(Scope.Thread)
    public static class Waiter {
        private EventProducer producer;
        private long published;

        @Setup(Level.Iteration)
        public void join(final Sync benchmark, final ThreadParams thread) {
            producer = benchmark.target.producer(thread.getThreadIndex());
            published = 0;
        }
    }

    /** Publishing without waiting for a force. */
    @Benchmark
    @OperationsPerInvocation(EVENTS)
    public void publish() {
        producer.publishAll(published, published + EVENTS);
        published += EVENTS;
        target.awaitWritten(published);
    }

    /** One publisher that waits, after each event, until it is on the device. */
    @Benchmark
    @BenchmarkMode(Mode.SampleTime)
    public long sync(final Waiter waiter) {
        return publishAndSync(waiter);
    }

    /** Eight publishers that do so. */
    @Benchmark
    @BenchmarkMode(Mode.Throughput)
    @OutputTimeUnit(TimeUnit.SECONDS)
    @Threads(8)
    public long syncByEight(final Waiter waiter) {
        return publishAndSync(waiter);
    }

    private long publishAndSync(final Waiter waiter) {
        waiter.producer.publish(waiter.published, waiter.published);
        waiter.published++;
        synced.incrementAndGet();
        return journal.sync();
    }

    @TearDown(Level.Iteration)
    public void readBack() throws IOException {
        journal.close();
        check(file(), PAYLOAD, published + synced.get());
        deleteFile();
    }
}
