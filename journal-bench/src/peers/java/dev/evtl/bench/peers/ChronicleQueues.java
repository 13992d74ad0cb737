package dev.evtl.bench.peers;

import java.nio.file.Path;
import net.openhft.chronicle.queue.ChronicleQueue;
import net.openhft.chronicle.queue.impl.single.SingleChronicleQueueBuilder;
import net.openhft.chronicle.queue.rollcycles.SparseRollCycles;

/**
 * Chronicle Queue at its cheapest: every millionth event indexed, large blocks, and a time that stands still, so that no
 * append asks the clock and no run rolls. Touching pages ahead is not in the open-source edition.
 */
final class ChronicleQueues {
    /** An event has the journal's header and payload; Chronicle puts its own length before it. */
    static final int TYPE_OFFSET = Long.BYTES;

    static final int PAYLOAD_OFFSET = 2 * Long.BYTES;

    private static final long BLOCK_LENGTH = 256 << 20;

    private ChronicleQueues() {}

    static ChronicleQueue open(final Path directory) {
        return SingleChronicleQueueBuilder.binary(directory)
                .rollCycle(SparseRollCycles.HUGE_DAILY_XSPARSE)
                .blockSize(BLOCK_LENGTH)
                .timeProvider(() -> 0)
                .build();
    }
}
