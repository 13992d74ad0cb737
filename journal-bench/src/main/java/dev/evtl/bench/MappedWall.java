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

/** A mapped file into which one thread lays events, which are in the file as soon as they are stored. */
abstract class MappedWall implements EventTarget, EventProducer {
    static final int PIECE_LENGTH = 1 << 20;
    private static final int PAGE_LENGTH = 4096;

    final MappedByteBuffer map;
    final UnsafeBuffer buffer;
    final int payloadLength;
    private final FileChannel channel;
    private final ByteBuffer zeros = ByteBuffer.allocateDirect(PIECE_LENGTH);

    /** Makes a file of a length, of at most 2 GiB. */
    MappedWall(final Path path, final long length, final int payloadLength) throws IOException {
        this.payloadLength = payloadLength;
        channel = FileChannel.open(
                path, StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE);
        map = channel.map(MapMode.READ_WRITE, 0, Math.toIntExact(length));
        buffer = new UnsafeBuffer(map);
    }

    /** Zero-fills and touches the next piece of the file. Returns where it ends. */
    final int prepareFrom(final int start) throws IOException {
        final int end = Math.min(start + PIECE_LENGTH, buffer.capacity());
        zeros.clear().limit(end - start);
        while (zeros.hasRemaining()) {
            channel.write(zeros, start + zeros.position());
        }
        for (int i = start; i < end; i += PAGE_LENGTH) {
            buffer.putByte(i, (byte) 0);
        }
        return end;
    }

    @Override
    public final EventProducer producer(final int number) {
        if (number != 0) {
            throw new IllegalArgumentException("the wall has one producer");
        }
        return this;
    }

    /** Lays down an event. Returns where the next one begins. */
    final int put(final int at, final long index, final long timestamp) {
        EventHeader.encode(buffer, at, timestamp, Content.FIRST_TYPE, 0, payloadLength);
        Content.fill(buffer, at + EventHeader.LENGTH, payloadLength, Content.seed(0, index));
        return at + EventHeader.LENGTH + payloadLength;
    }

    @Override
    public final void awaitWritten(final long events) {
        // a store into the mapping is in the file
    }

    @Override
    public void close() throws IOException {
        IoUtil.unmap(map);
        channel.close();
    }
}
