package dev.evtl.bench.peers;

import dev.evtl.bench.Content;
import dev.evtl.bench.EventProducer;
import dev.evtl.bench.EventTarget;
import dev.evtl.bench.compare.Contestant;
import java.nio.file.Path;
import net.openhft.chronicle.bytes.Bytes;
import net.openhft.chronicle.core.UnsafeMemory;
import net.openhft.chronicle.queue.ChronicleQueue;
import net.openhft.chronicle.queue.ExcerptAppender;
import net.openhft.chronicle.wire.DocumentContext;

/** Chronicle Queue, in its leanest forms: stores straight into the mapped document, or a copy of direct memory. */
final class ChronicleTarget implements EventTarget, EventProducer {
    private static final UnsafeMemory MEMORY = UnsafeMemory.MEMORY;
    private static final int PAYLOAD_LENGTH = Contestant.PAYLOAD_LENGTH;
    private static final int EVENT_LENGTH = ChronicleQueues.PAYLOAD_OFFSET + PAYLOAD_LENGTH;

    private final ChronicleQueue queue;
    private final ExcerptAppender appender;
    private final Bytes<?> event;

    ChronicleTarget(final Path directory, final boolean copying) {
        queue = ChronicleQueues.open(directory);
        appender = queue.createAppender();
        event = copying ? Bytes.allocateDirect(EVENT_LENGTH) : null;
    }

    @Override
    public EventProducer producer(final int number) {
        return this;
    }

    @Override
    public void publish(final long index, final long timestamp) {
        if (event != null) {
            put(event.addressForWrite(0), index, timestamp);
            event.readPositionRemaining(0, EVENT_LENGTH);
            appender.writeBytes(event);
            return;
        }
        try (DocumentContext document = appender.writingDocument()) {
            final Bytes<?> bytes = document.wire().bytes();
            final long position = bytes.writePosition();
            bytes.writePosition(position + EVENT_LENGTH);
            put(bytes.addressForWrite(position), index, timestamp);
        }
    }

    private static void put(final long address, final long index, final long timestamp) {
        MEMORY.writeLong(address, timestamp);
        MEMORY.writeLong(address + ChronicleQueues.TYPE_OFFSET, Content.FIRST_TYPE);
        final long seed = Content.seed(0, index);
        final long payload = address + ChronicleQueues.PAYLOAD_OFFSET;
        MEMORY.writeLong(payload, seed);
        MEMORY.writeLong(payload + 8, seed + 1);
        MEMORY.writeLong(payload + 16, seed + 2);
        MEMORY.writeLong(payload + 24, seed + 3);
        MEMORY.writeLong(payload + 32, seed + 4);
        MEMORY.writeLong(payload + 40, seed + 5);
        MEMORY.writeLong(payload + 48, seed + 6);
        MEMORY.writeLong(payload + 56, seed + 7);
    }

    @Override
    public void awaitWritten(final long events) {
        // it appends on the caller's thread
    }

    @Override
    public void close() {
        if (event != null) {
            event.releaseLast();
        }
        appender.close();
        queue.close();
    }
}
