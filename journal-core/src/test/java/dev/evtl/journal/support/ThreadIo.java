package dev.evtl.journal.support;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What the calling thread has read by system calls, as Linux counts it. */
public record ThreadIo(long bytes, long calls) {
    private static final Path COUNTERS = Path.of("/proc/thread-self/io");

    public static ThreadIo now() throws IOException {
        assumeTrue(Files.isReadable(COUNTERS), "this kernel does not count what a thread reads");
        long bytes = 0;
        long calls = 0;
        for (final String line : Files.readAllLines(COUNTERS)) {
            final long value = Long.parseLong(line.substring(line.indexOf(' ') + 1));
            if (line.startsWith("rchar:")) {
                bytes = value;
            } else if (line.startsWith("syscr:")) {
                calls = value;
            }
        }
        return new ThreadIo(bytes, calls);
    }

    /** What was read since then. */
    public ThreadIo since(final ThreadIo earlier) {
        return new ThreadIo(bytes - earlier.bytes, calls - earlier.calls);
    }
}
