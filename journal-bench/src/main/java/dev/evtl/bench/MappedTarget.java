package dev.evtl.bench;

import dev.evtl.journal.format.EventHeader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.agrona.IoUtil;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The wall of writing: one thread lays the same events straight into a mapping whose space was zero-filled and whose
 * pages were touched before.
 */
public final class MappedTarget implements EventTarget, EventProducer {
    private static final int PAGE_LENGTH = 4096;
    private static final int FILL_LENGTH = 1 << 20;

    private final FileChannel channel;
    private final MappedByteBuffer map;
    private final UnsafeBuffer buffer;
    private final int payloadLength;
    private int position;

    /**
     * Makes a file of the right length.
     *
     * @param path          of the file
     * @param events        that will be written, at most 2 GiB of them
     * @param payloadLength of every event
     * @throws IOException if it cannot be made
     */
    public MappedTarget(final Path path, final long events, final int payloadLength) throws IOException {
        this.payloadLength = payloadLength;
        final int length = Math.toIntExact(events * (EventHeader.LENGTH + payloadLength));
        channel = FileChannel.open(
                path, StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE);
        final ByteBuffer zeros = ByteBuffer.allocateDirect(FILL_LENGTH);
        for (long filled = 0; filled < length; ) {
            zeros.clear().limit((int) Math.min(FILL_LENGTH, length - filled));
            filled += channel.write(zeros, filled);
        }
        map = channel.map(MapMode.READ_WRITE, 0, length);
        buffer = new UnsafeBuffer(map);
        for (int i = 0; i < length; i += PAGE_LENGTH) {
            buffer.putByte(i, (byte) 0);
        }
    }

    @Override
    public EventProducer producer(final int number) {
        if (number != 0) {
            throw new IllegalArgumentException("the wall has one producer");
        }
        return this;
    }

    @Override
    public void publish(final long index, final long timestamp) {
        position = put(position, index, timestamp);
    }

    @Override
    public void publishAll(final long from, final long to) {
        int at = position;
        for (long i = from; i < to; i++) {
            at = put(at, i, i);
        }
        position = at;
    }

    private int put(final int at, final long index, final long timestamp) {
        EventHeader.encode(buffer, at, timestamp, Content.FIRST_TYPE, 0, payloadLength);
        Content.fill(buffer, at + EventHeader.LENGTH, payloadLength, Content.seed(0, index));
        return at + EventHeader.LENGTH + payloadLength;
    }

    @Override
    public void awaitWritten(final long events) {
        // a store into the mapping is in the file
    }

    @Override
    public void close() throws IOException {
        IoUtil.unmap(map);
        channel.close();
    }
}
