package dev.evtl.journal;

import dev.evtl.journal.exceptions.CorruptJournalException;
import dev.evtl.journal.exceptions.JournalException;
import dev.evtl.journal.file.EventVerifier;
import dev.evtl.journal.file.JournalFile;
import dev.evtl.journal.format.EventHeader;
import dev.evtl.journal.format.FileHeader;
import dev.evtl.journal.format.JournalHeader;
import dev.evtl.journal.io.FileCalls;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.function.LongConsumer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The copy of one file of a journal, which gets what it does not have yet. It has the same header but for what changes while
 * a file is written, so that checksums hold in both. Step by step events are verified, written, forced, read back and only
 * then counted in its header; who goes on after an interruption begins there. For the thread that makes the backup.
 */
final class BackupFile implements AutoCloseable {
    private static final int STAGE_LENGTH = 1 << 20;
    private static final int STEP_LENGTH = 64 << 20;
    /** So much before where it goes on is compared. */
    private static final int COMPARED_LENGTH = 1 << 20;

    private final Path source;
    private final FileChannel from;
    private final JournalHeader header;
    private final Path path;
    private final JournalFile copy;
    private final byte[] bytes = new byte[STAGE_LENGTH];
    private final UnsafeBuffer stage = new UnsafeBuffer(bytes);
    private int staged;
    private long written;
    private long events;
    /** Where the last whole claim ends that was read back, and how many events lie before it. */
    private long confirmed;

    private long confirmedEvents;

    /**
     * Opens a copy that is there.
     *
     * @param source path of the journal's file, for messages
     * @param from   the same, open for reading
     * @param header of the journal's file
     * @param path   real path of the copy, whose header names the same file
     */
    BackupFile(final Path source, final FileChannel from, final JournalHeader header, final Path path)
            throws IOException {
        this.source = source;
        this.from = from;
        this.header = header;
        this.path = path;
        this.copy = JournalFile.open(path);
        boolean ready = false;
        try {
            final JournalHeader found = JournalFile.readHeader(path, copy.channel());
            if (found.writeOffset() < FileHeader.LENGTH || found.writeOffset() > found.length()) {
                throw found.damagedWriteOffset(path);
            }
            confirmed = found.writeOffset();
            confirmedEvents = found.eventCount();
            ready = true;
        } finally {
            if (!ready) {
                copy.close();
            }
        }
    }

    /** Number of events of the copy. */
    long events() {
        return confirmedEvents;
    }

    /** Where they end. */
    long end() {
        return confirmed;
    }

    /**
     * Makes sure that the copy's last events are the journal's.
     *
     * @param end where the journal's events end
     * @throws JournalException if the journal does not have them any more
     */
    void requireSame(final long end) {
        final int length = (int) Math.min(COMPARED_LENGTH, confirmed - FileHeader.LENGTH);
        final byte[] there = new byte[length];
        final byte[] here = new byte[length];
        final boolean same = confirmed <= end
                && FileCalls.read(from, confirmed - length, there, length) == length
                && FileCalls.read(copy.channel(), confirmed - length, here, length) == length
                && Arrays.equals(there, here);
        if (!same) {
            throw new JournalException(
                    path + ": holds other events up to offset " + confirmed + " than " + source
                            + ", which has lost some or was put back since, or the copy was written to; back up to another place");
        }
    }

    /**
     * Copies events up to where the journal's end, and closes the copy.
     *
     * @param progress is told now and then which offset is reached
     * @throws CorruptJournalException if an event does not verify; what lies before its claim is in the copy, which is
     *     closed
     */
    void copyUpTo(final long end, final LongConsumer progress) throws IOException {
        copy.markOpen(confirmedEvents, confirmed);
        written = confirmed;
        events = confirmedEvents;
        final EventVerifier verifier =
                new EventVerifier(header, (offset, target, length) -> FileCalls.read(from, offset, target, length));
        long offset = confirmed;
        long wholeEnd = offset;
        long wholeEvents = events;
        int length = 0;
        while (offset < end && (length = verifier.next(offset, end)) > 0) {
            stage(verifier, length);
            offset += length;
            events++;
            if (!EventHeader.hasMore(verifier.word())) {
                wholeEnd = offset;
                wholeEvents = events;
                if (offset - confirmed >= STEP_LENGTH) {
                    confirm(wholeEnd, wholeEvents);
                    copy.markOpen(confirmedEvents, confirmed);
                    progress.accept(offset);
                }
            }
        }
        confirm(wholeEnd, wholeEvents);
        copy.markClosed(confirmedEvents, confirmed);
        FileCalls.forceDirectory(path);
        progress.accept(confirmed);
        if (confirmed < end) {
            final boolean cut = offset == end;
            throw new CorruptJournalException(
                    CorruptJournalException.Kind.CORRUPT_EVENT,
                    source,
                    cut ? confirmed : offset,
                    header.baseSequence() + (cut ? confirmedEvents : events),
                    "corrupt event: "
                            + (cut
                                    ? "expected the rest of the claim that begins at " + confirmed + ", found the end"
                                    : verifier.problem()));
        }
    }

    private void stage(final EventVerifier verifier, final int length) throws IOException {
        if (staged + length > STAGE_LENGTH) {
            flush();
        }
        stage.putBytes(staged, verifier.buffer(), verifier.index(), length);
        // the verifier's copy has none, as it is computed without
        stage.putInt(staged + EventHeader.CHECKSUM_OFFSET, EventHeader.checksum(verifier.word()));
        staged += length;
    }

    private void flush() throws IOException {
        FileCalls.write(copy.channel(), ByteBuffer.wrap(bytes, 0, staged), written);
        written += staged;
        staged = 0;
    }

    /** Forces what was written and reads it back. */
    private void confirm(final long end, final long count) throws IOException {
        flush();
        copy.sync();
        final EventVerifier verifier = new EventVerifier(
                header, (offset, target, length) -> FileCalls.read(copy.channel(), offset, target, length));
        long offset = confirmed;
        int length;
        while (offset < end && (length = verifier.next(offset, end)) > 0) {
            offset += length;
        }
        if (offset < end) {
            throw new JournalException(
                    path + ": does not hold at offset " + offset + " what was written: " + verifier.problem());
        }
        confirmed = end;
        confirmedEvents = count;
    }

    /** Closes the file as it is. */
    @Override
    public void close() throws IOException {
        copy.close();
    }
}
