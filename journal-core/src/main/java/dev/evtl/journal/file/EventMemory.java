package dev.evtl.journal.file;

import java.nio.ByteBuffer;
import org.agrona.concurrent.AtomicBuffer;

/**
 * Memory of this process from which a {@link JournalStorage} copies events, on the appender's thread. Checksums are
 * computed from this memory, never from the mapped file, which another process may cut short.
 */
public final class EventMemory {
    private final AtomicBuffer buffer;
    private final ByteBuffer bytes;

    /** Wraps a buffer, which must wrap a whole direct byte buffer. */
    public EventMemory(final AtomicBuffer buffer) {
        this.buffer = buffer;
        this.bytes = buffer.byteBuffer().duplicate();
    }

    /** Returns the memory. */
    public AtomicBuffer buffer() {
        return buffer;
    }

    /** Returns the same memory as a byte buffer, whose position and limit its users move. */
    ByteBuffer bytes() {
        return bytes;
    }
}
