package dev.evtl.torture;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;

/** Cuts a file short under those who have it mapped, at some moment, to some length, and perhaps makes it longer again. */
public final class Scissors {
    /** What the JVM makes of a page that is gone differs with how it runs the code. */
    private static final List<List<String>> COMPILERS =
            List.of(List.of(), List.of("-XX:TieredStopAtLevel=4"), List.of("-Xint"));

    private final Random random;

    public Scissors(final Random random) {
        this.random = random;
    }

    /** Flags for the JVM that has the file mapped. */
    public List<String> compiler() {
        return COMPILERS.get(random.nextInt(COMPILERS.size()));
    }

    public void waitAWhile(final long longestNanos) {
        LockSupport.parkNanos((long) Math.pow(longestNanos, random.nextDouble()));
    }

    /** After some time. Returns whether the file is longer again. */
    public boolean cut(final Path file) throws IOException {
        final boolean longerAgain = random.nextInt(3) == 0;
        waitAWhile(100_000_000);
        try (RandomAccessFile raw = new RandomAccessFile(file.toFile(), "rw")) {
            final long before = raw.length();
            raw.setLength(length(before));
            if (longerAgain) {
                waitAWhile(1_000_000);
                raw.setLength(before + random.nextInt(100_000));
            }
        }
        return longerAgain;
    }

    private long length(final long before) {
        return switch (random.nextInt(4)) {
            case 0 -> 0;
            case 1 -> random.nextInt(65);
            case 2 -> random.nextInt((int) Math.min(before, 4096));
            default -> (random.nextLong() >>> 1) % before;
        };
    }
}
