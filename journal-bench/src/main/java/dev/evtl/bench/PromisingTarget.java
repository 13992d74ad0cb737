package dev.evtl.bench;

import dev.evtl.journal.format.EventChecksum;
import dev.evtl.journal.format.EventHeader;
import dev.evtl.journal.format.FileHeader;
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
 * The wall of writing with what the journal promises: one thread lays the same events straight into a mapping, each with
 * its checksum and published before the next, while another thread zero-fills and touches the space ahead of it.
 */
public final class PromisingTarget implements EventTarget, EventProducer {
    private static final int PAGE_LENGTH = 4096;
    private static final int PIECE_LENGTH = 1 << 20;

    private final FileChannel channel;
    private final MappedByteBuffer map;
    private final UnsafeBuffer buffer;
    /** The same memory. */
    private final ByteBuffer bytes;

    private final EventChecksum checksum = new EventChecksum(0);
    private final Thread preparer;
    private final int payloadLength;
    private volatile int prepared;
    private volatile IOException failure;
    private int position = FileHeader.LENGTH;

    /**
     * Makes a file, and has its space prepared from now on.
     *
     * @param path          of the file
     * @param events        that will be written, at most 2 GiB of them
     * @param payloadLength of every event
     * @throws IOException if it cannot be made
     */
    public PromisingTarget(final Path path, final long events, final int payloadLength) throws IOException {
        this.payloadLength = payloadLength;
        final int length = Math.toIntExact(FileHeader.LENGTH + events * (EventHeader.LENGTH + payloadLength));
        channel = FileChannel.open(
                path, StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE);
        map = channel.map(MapMode.READ_WRITE, 0, length);
        buffer = new UnsafeBuffer(map);
        bytes = map.duplicate();
        preparer = new Thread(this::prepare, "prepares the wall's space");
        preparer.start();
    }

    private void prepare() {
        final ByteBuffer zeros = ByteBuffer.allocateDirect(PIECE_LENGTH);
        try {
            for (int filled = 0; filled < buffer.capacity(); ) {
                final int end = Math.min(filled + PIECE_LENGTH, buffer.capacity());
                channel.write(zeros.clear().limit(end - filled), filled);
                for (int i = filled; i < end; i += PAGE_LENGTH) {
                    buffer.putByte(i, (byte) 0);
                }
                filled = end;
                prepared = filled;
            }
        } catch (final IOException e) {
            failure = e;
            prepared = buffer.capacity();
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
        final int at = position;
        final int length = EventHeader.LENGTH + payloadLength;
        while (prepared < at + length) {
            Thread.onSpinWait();
        }
        EventHeader.encode(buffer, at, timestamp, Content.FIRST_TYPE, 0, payloadLength);
        Content.fill(buffer, at + EventHeader.LENGTH, payloadLength, Content.seed(0, index));
        buffer.putInt(at + EventHeader.CHECKSUM_OFFSET, checksum.compute(bytes, at, length, at));
        position = at + length;
        FileHeader.publish(buffer, index + 1, position);
    }

    @Override
    public void publishAll(final long from, final long to) {
        for (long i = from; i < to; i++) {
            publish(i, i);
        }
    }

    @Override
    public void awaitWritten(final long events) {
        // a store into the mapping is in the file
    }

    @Override
    public void close() throws IOException {
        boolean interrupted = false;
        while (preparer.isAlive()) {
            try {
                preparer.join();
            } catch (final InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        IoUtil.unmap(map);
        channel.close();
        if (failure != null) {
            throw failure;
        }
    }
}
