package dev.evtl.bench;

import dev.evtl.journal.Journal;
import dev.evtl.replay.Dispatcher;
import dev.evtl.replay.EventConsumer;
import dev.evtl.replay.EventFilter;
import dev.evtl.replay.JournalEvent;
import dev.evtl.replay.JournalReader;
import dev.evtl.replay.ReaderConfig;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** Reading a journal from its first event to its last; every consumer checks every event. */
public class Replay extends FileBenchmark {
    private static final int EVENTS = 1 << 21;

    @Param({"true", "false"})
    public boolean verify;

    @Param({"64", "16", "256"})
    public int payload;

    /** A closed journal, the same for all invocations. */
    @State(Scope.Benchmark)
    public static class Written {
        @Setup(Level.Trial)
        public void write(final Replay benchmark) throws IOException {
            FileBenchmark.write(benchmark.newFile(), true, benchmark.payload, EVENTS);
        }
    }

    /** How many consumers the dispatcher hands each event to. */
    @State(Scope.Benchmark)
    public static class Consumers {
        @Param({"1", "4"})
        public int consumers;
    }

    /** A journal that is written while it is read, a fresh one for each invocation. */
    @State(Scope.Benchmark)
    public static class Live {
        private ExecutorService writer;
        private JournalTarget target;

        @Setup(Level.Trial)
        public void startWriter() {
            writer = Executors.newSingleThreadExecutor();
        }

        @Setup(Level.Invocation)
        public void open(final Replay benchmark) throws IOException {
            target = new JournalTarget(
                    Journal.open(benchmark.newFile(), config(true).build()), benchmark.payload, 1);
        }

        @TearDown(Level.Invocation)
        public void delete(final Replay benchmark) throws IOException {
            target.close();
            benchmark.deleteFile();
        }

        @TearDown(Level.Trial)
        public void endWriter() {
            writer.shutdownNow();
        }
    }

    @Benchmark
    @OperationsPerInvocation(EVENTS)
    public long replay(final Written written) {
        return read();
    }

    private long read() {
        final ContentCheck check = new ContentCheck(payload, true);
        try (JournalSource source = new JournalSource(file(), verify)) {
            source.read(check, EVENTS);
        }
        check.requireAll(EVENTS);
        return check.events();
    }

    @Benchmark
    @OperationsPerInvocation(EVENTS)
    public long follow(final Live live) throws InterruptedException, ExecutionException {
        final EventProducer producer = live.target.producer(0);
        final Future<?> written = live.writer.submit(() -> producer.publishAll(0, EVENTS));
        final long read = read();
        written.get();
        return read;
    }

    @Benchmark
    @OperationsPerInvocation(EVENTS)
    public long dispatch(final Written written, final Consumers count) {
        final List<EventConsumer> consumers = new ArrayList<>();
        for (int i = 0; i < count.consumers; i++) {
            consumers.add(new CheckingConsumer(payload));
        }
        try (JournalReader reader =
                JournalReader.open(file(), ReaderConfig.builder().verify(verify).build())) {
            final Dispatcher dispatcher = new Dispatcher(reader, EventFilter.ALL, Replay::rethrow, consumers);
            dispatcher.drain();
            for (final EventConsumer consumer : consumers) {
                ((CheckingConsumer) consumer).check.requireAll(EVENTS);
            }
            return dispatcher.delivered();
        }
    }

    private static void rethrow(final Throwable failure) {
        throw new IllegalStateException(failure);
    }

    private static final class CheckingConsumer implements EventConsumer {
        private final ContentCheck check;

        CheckingConsumer(final int payload) {
            check = new ContentCheck(payload, true);
        }

        @Override
        public boolean consume(final JournalEvent event) {
            check.onEvent(
                    event.timestamp(),
                    event.type(),
                    Content.sum(event.buffer(), event.payloadOffset(), event.payloadLength()));
            return true;
        }

        @Override
        public String name() {
            return "check";
        }
    }
}
