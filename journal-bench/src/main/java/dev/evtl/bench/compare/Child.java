package dev.evtl.bench.compare;

import com.sun.management.OperatingSystemMXBean;
import dev.evtl.bench.BenchDirectory;
import dev.evtl.bench.ContentCheck;
import dev.evtl.bench.EventProducer;
import dev.evtl.bench.EventSource;
import dev.evtl.bench.EventTarget;
import dev.evtl.bench.Producers;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.LongStream;
import org.HdrHistogram.Histogram;

/**
 * The JVM of one contestant: does, for as long as its parent lives, what comes on standard input line by line, and
 * answers each line with one on standard output: {@code ok} and figures, or {@code error} and a reason.
 */
final class Child {
    static final String OK = "ok";
    static final String ERROR = "error";

    private static final OperatingSystemMXBean SYSTEM =
            (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    private static final long SETTLING_MILLIS = 1000;
    private static final long LONGEST_NANOS = TimeUnit.MINUTES.toNanos(10);

    private final Contestant contestant;
    private Path opened;
    private EventTarget target;
    private EventSource source;
    private long published;

    Child(final Contestant contestant) {
        this.contestant = contestant;
    }

    /**
     * Runs until standard input ends.
     *
     * @param arguments the contestant's id
     * @throws IOException if standard input fails
     */
    public static void main(final String[] arguments) throws IOException {
        final PrintStream replies = System.out;
        System.setOut(System.err); // what a library prints must not come between the replies
        final BufferedReader commands = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        final Child child = new Child(Roster.find(arguments[0]));
        replies.println(OK);
        for (String line = commands.readLine(); line != null; line = commands.readLine()) {
            replies.println(child.answer(line));
        }
        System.exit(0); // whatever threads a contestant has left
    }

    String answer(final String line) {
        try {
            final Reply reply = run(line.split(" "));
            return (OK + " " + reply.toLine()).strip();
        } catch (final Throwable t) {
            t.printStackTrace();
            return ERROR + " " + String.valueOf(t).lines().findFirst().orElse("");
        }
    }

    private Reply run(final String[] words) throws Exception {
        return switch (words[0]) {
            case "open" -> open(Path.of(words[1]), Long.parseLong(words[2]));
            case "publish" -> publish(Long.parseLong(words[1]));
            case "offer" -> offer(Long.parseLong(words[1]), Long.parseLong(words[2]));
            case "offerLong" -> offerLong(Long.parseLong(words[1]), Long.parseLong(words[2]));
            case "offerBesideSync" -> offerBesideSync(Long.parseLong(words[1]), Long.parseLong(words[2]));
            case "idle" -> idle(Long.parseLong(words[1]));
            case "sync" -> sync(Long.parseLong(words[1]));
            case "close" -> close();
            case "attach" -> attach(Path.of(words[1]));
            case "follow" -> follow(Long.parseLong(words[1]));
            case "read" -> read(Path.of(words[1]), Long.parseLong(words[2]), Boolean.parseBoolean(words[3]));
            default -> throw new IllegalArgumentException("no command " + words[0]);
        };
    }

    private Reply open(final Path directory, final long events) throws IOException {
        final long cpuBefore = SYSTEM.getProcessCpuTime();
        final long start = System.nanoTime();
        target = contestant.target().create(directory, events);
        final long nanos = System.nanoTime() - start;
        opened = directory;
        published = 0;
        return new Reply().with("nanos", nanos).with("cpuNanos", SYSTEM.getProcessCpuTime() - cpuBefore);
    }

    /** As fast as it goes, by all producers together; timestamps are indexes. */
    private Reply publish(final long events) throws InterruptedException, ExecutionException {
        try (Producers producers = new Producers(contestant.producers())) {
            final Allocations allocations = new Allocations();
            final long cpuBefore = SYSTEM.getProcessCpuTime();
            final long start = System.nanoTime();
            producers.publish(target, events / contestant.producers());
            final long given = System.nanoTime();
            target.awaitWritten(events);
            final long written = System.nanoTime();
            return new Reply()
                    .with("callerNanos", given - start)
                    .with("nanos", written - start)
                    .with("cpuNanos", SYSTEM.getProcessCpuTime() - cpuBefore)
                    .with("allocated", allocations.bytesSinceStart());
        }
    }

    /**
     * At a fixed rate; timestamps are the times at which events were to be offered. An event that is late because the
     * one before took long counts from then, so that no wait is left out.
     */
    private Reply offer(final long events, final long rate) throws IOException {
        return offer(events, rate, longest -> {});
    }

    /** The longest call of each second, and apart from them those of the seconds in which the files grew. */
    private Reply offerLong(final long events, final long rate) throws IOException {
        final Histogram longest = new Histogram(LONGEST_NANOS, 3);
        final Histogram growing = new Histogram(LONGEST_NANOS, 3);
        final long[] length = {BenchDirectory.length(opened)};
        final Reply offered = offer(events, rate, nanos -> {
            longest.recordValue(nanos);
            final long now = BenchDirectory.length(opened);
            if (now > length[0]) {
                growing.recordValue(nanos);
                length[0] = now;
            }
        });
        return offered.with("longest", longest).with("longestGrowing", growing);
    }

    /** Is told the longest call of a second at its end. */
    @FunctionalInterface
    private interface SecondListener {
        void onSecond(long longestNanos) throws IOException;
    }

    private Reply offer(final long events, final long rate, final SecondListener seconds) throws IOException {
        final Histogram call = new Histogram(LONGEST_NANOS, 3);
        final Histogram sinceIntended = new Histogram(LONGEST_NANOS, 3);
        final EventProducer producer = target.producer(0);
        final double interval = 1e9 / rate;
        final long start = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(1);
        long longest = 0;
        for (long i = 0; i < events; i++) {
            final long intended = start + (long) (i * interval);
            long now = System.nanoTime();
            while (now - intended < 0) {
                Thread.onSpinWait();
                now = System.nanoTime();
            }
            producer.publish(published + i, intended);
            final long done = System.nanoTime();
            call.recordValue(done - now);
            sinceIntended.recordValue(done - intended);
            longest = Math.max(longest, done - now);
            if ((i + 1) % rate == 0) {
                seconds.onSecond(longest);
                longest = 0;
            }
        }
        published += events;
        target.awaitWritten(published);
        return new Reply().with("call", call).with("sinceIntended", sinceIntended);
    }

    private Reply offerBesideSync(final long events, final long rate)
            throws IOException, InterruptedException, ExecutionException {
        final AtomicBoolean stop = new AtomicBoolean();
        final ExecutorService thread = Executors.newSingleThreadExecutor();
        final Future<?> syncing = thread.submit(() -> {
            while (!stop.get()) {
                target.sync();
            }
        });
        final Reply offered;
        try {
            offered = offer(events, rate);
        } finally {
            stop.set(true);
            thread.shutdown();
        }
        syncing.get();
        return offered;
    }

    private static Reply idle(final long millis) throws InterruptedException {
        Thread.sleep(Math.min(millis, SETTLING_MILLIS)); // what opening has started ends
        final long cpuBefore = threadsCpuNanos();
        final long start = System.nanoTime();
        Thread.sleep(millis);
        return new Reply().with("cpuNanos", threadsCpuNanos() - cpuBefore).with("nanos", System.nanoTime() - start);
    }

    /** The process's own time is told in steps of ten milliseconds only. */
    private static long threadsCpuNanos() {
        final ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        return LongStream.of(threads.getAllThreadIds())
                .map(threads::getThreadCpuTime)
                .filter(nanos -> nanos > 0)
                .sum();
    }

    /** Each producer forces each of its events before it publishes the next. */
    private Reply sync(final long millis) throws InterruptedException, ExecutionException {
        final long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
        final long forcesBefore = target.forces();
        final ExecutorService threads = Executors.newFixedThreadPool(contestant.producers());
        final Histogram all = new Histogram(LONGEST_NANOS, 3);
        final long start = System.nanoTime();
        try {
            final List<Future<Histogram>> waiters = new ArrayList<>();
            for (int i = 0; i < contestant.producers(); i++) {
                final EventProducer producer = target.producer(i);
                waiters.add(threads.submit(() -> {
                    final Histogram durable = new Histogram(LONGEST_NANOS, 3);
                    long before = System.nanoTime();
                    for (long index = 0; before - end < 0; index++) {
                        producer.publish(index, index);
                        target.sync();
                        final long after = System.nanoTime();
                        durable.recordValue(after - before);
                        before = after;
                    }
                    return durable;
                }));
            }
            for (final Future<Histogram> waiter : waiters) {
                all.add(waiter.get());
            }
        } finally {
            threads.shutdownNow();
        }
        return new Reply()
                .with("nanos", System.nanoTime() - start)
                .with("events", all.getTotalCount())
                .with("forces", target.forces() - forcesBefore)
                .with("durable", all);
    }

    private Reply close() throws IOException {
        final long start = System.nanoTime();
        target.close();
        target = null;
        return new Reply().with("nanos", System.nanoTime() - start);
    }

    private Reply attach(final Path directory) throws IOException {
        source = contestant.source().open(directory);
        return new Reply();
    }

    /** Reads what is being written; timestamps are the times at which events were to be offered. */
    private Reply follow(final long events) throws IOException {
        final Histogram visible = new Histogram(LONGEST_NANOS, 3);
        final ContentCheck check = new ContentCheck(Contestant.PAYLOAD_LENGTH, false);
        try (EventSource following = source) {
            following.read(
                    (timestamp, type, sum) -> {
                        visible.recordValue(System.nanoTime() - timestamp);
                        check.onEvent(timestamp, type, sum);
                    },
                    events);
        }
        check.requireAll(events);
        return new Reply().with("visible", visible);
    }

    /** Reads what was written; fails unless it is all that was, and whole. */
    private Reply read(final Path directory, final long events, final boolean timestampsAreIndexes) throws IOException {
        final ContentCheck check = new ContentCheck(Contestant.PAYLOAD_LENGTH, timestampsAreIndexes);
        try (EventSource reading = contestant.source().open(directory)) {
            final Allocations allocations = new Allocations();
            final long start = System.nanoTime();
            reading.read(check, events);
            final long nanos = System.nanoTime() - start;
            final long allocatedWhileReading = allocations.bytesSinceStart();
            if (reading.poll(check, 1) != 0) {
                throw new IllegalStateException("more than " + events + " events were read");
            }
            check.requireAll(events);
            return new Reply().with("nanos", nanos).with("allocated", allocatedWhileReading);
        }
    }
}
