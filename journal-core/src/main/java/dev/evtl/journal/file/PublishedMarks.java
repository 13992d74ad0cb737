package dev.evtl.journal.file;

import dev.evtl.journal.exceptions.JournalException;
import dev.evtl.journal.format.EventHeader;
import dev.evtl.journal.format.FileHeader;
import dev.evtl.journal.io.FileCalls;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A few bytes of what was published, kept to see whether the file still has them: one that was cut short and then made
 * longer again, by a growth in that moment or by somebody else, has its length and zeros instead of events. For the
 * appender's thread.
 *
 * <p>The last bytes that are not zero are enough while nothing more is published. What is published after a cut is
 * there, so bytes that were there at the check before are looked at too.
 */
final class PublishedMarks {
    /** Eight bytes of the file, not all of them zero. */
    private static final class Mark {
        private long offset;
        private long bytes;

        void set(final Mark other) {
            offset = other.offset;
            bytes = other.bytes;
        }

        /** Moves to the last such bytes between two offsets, if there are any, in memory that begins at a third. */
        void find(final DirectBuffer memory, final long start, final long from, final long to) {
            for (long at = to - Long.BYTES; at >= from; at -= Long.BYTES) {
                final long found = memory.getLong((int) (at - start));
                if (found != 0) {
                    offset = at;
                    bytes = found;
                    return;
                }
            }
        }
    }

    private final JournalFile file;
    private final int blockLength;
    private final ByteBuffer read = ByteBuffer.allocateDirect(Long.BYTES);
    private final UnsafeBuffer readBytes = new UnsafeBuffer(read);
    /** The magic and what follows it, which never change. */
    private final Mark start = new Mark();

    private final Mark last = new Mark();
    /** The last that no later write writes again. */
    private final Mark settled = new Mark();
    /** What that was at the check before. */
    private final Mark earlier = new Mark();

    /** Creates the marks of a file whose last block of this length is written again with what follows. */
    PublishedMarks(final JournalFile file, final int blockLength) {
        this.file = file;
        this.blockLength = blockLength;
    }

    /** Takes them from the file as it is opened; from the header of one without events, which begins with the magic. */
    void load(final long end) throws IOException {
        start.bytes = read(0);
        last.set(start);
        settled.set(start);
        final long from = Math.max(FileHeader.LENGTH, end - EventHeader.MAX_EVENT_LENGTH);
        final ByteBuffer bytes = ByteBuffer.allocate((int) (end - from));
        FileCalls.read(file.channel(), bytes, from);
        note(new UnsafeBuffer(bytes), from, from, end);
        earlier.set(settled);
    }

    /** Takes them from what is published: what lies between two offsets, in memory that begins at a third. */
    void note(final DirectBuffer memory, final long memoryStart, final long from, final long to) {
        last.find(memory, memoryStart, from, to);
        if (blockLength == 1 || to <= Preallocator.PAGE_LENGTH) { // the first page is never written in blocks
            settled.set(last);
        } else {
            settled.find(memory, memoryStart, from, to & -blockLength);
        }
        if (earlier.offset == 0) {
            earlier.set(settled);
        }
    }

    /** Throws a {@link JournalException} if the file no longer has them. */
    void check() throws IOException {
        check(start);
        check(earlier);
        check(last);
        earlier.set(settled);
    }

    /**
     * The same before something is acknowledged. What direct I/O has written would have to come from the device, which
     * takes as long as the force, so there only what the last check has brought into the page cache is looked at.
     */
    void checkAtForce() throws IOException {
        if (blockLength == 1) {
            check();
        } else {
            check(start);
            check(earlier);
        }
    }

    private void check(final Mark mark) throws IOException {
        final long found = read(mark.offset);
        if (found != mark.bytes) {
            throw new JournalException(String.format(
                    "%s: was cut short by another process and is longer again, or was written over: expected 0x%016x"
                            + " at offset %d, found 0x%016x; find out what did it, and take a copy or run evtl salvage",
                    file.path(), mark.bytes, mark.offset, found));
        }
    }

    private long read(final long offset) throws IOException {
        readBytes.putLong(0, 0);
        FileCalls.read(file.channel(), read.clear(), offset);
        return readBytes.getLong(0);
    }
}
