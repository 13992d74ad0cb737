package dev.evtl.journal.file;

import dev.evtl.journal.exceptions.DiskFullException;
import dev.evtl.journal.exceptions.JournalException;
import dev.evtl.journal.format.JournalHeader;
import dev.evtl.journal.io.FileCalls;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import org.agrona.BitUtil;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Collects the events of a batch and writes them in one piece, on the appender's thread. This class writes into the
 * page cache.
 */
public class WriteStorage extends FileStorage {
    static final int STAGE_LENGTH = 1 << 20;

    private final FileChannel channel;
    private final int stageLength;
    private final int blockLength;
    private final ByteBuffer stage;
    private final UnsafeBuffer buffer;
    /** Offset at which events must end, so that their last block lies within the file's maximum. */
    private final long maximumEnd;

    private long stageStart;
    /** Offset up to which there is room in the window, in the file and in the stage; it may be more by now. */
    private long roomEnd;

    private long written;

    /**
     * Opens the storage. It takes over the open file unless this throws.
     *
     * @param file           to write to; closed when the storage is closed or abandoned
     * @param opened         the file's header as it was opened
     * @param space          how much space the file gets
     * @param maxClaimLength most bytes that are ever reserved at once
     * @throws DiskFullException if there is no space for the first window
     * @throws JournalException  if the file cannot be mapped
     */
    public static WriteStorage open(
            final JournalFile file, final JournalHeader opened, final Space space, final int maxClaimLength) {
        return new WriteStorage(file, opened, space, maxClaimLength, STAGE_LENGTH, false, file.channel(), 1);
    }

    /**
     * Creates a storage with the number of bytes that are staged before they are written, if the batch does not end
     * first. It may touch the pages of each window in advance.
     *
     * @param fillChannel through which zeros are written
     * @param blockLength of the blocks that are written whole
     */
    WriteStorage(
            final JournalFile file,
            final JournalHeader opened,
            final Space space,
            final int maxClaimLength,
            final int stageLength,
            final boolean touch,
            final FileChannel fillChannel,
            final int blockLength) {
        super(file, opened, space, maxClaimLength, touch, fillChannel, blockLength);
        this.channel = file.channel();
        this.stageLength = stageLength;
        this.blockLength = blockLength;
        this.maximumEnd = space.maximum() & -blockLength;
        this.written = fileOffset();
        this.stageStart = written & -blockLength;
        boolean ready = false;
        try {
            final int length = BitUtil.align(Math.max(stageLength, 2 * maxClaimLength), Preallocator.PAGE_LENGTH);
            this.stage =
                    ByteBuffer.allocateDirect(length + Preallocator.PAGE_LENGTH).alignedSlice(Preallocator.PAGE_LENGTH);
            this.buffer = new UnsafeBuffer(stage);
            loadLastBlock();
            ready = true;
        } finally {
            if (!ready) {
                letGo();
            }
        }
    }

    /** Loads what the last block holds already, because it is written again with the events that follow. */
    private void loadLastBlock() {
        stage.limit((int) (written - stageStart));
        try {
            FileCalls.read(channel, stage, stageStart);
        } catch (final IOException e) {
            throw new JournalException(file().path() + ": could not be read: " + e.getMessage(), e);
        }
    }

    @Override
    public final int reserve(final int length) {
        return fileOffset() + length <= roomEnd ? READY : makeRoom(length);
    }

    private int makeRoom(final int length) {
        if (fileOffset() + length > window().end()) {
            writeAppended(); // what is staged belongs into this window
        }
        final int result = fileOffset() + length > maximumEnd ? FULL : advance(length);
        if (result == READY && fileOffset() - stageStart + length > stageLength) {
            writeAppended();
        }
        if (result == READY) {
            roomEnd = Math.min(Math.min(window().end(), maximumEnd), stageStart + stageLength);
        }
        return result;
    }

    @Override
    final MutableDirectBuffer buffer() {
        return buffer;
    }

    @Override
    final int index(final long fileOffset) {
        return (int) (fileOffset - stageStart);
    }

    @Override
    final void write() throws IOException {
        final long end = fileOffset();
        if (end == written) {
            return;
        }
        write(written, end);
        written = end;
        final long nextStart = end & -blockLength;
        if (nextStart < end) {
            buffer.putBytes(0, buffer, (int) (nextStart - stageStart), (int) (end - nextStart));
        }
        stageStart = nextStart;
    }

    /** Writes the staged bytes between two offsets. */
    void write(final long from, final long to) throws IOException {
        checkLength(); // otherwise the write would make a file that was cut long enough again, with a hole in it
        FileCalls.write(channel, staged(from, to), from);
    }

    /** Returns all that is staged, as a view of its own. */
    final ByteBuffer staged() {
        return stage.duplicate().clear();
    }

    /** Returns the staged bytes between two offsets. */
    final ByteBuffer staged(final long from, final long to) {
        return stage.limit(index(to)).position(index(from));
    }

    /** Returns the offset at which the block that is written next begins. */
    final long blockStart() {
        return stageStart;
    }

    /** Fills the block that holds an offset with zeros from there on. Returns the offset at which the block ends. */
    final long fillBlock(final long end) {
        final long blockEnd = BitUtil.align(end, blockLength);
        buffer.setMemory(index(end), (int) (blockEnd - end), (byte) 0);
        return blockEnd;
    }
}
