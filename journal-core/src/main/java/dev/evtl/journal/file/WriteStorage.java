package dev.evtl.journal.file;

import static java.nio.file.StandardOpenOption.DSYNC;
import static java.nio.file.StandardOpenOption.WRITE;

import dev.evtl.journal.exceptions.DiskFullException;
import dev.evtl.journal.exceptions.JournalException;
import dev.evtl.journal.format.JournalHeader;
import dev.evtl.journal.io.FileCalls;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.util.Set;
import org.agrona.BitUtil;
import org.agrona.CloseHelper;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Collects the events of a batch and writes them in one piece, into the page cache or past it.
 *
 * <p>Past it, a write covers whole blocks: the last one is filled up with zeros and written again with the events that
 * follow. The first page, where the header is stored through a mapping, is always written through the page cache.
 *
 * <p>An interrupt of the appender's thread closes the channel, as it does with every Java file channel, and so ends the
 * journal with a failure.
 */
public final class WriteStorage extends FileStorage {
    private static final int STAGE_LENGTH = 1 << 20;

    private final FileChannel channel;
    private final FileChannel direct;
    private final int blockLength;
    private final boolean synchronous;
    private final ByteBuffer stage;
    private final UnsafeBuffer buffer;
    /** Where events must end so that the block in which they do lies within the file's maximum. */
    private final long maximumEnd;

    private long stageStart;
    private long written;

    private WriteStorage(
            final JournalFile file,
            final JournalHeader opened,
            final Space space,
            final int maxClaimLength,
            final FileChannel direct,
            final int blockLength,
            final boolean synchronous) {
        super(file, opened, space, maxClaimLength, false, direct == null ? file.channel() : direct);
        this.channel = file.channel();
        this.direct = direct;
        this.blockLength = blockLength;
        this.synchronous = synchronous;
        final int length = BitUtil.align(Math.max(STAGE_LENGTH, 2 * maxClaimLength), Preallocator.PAGE_LENGTH);
        this.stage =
                ByteBuffer.allocateDirect(length + Preallocator.PAGE_LENGTH).alignedSlice(Preallocator.PAGE_LENGTH);
        this.buffer = new UnsafeBuffer(stage);
        this.maximumEnd = space.maximum() & -blockLength;
        this.written = fileOffset();
        this.stageStart = written & -blockLength;
        loadLastBlock();
    }

    /**
     * Writes into the page cache.
     *
     * @param file           to write to; closed when the storage is closed or abandoned
     * @param opened         its header as it was opened
     * @param space          it gets
     * @param maxClaimLength most bytes that are ever reserved at once
     * @return the storage
     * @throws DiskFullException if there is no space for the first window
     * @throws JournalException  if the file cannot be mapped
     */
    public static WriteStorage buffered(
            final JournalFile file, final JournalHeader opened, final Space space, final int maxClaimLength) {
        return open(file, opened, space, maxClaimLength, null, 1, false);
    }

    /**
     * Writes past the page cache.
     *
     * @param file           to write to; closed when the storage is closed or abandoned
     * @param opened         its header as it was opened
     * @param space          it gets
     * @param maxClaimLength most bytes that are ever reserved at once
     * @param synchronous    whether each write is to be on the device when it returns
     * @return the storage
     * @throws DiskFullException if there is no space for the first window
     * @throws JournalException  if the file system refuses direct I/O
     */
    public static WriteStorage direct(
            final JournalFile file,
            final JournalHeader opened,
            final Space space,
            final int maxClaimLength,
            final boolean synchronous) {
        FileChannel directChannel = null;
        try {
            final long blockLength = Files.getFileStore(file.path()).getBlockSize();
            if (blockLength > Preallocator.PAGE_LENGTH) {
                throw new IOException("its blocks are of " + blockLength + " bytes, more than a page");
            }
            directChannel = FileChannel.open(
                    file.path(), synchronous ? Set.of(WRITE, directOption(), DSYNC) : Set.of(WRITE, directOption()));
        } catch (final IOException | UnsupportedOperationException | ClassNotFoundException e) {
            throw new JournalException(
                    file.path() + ": its file system refuses direct I/O, take another storage mode: " + e.getMessage(),
                    e);
        }
        return open(file, opened, space, maxClaimLength, directChannel, Preallocator.PAGE_LENGTH, synchronous);
    }

    /** By reflection, as javac warns of this constant, which is the documented one, in a way that cannot be turned off. */
    private static OpenOption directOption() throws ClassNotFoundException {
        for (final Object option :
                Class.forName("com.sun.nio.file.ExtendedOpenOption").getEnumConstants()) {
            if ("DIRECT".equals(option.toString())) {
                return (OpenOption) option;
            }
        }
        throw new UnsupportedOperationException("this JDK has no direct I/O");
    }

    private static WriteStorage open(
            final JournalFile file,
            final JournalHeader opened,
            final Space space,
            final int maxClaimLength,
            final FileChannel direct,
            final int blockLength,
            final boolean synchronous) {
        WriteStorage storage = null;
        try {
            storage = new WriteStorage(file, opened, space, maxClaimLength, direct, blockLength, synchronous);
            return storage;
        } finally {
            if (storage == null && direct != null) {
                CloseHelper.quietClose(direct); // the failure that led here is the one to report
            }
        }
    }

    /** What the last block holds already: it is written again with what follows. */
    private void loadLastBlock() {
        stage.limit((int) (written - stageStart));
        try {
            FileCalls.read(channel, stage, stageStart);
        } catch (final IOException e) {
            abandon();
            throw new JournalException(file().path() + ": could not be read: " + e.getMessage(), e);
        }
    }

    @Override
    public int reserve(final int length) throws IOException {
        final int result = fileOffset() + length > maximumEnd ? FULL : advance(length);
        if (result == READY && fileOffset() - stageStart + length > buffer.capacity()) {
            write();
        }
        return result;
    }

    @Override
    MutableDirectBuffer buffer() {
        return buffer;
    }

    @Override
    int index(final long fileOffset) {
        return (int) (fileOffset - stageStart);
    }

    @Override
    void write() throws IOException {
        final long end = fileOffset();
        if (end == written) {
            return;
        }
        checkLength(); // or the write would fill up a file that was cut with a hole
        final long cachedEnd = direct == null ? end : Math.min(end, Preallocator.PAGE_LENGTH);
        if (written < cachedEnd) {
            write(channel, written, cachedEnd);
        }
        if (end > cachedEnd) {
            final long blockEnd = BitUtil.align(end, blockLength);
            buffer.setMemory((int) (end - stageStart), (int) (blockEnd - end), (byte) 0);
            write(direct, Math.max(stageStart, Preallocator.PAGE_LENGTH), blockEnd);
        }
        written = end;
        final long nextStart = end & -blockLength;
        buffer.putBytes(0, buffer, (int) (nextStart - stageStart), (int) (end - nextStart));
        stageStart = nextStart;
    }

    private void write(final FileChannel target, final long from, final long to) throws IOException {
        stage.limit((int) (to - stageStart)).position((int) (from - stageStart));
        if (synchronous && target == direct) {
            FileCalls.writeThrough(target, stage, from);
        } else {
            FileCalls.write(target, stage, from);
        }
    }

    @Override
    void forceEvents(final long from, final long to) throws IOException {
        if (!synchronous || from < Preallocator.PAGE_LENGTH) {
            super.forceEvents(from, to);
        }
    }

    @Override
    public void abandon() {
        super.abandon();
        if (direct != null) {
            CloseHelper.close(direct);
        }
    }
}
