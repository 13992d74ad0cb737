package dev.evtl.bench;

import dev.evtl.journal.AppenderMode;
import dev.evtl.journal.Journal;
import java.io.IOException;
import org.agrona.concurrent.AgentInvoker;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.TearDown;

/**
 * The appender alone, from a ring that was filled before into the file: a fresh file for each iteration, read back
 * whole after it.
 */
public class Append extends FileBenchmark {
    /** What fits into the default ring of 4 MiB with the payload here, a claim each: 88 bytes in the ring. */
    private static final int EVENTS = 47_616;

    private static final int PAYLOAD = 64;

    @Param({"1", "64"})
    public int eventsPerClaim;

    @Param({"true", "false"})
    public boolean checksums;

    private Journal journal;
    private EventProducer producer;
    private long published;

    @Setup(Level.Iteration)
    public void open() throws IOException {
        journal = Journal.open(
                newFile(),
                config(checksums)
                        .ringSize(4 << 20)
                        .appenderMode(AppenderMode.INVOKER)
                        .build());
        producer = new JournalTarget(journal, PAYLOAD, eventsPerClaim).producer(0);
        published = 0;
    }

    @Setup(Level.Invocation)
    public void fillRing() {
        producer.publishAll(published, published + EVENTS);
        published += EVENTS;
    }

    @Benchmark
    @OperationsPerInvocation(EVENTS)
    public void append() {
        final AgentInvoker invoker = journal.invoker();
        while (journal.stats().getJournaledEvents() < published) {
            invoker.invoke();
        }
    }

    @TearDown(Level.Iteration)
    public void readBack() throws IOException {
        journal.close();
        check(file(), PAYLOAD, published);
        deleteFile();
    }
}
