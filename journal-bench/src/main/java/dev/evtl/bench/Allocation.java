package dev.evtl.bench;

import dev.evtl.journal.AppenderMode;
import dev.evtl.journal.BackPressure;
import dev.evtl.journal.Claim;
import dev.evtl.journal.Journal;
import dev.evtl.replay.EventHandler;
import dev.evtl.replay.JournalEvent;
import dev.evtl.replay.JournalReader;
import dev.evtl.replay.ReaderConfig;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * For {@code -prof gc}: a journal stays open for all iterations, and what reads it back at the end is made before the
 * first, so that what is allocated is the events' own and that of the windows they cross. The file grows by some GB a
 * second.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 1, time = 1)
@Measurement(iterations = 3, time = 1)
public class Allocation extends FileBenchmark {
    private static final int EVENTS = 1 << 14;
    private static final int PUBLISHED_EVENTS = 1 << 18;
    private static final int PAYLOAD = 64;
    private static final int REPLAYED_EVENTS = 1 << 22;

    /** An open journal with the appender on a thread of its own. */
    @State(Scope.Benchmark)
    public static class Open {
        @Param({"1", "64"})
        public int eventsPerClaim;

        private final ContentCheck check = new ContentCheck(PAYLOAD, true);
        private JournalTarget target;
        private EventProducer producer;
        private JournalSource source;
        private long published;

        @Setup(Level.Trial)
        public void open(final Allocation benchmark) throws IOException {
            target = new JournalTarget(
                    Journal.open(benchmark.newFile(), config(true).build()), PAYLOAD, eventsPerClaim);
            producer = target.producer(0);
            source = new JournalSource(benchmark.file(), true);
        }

        @TearDown(Level.Trial)
        public void readBack() {
            source.read(check, published);
            check.requireAll(published);
            source.close();
            target.close();
        }
    }

    /** An open journal whose appender the benchmark runs. */
    @State(Scope.Benchmark)
    public static class Invoked {
        private final ContentCheck check = new ContentCheck(PAYLOAD, true);
        private Journal journal;
        private EventProducer producer;
        private JournalSource source;
        private long published;

        @Setup(Level.Trial)
        public void open(final Allocation benchmark) throws IOException {
            journal = Journal.open(
                    benchmark.newFile(),
                    config(true).appenderMode(AppenderMode.INVOKER).build());
            producer = new JournalTarget(journal, PAYLOAD, 1).producer(0);
            source = new JournalSource(benchmark.file(), true);
        }

        @TearDown(Level.Trial)
        public void readBack() {
            source.read(check, published);
            check.requireAll(published);
            source.close();
            journal.close();
        }
    }

    /** An open journal whose ring is full. */
    @State(Scope.Benchmark)
    public static class Full {
        private Journal journal;
        private Claim claim;

        @Setup(Level.Trial)
        public void open(final Allocation benchmark) throws IOException {
            journal = Journal.open(
                    benchmark.newFile(),
                    config(true)
                            .backPressure(BackPressure.REFUSE)
                            .appenderMode(AppenderMode.INVOKER)
                            .build());
            claim = journal.publisher().newClaim();
            while (claim() > 0) {
                claim.commit();
            }
        }

        private long claim() {
            return journal.publisher().tryClaim(claim, Content.FIRST_TYPE, PAYLOAD);
        }

        @TearDown(Level.Trial)
        public void close() {
            journal.close();
        }
    }

    /** A reader of a closed journal that is longer than one of its windows, read again and again. */
    @State(Scope.Benchmark)
    public static class Written {
        @Param({"true", "false"})
        public boolean verify;

        private JournalReader reader;
        private long sum;
        private final EventHandler handler = this::add;

        private EventHandler.Action add(final JournalEvent event) {
            sum += event.timestamp() + Content.sum(event.buffer(), event.payloadOffset(), event.payloadLength());
            return EventHandler.Action.CONTINUE;
        }

        @Setup(Level.Trial)
        public void open(final Allocation benchmark) throws IOException {
            write(benchmark.newFile(), true, PAYLOAD, REPLAYED_EVENTS);
            reader = JournalReader.open(
                    benchmark.file(), ReaderConfig.builder().verify(verify).build());
        }

        @TearDown(Level.Trial)
        public void close() {
            reader.close();
        }
    }

    /** Publishing until all is in the file. */
    @Benchmark
    @OperationsPerInvocation(PUBLISHED_EVENTS)
    public void publish(final Open open) {
        open.producer.publishAll(open.published, open.published + PUBLISHED_EVENTS);
        open.published += PUBLISHED_EVENTS;
        open.target.awaitWritten(open.published);
    }

    /** The appender from a ring that was filled. */
    @Benchmark
    @OperationsPerInvocation(EVENTS)
    public void append(final Invoked invoked) {
        invoked.producer.publishAll(invoked.published, invoked.published + EVENTS);
        invoked.published += EVENTS;
        while (invoked.journal.stats().getJournaledEvents() < invoked.published) {
            invoked.journal.invoker().invoke();
        }
    }

    /** A claim that the full ring refuses. */
    @Benchmark
    public long refuse(final Full full) {
        return full.claim();
    }

    /** Reading. */
    @Benchmark
    @OperationsPerInvocation(EVENTS)
    public long replay(final Written written) {
        if (written.reader.poll(written.handler, EVENTS) == 0) {
            written.reader.seekToStart();
            written.reader.poll(written.handler, EVENTS);
        }
        return written.sum;
    }
}
