package dev.evtl.bench.peers;

import dev.evtl.bench.EventSource;
import dev.evtl.bench.EventVisitor;
import java.nio.file.Path;
import net.openhft.chronicle.bytes.Bytes;
import net.openhft.chronicle.core.UnsafeMemory;
import net.openhft.chronicle.queue.ChronicleQueue;
import net.openhft.chronicle.queue.ExcerptTailer;
import net.openhft.chronicle.wire.DocumentContext;

/** Chronicle Queue's tailer, reading straight from the mapped document. */
final class ChronicleSource implements EventSource {
    private static final UnsafeMemory MEMORY = UnsafeMemory.MEMORY;

    private final ChronicleQueue queue;
    private final ExcerptTailer tailer;

    ChronicleSource(final Path directory) {
        queue = ChronicleQueues.open(directory);
        tailer = queue.createTailer();
    }

    @Override
    public int poll(final EventVisitor visitor, final int limit) {
        int read = 0;
        while (read < limit) {
            try (DocumentContext document = tailer.readingDocument()) {
                if (!document.isPresent()) {
                    break;
                }
                final Bytes<?> bytes = document.wire().bytes();
                final long address = bytes.addressForRead(bytes.readPosition());
                final long payload = address + ChronicleQueues.PAYLOAD_OFFSET;
                visitor.onEvent(
                        MEMORY.readLong(address),
                        (int) MEMORY.readLong(address + ChronicleQueues.TYPE_OFFSET),
                        MEMORY.readLong(payload)
                                + MEMORY.readLong(payload + 8)
                                + MEMORY.readLong(payload + 16)
                                + MEMORY.readLong(payload + 24)
                                + MEMORY.readLong(payload + 32)
                                + MEMORY.readLong(payload + 40)
                                + MEMORY.readLong(payload + 48)
                                + MEMORY.readLong(payload + 56));
            }
            read++;
        }
        return read;
    }

    @Override
    public void close() {
        tailer.close();
        queue.close();
    }
}
