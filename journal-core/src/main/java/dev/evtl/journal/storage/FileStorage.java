package dev.evtl.journal.storage;

import dev.evtl.journal.format.FileHeader;
import dev.evtl.journal.storage.Preallocator.Window;
import java.io.IOException;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Path;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * What all ways into a file have in common: space that is prepared ahead, window by window, a header that readers
 * follow, forces, and a close. What was published survives the death of the process.
 *
 * <p>The header's live fields are stored through a mapping, each in one store. A force covers the events only, not the
 * header's page: on ext4 the next store into a page that was written back would make the force after it three times as
 * long, and recovery does not need the header's write_offset where events have checksums.
 */
abstract class FileStorage implements JournalStorage {
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
     * Takes over an open file, and closes it if this throws.
     *
     * @param touch       whether the window's pages are stored into
     * @param fillChannel that zeros are written through
     */
    FileStorage(
            final JournalFile file,
            final Space space,
            final int maxClaimLength,
            final boolean touch,
            final FileChannel fillChannel) {
        this.file = file;
        this.checksums = file.header().hasChecksums();
        this.position = file.header().writeOffset();
        this.published = position;
        this.events = file.header().eventCount();
        this.durable = file.header().durableOffset();
        this.preallocator = new Preallocator(file, space, maxClaimLength, touch, fillChannel);
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
                preallocator.close();
                file.discard();
            }
        }
    }

    private void use(final Window taken) {
        window = taken;
        mapped = taken.end();
        wantAt = taken.start() + (taken.end() - taken.start()) / 8;
    }

    /** Moves to a window that has room; returns 0, or what {@link #reserve} returns if there is none. */
    final int advance(final int length) {
        while (position + length > window.end()) {
            final Window next = preallocator.take();
            if (next == null) {
                return preallocator.exhausted() ? FULL : NOT_READY;
            }
            preallocator.retire(window);
            use(next);
        }
        return 0;
    }

    final Window window() {
        return window;
    }

    @Override
    public final long position() {
        return position;
    }

    @Override
    public final void append(final int length, final int eventCount) {
        position += length;
        events += eventCount;
    }

    /** Puts what was appended where readers can find it. */
    abstract void write() throws IOException;

    @Override
    public final void publish() throws IOException {
        try {
            write();
        } catch (final IOException e) { // as a file system may that has not allocated what it took
            throw DiskFullException.classify(file.path(), position - published, "could not be written", e);
        }
        FileHeader.publish(header, events, position);
        published = position;
        if (position >= wantAt) {
            wantAt = Long.MAX_VALUE;
            preallocator.want();
        }
    }

    @Override
    public final void force() throws IOException {
        try {
            if (durable < published) {
                forceEvents(durable, published);
            }
            if (!checksums) {
                forceHeader(); // without checksums a recovery stops at write_offset
            }
        } catch (final IOException e) {
            throw DiskFullException.classify(file.path(), published - durable, "could not be forced", e);
        }
        MappedFault.throwPending();
        checkLength();
        durable = published;
        FileHeader.durableOffset(header, published);
    }

    /** A file that was ever cut below its space stays short of it, whatever was written behind the cut since. */
    final void checkLength() throws IOException {
        file.checkLength(preallocator.allocated());
    }

    /** Forces published events, data and the metadata that finding it needs. */
    void forceEvents(final long from, final long to) throws IOException {
        if (from < window.start()) {
            file.sync();
        } else {
            JournalFiles.force(file.path(), window.map(), window.start(), from, to);
        }
    }

    private void forceHeader() throws IOException {
        JournalFiles.force(file.path(), headerMap, 0, 0, FileHeader.LENGTH);
    }

    @Override
    public final void close() throws IOException {
        publish();
        preallocator.close();
        MappedFault.throwPending();
        checkLength();
        file.setLength(position);
        file.sync();
        durable = position;
        // only now, or a crash could leave a file that says closed and is longer
        FileHeader.durableOffset(header, position);
        FileHeader.state(header, FileHeader.STATE_CLOSED);
        forceHeader();
        file.dropRing();
        abandon();
    }

    @Override
    public void abandon() {
        preallocator.close();
        if (window != null) {
            window.unmap();
            window = null;
            MappedFault.unmap(headerMap);
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
    public final Path path() {
        return file.path();
    }

    @Override
    public final long allocated() {
        return preallocator.allocated();
    }

    @Override
    public final long mapped() {
        return mapped;
    }

    @Override
    public final long durable() {
        return durable;
    }

    @Override
    public final long growths() {
        return preallocator.growths();
    }
}
