package dev.evtl.journal.file;

import static java.nio.file.StandardOpenOption.READ;

import dev.evtl.journal.exceptions.JournalException;
import dev.evtl.journal.format.EventHeader;
import dev.evtl.journal.format.FileHeader;
import dev.evtl.journal.format.IndexEntry;
import dev.evtl.journal.format.IndexHeader;
import dev.evtl.journal.format.JournalHeader;
import dev.evtl.journal.io.FileCalls;
import dev.evtl.journal.io.NeighbourFiles;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.function.Predicate;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Finds places in a journal file by its index, as FORMAT.md, "Index", says, in time logarithmic in the number of
 * entries. What it returns was verified against the journal file. An index that is missing, damaged, another file's or
 * cannot be read is never an error: what it does not serve is to be found from the file's start. While a writer adds
 * entries, each search sees those that are there. For one thread at a time.
 */
public final class EventIndex implements AutoCloseable {
    private static final long NOWHERE = -1;

    private final Path journal;
    private final Path path;
    private final JournalHeader header;
    private final EventVerifier events;
    private final ByteBuffer bytes = ByteBuffer.allocateDirect(IndexEntry.LENGTH);
    private final UnsafeBuffer buffer = new UnsafeBuffer(bytes);
    private FileChannel channel;

    /**
     * Creates the index of a file, which opens the index file when it is first asked, and again as long as there is
     * none.
     *
     * @param journal real path of the file
     * @param header  of the file, of which only what never changes is used
     * @param file    the file, open for reading; not closed here
     */
    public EventIndex(final Path journal, final JournalHeader header, final FileChannel file) {
        this.journal = journal;
        this.path = path(journal);
        this.header = header;
        this.events =
                new EventVerifier(header, (offset, target, length) -> FileCalls.read(file, offset, target, length));
    }

    /**
     * Returns the path of the index of a journal file.
     *
     * @param journal path of the file
     * @return the path, whether there is one or not
     */
    public static Path path(final Path journal) {
        return journal.resolveSibling(journal.getFileName() + ".index");
    }

    /**
     * Returns the last entry whose event has a sequence number or a lower one.
     *
     * @param sequence the sequence number
     * @param end      offset at which the event must end at the latest, such as the file's write offset
     * @return the entry; {@link IndexEntry#start} if there is none
     */
    public IndexEntry floorBySequence(final long sequence, final long end) {
        return entry(last(entry -> entry.sequence() <= sequence, end));
    }

    /**
     * Returns the last entry whose event begins at an offset or before it.
     *
     * @param offset the offset
     * @param end    offset at which the event must end at the latest, such as the file's write offset
     * @return the entry; {@link IndexEntry#start} if there is none
     */
    public IndexEntry floorByOffset(final long offset, final long end) {
        return entry(last(entry -> entry.offset() <= offset, end));
    }

    /**
     * Returns the last entry before which all events have timestamps below one. The first event with a timestamp of at
     * least that one therefore lies at the entry or behind it, and before the entry that follows.
     *
     * @param timestamp the timestamp, compared as a signed number
     * @param end       offset at which the event must end at the latest, such as the file's write offset
     * @return the entry; {@link IndexEntry#start} if there is none
     */
    public IndexEntry floorByTime(final long timestamp, final long end) {
        return entry(last(entry -> entry.greatestTimestamp() < timestamp, end));
    }

    /**
     * A stretch of a file in which all events have timestamps above one.
     *
     * @param from entry at which it begins
     * @param to   entry before which it ends, the last one; the same if there is no such stretch before that
     */
    public record Later(IndexEntry from, IndexEntry to) {}

    /**
     * Returns the longest stretch up to the last entry in which all events have timestamps above one. Takes a look at each
     * entry of the stretch. What follows the last entry the index does not know.
     *
     * @param timestamp the timestamp, compared as a signed number
     * @param end       offset at which the last entry's event must end at the latest, such as the file's write offset
     * @return the stretch, both of whose ends are {@link IndexEntry#start} if there is no entry
     */
    public Later later(final long timestamp, final long end) {
        long place = last(entry -> true, end);
        final IndexEntry last = entry(place);
        IndexEntry from = last;
        while (place > 0 && from.leastTimestamp() > timestamp) {
            place--;
            final IndexEntry before = get(place);
            if (before == null || before.offset() >= from.offset() || !isThere(before, end)) {
                return new Later(from, last);
            }
            from = before;
        }
        return new Later(place == 0 && from.leastTimestamp() > timestamp ? IndexEntry.start(header) : from, last);
    }

