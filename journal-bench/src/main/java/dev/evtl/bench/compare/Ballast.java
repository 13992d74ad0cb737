package dev.evtl.bench.compare;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.agrona.BufferUtil;

/**
 * Memory that is taken from the kernel and given back, so that it is known which pages a turn gets: those that were given
 * back last are given out first. A host that takes the free pages of its virtual machines back must find one again when it
 * is touched next, which takes longer than all that is measured otherwise.
 */
final class Ballast implements AutoCloseable {
    /** Above what malloc keeps for itself when it is freed. */
    private static final int PIECE_LENGTH = 64 << 20;

    /** Times as long as a warm piece takes, and a piece is fresh: 8 were measured, 1 where no host takes pages back. */
    private static final int FRESH = 4;

    /** So many in a row, because what is free is warm in some places. */
    private static final int FRESH_PIECES = 2;

    private final long limit;
    private final List<ByteBuffer> pieces = new ArrayList<>();
    private long warmNanos;

    /**
     * Without memory.
     *
     * @param limit most bytes to take
     */
    Ballast(final long limit) {
        this.limit = limit;
    }

    /** What can be taken without the machine having to do without page cache or processes. */
    static long limit() {
        final var system = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        return system.getFreeMemorySize() / 4 * 3;
    }

    /** Has so many of the pages that are given out next touched. */
    void warm(final long bytes) {
        for (long taken = 0; taken < bytes && hasRoom(); taken += PIECE_LENGTH) {
            take();
        }
        close();
    }

    /** Takes pages that are warm, and keeps them, until those given out next are fresh; returns whether they are. */
    boolean exhaust() {
        if (warmNanos == 0 && hasRoom()) {
            take();
            close();
            warmNanos = take();
        }
        int fresh = 0;
        while (fresh < FRESH_PIECES && hasRoom()) {
            fresh = take() < FRESH * warmNanos ? 0 : fresh + 1;
        }
        return fresh == FRESH_PIECES;
    }

    private boolean hasRoom() {
        return (pieces.size() + 1L) * PIECE_LENGTH <= limit;
    }

    private long take() {
        final long start = System.nanoTime();
        pieces.add(ByteBuffer.allocateDirect(PIECE_LENGTH)); // zero-fills
        return System.nanoTime() - start;
    }

    /** Gives all back. */
    @Override
    public void close() {
        pieces.forEach(BufferUtil::free);
        pieces.clear();
    }
}
