package dev.evtl.bench;

import dev.evtl.journal.format.EventChecksum;
import dev.evtl.journal.format.EventHeader;
import dev.evtl.journal.format.FileHeader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;

/**
 * The wall of writing with what the journal promises: one thread lays the same events straight into a mapping, each with
 * its checksum and published before the next, while another thread zero-fills and touches the space ahead of it.
 */
public final class PromisingTarget extends MappedWall {
    /** The mapped memory. */
    private final ByteBuffer bytes = map.duplicate();

    private final EventChecksum checksum = new EventChecksum(0);
    private final CompletableFuture<Void> preparation;
    private volatile int prepared;
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
        super(path, FileHeader.LENGTH + events * (EventHeader.LENGTH + payloadLength), payloadLength);
        preparation = CompletableFuture.runAsync(
                this::prepare, work -> new Thread(work, "prepares the wall's space").start());
    }

    private void prepare() {
        try {
            while (prepared < buffer.capacity()) {
                prepared = prepareFrom(prepared);
            }
        } catch (final IOException e) {
            throw new UncheckedIOException(e); // to be told at the close
        } finally {
            prepared = buffer.capacity(); // nobody waits for what does not come
        }
    }

    @Override
    public void publish(final long index, final long timestamp) {
        final int at = position;
        final int length = EventHeader.LENGTH + payloadLength;
        while (prepared < at + length) {
            Thread.onSpinWait();
        }
        position = put(at, index, timestamp);
        buffer.putInt(at + EventHeader.CHECKSUM_OFFSET, checksum.compute(bytes, at, length, at));
        FileHeader.publish(buffer, index + 1, position);
    }

    @Override
    public void publishAll(final long from, final long to) {
        for (long i = from; i < to; i++) {
            publish(i, i);
        }
    }

    @Override
    public void close() throws IOException {
        try {
            preparation.join();
        } finally {
            super.close();
        }
    }
}
