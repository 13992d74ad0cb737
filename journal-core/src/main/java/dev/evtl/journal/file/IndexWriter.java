package dev.evtl.journal.file;

import static java.nio.file.StandardOpenOption.READ;

import dev.evtl.journal.exceptions.JournalException;
import dev.evtl.journal.format.EventHeader;
import dev.evtl.journal.format.GapEvent;
import dev.evtl.journal.format.IndexEntry;
import dev.evtl.journal.format.IndexHeader;
import dev.evtl.journal.format.JournalHeader;
import dev.evtl.journal.io.FileCalls;
import dev.evtl.journal.io.NeighbourFiles;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.CRC32C;
import org.agrona.UnsafeApi;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Writes the index of a file that is open for writing. The appender's thread makes the entries and hands over those of
 * published events; the preallocator's thread writes them, and in the end the thread that closes the journal. Without
 * an entry to write there is no index file. What fails here fails nothing else: the journal goes on without an index,
 * and its next opening for append completes it.
 */
public final class IndexWriter implements AutoCloseable {
    /** Entries that wait to be written, at most; while all wait, none is made. */
    private static final int SLOTS = 64;

    private Path journal;
    private Path path;
    private JournalHeader header;
    private final IndexNotes notes = new IndexNotes();
    private final ByteBuffer bytes = ByteBuffer.allocateDirect(SLOTS * IndexEntry.LENGTH);
    private final UnsafeBuffer slots = new UnsafeBuffer(bytes);
    /** Number of entries that the file has from before. */
    private final long firstPlace;

    private final CRC32C crc = new CRC32C();
    private FileChannel channel;
    private boolean toForce;

    private long made;
    private volatile long published;
    private volatile long written;
    private volatile boolean off;

    private IndexWriter(final Path journal, final JournalHeader header, final long firstPlace) {
        this.journal = journal;
        this.path = EventIndex.path(journal);
        this.header = header;
        this.firstPlace = firstPlace;
        new IndexNotes().entry(slots, 0, 0, 0, 0, 0); // loads the classes now, and not where events wait
    }

    /** Returns the writer of a file without events. */
    static IndexWriter ofEmpty(final Path journal, final JournalHeader header) {
        return new IndexWriter(journal, header, 0);
    }

    /** Returns one that writes nothing, for a file of whose events too little is known. */
    static IndexWriter none(final Path journal) {
        final IndexWriter writer = new IndexWriter(journal, null, 0);
        writer.off = true;
        return writer;
    }

    /**
     * Returns the writer of a file whose events were walked, after the index was made to hold the entries of the walk
     * and none behind them. On the thread that opens the journal.
     *
     * @param journal real path of the file
     * @param header  of the file
     * @param walk    over its events, up to the last
     */
    public static IndexWriter of(final Path journal, final JournalHeader header, final IndexBuilder walk) {
        final byte[] entries = walk.entries(header);
        final IndexWriter writer =
                new IndexWriter(journal, header, walk.firstPlace() + entries.length / IndexEntry.LENGTH);
        writer.notes.set(walk.notes());
        try {
            if (entries.length > 0 || NeighbourFiles.keyIfThere(writer.path) != null) {
                writer.open();
                writer.replaceFrom(IndexEntry.offset(walk.firstPlace()), entries);
            }
        } catch (final Throwable t) {
            writer.giveUp(t);
        }
        return writer;
    }

    /**
     * Takes the name and header that the file has from now on, which has no event. On the appender's thread: another one
     * looks at them for an entry only that is handed over after this.
     */
    void become(final Path named, final JournalHeader newHeader) {
        journal = named;
        path = EventIndex.path(named);
        header = newHeader;
    }

    /** Deletes the index of a file that has gone, or has another name now. */
    public static void deleteOf(final Path journal) throws IOException {
        final Path path = EventIndex.path(journal);
        if (NeighbourFiles.keyIfThere(path) == null) {
            return;
        }
        final ByteBuffer start = ByteBuffer.allocate(IndexHeader.LENGTH);
        try (FileChannel channel = NeighbourFiles.open(path, journal, READ)) {
            FileCalls.read(channel, start, 0);
        }
        if (IndexHeader.canBeIndex(new UnsafeBuffer(start), start.position())) {
            FileCalls.delete(path);
        }
    }

    private void open() throws IOException {
        channel = NeighbourFiles.openOrCreate(path, journal, FileCalls.permissionsOf(journal));
        final ByteBuffer start = ByteBuffer.allocate(IndexHeader.LENGTH);
        FileCalls.read(channel, start, 0);
        final UnsafeBuffer found = new UnsafeBuffer(start);
        if (!IndexHeader.canBeIndex(found, start.position())) {
            throw new JournalException(path + ": is not an index of a journal; move it away");
        }
        if (!IndexHeader.isIndexOf(found, start.position(), header)) {
            FileCalls.write(channel, encodedHeader(), 0); // what follows verifies only for its own journal file
        }
    }

