package dev.evtl.bench;

import java.io.IOException;
import java.util.concurrent.TimeUnit;
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

/** What the machine can do, in the same form as the benchmarks that are held against it. */
public class Walls extends FileBenchmark {
    private static final int EVENTS = 1 << 20;

    /** The events. */
    @State(Scope.Benchmark)
    public static class Payload {
        @Param({"64", "16", "256", "1024"})
        public int payload;
    }

    /** A prefaulted mapping, a fresh one for each invocation. */
    @State(Scope.Benchmark)
    public static class Mapping {
        private MappedTarget target;

        @Setup(Level.Invocation)
        public void map(final Walls walls, final Payload payload) throws IOException {
            target = new MappedTarget(walls.newFile(), EVENTS, payload.payload);
        }

        @TearDown(Level.Invocation)
        public void readBack(final Walls walls, final Payload payload) throws IOException {
            target.close();
            walls.read(payload.payload);
            walls.deleteFile();
        }
    }

    /** A file of events, the same for all invocations. */
    @State(Scope.Benchmark)
    public static class Written {
        @Setup(Level.Trial)
        public void write(final Walls walls, final Payload payload) throws IOException {
            try (MappedTarget target = new MappedTarget(walls.newFile(), EVENTS, payload.payload)) {
                target.publishAll(0, EVENTS);
            }
        }
    }

    /** A zero-filled file. */
    @State(Scope.Benchmark)
    public static class Blocks {
        private ForceTarget target;

        @Setup(Level.Trial)
        public void open(final Walls walls) throws IOException {
            target = new ForceTarget(walls.newFile());
        }

        @TearDown(Level.Trial)
        public void close() throws IOException {
            target.close();
        }
    }

    /** One thread writing events straight into a prefaulted mapping. */
    @Benchmark
    @OperationsPerInvocation(EVENTS)
    public void write(final Mapping mapping) {
        mapping.target.publishAll(0, EVENTS);
    }

    /** A plain loop over mapped events. */
    @Benchmark
    @OperationsPerInvocation(EVENTS)
    public long read(final Written written, final Payload payload) throws IOException {
        return read(payload.payload);
    }

    private long read(final int payload) throws IOException {
        final ContentCheck check = new ContentCheck(payload, true);
        try (MappedSource source = new MappedSource(file(), 0)) {
            source.read(check, EVENTS);
        }
        check.requireAll(EVENTS);
        return check.events();
    }

    /** A write of 4 KiB and a force of it, without metadata. */
    @Benchmark
    @BenchmarkMode(Mode.SampleTime)
    @OutputTimeUnit(TimeUnit.MICROSECONDS)
    public void force(final Blocks blocks) {
        blocks.target.publish(0, 0);
        blocks.target.sync();
    }
}
