package dev.evtl.journal.file;

import static java.nio.file.StandardOpenOption.READ;

import dev.evtl.journal.exceptions.CorruptJournalException;
import dev.evtl.journal.exceptions.JournalException;
import dev.evtl.journal.format.FileHeader;
import dev.evtl.journal.format.JournalHeader;
import dev.evtl.journal.io.JournalPaths;
import dev.evtl.journal.io.MappedFault;
import java.io.IOException;
import java.nio.MappedByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Path;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A journal file mapped for reading, window by window, while a writer may be growing it. For one thread at a time.
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
            opened = FileChannel.open(real, READ);
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
     * The header as it was when the file was opened.
     *
     * @return the header
     */
    public JournalHeader header() {
        return header;
    }

    /**
     * Where the events end now. Every event before it is complete and visible.
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
     * How many events there are now. Ask after {@link #writeOffset}: the count is stored first, and so it is of all that
     * lies before that offset, or of more.
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
     * Up to where the events were forced to the device.
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
     * Whether the writer has closed the file. Ask before {@link #writeOffset} to know that no more will come.
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
     * Throws the error of a load from a page that the file no longer has, where the JVM has not thrown it yet: what was
     * loaded is not what the file holds.
     *
     * @throws InternalError as the JVM does for such a load
     */
    public void throwPendingFault() {
        MappedFault.throwPending();
    }

    /**
     * The mapped bytes around an offset, in place.
     *
     * @param offset   in the file
     * @param limit    before which all is written; the window holds as much as it can of what lies before it
     * @return the buffer: index 0 is {@link #windowStart}; valid until the next call or {@link #close}
     * @throws CorruptJournalException if the file is shorter than the limit
     * @throws JournalException        if it cannot be mapped
     */
    public DirectBuffer window(final long offset, final long limit) {
        boolean interrupted = Thread.interrupted(); // or the thread's first call to the channel would close it
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

    /** The same file again, after an interrupt has closed the channel. */
    private FileChannel reopen() throws IOException {
        final FileChannel opened = FileChannel.open(real, READ);
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
     * The current window's first byte.
     *
     * @return offset in the file
     */
    public long windowStart() {
        return windowStart;
    }

    /**
     * The end of the current window.
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
            MappedFault.throwPending(); // with checksums what was not loaded does not verify
        }
        return length;
    }

    /**
     * The file.
     *
     * @return its path as it was given
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

    /** Unmaps and closes the file; nobody may use its buffers after that. */
    @Override
    public void close() {
        MappedFault.settle(); // or it might end this half done
        unmapWindow();
        liveHeader.wrap(0, 0); // so that a use after this is an exception and not a signal
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
