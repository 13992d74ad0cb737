package dev.evtl.journal.file;

import static java.nio.file.StandardOpenOption.READ;

import dev.evtl.journal.exceptions.CorruptJournalException;
import dev.evtl.journal.exceptions.JournalException;
import dev.evtl.journal.format.FileHeader;
import dev.evtl.journal.format.JournalHeader;
import dev.evtl.journal.io.JournalPaths;
import dev.evtl.journal.io.MappedFault;
import dev.evtl.journal.io.Uninterruptible;
import java.io.IOException;
import java.nio.MappedByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Path;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A journal file that is mapped for reading, window by window, while a writer may be growing it. For one thread at a
 * time.
 */
public final class JournalView implements EventVerifier.Source, AutoCloseable {
    private static final int PAGE_LENGTH = 4096;
    private static final int WINDOW_LENGTH = 256 << 20;

    private final Path path;
    private final Path real;
    private final JournalHeader header;
    private final MappedByteBuffer headerMap;
    private final UnsafeBuffer liveHeader;
    private final UnsafeBuffer window = new UnsafeBuffer(0, 0);
    private FileChannel channel;
    private MappedByteBuffer windowMap;
    private long windowStart;
    private long windowEnd;

    /**
     * Opens a file.
     *
     * @param path of the file
     * @throws CorruptJournalException if it is no journal or its header is damaged
     * @throws JournalException        if it cannot be read
     */
    public JournalView(final Path path) {
        this.path = path;
        this.real = JournalPaths.readable(path);
        FileChannel opened = null;
        boolean ready = false;
        try {
            opened = Uninterruptible.open(real, READ);
            header = JournalFile.readHeader(path, opened);
            if (header.writeOffset() < FileHeader.LENGTH
                    || header.writeOffset() > header.length()
                    || header.closed() && header.writeOffset() != header.length()) {
                throw header.damagedWriteOffset(path);
            }
            headerMap = opened.map(MapMode.READ_ONLY, 0, FileHeader.LENGTH);
            liveHeader = new UnsafeBuffer(headerMap);
            ready = true;
        } catch (final IOException e) {
            throw new JournalException(path + ": could not be opened: " + e.getMessage(), e);
        } finally {
            if (!ready && opened != null) {
                closeChannel(opened);
            }
        }
        channel = opened;
    }

    /**
     * Returns the header as it was when the file was opened.
     *
     * @return the header
     */
    public JournalHeader header() {
        return header;
    }

    /**
     * Returns where the events end now. Every event before that offset is complete and visible.
     *
     * @return offset in bytes
     * @throws JournalException if the file was cut to nothing
     */
    public long writeOffset() {
        try {
            return FileHeader.writeOffset(liveHeader);
        } catch (final InternalError e) {
            throw cutShort(e);
        }
    }

    /**
     * Returns how many events there are now. Call this after {@link #writeOffset}: the writer stores the count first,
     * so it covers all events before that offset, or more.
     *
     * @return number of events
     * @throws JournalException if the file was cut to nothing
     */
    public long eventCount() {
        try {
            return FileHeader.eventCount(liveHeader);
        } catch (final InternalError e) {
            throw cutShort(e);
        }
    }

    /**
     * Returns up to where the events were forced to the device.
     *
     * @return offset in bytes
     * @throws JournalException if the file was cut to nothing
     */
    public long durableOffset() {
        try {
            return FileHeader.durableOffset(liveHeader);
        } catch (final InternalError e) {
            throw cutShort(e);
        }
    }

    /**
     * Returns whether the writer has closed the file. Call this before {@link #writeOffset} to know that no more events
     * will follow.
     *
     * @return true once it is closed
     * @throws JournalException if the file was cut to nothing
     */
    public boolean isClosed() {
        try {
            return FileHeader.state(liveHeader) == FileHeader.STATE_CLOSED;
        } catch (final InternalError e) {
            throw cutShort(e);
        }
    }

