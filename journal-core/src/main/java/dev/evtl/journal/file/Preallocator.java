package dev.evtl.journal.file;

import dev.evtl.journal.exceptions.DiskFullException;
import dev.evtl.journal.exceptions.JournalException;
import dev.evtl.journal.io.FileCalls;
import dev.evtl.journal.io.IoFailures;
import dev.evtl.journal.io.MappedFault;
import dev.evtl.journal.io.Uninterruptible;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;
import org.agrona.BitUtil;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Keeps one window of the file ready ahead of the appender, on a thread of its own. It allocates the window's space by
 * writing zeros, so that a full disk is an exception and not a signal, then maps it and touches its pages. It also
 * unmaps the windows that the appender has left, and writes the entries of the index. A step of growth that does not
 * fit is given back, and half of what is left is asked for instead, down to a page: the file grows as long as there is
 * any space, and until then others find some too.
 *
 * <p>Windows overlap by the longest claim, so that a claim that does not fit at the end of one window fits at the start
 * of the next.
 */
final class Preallocator implements AutoCloseable {
    static final int PAGE_LENGTH = 4096;
    /**
     * Bytes of a window. Zeros much further ahead would reach the device before the events do and would be written
     * twice.
     */
    private static final int WINDOW_LENGTH = 64 << 20;

    private static final int PIECE_LENGTH = 1 << 20;

    /** A part of the file that is mapped for writing. */
    record Window(long start, long end, MappedByteBuffer map, UnsafeBuffer buffer) {
        void unmap() {
            MappedFault.unmap(map);
        }
    }

    private final JournalFile file;
    private final Space space;
    private final int maxClaimLength;
    private final boolean touch;
    private final FileChannel fillChannel;
    private final IndexWriter index;
    private final ByteBuffer zeros;
    private final Thread thread;
    private final Queue<Window> retired = new ConcurrentLinkedQueue<>();
    private long mappedEnd;
    private long growthEnd;
    /** Most bytes by which the file grows at once; less than the config says once a step did not fit. */
    private long stepLimit = Long.MAX_VALUE;

    private volatile boolean running = true;
    private volatile boolean wanted;
    private volatile Window next;
    private volatile boolean exhausted;
    private volatile JournalException failure;
    private volatile long allocated;
    private volatile long growths;

    Preallocator(
            final JournalFile file,
            final long length,
            final Space space,
            final int maxClaimLength,
            final boolean touch,
            final FileChannel fillChannel,
            final IndexWriter index) {
        this.file = file;
        this.index = index;
        this.space = space;
        this.zeros = FileCalls.zeros(space.piece());
        this.maxClaimLength = maxClaimLength;
        this.touch = touch;
        this.fillChannel = fillChannel;
        this.allocated = length;
        this.growthEnd = allocated;
        this.thread = new Thread(this::run, "evtl-preallocator " + file.path().getFileName());
        thread.setDaemon(true);
    }

    /** Maps the window that holds an offset, on the calling thread, and starts the preallocator's thread. */
    Window start(final long offset) {
        final long wanted = Math.min(Math.max(space.initial(), offset + PAGE_LENGTH), space.maximum());
        growthEnd = Math.max(growthEnd, wanted);
        IoFailures.refuseWithoutSpace(file.path(), growthEnd - allocated);
        mappedEnd = Math.min(growthEnd, offset + WINDOW_LENGTH);
        allocate(growthEnd);
        final Window window = map(offset & -PAGE_LENGTH, mappedEnd, offset);
        boolean started = false;
        try {
            thread.start();
            started = true;
            return window;
        } finally {
            if (!started) {
                window.unmap();
            }
        }
    }

    /** Asks for the next window. */
    void want() {
        wanted = true;
        wake();
    }

    /** Has the thread look for what there is to do. */
    void wake() {
        LockSupport.unpark(thread);
    }

    /**
     * Takes the next window.
     *
     * @return the window; null if it is not ready or there is none
     * @throws JournalException if the file cannot grow
     */
    Window take() {
        final Window window = next;
        if (window != null) {
            next = null;
        } else if (failure != null) {
            throw failure;
        } else if (!wanted) {
            want();
        }
        return window;
    }

    /** Returns whether the file has reached its maximum, so that no window follows the last one taken. */
    boolean exhausted() {
        return exhausted && next == null;
    }

    /** Hands over a window that nobody uses any more, to be unmapped. */
    void retire(final Window window) {
        retired.add(window);
        LockSupport.unpark(thread);
    }

    long allocated() {
        return allocated;
    }

    long growths() {
        return growths;
    }

    private void run() {
        while (running) {
            try {
                unmapRetired();
                index.write();
                if (wanted && next == null && !exhausted && failure == null) {
                    prepare();
                } else if (allocated < growthEnd && failure == null) {
                    allocate(Math.min(growthEnd, allocated + PIECE_LENGTH));
                } else {
                    LockSupport.park(this);
                    Thread.interrupted(); // with the flag set it could not park; nobody else has a say on this thread
                }
            } catch (final DiskFullException e) {
                askForLess(e);
            } catch (final JournalException e) {
                failure = e;
            } catch (final Throwable t) {
                failure = new JournalException(file.path() + ": could not prepare space: " + t, t);
            }
        }
        unmapRetired();
    }

