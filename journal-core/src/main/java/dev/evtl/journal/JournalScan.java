package dev.evtl.journal;

import static java.nio.file.StandardOpenOption.READ;

import dev.evtl.journal.exceptions.CorruptJournalException;
import dev.evtl.journal.exceptions.JournalException;
import dev.evtl.journal.file.EventVerifier;
import dev.evtl.journal.file.IndexBuilder;
import dev.evtl.journal.file.JournalFile;
import dev.evtl.journal.file.WriterLock;
import dev.evtl.journal.file.WriterLock.Writer;
import dev.evtl.journal.format.EventHeader;
import dev.evtl.journal.format.FileHeader;
import dev.evtl.journal.format.GapEvent;
import dev.evtl.journal.format.IndexEntry;
import dev.evtl.journal.format.JournalHeader;
import dev.evtl.journal.io.FileCalls;
import dev.evtl.journal.io.JournalPaths;
import dev.evtl.journal.io.Uninterruptible;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.Objects;
import java.util.function.LongConsumer;

/**
 * What a walk over a whole file found. The walk only reads the file, on the calling thread.
 *
 * @param header    of the file
 * @param condition the condition of the file
 * @param validEnd  offset at which the valid events end
 * @param events    number of valid events, the journal's own included
 * @param dropped   number of events that gap events among them say were dropped, unsigned; 2^64-1 if it is larger
 * @param tailEnd   end of the last byte after {@code validEnd} that is not zero; {@code validEnd} if there is none
 * @param offset    offset at which the walk met what it could not verify; for a lost or torn tail, where that begins
 * @param sequence  sequence number of the event that should be there
 * @param reason    one line
 */
