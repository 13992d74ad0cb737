package dev.evtl.journal.file;

import static java.nio.file.StandardOpenOption.READ;

import dev.evtl.journal.exceptions.CorruptJournalException;
import dev.evtl.journal.exceptions.JournalException;
import dev.evtl.journal.exceptions.JournalNotFoundException;
import dev.evtl.journal.exceptions.JournalReplacedException;
import dev.evtl.journal.format.FileHeader;
import dev.evtl.journal.format.JournalHeader;
import dev.evtl.journal.io.FileCalls;
import dev.evtl.journal.io.JournalPaths;
import dev.evtl.journal.io.MappedFault;
import dev.evtl.journal.io.Uninterruptible;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A journal file that is mapped for reading, window by window, while a writer may be growing it. For one thread at a
 * time.
 */
public final class JournalView implements EventVerifier.Source, AutoCloseable {
    private static final int PAGE_LENGTH = 4096;
    private static final int WINDOW_LENGTH = 256 << 20;
    private static final long LOOK_INTERVAL = TimeUnit.SECONDS.toNanos(1);

    private final Path path;
    private final Path real;
    /** What tells the file from others on this machine; null where the file system has no such thing. */
    private final Object fileKey;

    private final FileChannel channel;
    private final JournalHeader header;
    private final MappedByteBuffer headerMap;
    private final UnsafeBuffer liveHeader;
    private final UnsafeBuffer window = new UnsafeBuffer(0, 0);
    private MappedByteBuffer windowMap;
    private long windowStart;
    private long windowEnd;
    private boolean handedOut;
    private EventIndex index;
    private long lastLook = System.nanoTime();

    /**
     * Opens a file.
     *
     * @param path of the file
     * @throws JournalNotFoundException if there is no such file
     * @throws CorruptJournalException  if it is no journal or its header is damaged
     * @throws JournalException         if it cannot be read
     */
    public JournalView(final Path path) {
        this.path = path;
        real = JournalPaths.readable(path);
        FileChannel opened = null;
        boolean ready = false;
        try {
            fileKey = fileKey(real); // before it is opened: a file that comes meanwhile is noticed, if only as another
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
        } catch (final NoSuchFileException e) {
            throw new JournalNotFoundException(path + ": does not exist"); // since it was looked for
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
     * Looks once a second, whatever is called how often, whether the path still leads to this file. For readers that have
     * come to the end: what they wait for would come to another file, and never to them. A file in the lower layer of an
     * overlay file system keeps its number when a writer opens it, and has a copy for the writer; what is read is then
     * the copy's, what was mapped stays the old file's.
     *
     * @throws JournalReplacedException if it leads to another file, or to none
     * @throws JournalException         if it cannot be looked at
     */
    public void requirePath() {
        final long now = System.nanoTime();
        if (now - lastLook > LOOK_INTERVAL) {
            try {
                if (!Objects.equals(fileKey(path), fileKey) || isBehindFile()) {
                    throw new JournalReplacedException(
                            path + ": is another file than the one that was opened here, which was read up to "
                                    + writeOffset() + "; open it again");
                }
            } catch (final NoSuchFileException e) {
                throw new JournalReplacedException(
                        path + ": is gone: the file that was opened here was moved or deleted, and was read up to "
                                + writeOffset() + "; open it again when there is one");
            } catch (final IOException e) {
                throw new JournalException(path + ": could not be looked at: " + e.getMessage(), e);
            }
            lastLook = now; // only now: who asks again after an exception gets it again
        }
    }

    private static Object fileKey(final Path file) throws IOException {
        return Files.readAttributes(file, BasicFileAttributes.class).fileKey();
    }

    /** Whether the file has more than the mapping shows after it was read. */
    private boolean isBehindFile() throws IOException {
        final ByteBuffer read = ByteBuffer.allocate(FileHeader.LENGTH);
        FileCalls.read(channel, read, 0);
        return !read.hasRemaining() && FileHeader.writeOffset(new UnsafeBuffer(read.array())) > writeOffset();
    }

    /**
     * Returns the mapped bytes around an offset, in place. They stay mapped until nobody has the buffer or a view of it:
     * who uses it after this was closed, perhaps by another thread, would otherwise end the JVM.
     *
     * @param offset in the file
     * @param limit  offset before which everything is written; the window holds as much before it as it can
     * @return the buffer, whose index 0 is {@link #windowStart}
     * @throws CorruptJournalException if the file is shorter than the limit
     * @throws JournalException        if it cannot be mapped
     */
    public DirectBuffer window(final long offset, final long limit) {
        handedOut = true;
        mapWindow(offset, limit);
        return window;
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

    /** Forgets the current window, so that the next one is mapped anew, whatever it is to hold. */
    public void dropWindow() {
        unmapWindow();
    }

    private void mapWindow(final long offset, final long limit) {
        try {
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
        } catch (final IOException e) {
            throw new JournalException(path + ": could not be mapped: " + e.getMessage(), e);
        }
    }

    @Override
    public int read(final long offset, final byte[] target, final int length) {
        final long end = offset + length;
        if (offset < windowStart || end > windowEnd) {
            mapWindow(offset, end);
        }
        window.getBytes((int) (offset - windowStart), target, 0, length);
        if (!header.hasChecksums()) {
            MappedFault.throwPending(); // with checksums, bytes that were not loaded do not verify
        }
        return length;
    }

    /**
     * Returns the index of the file, by which places in it are found.
     *
     * @return the index, of no entries if there is none; closed with this
     */
    public EventIndex index() {
        if (index == null) {
            index = new EventIndex(real, header, channel);
        }
        return index;
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
        windowEnd = 0;
        if (!handedOut) {
            MappedFault.unmap(windowMap);
        }
        windowMap = null;
    }

    /** Unmaps and closes the file. What was live in its header is 0 after that. */
    @Override
    public void close() {
        MappedFault.settle(); // a pending error could otherwise end this call half done
        unmapWindow();
        liveHeader.wrap(new byte[FileHeader.LENGTH]); // a later use is not a signal, with bounds checks off neither
        MappedFault.unmap(headerMap);
        if (index != null) {
            index.close();
        }
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
