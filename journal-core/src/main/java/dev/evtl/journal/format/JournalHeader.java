package dev.evtl.journal.format;

import static dev.evtl.journal.exceptions.CorruptJournalException.Kind.DAMAGED_HEADER;
import static dev.evtl.journal.exceptions.CorruptJournalException.Kind.NOT_A_JOURNAL;

import dev.evtl.journal.exceptions.CorruptJournalException;
import java.nio.file.Path;
import org.agrona.concurrent.AtomicBuffer;

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
     * Takes a header apart and checks what never changes.
     *
     * @param file   for messages
     * @param buffer that holds the header, or what there is of it
     * @param bytes  that there are
     * @param length of the file in bytes
     * @return the header
     * @throws CorruptJournalException if this is no journal, one that this version does not read, or a damaged header
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

    /**
     * A mismatch of two numbers, as messages have it.
     *
     * @param what     they are
     * @param expected number
     * @param actual   number
     * @return one line
     */
    public static String expected(final String what, final int expected, final int actual) {
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

    /**
     * What tells the file from every other.
     *
     * @return its identity
     */
    public FileIdentity identity() {
        return new FileIdentity(createdAt, checksum);
    }

    /**
     * A write offset that no journal can have, said as such.
     *
     * @param file for the message
     * @return the exception, to be thrown
     */
    public CorruptJournalException damagedWriteOffset(final Path file) {
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
