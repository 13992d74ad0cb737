package dev.evtl.journal.file;

import dev.evtl.journal.exceptions.DiskFullException;
import dev.evtl.journal.exceptions.JournalException;
import dev.evtl.journal.format.JournalHeader;
import org.agrona.MutableDirectBuffer;

/** Stores events into a mapping of the file, on the appender's thread. */
public final class MappedStorage extends FileStorage {
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
    public MappedStorage(
            final JournalFile file, final JournalHeader opened, final Space space, final int maxClaimLength) {
        super(file, opened, space, maxClaimLength, true, file.channel(), 1);
    }

    @Override
    public int reserve(final int length) {
        return advance(length);
    }

    @Override
    MutableDirectBuffer buffer() {
        return window().buffer();
    }

    @Override
    int index(final long fileOffset) {
        return (int) (fileOffset - window().start());
    }

    @Override
    void write() {
        // readers see the stores into the mapping
    }
}
