package dev.evtl.bench.compare;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.agrona.BufferUtil;

/**
 * Memory that is taken from the kernel and given back, so that it is known which pages a turn gets: those that were given
 * back last are given out first. A host that takes the free pages of its virtual machines back must find one again when it
 * is touched next, which takes longer than all that is measured otherwise.
 */
final class Ballast implements AutoCloseable {
    /** Above 32 MiB, so that malloc keeps nothing of it for itself when it is freed. */
    private static final int PIECE_LENGTH = 40 << 20;

    /** Times as long as a warm piece takes, and a piece is fresh: 8 were measured, 1 where no host takes pages back. */
    private static final int FRESH = 4;

    /** So many in a row, because what is free is warm in some places. */
    private static final int FRESH_PIECES = 2;

    private static final OperatingSystemMXBean SYSTEM =
            (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();

    /** What is left to page cache and processes, which may need more while this runs. */
    private static final long LEFT_FREE = SYSTEM.getTotalMemorySize() / 6;

    private final long limit;
    private final List<ByteBuffer> pieces = new ArrayList<>();
    private long warmNanos;

    /**
     * Without memory.
     *
     * @param limit most bytes to take, where so many are free
     */
    Ballast(final long limit) {
        this.limit = limit;
    }

    /** Has so many of the pages that are given out next touched. */
    void warm(final long bytes) {
        final long count = Math.min(bytes / PIECE_LENGTH + 1, room());
        pieces.addAll(LongStream.rangeClosed(1, count)
                .parallel()
                .mapToObj(piece -> ByteBuffer.allocateDirect(PIECE_LENGTH))
                .toList());
        close();
    }

    /** Takes pages that are warm, and keeps them, until those given out next are fresh; returns whether they are. */
    boolean exhaust() {
        if (warmNanos == 0 && room() > 0) {
            take();
            close();
            warmNanos = take();
        }
        int fresh = 0;
        while (fresh < FRESH_PIECES && room() > 0) {
            final long nanos = take();
            warmNanos = Math.min(warmNanos, nanos);
            fresh = nanos < FRESH * warmNanos ? 0 : fresh + 1;
        }
        return fresh == FRESH_PIECES;
    }

    /** So many more pieces can be taken. */
    private long room() {
        return Math.min(SYSTEM.getFreeMemorySize() - LEFT_FREE, limit - (long) pieces.size() * PIECE_LENGTH)
                / PIECE_LENGTH;
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