    private JournalException cutShort(final InternalError e) {
        return new JournalException(path + ": was cut short while it was read: its header is gone", e);
    }

    /**
     * Throws the pending error of a load from a page that the file no longer has. The JVM may throw it late, and until
     * then the loaded bytes are not the file's.
     *
     * @throws InternalError as the JVM throws it for such a load
     */
    public void throwPendingFault() {
        MappedFault.throwPending();
    }

    /**
     * Returns the mapped bytes around an offset, in place.
     *
     * @param offset in the file
     * @param limit  offset before which everything is written; the window holds as much before it as it can
     * @return the buffer, whose index 0 is {@link #windowStart}; valid until the next call or {@link #close}
     * @throws CorruptJournalException if the file is shorter than the limit
     * @throws JournalException        if it cannot be mapped
     */
    public DirectBuffer window(final long offset, final long limit) {
        boolean interrupted = Thread.interrupted(); // an interrupted thread's first call to the channel would close it
        boolean mapped = false;
        try {
            while (!mapped) {
                try {
                    mapWindow(offset, limit);
                    mapped = true;
                } catch (final ClosedChannelException e) {
                    interrupted |= Thread.interrupted();
                    channel = reopen();
                }
            }
            return window;
        } catch (final IOException e) {
            throw new JournalException(path + ": could not be mapped: " + e.getMessage(), e);
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private void mapWindow(final long offset, final long limit) throws IOException {
        final long start = offset & -PAGE_LENGTH;
        final long length = channel.size();
        if (length < limit) {
            throw new CorruptJournalException(
                    CorruptJournalException.Kind.DAMAGED_HEADER,
                    path,
                    length,
                    -1,
                    "file cut short: expected " + limit + " bytes, found " + length);
        }
        final MappedByteBuffer map = channel.map(MapMode.READ_ONLY, start, Math.min(length - start, WINDOW_LENGTH));
        unmapWindow();
        windowMap = map;
        window.wrap(map);
        windowStart = start;
        windowEnd = start + map.capacity();
    }

    /** Opens the same file again after an interrupt has closed the channel. */
    private FileChannel reopen() throws IOException {
        final FileChannel opened = Uninterruptible.open(real, READ);
        boolean same = false;
        try {
            same = JournalFile.readHeader(path, opened).identity().equals(header.identity());
        } finally {
            if (!same) {
                closeChannel(opened);
            }
        }
        if (!same) {
            throw new JournalException(path + ": another file has come to its place");
        }
        return opened;
    }

    /**
     * Returns where the current window begins.
     *
     * @return offset in the file
     */
    public long windowStart() {
        return windowStart;
    }

    /**
     * Returns where the current window ends.
     *
     * @return offset in the file; 0 before there is a window
     */
    public long windowEnd() {
        return windowEnd;
    }

    @Override
    public int read(final long offset, final byte[] target, final int length) {
        final long end = offset + length;
        if (offset < windowStart || end > windowEnd) {
            window(offset, end);
        }
        window.getBytes((int) (offset - windowStart), target, 0, length);
        if (!header.hasChecksums()) {
            MappedFault.throwPending(); // with checksums, bytes that were not loaded do not verify
        }
        return length;
    }

    /**
     * Returns the path of the file.
     *
     * @return the path as it was given
     */
    public Path path() {
        return path;
    }

    private void unmapWindow() {
        window.wrap(0, 0);
        MappedFault.unmap(windowMap);
        windowMap = null;
        windowEnd = 0;
    }

    /** Unmaps and closes the file; its buffers must not be used after that. */
    @Override
    public void close() {
        MappedFault.settle(); // a pending error could otherwise end this call half done
        unmapWindow();
        liveHeader.wrap(0, 0); // a later use is then an exception and not a signal
        MappedFault.unmap(headerMap);
        closeChannel(channel);
    }

    private void closeChannel(final FileChannel open) {
        try {
            open.close();
        } catch (final IOException e) {
            throw new JournalException(path + ": could not be closed: " + e.getMessage(), e);
        }
    }
}
