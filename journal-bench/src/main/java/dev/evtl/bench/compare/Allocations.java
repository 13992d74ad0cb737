package dev.evtl.bench.compare;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.stream.LongStream;

/** What all live threads of this JVM allocate from the making of this object on, its own asking left out. */
final class Allocations {
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private final long asking;
    private final long start;

    Allocations() {
        final long before = bytes();
        start = bytes();
        asking = start - before;
    }

    long bytesSinceStart() {
        return bytes() - start - asking;
    }

    private static long bytes() {
        return LongStream.of(THREADS.getThreadAllocatedBytes(THREADS.getAllThreadIds()))
                .filter(bytes -> bytes > 0)
                .sum();
    }
}
