package dev.evtl.bench;

import dev.evtl.journal.Journal;
import dev.evtl.journal.JournalConfig;
import java.io.IOException;
import java.util.concurrent.ExecutionException;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.TearDown;

/**
 * Publishing, from the first claim until the last event is in the file: a fresh file for each invocation, read back
 * whole after it. What an iteration allocates includes the opening and the reading; {@link Allocation} leaves both out.
 */
public class Publish extends FileBenchmark {
    private static final int EVENTS = 1 << 20;

    /** How many, or one with the ring that takes no second one. */
    @Param({"1", "one-to-one", "2", "4"})
    public String producers;

    @Param({"1", "4", "16", "64"})
    public int eventsPerClaim;

    @Param({"64", "16", "256", "1024"})
    public int payload;

    @Param({"true", "false"})
    public boolean checksums;

    private boolean singleProducer;
    private int producerCount;
    private Producers threads;
    private JournalTarget target;

    @Setup(Level.Trial)
    public void startThreads() {
        singleProducer = producers.equals("one-to-one");
        producerCount = singleProducer ? 1 : Integer.parseInt(producers);
        threads = new Producers(producerCount);
    }

    @TearDown(Level.Trial)
    public void endThreads() {
        threads.close();
    }

    @Setup(Level.Invocation)
    public void open() throws IOException {
        final JournalConfig config =
                config(checksums).singleProducer(singleProducer).build();
        target = new JournalTarget(Journal.open(newFile(), config), payload, eventsPerClaim);
    }

    @Benchmark
    @OperationsPerInvocation(EVENTS)
    public void publish() throws InterruptedException, ExecutionException {
        threads.publish(target, EVENTS / producerCount);
        target.awaitWritten(EVENTS);
    }

    @TearDown(Level.Invocation)
    public void readBack() throws IOException {
        target.close();
        check(file(), payload, EVENTS);
        deleteFile();
    }
}
