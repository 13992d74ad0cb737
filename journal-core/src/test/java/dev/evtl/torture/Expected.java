package dev.evtl.torture;

import static dev.evtl.journal.exceptions.CorruptJournalException.Kind.CORRUPT_EVENT;
import static dev.evtl.journal.exceptions.CorruptJournalException.Kind.DAMAGED_HEADER;
import static dev.evtl.journal.exceptions.CorruptJournalException.Kind.NOT_A_JOURNAL;
import static dev.evtl.journal.exceptions.CorruptJournalException.Kind.UNSYNCED_DATA_LOST;
import static dev.evtl.torture.ReferenceJournal.CLOSED;
import static dev.evtl.torture.ReferenceJournal.HEADER;
import static java.nio.ByteOrder.LITTLE_ENDIAN;

import dev.evtl.journal.JournalScan.Condition;
import dev.evtl.journal.exceptions.CorruptJournalException.Kind;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * What FORMAT.md wants of a reader and of a recovery that meet a file which something happened to. It does not verify
 * anything: it compares the file with the journal that it was made from, and so knows which events are still what they
 * were. It is wrong where damage yields a valid checksum by chance, once in 2^32 damaged events.
 *
 * @param journal   that the file is by its header; null if it is none that is known
 * @param reading   error at which a reader stops; null if it comes to write_offset
 * @param delivered events that a reader delivers before that, those of whole claims
 * @param refusal   error with which opening for append refuses the file; null if it does not
 * @param condition that a recovery finds; null if it refuses the file
 * @param kept      events that it keeps
 */
public record Expected(
        ReferenceJournal journal, Error reading, int delivered, Error refusal, Condition condition, int kept) {

    /** What a {@link dev.evtl.journal.exceptions.CorruptJournalException} is to say. */
    public record Error(Kind kind, long offset, long sequence) {}

    /** Of a file with the header of one of these journals, or a damaged one. */
    public static Expected of(final byte[] file, final int length, final ReferenceJournal... candidates) {
        for (final ReferenceJournal candidate : candidates) {
            if (hasHeaderOf(candidate, file, length)) {
                return of(file, length, candidate, candidate.eventsBefore(firstDifference(file, length, candidate)));
            }
        }
        return damagedHeader(file, length);
    }

    /** Of a file whose events up to the first that does not verify are those of a journal. */
    public static Expected ofVerified(final byte[] file, final int length, final ReferenceJournal journal) {
        return hasHeaderOf(journal, file, length)
                ? of(file, length, journal, journal.events())
                : damagedHeader(file, length);
    }

    private static boolean hasHeaderOf(final ReferenceJournal journal, final byte[] file, final int length) {
        final byte[] header = journal.bytes();
        return length >= HEADER
                && Arrays.equals(file, 0, 16, header, 0, 16)
                && Arrays.equals(file, 32, 48, header, 32, 48);
    }

    private static Expected damagedHeader(final byte[] file, final int length) {
        if (length < HEADER) {
            return unreadable(new Error(NOT_A_JOURNAL, 0, -1));
        }
        final ByteBuffer fields = ByteBuffer.wrap(file).order(LITTLE_ENDIAN);
        if (fields.getInt(0) != 0x4C545645) {
            return unreadable(new Error(NOT_A_JOURNAL, 0, -1));
        }
        if (fields.getInt(4) != 1) {
            return unreadable(new Error(NOT_A_JOURNAL, 4, -1));
        }
        if ((fields.getInt(32) & ~1) != 0) {
            return unreadable(new Error(NOT_A_JOURNAL, 32, -1));
        }
        return unreadable(new Error(DAMAGED_HEADER, 0, -1));
    }

    private static Expected unreadable(final Error error) {
        return new Expected(null, error, 0, error, null, 0);
    }

    private static Expected of(final byte[] bytes, final int length, final ReferenceJournal journal, final int intact) {
        final ByteBuffer file = ByteBuffer.wrap(bytes).order(LITTLE_ENDIAN);
        final long writeOffset = file.getLong(24);
        final long durableOffset = file.getLong(48);
        final boolean closed = file.getInt(56) == CLOSED;
        final boolean wrongLength = closed && writeOffset != length;
        final Error damagedWriteOffset = new Error(DAMAGED_HEADER, 24, -1);

        Error reading = null;
        int delivered = 0;
        if (writeOffset < HEADER || writeOffset > length || wrongLength) {
            reading = damagedWriteOffset;
        } else {
            final int read = Math.min(intact, journal.eventsBefore(writeOffset));
            delivered = journal.wholeClaims(read);
            final int end = journal.end(delivered);
            if (end < writeOffset) {
                final int at = journal.end(read) < writeOffset ? read : delivered;
                final boolean lost = !closed && Long.compareUnsigned(end, durableOffset) >= 0;
                reading = new Error(
                        lost ? UNSYNCED_DATA_LOST : CORRUPT_EVENT, journal.end(at), journal.baseSequence() + at);
            }
        }
        if (writeOffset < HEADER || wrongLength) {
            return new Expected(journal, reading, delivered, damagedWriteOffset, null, 0);
        }

        final long limit = closed || !journal.hasChecksums() ? Math.min(writeOffset, length) : length;
        final int walked = Math.min(intact, journal.eventsBefore(limit));
        final int kept = journal.wholeClaims(walked);
        final int validEnd = journal.end(kept);
        if (Long.compareUnsigned(validEnd, durableOffset) < 0 || closed && validEnd != limit) {
            final int at = journal.end(walked) < limit ? walked : kept;
            final Error refusal = new Error(CORRUPT_EVENT, journal.end(at), journal.baseSequence() + at);
            return new Expected(journal, reading, delivered, refusal, null, 0);
        }
        final Condition condition;
        if (closed) {
            condition = Condition.CLEAN;
        } else if (writeOffset > validEnd) {
            condition = Condition.LOST;
        } else {
            condition = isZero(bytes, validEnd, length) ? Condition.UNCLOSED : Condition.TORN;
        }
        return new Expected(journal, reading, delivered, null, condition, kept);
    }

    private static int firstDifference(final byte[] file, final int length, final ReferenceJournal journal) {
        final int end = Math.min(length, journal.end());
        final int difference = Arrays.mismatch(file, HEADER, end, journal.bytes(), HEADER, end);
        return difference < 0 ? end : HEADER + difference;
    }

    static boolean isZero(final byte[] bytes, final int from, final int to) {
        for (int i = from; i < to; i++) {
            if (bytes[i] != 0) {
                return false;
            }
        }
        return true;
    }
}
