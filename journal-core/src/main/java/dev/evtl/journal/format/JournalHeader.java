package dev.evtl.journal.format;

import static dev.evtl.journal.exceptions.CorruptJournalException.Kind.DAMAGED_HEADER;
import static dev.evtl.journal.exceptions.CorruptJournalException.Kind.NOT_A_JOURNAL;

import dev.evtl.journal.exceptions.CorruptJournalException;
import java.nio.file.Path;
import org.agrona.concurrent.AtomicBuffer;

/**
 * A file's header as it was at one moment. The fields that never change were checked.
 *
 * @param createdAt     nanoseconds since the Unix epoch
 * @param eventCount    number of events before the write offset
 * @param writeOffset   offset at which the next event goes
 * @param flags         0 or {@link FileHeader#FLAG_CHECKSUMS}
 * @param checksum      of the header
 * @param baseSequence  sequence number of the first event
 * @param durableOffset offset before which everything was forced to the device
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
     * Decodes a header and checks the fields that never change.
     *
     * @param file   for messages
     * @param buffer that holds the header, or a part of it
     * @param bytes  number of bytes in the buffer
     * @param length of the file in bytes
     * @return the header
     * @throws CorruptJournalException if the file is no journal or of a version that this library does not read, or if
     *     the header is damaged
     */
    public static JournalHeader of(final Path file, final AtomicBuffer buffer, final int bytes, final long length) {
        if (bytes < FileHeader.LENGTH || length < FileHeader.LENGTH) {
            throw new CorruptJournalException(
                    NOT_A_JOURNAL,
                    file,
                    0,
                    -1,
                    "too short to be a journal: expected at least " + FileHeader.LENGTH + " bytes, found "
                            + Math.min(length, bytes));
        }
        expect(file, FileHeader.MAGIC_OFFSET, "not a journal: magic", FileHeader.MAGIC, FileHeader.magic(buffer));
        expect(
                file,
                FileHeader.VERSION_OFFSET,
                "a version this does not read",
                FileHeader.VERSION,
                FileHeader.version(buffer));
        final int flags = FileHeader.flags(buffer);
        expect(file, FileHeader.FLAGS_OFFSET, "an unknown flag", flags & FileHeader.FLAG_CHECKSUMS, flags);
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

    /**
     * Describes a mismatch of two numbers for a message.
     *
     * @param what     name of the number
     * @param expected number
     * @param actual   number
     * @return one line
     */
    public static String expected(final String what, final int expected, final int actual) {
        return String.format("%s: expected 0x%08x, found 0x%08x", what, expected, actual);
    }

    /**
     * Returns whether every event of the file carries a checksum.
     *
     * @return true with checksums
     */
    public boolean hasChecksums() {
        return (flags & FileHeader.FLAG_CHECKSUMS) != 0;
    }

    /**
     * Returns whether everything that was forced to the device ends at an offset or before it. The file says how much
     * was forced as an unsigned number.
     *
     * @param end offset in bytes
     * @return false if more was forced
     */
    public boolean coversDurable(final long end) {
        return Long.compareUnsigned(end, durableOffset) >= 0;
    }

    /**
     * Returns what identifies the file.
     *
     * @return its identity
     */
    public FileIdentity identity() {
        return new FileIdentity(createdAt, checksum);
    }

    /**
     * Creates an exception that says that the write offset cannot be a journal's.
     *
     * @param file for the message
     * @return the exception, to be thrown
     */
    public CorruptJournalException damagedWriteOffset(final Path file) {
        return new CorruptJournalException(
                DAMAGED_HEADER,
                file,
                FileHeader.WRITE_OFFSET_OFFSET,
                -1,
                "header damaged: write_offset: expected "
                        + (closed ? "the file's length, " : FileHeader.LENGTH + " to the file's length, ") + length
                        + ", found " + writeOffset);
    }
}
