package dev.evtl.torture;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Code under test before any bytes: each input is used within bounds of memory and of the processor's time. An input
 * that finds nothing wrong just returns.
 */
abstract class Fuzzed implements AutoCloseable {
    /** Where the fuzzer's working files are to be; it may be stopped at any time. */
    static final String DIRECTORY = "evtl.fuzz.directory";
    /** Longest input that is of use: an event of the largest payload, and some more. */
    static final int MAX_LENGTH = 70_000;

    /** Of one thread's work on one input, classes loaded for it included. */
    private static final long MAX_CPU_NANOS = TimeUnit.SECONDS.toNanos(10);

    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private final long maxAllocated;

    Fuzzed(final long maxAllocated) {
        this.maxAllocated = maxAllocated;
    }

    static Path directory() {
        return Path.of(System.getProperty(DIRECTORY));
    }

    /** Inputs to begin with. */
    abstract List<byte[]> inputs() throws IOException;

    /** Uses an input. */
    abstract void run(byte[] input) throws IOException;

    /** What is done with an input, which is done twice if the first time took much. */
    interface Work {
        void run() throws IOException;
    }

    final void runWithinBounds(final Work work) throws IOException {
        final long start = THREADS.getCurrentThreadCpuTime();
        if (allocated(work) > maxAllocated) {
            final long again = allocated(work); // without what loading classes took
            assertTrue(again <= maxAllocated, () -> "allocated " + again + " bytes");
        }
        final long took = THREADS.getCurrentThreadCpuTime() - start;
        assertTrue(took <= MAX_CPU_NANOS, () -> "took " + took + " ns");
    }

    private static long allocated(final Work work) throws IOException {
        final long before = THREADS.getCurrentThreadAllocatedBytes();
        work.run();
        return THREADS.getCurrentThreadAllocatedBytes() - before;
    }

    @Override
    public abstract void close() throws IOException;
}
