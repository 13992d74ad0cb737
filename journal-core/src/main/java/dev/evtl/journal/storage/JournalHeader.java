package dev.evtl.journal.storage;

import static dev.evtl.journal.storage.CorruptJournalException.Kind.DAMAGED_HEADER;
import static dev.evtl.journal.storage.CorruptJournalException.Kind.NOT_A_JOURNAL;

import dev.evtl.journal.format.FileHeader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A file's header as it was at one moment, with the fields that never change checked.
 *
 * @param createdAt     nanoseconds since the Unix epoch
 * @param eventCount    events before the write offset
 * @param writeOffset   where the next event goes
 * @param flags         0 or {@link FileHeader#FLAG_CHECKSUMS}
 * @param checksum      of the header
 * @param baseSequence  sequence number of the first event
 * @param durableOffset everything before it was forced to the device
 * @param closed        whether the file was closed cleanly
 * @param length        of the file in bytes
 */
public record JournalHeader(
        long createdAt,
        long eventCount,
        long writeOffset,
        int flags,
        int checksum,
        long baseSequence,
        long durableOffset,
        boolean closed,
        long length) {

    /**
     * Reads and checks the header.
     *
     * @param file    for messages
     * @param channel open for reading
     * @return the header
     * @throws CorruptJournalException if this is no journal, one that this version does not read, or a damaged header
     * @throws IOException             if reading fails
     */
    public static JournalHeader read(final Path file, final FileChannel channel) throws IOException {
        final ByteBuffer bytes = ByteBuffer.allocateDirect(FileHeader.LENGTH);
        JournalFiles.read(channel, bytes, 0);
        final long length = channel.size();
        if (bytes.hasRemaining() || length < FileHeader.LENGTH) {
            throw new CorruptJournalException(
                    NOT_A_JOURNAL,
                    file,
                    0,
                    -1,
                    "too short to be a journal: expected at least " + FileHeader.LENGTH + " bytes, found "
                            + Math.min(length, bytes.position()));
        }
        final UnsafeBuffer buffer = new UnsafeBuffer(bytes);
        if (FileHeader.state(buffer) == FileHeader.STATE_CLOSED) {
            JournalFiles.read(channel, bytes.clear(), 0); // a writer may have closed it while its fields were read
        }
        expect(file, 0, "not a journal: magic", FileHeader.MAGIC, FileHeader.magic(buffer));
        expect(file, 4, "a version this does not read", FileHeader.VERSION, FileHeader.version(buffer));
        final int flags = FileHeader.flags(buffer);
        expect(file, 32, "an unknown flag", flags & FileHeader.FLAG_CHECKSUMS, flags);
        final int checksum = FileHeader.computeChecksum(buffer);
        if (checksum != FileHeader.checksum(buffer)) {
            throw new CorruptJournalException(
                    DAMAGED_HEADER,
                    file,
                    0,
                    -1,
                    "header damaged: " + expected("checksum", checksum, FileHeader.checksum(buffer)));
        }
        return new JournalHeader(
                FileHeader.createdAt(buffer),
                FileHeader.eventCount(buffer),
                FileHeader.writeOffset(buffer),
                flags,
                checksum,
                FileHeader.baseSequence(buffer),
                FileHeader.durableOffset(buffer),
                FileHeader.state(buffer) == FileHeader.STATE_CLOSED,
                length);
    }

    private static void expect(
            final Path file, final int offset, final String what, final int expected, final int actual) {
        if (expected != actual) {
            throw new CorruptJournalException(NOT_A_JOURNAL, file, offset, -1, expected(what, expected, actual));
        }
    }

    static String expected(final String what, final int expected, final int actual) {
        return String.format("%s: expected 0x%08x, found 0x%08x", what, expected, actual);
    }

    /**
     * Whether every event of the file carries a checksum.
     *
     * @return true with checksums
     */
    public boolean hasChecksums() {
        return (flags & FileHeader.FLAG_CHECKSUMS) != 0;
    }

    /** A write offset that no journal can have, said as such. */
    CorruptJournalException damagedWriteOffset(final Path file) {
        return new CorruptJournalException(
                DAMAGED_HEADER,
                file,
                24,
                -1,
                "header damaged: write_offset: expected "
                        + (closed ? "the file's length, " : FileHeader.LENGTH + " to the file's length, ") + length
                        + ", found " + writeOffset);
    }
}
