package dev.evtl.bench;

import dev.evtl.journal.format.EventHeader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.agrona.concurrent.UnsafeBuffer;

/** The wall of a disk: events are gathered in memory and written with plain {@code write()} calls, then forced. */
public final class RawTarget implements EventTarget, EventProducer {
    private final FileChannel channel;
    private final ByteBuffer block;
    private final UnsafeBuffer buffer;
    private final int payloadLength;
    private int length;

    /**
     * Makes an empty file.
     *
     * @param path          of the file
     * @param payloadLength of every event
     * @param eventsPerCall written by each call
     * @throws IOException if it cannot be made
     */
    public RawTarget(final Path path, final int payloadLength, final int eventsPerCall) throws IOException {
        this.payloadLength = payloadLength;
        this.channel = FileChannel.open(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        this.block = ByteBuffer.allocateDirect(eventsPerCall * (EventHeader.LENGTH + payloadLength));
        this.buffer = new UnsafeBuffer(block);
    }

    @Override
    public EventProducer producer(final int number) {
        return this;
    }

    @Override
    public void publish(final long index, final long timestamp) {
        EventHeader.encode(buffer, length, timestamp, Content.FIRST_TYPE, 0, payloadLength);
        Content.fill(buffer, length + EventHeader.LENGTH, payloadLength, Content.seed(0, index));
        length += EventHeader.LENGTH + payloadLength;
        if (length == block.capacity()) {
            flush();
        }
    }

    private void flush() {
        try {
            block.clear().limit(length);
            while (block.hasRemaining()) {
                channel.write(block);
            }
            length = 0;
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void awaitWritten(final long events) {
        flush();
    }

    @Override
    public void close() throws IOException {
        flush();
        channel.force(true);
        channel.close();
    }
}
