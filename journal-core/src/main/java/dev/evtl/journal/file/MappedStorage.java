package dev.evtl.journal.file;

import dev.evtl.journal.exceptions.DiskFullException;
import dev.evtl.journal.exceptions.JournalException;
import dev.evtl.journal.format.JournalHeader;
import dev.evtl.journal.io.MappedFault;
import java.io.IOException;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Stores the events of a batch into a mapping of the file, on the appender's thread.
 *
 * <p>A store into a page that the file has may be lost: a file system that writes each page to a new place, as btrfs
 * does, or as XFS does with what a copy shares, needs room for it at that moment, and so does one whose pages were
 * punched out. The file keeps its length, and the JVM may tell late. Therefore a batch is read again and compared before
 * anything says that it is there. What did not arrive is written, which tells why where that fails too.
 */
public final class MappedStorage extends WriteStorage {
    /** As much as leaves the first cache of a core room for what it is copied from and to, in bytes. */
    private static final int STAGED = 8192;

    private final ByteBuffer staged;

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
        super(file, opened, space, maxClaimLength, STAGED, true, file.channel(), 1);
        this.staged = staged().order(ByteOrder.nativeOrder());
    }

    @Override
    void write(final long from, final long to) throws IOException {
        boolean there = false;
        try {
            there = store(index(from), (int) (from - window().start()), (int) (to - from));
            if (!there) {
                MappedFault.throwPending(); // here, and not where it would end the journal without saying why
            }
        } catch (final InternalError e) {
            there = false; // the JVM throws it wherever it comes to look
        }
        if (!there) {
            super.write(from, to);
        }
    }

    /** Copies staged bytes into the mapping. Returns whether they are there. */
    private boolean store(final int from, final int to, final int length) {
        if (length > ShortMemory.LENGTH) {
            window().buffer().putBytes(to, buffer(), from, length);
        } else {
            ShortMemory.copy(staged(from), mapped(to), length);
        }
        VarHandle.acquireFence(); // otherwise a compiler could take what it has stored for what is there
        return isThere(from, to, length);
    }

    private boolean isThere(final int from, final int to, final int length) {
        return length > ShortMemory.LENGTH
                ? isThere(window().map(), from, to, length)
                : ShortMemory.isSame(staged(from), mapped(to), length);
    }

    private long staged(final int index) {
        return buffer().addressOffset() + index;
    }

    private long mapped(final int index) {
        return window().buffer().addressOffset() + index;
    }

    private boolean isThere(final ByteBuffer map, final int from, final int to, final int length) {
        staged.limit(from + length).position(from);
        map.limit(to + length).position(to);
        try {
            return staged.mismatch(map) < 0;
        } finally {
            staged.clear();
            map.clear(); // a force needs all of it
        }
    }
}
