package dev.evtl.journal.recovery;

import dev.evtl.journal.exceptions.CorruptJournalException;
import dev.evtl.journal.file.JournalFile;
import dev.evtl.journal.format.FileHeader;
import dev.evtl.journal.format.JournalHeader;
import dev.evtl.journal.io.FileCalls;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * What can be saved of a header that may be damaged, for the thread that salvages the journal. The events after the
 * header help: each is tied to the header's checksum and so tells what that was.
 *
 * @param header        header to read the events with; its live fields are as they were found and may hold anything
 * @param sequenceKnown whether the base sequence of {@code header} is the file's; if not, it is 0
 * @param remarks       what was damaged, one line each
 */
public record DamagedHeader(JournalHeader header, boolean sequenceKnown, List<String> remarks) {
    /**
     * Reads a header.
     *
     * @throws CorruptJournalException if it is damaged and no event tells how to read the file
     */
    public static DamagedHeader read(final Path file, final FileChannel channel, final EventFinder finder)
            throws IOException {
        final ByteBuffer bytes = ByteBuffer.allocateDirect(FileHeader.LENGTH);
        FileCalls.read(channel, bytes, 0);
        final UnsafeBuffer buffer = new UnsafeBuffer(bytes);
        final int stored = FileHeader.checksum(buffer);
        final int computed = FileHeader.computeChecksum(buffer);
        if (bytes.hasRemaining() || stored == computed) {
            return new DamagedHeader(JournalFile.readHeader(file, channel), true, List.of());
        }
        final long length = channel.size();
        final long found = finder.findHeaderChecksum(FileHeader.LENGTH, length, stored, computed);
        final boolean unchecked = found == EventFinder.NOWHERE;
        if (unchecked
                && !hasOnlyItsChecksumDamaged(buffer)
                && repair(buffer, 0, stored).isEmpty()) {
            JournalFile.readHeader(file, channel); // throws the exception that says what is wrong
        }
        final int flags = unchecked ? 0 : FileHeader.FLAG_CHECKSUMS;
        final int checksum = unchecked ? stored : (int) found;
        final List<String> remarks = new ArrayList<>();
        remarks.add("header damaged: " + JournalHeader.expected("checksum", computed, stored)
                + (unchecked
                        ? "; no event verifies, so it is read as a file without checksums"
                        : String.format("; the events are tied to 0x%08x", checksum)));
        final OptionalLong base = checksum == computed
                ? OptionalLong.of(FileHeader.baseSequence(buffer))
                : repair(buffer, flags, checksum);
        remarks.add(
                base.isPresent()
                        ? "base_sequence " + base.getAsLong() + " holds: with it that is the header's checksum"
                        : "base_sequence could not be saved: the damaged header says " + FileHeader.baseSequence(buffer)
                                + ", the new journal begins with 0");
        return new DamagedHeader(
                new JournalHeader(
                        FileHeader.createdAt(buffer),
                        FileHeader.eventCount(buffer),
                        FileHeader.writeOffset(buffer),
                        flags,
                        checksum,
                        base.orElse(0),
                        FileHeader.durableOffset(buffer),
                        FileHeader.state(buffer) == FileHeader.STATE_CLOSED,
                        length),
                base.isPresent(),
                remarks);
    }

    private static boolean hasOnlyItsChecksumDamaged(final UnsafeBuffer buffer) {
        return FileHeader.magic(buffer) == FileHeader.MAGIC
                && FileHeader.version(buffer) == FileHeader.VERSION
                && FileHeader.flags(buffer) == 0;
    }

    /**
     * Returns the base sequence of the header with the given checksum, if only a little of the header is wrong: fields
     * that are the same in every file, one bit of another field, or a base sequence that was 0.
     */
    private static OptionalLong repair(final UnsafeBuffer buffer, final int flags, final int checksum) {
        final long createdAt = FileHeader.createdAt(buffer);
        final long baseSequence = FileHeader.baseSequence(buffer);
        final List<long[]> tries = new ArrayList<>();
        tries.add(new long[] {createdAt, baseSequence});
        tries.add(new long[] {createdAt, 0});
        for (int bit = 0; bit < Long.SIZE; bit++) {
            tries.add(new long[] {createdAt ^ 1L << bit, baseSequence});
            tries.add(new long[] {createdAt, baseSequence ^ 1L << bit});
        }
        final UnsafeBuffer whole = new UnsafeBuffer(new byte[FileHeader.LENGTH]);
        for (final long[] fields : tries) {
            FileHeader.encode(whole, fields[0], flags, fields[1]);
            if (FileHeader.checksum(whole) == checksum) {
                return OptionalLong.of(fields[1]);
            }
        }
        return OptionalLong.empty();
    }
}