    /**
     * Returns a builder for a walk from the last entry whose event begins at an offset or before it.
     *
     * @param offset the offset
     * @param end    offset at which the event must end at the latest
     * @return the builder, for a walk from the file's start if there is no such entry
     */
    public IndexBuilder walkFrom(final long offset, final long end) {
        final long place = last(entry -> entry.offset() <= offset, end);
        final IndexEntry entry = place == NOWHERE ? null : get(place);
        return entry == null ? IndexBuilder.fromStart(header) : IndexBuilder.from(entry, place);
    }

    /**
     * Returns how many entries there is room for in the index as it is now.
     *
     * @return number of entries; 0 if there is no index of this file
     */
    public long size() {
        try {
            return isOpen() ? IndexEntry.count(channel.size()) : 0;
        } catch (final IOException | JournalException e) {
            return 0;
        }
    }

    /**
     * Returns an entry without comparing it with the journal file.
     *
     * @param place of the entry, from 0
     * @return the entry; null if there is none at this place whose check holds
     */
    public IndexEntry get(final long place) {
        try {
            if (!isOpen()) {
                return null;
            }
            FileCalls.read(channel, bytes.clear(), IndexEntry.offset(place));
            return bytes.hasRemaining() ? null : IndexEntry.decode(buffer, 0, place, header);
        } catch (final IOException | JournalException e) {
            return null;
        }
    }

    /**
     * Returns whether the event that an entry names is in the journal file, verifies, and ends in time.
     *
     * @param entry of this index
     * @param end   offset at which the event must end at the latest
     * @return false if the entry must not be used
     */
    public boolean isThere(final IndexEntry entry, final long end) {
        final long offset = entry.offset();
        final int length = EventHeader.LENGTH + EventHeader.payloadLength(entry.eventWord());
        try {
            return offset >= FileHeader.LENGTH
                    && offset <= end - length
                    && events.next(offset, offset + length) == length
                    && events.word() == entry.eventWord()
                    && EventHeader.timestamp(events.buffer(), events.index()) == entry.eventTimestamp();
        } catch (final UncheckedIOException e) {
            return false;
        }
    }

    private IndexEntry entry(final long place) {
        final IndexEntry entry = place == NOWHERE ? null : get(place);
        return entry == null ? IndexEntry.start(header) : entry;
    }

    /** Returns the place of the last entry that may be used and meets a condition, which all entries before it meet. */
    private long last(final Predicate<IndexEntry> condition, final long end) {
        final Predicate<IndexEntry> fits = entry -> entry.offset() < end && condition.test(entry);
        long place = search(fits);
        while (place >= 0) {
            final IndexEntry entry = get(place);
            if (entry != null && fits.test(entry) && isThere(entry, end)) {
                return place;
            }
            place--;
        }
        return NOWHERE;
    }

    /** Entries that do not verify are passed over towards the start. */
    private long search(final Predicate<IndexEntry> fits) {
        long found = NOWHERE;
        long low = 0;
        long high = size();
        while (low < high) {
            final long middle = low + high >>> 1;
            long place = middle;
            IndexEntry entry = get(place);
            while (entry == null && place > low) {
                place--;
                entry = get(place);
            }
            if (entry != null && !fits.test(entry)) {
                high = place;
            } else {
                found = entry == null ? found : place;
                low = middle + 1;
            }
        }
        return found;
    }

    private boolean isOpen() throws IOException {
        if (channel == null && NeighbourFiles.keyIfThere(path) != null) {
            final FileChannel opened = NeighbourFiles.open(path, journal, READ);
            boolean fits = false;
            try {
                final ByteBuffer start = ByteBuffer.allocate(IndexHeader.LENGTH);
                FileCalls.read(opened, start, 0);
                fits = IndexHeader.isIndexOf(new UnsafeBuffer(start), start.position(), header);
            } finally {
                if (!fits) {
                    opened.close();
                }
            }
            channel = fits ? opened : null;
        }
        return channel != null;
    }

    /** Closes the index file. */
    @Override
    public void close() {
        FileCalls.closeQuietly(channel);
        channel = null;
    }
}
