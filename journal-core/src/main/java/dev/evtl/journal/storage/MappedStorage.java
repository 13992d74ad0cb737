package dev.evtl.journal.storage;

import org.agrona.MutableDirectBuffer;

/** Stores events into a mapping of the file. */
public final class MappedStorage extends FileStorage {
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
        super(file, space, maxClaimLength, true, file.channel());
    }

    @Override
    public int reserve(final int length) {
        final int result = advance(length);
        return result < 0 ? result : (int) (position() - window().start());
    }

    @Override
    public MutableDirectBuffer buffer() {
        return window().buffer();
    }

    @Override
    void write() {
        // a store into the mapping is where readers look
    }
}
