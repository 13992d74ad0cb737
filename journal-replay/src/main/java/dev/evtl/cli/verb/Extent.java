package dev.evtl.cli.verb;

import dev.evtl.journal.exceptions.CorruptJournalException;
import dev.evtl.journal.exceptions.JournalNotFoundException;
import dev.evtl.journal.file.JournalDirectory;
import dev.evtl.journal.file.JournalView;
import dev.evtl.journal.format.EventHeader;
import dev.evtl.journal.format.FileHeader;
import dev.evtl.journal.format.JournalHeader;
import dev.evtl.replay.JournalReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;

/** The files of a journal at one moment, and where it ended: what is written later is not of it. */
public final class Extent {
    private final Path journal;
    private final long[] files;
    private final JournalHeader oldest;
    private final JournalHeader newest;
    private final long endOffset;

    private Extent(
            final Path journal,
            final long[] files,
            final JournalHeader oldest,
            final JournalHeader newest,
            final long endOffset) {
        this.journal = journal;
        this.files = files;
        this.oldest = oldest;
        this.newest = newest;
        this.endOffset = endOffset;
    }

    /**
     * Looks at the journal now.
     *
     * @param oldest header of its first file
     */
    static Extent of(final Path journal, final JournalHeader oldest) {
        final long[] files = Files.isDirectory(journal) ? JournalDirectory.baseSequences(journal) : new long[0];
        final int last = files.length - 1;
        for (int i = last; i >= 0 && files[i] != oldest.baseSequence(); i--) {
            try (JournalView view = JournalDirectory.open(journal, files[i])) {
                final long end = i == last ? view.header().writeOffset() : Long.MAX_VALUE;
                return new Extent(journal, files, oldest, view.header(), end);
            } catch (final CorruptJournalException e) {
                // who reads up to it gets the exception then
            }
        }
        return last < 0 || files[last] == oldest.baseSequence()
                ? new Extent(journal, new long[] {oldest.baseSequence()}, oldest, oldest, oldest.writeOffset())
                : new Extent(journal, files, oldest, oldest, Long.MAX_VALUE);
    }

    /** Number of files. */
    public int files() {
        return files.length;
    }

    /** Header of the oldest file. */
    public JournalHeader oldest() {
        return oldest;
    }

    /** Header of the newest file of which it can be read. */
    public JournalHeader newest() {
        return newest;
    }

    /** Number of the first event that is there. */
    public long firstSequence() {
        return oldest.baseSequence();
    }

    /** Number of the next event to come, as the newest header says. */
    public long nextSequence() {
        return newest.baseSequence() + newest.eventCount();
    }

    /** Refuses to go past the start of the next file in the one before it. */
    void requireNoOverlap(final JournalReader reader) {
        final long sequence = reader.sequence();
        final boolean isStart = sequence != reader.header().baseSequence() && Arrays.binarySearch(files, sequence) >= 0;
        if (isStart && reader.offset() < reader.endOffset()) {
            throw new CorruptJournalException(
                    CorruptJournalException.Kind.CORRUPT_EVENT,
                    JournalDirectory.file(journal, reader.header().baseSequence()),
                    reader.offset(),
                    sequence,
                    "files overlap: expected the end, as the next file is "
                            + JournalDirectory.file(journal, sequence).getFileName() + ", found events up to offset "
                            + reader.endOffset());
        }
    }

    /** The part of a stretch that is in a file; it ends before it begins where there is none. */
    Range part(final int file, final Range stretch) {
        return stretch.and(new Range(files[file], file == files.length - 1 ? Long.MAX_VALUE : files[file + 1] - 1));
    }

    /** Number of the event after the last of a file, as its header or the next file's name says. */
    long endOf(final int file) {
        return file == files.length - 1 ? nextSequence() : files[file + 1];
    }

    /**
     * Returns the first file behind which the next one does not begin where it ends, as their headers say.
     *
     * @return the range of sequence numbers from before the next file's first to the end; empty if there is no such file
     * @throws CorruptJournalException if a file's header is damaged
     */
    public Optional<Range> firstBreak() {
        for (int i = 0; i < files.length - 1; i++) {
            try (JournalView view = JournalDirectory.open(journal, files[i])) {
                if (files[i] + view.header().eventCount() != files[i + 1]) {
                    return Optional.of(new Range(files[i + 1] - 1, Long.MAX_VALUE));
                }
            } catch (final JournalNotFoundException e) {
                // it was released
            }
        }
        return Optional.empty();
    }

    /** Bytes of all files. */
    public long length() {
        return newest == oldest ? oldest.length() : lengthBefore(Long.MAX_VALUE);
    }

    /** Bytes of the files that begin before a sequence number. */
    long lengthBefore(final long sequence) {
        return files.length == 1
                ? 0
                : Arrays.stream(files)
                        .filter(file -> file < sequence)
                        .map(file ->
                                JournalDirectory.file(journal, file).toFile().length())
                        .sum();
    }

    /**
     * Returns how many events can be read at once from a place without going past the end, or into more than one file.
     *
     * @param file     sequence number of the first event of the file that a reader is in
     * @param offset   in that file
     * @param sequence of the next event
     * @return number of events; 0 at the end
     */
    long sure(final long file, final long offset, final long sequence) {
        final int found = Arrays.binarySearch(files, sequence);
        final int index = Math.max(0, found < 0 ? -found - 2 : found);
        if (index < files.length - 1) {
            return files[index + 1] - sequence;
        }
        final long last = files[index];
        final long at = file < last ? FileHeader.LENGTH : offset; // it goes on to the last file first
        return at >= endOffset ? 0 : Math.max(1, (endOffset - at) / EventHeader.MAX_EVENT_LENGTH);
    }
}
