package dev.evtl.journal.storage;

import dev.evtl.journal.format.FileHeader;
import dev.evtl.journal.storage.Preallocator.Window;
import java.io.IOException;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Path;
import org.agrona.IoUtil;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Writes events through a mapping of the file, window by window, prepared ahead by a {@link Preallocator}. What was
 * published survives the death of the process without a force.
 */
public final class MappedStorage implements JournalStorage {
    private final JournalFile file;
    private final Preallocator preallocator;
    private final boolean checksums;
    private final MappedByteBuffer headerMap;
    private final UnsafeBuffer header;
    private Window window;
    private long wantAt;
    private long position;
    private long events;
    private long published;
    private volatile long mapped;
    private volatile long durable;

    /**
     * Takes over an open file.
     *
     * @param file           to write to; closed when this is closed or abandoned, or if this constructor throws
     * @param space          it gets
     * @param maxClaimLength most bytes that are ever reserved at once
     * @throws DiskFullException if there is no space for the first window
     * @throws JournalException  if the file cannot be mapped
     */
    public MappedStorage(final JournalFile file, final Space space, final int maxClaimLength) {
        this.file = file;
        this.checksums = file.header().hasChecksums();
        this.position = file.header().writeOffset();
        this.published = position;
        this.events = file.header().eventCount();
        this.durable = file.header().durableOffset();
        this.preallocator = new Preallocator(file, space, maxClaimLength);
        boolean ready = false;
        try {
            this.headerMap = file.channel().map(MapMode.READ_WRITE, 0, FileHeader.LENGTH);
            this.header = new UnsafeBuffer(headerMap);
            use(preallocator.start(position));
            ready = true;
        } catch (final IOException e) {
            throw new JournalException(file.path() + ": could not map its header: " + e.getMessage(), e);
        } finally {
            if (!ready) {
                closeFile();
            }
        }
    }

    private void use(final Window taken) {
        window = taken;
        mapped = taken.end();
        wantAt = taken.start() + (taken.end() - taken.start()) / 8;
    }

    @Override
    public int reserve(final int length) {
        while (position + length > window.end()) {
            final Window next = preallocator.take();
            if (next == null) {
                return preallocator.exhausted() ? FULL : NOT_READY;
            }
            preallocator.retire(window);
            use(next);
        }
        return (int) (position - window.start());
    }

    @Override
    public MutableDirectBuffer buffer() {
        return window.buffer();
    }

    @Override
    public long position() {
        return position;
    }

    @Override
    public void append(final int length, final int eventCount) {
        position += length;
        events += eventCount;
    }

    @Override
    public void publish() {
        FileHeader.publish(header, events, position);
        published = position;
        if (position >= wantAt) {
            wantAt = Long.MAX_VALUE;
            preallocator.want();
        }
    }

    @Override
    public void force() throws IOException {
        if (durable < window.start()) {
            file.sync();
        } else if (durable < published) {
            window.map().force((int) (durable - window.start()), (int) (published - durable));
        }
        if (!checksums) {
            headerMap.force(); // without checksums a recovery stops at write_offset
        }
        file.checkLength(published);
        durable = published;
        FileHeader.durableOffset(header, published);
    }

    @Override
    public void close() throws IOException {
        try {
            preallocator.close();
            publish();
            file.checkLength(position);
            file.setLength(position);
            file.sync();
            durable = position;
            // only now, or a crash could leave a file that says closed and is longer
            FileHeader.durableOffset(header, position);
            FileHeader.state(header, FileHeader.STATE_CLOSED);
            headerMap.force();
        } finally {
            abandon();
        }
    }

    @Override
    public void abandon() {
        preallocator.close();
        if (window != null) {
            window.unmap();
            window = null;
            IoUtil.unmap(headerMap);
            closeFile();
        }
    }

    private void closeFile() {
        try {
            file.close();
        } catch (final IOException e) {
            throw new JournalException(file.path() + ": could not be closed: " + e.getMessage(), e);
        }
    }

    @Override
    public Path path() {
        return file.path();
    }

    @Override
    public long allocated() {
        return preallocator.allocated();
    }

    @Override
    public long mapped() {
        return mapped;
    }

    @Override
    public long durable() {
        return durable;
    }

    @Override
    public long growths() {
        return preallocator.growths();
    }
}
