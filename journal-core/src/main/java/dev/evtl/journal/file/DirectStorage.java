package dev.evtl.journal.file;

import static java.nio.file.StandardOpenOption.DSYNC;
import static java.nio.file.StandardOpenOption.WRITE;

import dev.evtl.journal.exceptions.DiskFullException;
import dev.evtl.journal.exceptions.JournalException;
import dev.evtl.journal.file.Preallocator.Window;
import dev.evtl.journal.format.JournalHeader;
import dev.evtl.journal.io.FileCalls;
import dev.evtl.journal.io.Uninterruptible;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.util.Set;
import org.agrona.CloseHelper;

/**
 * Writes events past the page cache, in whole blocks, on the appender's thread. The last block is filled up with zeros
 * and written again with the events that follow. The first page holds the header, which is stored through a mapping; it
 * is always written through the page cache.
 */
public final class DirectStorage extends WriteStorage {
    private final FileChannel direct;
    private final boolean synchronous;

    private DirectStorage(
            final JournalFile file,
            final JournalHeader opened,
            final Space space,
            final int maxClaimLength,
            final FileChannel direct,
            final boolean synchronous) {
        super(file, opened, space, maxClaimLength, STAGE_LENGTH, false, direct, Preallocator.PAGE_LENGTH);
        this.direct = direct;
        this.synchronous = synchronous;
    }

    /**
     * Opens the storage. It takes over the open file unless this throws.
     *
     * @param file           to write to; closed when the storage is closed or abandoned
     * @param opened         the file's header as it was opened
     * @param space          how much space the file gets
     * @param maxClaimLength most bytes that are ever reserved at once
     * @param synchronous    whether each write is to be on the device when it returns
     * @throws DiskFullException if there is no space for the first window
     * @throws JournalException  if the file system refuses direct I/O
     */
    public static DirectStorage open(
            final JournalFile file,
            final JournalHeader opened,
            final Space space,
            final int maxClaimLength,
            final boolean synchronous) {
        final FileChannel direct = open(file, synchronous);
        DirectStorage storage = null;
        try {
            storage = new DirectStorage(file, opened, space, maxClaimLength, direct, synchronous);
            return storage;
        } finally {
            if (storage == null) {
                CloseHelper.quietClose(direct); // the failure that led here is the one to report
            }
        }
    }

    private static FileChannel open(final JournalFile file, final boolean synchronous) {
        try {
            final long blockLength = Files.getFileStore(file.path()).getBlockSize();
            if (blockLength > Preallocator.PAGE_LENGTH) {
                throw new IOException("its blocks are of " + blockLength + " bytes, more than a page");
            }
            return Uninterruptible.open(
                    file.path(), synchronous ? Set.of(WRITE, directOption(), DSYNC) : Set.of(WRITE, directOption()));
        } catch (final IOException | UnsupportedOperationException | ClassNotFoundException e) {
            throw new JournalException(
                    file.path() + ": its file system refuses direct I/O, take another storage mode: " + e.getMessage(),
                    e);
        }
    }

    /**
     * Returns the documented option for direct I/O. It is found by reflection, because javac warns of the constant in a
     * way that cannot be turned off.
     */
    private static OpenOption directOption() throws ClassNotFoundException {
        for (final Object option :
                Class.forName("com.sun.nio.file.ExtendedOpenOption").getEnumConstants()) {
            if ("DIRECT".equals(option.toString())) {
                return (OpenOption) option;
            }
        }
        throw new UnsupportedOperationException("this JDK has no direct I/O");
    }

    @Override
    void write(final long from, final long to) throws IOException {
        final long cachedEnd = Math.min(to, Preallocator.PAGE_LENGTH);
        if (from < cachedEnd) {
            super.write(from, cachedEnd);
        }
        if (to > cachedEnd) {
            checkLength();
            final long start = Math.max(blockStart(), Preallocator.PAGE_LENGTH);
            final long end = fillBlock(to);
            if (synchronous) {
                FileCalls.writeThrough(direct, staged(start, end), start);
            } else {
                FileCalls.write(direct, staged(start, end), start);
            }
        }
    }

    @Override
    void forceEvents(final Window last, final long from, final long to) throws IOException {
        if (!synchronous || from < Preallocator.PAGE_LENGTH) {
            super.forceEvents(last, from, to);
        }
    }

    @Override
    public void abandon() {
        super.abandon();
        CloseHelper.close(direct);
    }
}
