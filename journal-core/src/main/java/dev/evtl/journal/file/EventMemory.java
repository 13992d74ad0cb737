package dev.evtl.journal.file;

import java.nio.ByteBuffer;
import org.agrona.concurrent.AtomicBuffer;

/**
 * Memory of this process that a {@link JournalStorage} takes events from. Checksums are computed from it, never from the
 * mapped file, which somebody may cut short. For the thread that appends.
 */
public final class EventMemory {
    private final AtomicBuffer buffer;
    private final ByteBuffer bytes;

    /** Over a buffer that wraps a whole direct byte buffer. */
    public EventMemory(final AtomicBuffer buffer) {
        this.buffer = buffer;
        this.bytes = buffer.byteBuffer().duplicate();
    }

    /** The memory. */
    public AtomicBuffer buffer() {
        return buffer;
    }

    /** The same memory; whoever uses it moves its position and limit. */
    ByteBuffer bytes() {
        return bytes;
    }
}