public record JournalScan(
        JournalHeader header,
        Condition condition,
        long validEnd,
        long events,
        long dropped,
        long tailEnd,
        long offset,
        long sequence,
        String reason) {

    /** The condition of a file. */
    public enum Condition {
        /** The file is closed, and every event verified. */
        CLEAN,
        /** The file is not closed: a writer has it open, or died without tearing anything. */
        UNCLOSED,
        /** The file was being written when the process or the machine died. */
        TORN,
        /** Events were published but not forced, and were lost in a crash of the machine. */
        LOST,
        /** Data that was on the device is damaged or gone. */
        CORRUPT
    }

    /**
     * Walks a file from its first event. Takes time linear in the file's length and memory that does not depend on it.
     *
     * @param file to walk; if a writer has it open, the walk ends at the write offset
     * @return what was found
     * @throws CorruptJournalException if the file is no journal or its header is damaged
     * @throws JournalException        if it cannot be read
     */
    public static JournalScan of(final Path file) {
        return of(file, offset -> {});
    }

    /**
     * Walks a file from its first event, as {@link #of(Path)} does.
     *
     * @param file     to walk
     * @param progress is told now and then which offset the walk has reached
     * @return what was found
     * @throws CorruptJournalException if the file is no journal or its header is damaged
     * @throws JournalException        if it cannot be read
     */
    public static JournalScan of(final Path file, final LongConsumer progress) {
        Objects.requireNonNull(file, "file");
        Objects.requireNonNull(progress, "progress");
        final Path real = JournalPaths.readable(file);
        try (FileChannel channel = Uninterruptible.open(real, READ)) {
            while (true) {
                // asked before the header is read, so that a writer that closes meanwhile is seen as closed
                final Writer writer = WriterLock.writerOf(real);
                final String live = writer == Writer.UNKNOWN ? WriterLock.unknown(real) : "a writer has it open";
                final JournalScan scan = of(file, channel, writer == Writer.NONE ? null : live, progress);
                // asked again: what was seen without a writer could be the work half done of one that came
                if (writer != Writer.NONE
                        || scan.condition == Condition.CLEAN
                        || WriterLock.writerOf(real) == Writer.NONE
                                && scan.header.equals(JournalFile.readHeader(file, channel))) {
                    return scan;
                }
            }
        } catch (final IOException | UncheckedIOException e) {
            throw new JournalException(file + ": could not read: " + e.getMessage(), e);
        }
    }

    /** Walks an open file that no writer has open. */
    static JournalScan of(final Path file, final FileChannel channel, final LongConsumer progress) throws IOException {
        return of(file, channel, null, progress);
    }

    /** Walks an open file. It is live if a reason is given why a writer is taken to have it open. */
    private static JournalScan of(
            final Path file, final FileChannel channel, final String live, final LongConsumer progress)
            throws IOException {
        final JournalHeader header = JournalFile.readHeader(file, channel);
        return of(file, header, live, channel, null, (offset, target, length) -> {
            progress.accept(offset);
            return FileCalls.read(channel, offset, target, length);
        });
    }

    /**
     * Walks a file that the caller has open for writing, and writes again what lies past durable_offset, just as it is
     * verified. After a force that failed, the system takes bytes for written that the device never got: only what is
     * written again does the next force bring there.
     *
     * @param index where the walk begins, at durable_offset at the latest, and what it is told to
     */
    static JournalScan ofWritten(
            final Path path,
            final JournalFile file,
            final JournalHeader header,
            final IndexBuilder index,
            final LongConsumer progress)
            throws IOException {
        final FileChannel channel = file.channel();
        return of(path, header, null, channel, index, (offset, target, length) -> {
            progress.accept(offset);
            final int read = FileCalls.read(channel, offset, target, length);
            writeAgain(channel, header, offset, target, read);
            return read;
        });
    }

    private static void writeAgain(
            final FileChannel channel,
            final JournalHeader header,
            final long offset,
            final byte[] bytes,
            final int length) {
        final long from = Math.max(offset, header.durableOffset());
        if (from < offset + length && !header.closed() && header.coversDurable(offset + length)) {
            try {
                FileCalls.write(
                        channel, ByteBuffer.wrap(bytes, (int) (from - offset), (int) (offset + length - from)), from);
            } catch (final IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** Walks from where an index begins, and tells it the events; without one, from the file's first event. */
    private static JournalScan of(
            final Path file,
            final JournalHeader header,
            final String live,
            final FileChannel channel,
            final IndexBuilder index,
            final EventVerifier.Source source)
            throws IOException {
        final boolean liveWriter = live != null;
        final long writeOffset = header.writeOffset();
        if (writeOffset < FileHeader.LENGTH || header.closed() && writeOffset != header.length()) {
            throw header.damagedWriteOffset(file);
        }
        final boolean toWriteOffset = header.closed() || liveWriter || !header.hasChecksums();
        final long limit = toWriteOffset ? Math.min(writeOffset, header.length()) : header.length();
        final EventVerifier block = new EventVerifier(header, source);

        final IndexEntry start = index == null ? IndexEntry.start(header) : index.start();
        long offset = start.offset();
        long validEnd = offset;
        long walked = start.sequence() - header.baseSequence();
        long events = walked;
        long walkedDropped = start.dropped();
        long dropped = walkedDropped;
        int eventLength = 0;
        while (offset < limit && (eventLength = block.next(offset, limit)) > 0) {
            if (index != null) {
                final boolean first = offset == validEnd;
                index.event(first, header.baseSequence() + walked, offset, block.buffer(), block.index(), block.word());
            }
            offset += eventLength;
            walked++;
            walkedDropped = GapEvent.total(walkedDropped, droppedIn(block));
            if (!EventHeader.hasMore(block.word())) {
                validEnd = offset;
                events = walked;
                dropped = walkedDropped;
            }
        }
        if (index != null && offset > validEnd) {
            index.claimIsCut();
        }
        final boolean complete = validEnd == limit;
        final boolean openOnly = !header.closed() && !liveWriter;
        final long tailEnd = openOnly ? endOfData(channel, validEnd, header.length()) : validEnd;
        final String problem;
        if (offset < limit) {
            problem = block.problem();
        } else if (complete) {
            problem = "expected events up to durable_offset " + Long.toUnsignedString(header.durableOffset())
                    + ", they end at " + validEnd;
        } else {
            problem = "expected the rest of the claim that begins at " + validEnd + ", found the end";
        }
        final Condition condition;
        final String reason;
        if (!header.coversDurable(validEnd) || !openOnly && !complete) {
            condition = Condition.CORRUPT;
            reason = "corrupt event: " + problem;
        } else if (header.closed()) {
            condition = Condition.CLEAN;
            reason = header.hasChecksums() ? verified(start) : "no checksums: nothing could be verified";
        } else if (liveWriter) {
            condition = Condition.UNCLOSED;
            reason = live;
        } else if (writeOffset > validEnd) {
            condition = Condition.LOST;
            reason = "unsynced data lost: published up to " + writeOffset + ", not forced: " + problem;
        } else if (tailEnd > validEnd) {
            condition = Condition.TORN;
            reason = "torn tail: " + (tailEnd - validEnd) + " bytes after the last event: " + problem;
        } else {
            condition = Condition.UNCLOSED;
            reason = "not closed, nothing torn, " + (events - header.eventCount()) + " events past write_offset";
        }
        final boolean atDamage = condition == Condition.CORRUPT && offset < limit;
        return new JournalScan(
                header,
                condition,
                validEnd,
                events,
                dropped,
                tailEnd,
                atDamage ? offset : validEnd,
                header.baseSequence() + (atDamage ? walked : events),
                reason);
    }

    private static String verified(final IndexEntry start) {
        return start.offset() == FileHeader.LENGTH
                ? "every event verified"
                : "every event from offset " + start.offset() + " on verified";
    }

    private static long droppedIn(final EventVerifier block) {
        return GapEvent.isGap(block.word()) ? GapEvent.dropped(block.buffer(), block.index() + EventHeader.LENGTH) : 0;
    }

    /**
     * Returns this if a file can be opened for append.
     *
     * @param file for the message
     * @throws CorruptJournalException if it is corrupt
     */
    JournalScan requireIntact(final Path file) {
        if (condition == Condition.CORRUPT) {
            throw new CorruptJournalException(
                    CorruptJournalException.Kind.CORRUPT_EVENT, file, offset, sequence, reason);
        }
        return this;
    }

    /** Returns the end of the last byte in a stretch that is not zero, or its start if there is none. */
    static long endOfData(final FileChannel channel, final long from, final long to) throws IOException {
        final byte[] bytes = new byte[1 << 16];
        long end = from;
        int length;
        for (long offset = from; offset < to; offset += length) {
            length = FileCalls.read(channel, offset, bytes, (int) Math.min(bytes.length, to - offset));
            if (length == 0) {
                break;
            }
            for (int i = 0; i < length; i++) {
                if (bytes[i] != 0) {
                    end = offset + i + 1;
                }
            }
        }
        return end;
    }
}
