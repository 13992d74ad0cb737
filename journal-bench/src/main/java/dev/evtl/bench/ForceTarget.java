package dev.evtl.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** The wall of durability: a write of 4 KiB into zero-filled space, and a force of it without metadata. */
public final class ForceTarget implements EventTarget, EventProducer {
    private static final int PAGE_LENGTH = 4096;
    private static final int FILE_LENGTH = 64 << 20;

    private final ByteBuffer page = ByteBuffer.allocateDirect(PAGE_LENGTH);
    private final FileChannel channel;
    private long position;
    private long forces;

    /**
     * Makes a file.
     *
     * @param path of the file
     * @throws IOException if it cannot be made
     */
    public ForceTarget(final Path path) throws IOException {
        channel = FileChannel.open(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        final ByteBuffer zeros = ByteBuffer.allocateDirect(FILE_LENGTH);
        while (zeros.hasRemaining()) {
            channel.write(zeros, zeros.position());
        }
        channel.force(true);
    }

    @Override
    public EventProducer producer(final int number) {
        return this;
    }

    /** Writes a page; what is in it does not matter. */
    @Override
    public void publish(final long index, final long timestamp) {
        try {
            channel.write(page.clear(), position);
            position = (position + PAGE_LENGTH) % FILE_LENGTH;
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void awaitWritten(final long events) {
        // a write is in the file when it returns
    }

    @Override
    public void sync() {
        try {
            channel.force(false);
            forces++;
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public long forces() {
        return forces;
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
