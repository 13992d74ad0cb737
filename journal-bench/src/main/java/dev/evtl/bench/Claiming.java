package dev.evtl.bench;

import dev.evtl.journal.AppenderMode;
import dev.evtl.journal.BackPressure;
import dev.evtl.journal.Claim;
import dev.evtl.journal.Journal;
import dev.evtl.journal.Publisher;
import dev.evtl.journal.format.EventHeader;
import dev.evtl.journal.ring.JournalRing;
import dev.evtl.journal.ring.RingConsumer;
import dev.evtl.journal.ring.RingProducer;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What it costs a thread to claim, fill and commit an event: by a {@link Claim}, and by an index into the ring that
 * nothing guards. The ring is emptied between the invocations, by the same thread, so that no other core is waited for,
 * and as much is written to the file for both, so that both find the caches as cold. The difference is what the journal
 * adds to its ring: its state, its codes and the bounds of a claim.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
public class Claiming extends FileBenchmark {
    private static final int RING_SIZE = 1 << 20;
    private static final int PAYLOAD = 64;
    private static final int EVENTS = 4096;

    private final JournalRing ring = JournalRing.inMemory(RING_SIZE, false);
    private final RingProducer producer = ring.producer();
    private final RingConsumer consumer = ring.consumer();
    private Journal journal;
    private Publisher publisher;
    private Claim claim;

    @Setup(Level.Iteration)
    public void open() throws IOException {
        journal = Journal.open(
                newFile(),
                config(false)
                        .ringSize(RING_SIZE)
                        .backPressure(BackPressure.REFUSE)
                        .appenderMode(AppenderMode.INVOKER)
                        .build());
        publisher = journal.publisher();
        claim = publisher.newClaim();
    }

    @Setup(Level.Invocation)
    public void empty() {
        int taken;
        while ((taken = consumer.read(record -> true, EVENTS)) > 0) {
            consumer.release();
            for (int i = 0; i < taken; i++) {
                publisher.tryClaimAt(claim, i, Content.FIRST_TYPE, 0, PAYLOAD);
                claim.commit();
            }
        }
        while (journal.stats().getRingUsed() > 0) {
            journal.invoker().invoke();
        }
    }

    @TearDown(Level.Iteration)
    public void close() throws IOException {
        journal.close();
        deleteFile();
    }

    @Benchmark
    @OperationsPerInvocation(EVENTS)
    public long claim() {
        long position = 0;
        for (int i = 0; i < EVENTS; i++) {
            if (publisher.tryClaimAt(claim, i, Content.FIRST_TYPE, 0, PAYLOAD) > 0) {
                Content.fill(claim.buffer(), 0, PAYLOAD, i);
                position = claim.commit();
            }
        }
        return position;
    }

    @Benchmark
    @OperationsPerInvocation(EVENTS)
    public int index() {
        int last = 0;
        for (int i = 0; i < EVENTS; i++) {
            final int event = producer.tryClaim(1, EventHeader.LENGTH + PAYLOAD);
            if (event > 0) {
                EventHeader.encode(producer.buffer(), event, i, Content.FIRST_TYPE, 0, PAYLOAD);
                Content.fill(producer.buffer(), event + EventHeader.LENGTH, PAYLOAD, i);
                producer.commit(event);
                last = event;
            }
        }
        return last;
    }
}
