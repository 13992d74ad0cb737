package dev.evtl.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import dev.evtl.journal.support.ChildJvm;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class SystemNanoClockTest {
    private static long now() {
        final Instant now = Instant.now();
        return TimeUnit.SECONDS.toNanos(now.getEpochSecond()) + now.getNano();
    }

    @Test
    void timeIsTheSystems() {
        final SystemNanoClock clock = new SystemNanoClock();
        for (int i = 0; i < 1000; i++) {
            final long before = now();
            final long time = clock.nanoTime();
            assertTrue(before <= time && time <= now(), before + " " + time);
        }
    }

    /** Prints what a thread allocates while it asks, where no compiler removes anything. */
    static final class Asking {
        private Asking() {}

        public static void main(final String[] args) {
            final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
            final SystemNanoClock clock = new SystemNanoClock();
            long sum = 0;
            long before = 0;
            for (int i = 0; i < 20_000; i++) {
                if (i == 10_000) {
                    before = threads.getThreadAllocatedBytes(
                            Thread.currentThread().getId());
                }
                sum += clock.nanoTime();
            }
            final long allocated =
                    threads.getThreadAllocatedBytes(Thread.currentThread().getId()) - before;
            System.out.print(sum == 0 ? "no time" : allocated / 10_000);
        }
    }

    @Test
    void interpretedClockAllocatesNothing() throws IOException {
        assertEquals("0", ChildJvm.output(ChildJvm.start(List.of(ChildJvm.FLAG, "-Xint"), Asking.class)));
    }
}
