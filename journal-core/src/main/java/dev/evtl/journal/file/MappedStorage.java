package dev.evtl.journal.file;

import dev.evtl.journal.exceptions.DiskFullException;
import dev.evtl.journal.exceptions.JournalException;
import dev.evtl.journal.format.JournalHeader;
import dev.evtl.journal.io.MappedFault;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.agrona.DirectBuffer;
import org.agrona.UnsafeApi;
import org.agrona.concurrent.UnsafeBuffer;

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

    /** Length in bytes up to which a loop is faster than the call of the comparison that the JVM has. */
    private static final int SHORT = 256;

    private final ByteBuffer staged;
    /** Where what was stored is copied back to. */
    private final ByteBuffer back;

    private final UnsafeBuffer backBytes;

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
        boolean ready = false;
        try {
            this.staged = staged();
            this.back = ByteBuffer.allocateDirect(staged.capacity());
            this.backBytes = new UnsafeBuffer(back);
            ready = true;
        } finally {
            if (!ready) {
                letGo();
            }
        }
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
        window().buffer().putBytes(to, buffer(), from, length);
        return isThere(from, to, length);
    }

    /**
     * Returns whether staged bytes are in the mapping. They are copied back before they are compared: a load of a word
     * that fails is passed over and leaves in the register what was there, perhaps the word that was stored; a copy that
     * fails is given up, and then its first or last word is not there.
     */
    private boolean isThere(final int from, final int to, final int length) {
        final long first = address(buffer(), from);
        final long copy = address(backBytes, 0);
        final int last = length - Long.BYTES;
        UnsafeApi.putLong(null, copy, ~UnsafeApi.getLong(null, first));
        UnsafeApi.putLong(null, copy + last, ~UnsafeApi.getLong(null, first + last));
        UnsafeApi.copyMemory(null, address(window().buffer(), to), null, copy, length);
        return length > SHORT
                ? staged.limit(from + length).position(from).equals(back.limit(length))
                : isSame(first, copy, length);
    }

    private static boolean isSame(final long first, final long second, final int length) {
        final int words = length & -Long.BYTES;
        long differing = 0;
        for (int i = 0; i < words; i += Long.BYTES) {
            differing |= UnsafeApi.getLong(null, first + i) ^ UnsafeApi.getLong(null, second + i);
        }
        for (int i = words; i < length; i++) {
            differing |= UnsafeApi.getByte(null, first + i) ^ UnsafeApi.getByte(null, second + i);
        }
        return differing == 0;
    }

    private static long address(final DirectBuffer memory, final int index) {
        return memory.addressOffset() + index;
    }
}