    private void prepare() {
        final boolean grows = mappedEnd == growthEnd;
        if (grows) {
            final long step = Math.min(space.growth().applyAsLong(growthEnd), space.maximum()) - mappedEnd;
            if (step <= 0) {
                exhausted = true;
                return;
            }
            growthEnd += Math.min(step, Math.min(stepLimit, halfOfWhatIsFree(step)));
        }
        final long start = Math.max(0, mappedEnd - maxClaimLength & -PAGE_LENGTH);
        final long end = Math.min(mappedEnd + WINDOW_LENGTH, growthEnd);
        allocate(end);
        final Window window = map(start, end, mappedEnd);
        mappedEnd = end;
        growths += grows ? 1 : 0;
        if (end == growthEnd && stepLimit <= Long.MAX_VALUE / 2) {
            stepLimit *= 2; // there may be space again
        }
        wanted = false;
        next = window;
    }

    /** Returns a step for a file system that has less free than the step that is wanted; otherwise that step. */
    private long halfOfWhatIsFree(final long step) {
        final long free = IoFailures.freeBytes(file.path());
        return free < 0 || step <= free ? step : half(free);
    }

    private static long half(final long bytes) {
        return Math.max(PAGE_LENGTH, bytes / 2 & -PAGE_LENGTH);
    }

    /** Gives back what no window uses, and asks for half as much from now on, or fails if that was a page. */
    private void askForLess(final DiskFullException e) {
        final long step = growthEnd - mappedEnd;
        growthEnd = mappedEnd;
        allocated = mappedEnd;
        if (step <= PAGE_LENGTH) {
            failure = e;
        } else {
            stepLimit = half(step);
        }
        try {
            file.setLength(mappedEnd);
        } catch (final IOException notCut) {
            e.addSuppressed(notCut);
            failure = e;
        }
    }

    private void allocate(final long to) {
        final long from = allocated;
        if (to > from) {
            // direct I/O fills whole pages; the rest at both ends goes through the page cache
            final long firstPage = Math.min(BitUtil.align(from, PAGE_LENGTH), to);
            final long lastPage = Math.max(to & -PAGE_LENGTH, firstPage);
            try {
                fill(file.channel(), from, firstPage);
                fillPages(firstPage, lastPage);
                fill(file.channel(), lastPage, to);
            } catch (final IOException e) {
                giveBack(from, e);
                throw IoFailures.classify(file.path(), to - from, "could not grow", e);
            }
            allocated = to;
        }
    }

    /**
     * Writes zeros in pieces and checks the file's length before each: a write after a cut would make the file long
     * enough again, with a hole in it.
     */
    private void fill(final FileChannel channel, final long from, final long to) throws IOException {
        long offset = from;
        while (offset < to) {
            file.checkLength(offset);
            final long end = Math.min(to, (offset / PIECE_LENGTH + 1) * PIECE_LENGTH);
            FileCalls.fill(channel, zeros, offset, end);
            offset = end;
        }
    }

    private void fillPages(final long from, final long to) throws IOException {
        try {
            fill(fillChannel, from, to);
        } catch (final IOException e) {
            // direct I/O cannot go on after a size limit has cut off a write within a page, so the page cache shows the
            // limit
            fill(file.channel(), from, to);
        }
    }

    /** Cuts the file back to its length before a step that did not fit, to leave the rest of the disk to others. */
    private void giveBack(final long length, final IOException cause) {
        try {
            file.setLength(length);
        } catch (final IOException e) {
            cause.addSuppressed(e);
        }
    }

    private Window map(final long start, final long end, final long unused) {
        try {
            final FileChannel channel = file.channel();
            final MappedByteBuffer map = channel.map(MapMode.READ_WRITE, start, end - start);
            map.order(ByteOrder.nativeOrder());
            final UnsafeBuffer buffer = new UnsafeBuffer(map);
            if (touch) {
                touch(buffer, (int) (unused - start));
            }
            return new Window(start, end, map, buffer);
        } catch (final IOException e) {
            throw new JournalException(
                    file.path() + ": could not map " + (end - start) + " bytes: " + e.getMessage(), e);
        }
    }

    /** Has pages mapped before the appender comes to them, which finds out whether its stores arrive. */
    private static void touch(final UnsafeBuffer buffer, final int unused) {
        try {
            for (int i = 0; i + Long.BYTES <= buffer.capacity(); i += PAGE_LENGTH) {
                // not atomic read-modify-writes: they would kill the JVM if the file were cut short now
                if (i >= unused) {
                    buffer.putLong(i, 0);
                } else {
                    buffer.getLongVolatile(i); // the appender may be writing in the overlap
                }
            }
            MappedFault.throwPending();
        } catch (final InternalError e) {
            // a page that is not mapped now may be when it is written
        }
    }

    private void unmapRetired() {
        for (Window window = retired.poll(); window != null; window = retired.poll()) {
            window.unmap();
        }
    }

    /** Ends the thread and unmaps all windows except the one that the appender has. */
    @Override
    public void close() {
        running = false;
        LockSupport.unpark(thread);
        Uninterruptible.join(thread);
        unmapRetired();
        final Window unused = next;
        if (unused != null) {
            next = null;
            unused.unmap();
        }
    }
}