    private ByteBuffer encodedHeader() {
        final ByteBuffer encoded = ByteBuffer.allocateDirect(IndexHeader.LENGTH);
        IndexHeader.encode(new UnsafeBuffer(encoded), header);
        return encoded;
    }

    /**
     * Makes entries follow at an offset in the index, and nothing behind them. What is cut off must not come back after
     * a crash: the journal may have other events by then where it says that some begin.
     */
    private void replaceFrom(final long offset, final byte[] entries) throws IOException {
        final long length = channel.size();
        final ByteBuffer found = ByteBuffer.allocate((int) Math.min(entries.length, Math.max(0, length - offset)));
        FileCalls.read(channel, found, offset);
        if (length == offset + entries.length && Arrays.equals(found.array(), entries)) {
            return;
        }
        if (length > offset) {
            FileCalls.setLength(path, channel, offset);
        }
        FileCalls.write(channel, ByteBuffer.wrap(entries), offset);
        if (length > offset) {
            FileCalls.force(path, channel);
        } else {
            toForce = true;
        }
    }

    /**
     * Returns whether an entry is due at the claim that begins at an offset, and can be made.
     *
     * @param offset of the claim in the file
     */
    boolean isDue(final long offset) {
        return notes.isDue(offset) && made - written < SLOTS && !off;
    }

    /**
     * Makes the entry of an event, which {@link #note} is told of next. On the appender's thread.
     *
     * @param sequence sequence number of the event
     * @param offset   of the event in the file
     * @param address  of the event in memory
     */
    void makeEntry(final long sequence, final long offset, final long address) {
        notes.entry(
                slots,
                (int) (made % SLOTS) * IndexEntry.LENGTH,
                sequence,
                offset,
                UnsafeApi.getLong(address),
                UnsafeApi.getLong(address + Long.BYTES));
        made++;
    }

    /**
     * Notes the events of a claim. On the appender's thread.
     *
     * @param address of the first event in memory
     * @param length  number of bytes of all events
     */
    void note(final long address, final int length) {
        int done = 0;
        while (done + EventHeader.LENGTH <= length) {
            // without the checksum: a load of what was stored in parts just now would stall
            final long word = UnsafeApi.getInt(address + done + Long.BYTES);
            notes.event(UnsafeApi.getLong(address + done));
            if (GapEvent.isGap(word)) {
                notes.gap(UnsafeApi.getLong(address + done + EventHeader.LENGTH));
            }
            done += EventHeader.LENGTH + EventHeader.payloadLength(word);
        }
    }

    /**
     * Hands over the entries that were made, because their events are published. On the appender's thread.
     *
     * @return whether there were any, so that {@link #write} has something to do
     */
    boolean publish() {
        if (made == published) {
            return false;
        }
        published = made;
        return true;
    }

    /** Writes the entries that were handed over. */
    void write() {
        try {
            while (!off && written < published) {
                if (channel == null) {
                    open();
                    replaceFrom(IndexEntry.offset(firstPlace), new byte[0]);
                }
                final int first = (int) (written % SLOTS);
                final int count = (int) Math.min(SLOTS - first, published - written);
                final long place = firstPlace + written;
                for (int i = 0; i < count; i++) {
                    final int start = (first + i) * IndexEntry.LENGTH;
                    crc.reset();
                    crc.update(bytes.limit(start + IndexEntry.CHECK_OFFSET).position(start));
                    IndexEntry.seal(slots, start, (int) crc.getValue(), place + i, header);
                }
                bytes.limit((first + count) * IndexEntry.LENGTH).position(first * IndexEntry.LENGTH);
                FileCalls.write(channel, bytes, IndexEntry.offset(place));
                written += count;
                toForce = true;
            }
        } catch (final Throwable t) {
            giveUp(t);
        }
    }

    /** Writes the rest and forces the index, when the preallocator's thread has ended. */
    void finish() {
        write();
        try {
            if (toForce && !off) {
                FileCalls.force(path, channel);
                toForce = false;
            }
        } catch (final Throwable t) {
            giveUp(t);
        }
    }

    private void giveUp(final Throwable t) {
        if (!off) {
            off = true;
            final boolean isKnown = t instanceof IOException || t instanceof JournalException;
            System.getLogger("dev.evtl.journal")
                    .log(
                            Level.WARNING,
                            journal + ": goes on without an index, until it is opened again: " + t,
                            isKnown ? null : t);
        }
    }

    /** Closes the index as it is. */
    @Override
    public void close() {
        off = true;
        FileCalls.closeQuietly(channel);
    }
}
