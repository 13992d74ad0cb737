package dev.evtl.bench;

import dev.evtl.journal.format.EventHeader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.agrona.concurrent.UnsafeBuffer;

/** The wall of a disk: the events of a {@link RawTarget} by plain {@code read()} calls. */
public final class RawSource implements EventSource {
    private final FileChannel channel;
    private final ByteBuffer block;
    private final UnsafeBuffer buffer;

    /**
     * Opens a file.
     *
     * @param path          of the file
     * @param payloadLength of every event
     * @param eventsPerCall read by each call
     * @throws IOException if it cannot be opened
     */
    public RawSource(final Path path, final int payloadLength, final int eventsPerCall) throws IOException {
        channel = FileChannel.open(path, StandardOpenOption.READ);
        block = ByteBuffer.allocateDirect(eventsPerCall * (EventHeader.LENGTH + payloadLength))
                .limit(0);
        buffer = new UnsafeBuffer(block);
    }

    @Override
    public int poll(final EventVisitor visitor, final int limit) {
        int read = 0;
        while (read < limit && (block.hasRemaining() || fillBlock())) {
            final int at = block.position();
            final long word = EventHeader.word(buffer, at);
            final int payload = at + EventHeader.LENGTH;
            final int length = EventHeader.payloadLength(word);
            visitor.onEvent(
                    EventHeader.timestamp(buffer, at), EventHeader.type(word), Content.sum(buffer, payload, length));
            block.position(payload + length);
            read++;
        }
        return read;
    }

    private boolean fillBlock() {
        try {
            block.clear();
            while (block.hasRemaining() && channel.read(block) >= 0) {
                // until the block is full or the file ends, which is where an event ends too
            }
            return block.flip().hasRemaining();
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
