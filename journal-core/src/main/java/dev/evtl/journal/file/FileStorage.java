package dev.evtl.journal.file;

import dev.evtl.journal.exceptions.JournalException;
import dev.evtl.journal.file.Preallocator.Window;
import dev.evtl.journal.format.EventChecksum;
import dev.evtl.journal.format.EventHeader;
import dev.evtl.journal.format.FileHeader;
import dev.evtl.journal.format.JournalHeader;
import dev.evtl.journal.io.FileCalls;
import dev.evtl.journal.io.IoFailures;
import dev.evtl.journal.io.MappedFault;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Path;
import org.agrona.MutableDirectBuffer;
import org.agrona.UnsafeApi;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The part that all file storages have in common: space prepared ahead in windows, a header that readers follow,
 * forces, and the close. The appender's thread writes; the methods that only tell something may be called from any
 * thread. What was published survives the death of the process.
 *
 * <p>The header's live fields are stored through a mapping, each in one store. A force covers the events only, not the
 * header's page: on ext4 the next store into a page that was written back would make the force after it three times as
 * long, and with checksums recovery does not need the header's write_offset.
 */
abstract class FileStorage implements JournalStorage {
    private final JournalFile file;
    private final Preallocator preallocator;
    private final PublishedMarks marks;
    private final IndexWriter entries;
    private long fileSequence;
    private final boolean checksums;
    private EventChecksum checksum;
    private final MappedByteBuffer headerMap;
    private final UnsafeBuffer header;
    private final ByteBuffer lastByte = ByteBuffer.allocateDirect(1);
    private Window window;
    /** The window that is being forced, which stays mapped until then; null if none is. */
    private Window forcing;

    private long forceEnd;
    private long wantAt;
    private long offset;
    private long events;
    private long published;
    private long publishedEvents;
    /** Offset up to which claims were copied, the one that failed included. */
    private long copied;

    private volatile long mapped;
    private volatile long durable;

    /**
     * Takes over an open file, unless this throws.
     *
     * @param opened      the file's header as it was opened
     * @param touch       whether the pages of each window are stored into in advance
     * @param fillChannel channel through which zeros are written
     * @param blockLength bytes of the blocks that are written whole, and the last of them again
     */
    FileStorage(
            final JournalFile file,
            final JournalHeader opened,
            final Space space,
            final int maxClaimLength,
            final boolean touch,
            final FileChannel fillChannel,
            final int blockLength) {
        this.file = file;
        this.fileSequence = opened.baseSequence();
        this.checksums = opened.hasChecksums();
        this.checksum = new EventChecksum(opened.checksum());
        this.offset = opened.writeOffset();
        this.published = offset;
        this.copied = offset;
        this.events = opened.eventCount();
        this.publishedEvents = events;
        this.durable = opened.durableOffset();
        this.entries = file.index(opened);
        this.preallocator = new Preallocator(file, opened.length(), space, maxClaimLength, touch, fillChannel, entries);
        this.marks = new PublishedMarks(file, blockLength);
        MappedByteBuffer map = null;
        boolean ready = false;
        try {
            marks.load(offset);
            map = file.channel().map(MapMode.READ_WRITE, 0, FileHeader.LENGTH);
            this.headerMap = map;
            this.header = new UnsafeBuffer(map);
            use(preallocator.start(offset));
            ready = true;
        } catch (final IOException e) {
            throw new JournalException(file.path() + ": could not be read or mapped: " + e.getMessage(), e);
        } finally {
            if (!ready) {
                preallocator.close();
                if (map != null) {
                    MappedFault.unmap(map);
                }
            }
        }
    }

    private void use(final Window taken) {
        window = taken;
        mapped = taken.end();
        wantAt = taken.start() + (taken.end() - taken.start()) / 8;
    }

    /**
     * Makes this file, which has no event, the next one of its journal. It is complete under its name, or has none.
     *
     * @param name         path of the file from now on, which must be free
     * @param createdAt    nanoseconds since the Unix epoch, unique for each file
     * @param baseSequence sequence number of the event that comes first
     */
    final void become(final Path name, final long createdAt, final long baseSequence) throws IOException {
        file.writeNewHeader(createdAt, FileHeader.flags(header), baseSequence);
        checksum = new EventChecksum(FileHeader.checksum(header));
        fileSequence = baseSequence;
        file.moveTo(name);
        entries.become(name, JournalFile.readHeader(name, file.channel()));
    }

    /** Returns the number of events that were appended to the file, those that it had included. */
    final long events() {
        return events;
    }

    /** Moves to a window that has room for a length in bytes. Returns what {@link #reserve} returns. */
    final int advance(final int length) {
        while (offset + length > window.end()) {
            final Window next = preallocator.take();
            if (next == null) {
                return preallocator.exhausted() ? FULL : NOT_READY;
            }
            retire(window);
            use(next);
        }
        return READY;
    }

    private void retire(final Window used) {
        if (used != forcing) {
            preallocator.retire(used);
        }
    }

    final Window window() {
        return window;
    }

    @Override
    public final long position() {
        return offset;
    }

    @Override
    public final long fileSequence() {
        return fileSequence;
    }

    @Override
    public final long fileOffset() {
        return offset;
    }

    /** Returns the memory that holds the reserved room. */
    abstract MutableDirectBuffer buffer();

    /** Returns the index in {@link #buffer} of an offset in the file. */
    abstract int index(long fileOffset);

    /** Without bounds checks: the claim was checked where it was read, and the room was reserved. */
    @Override
    public final void append(final EventMemory source, final int index, final int length, final int eventCount) {
        final long target = buffer().addressOffset() + index(offset);
        copied = offset + length;
        UnsafeApi.copyMemory(null, source.buffer().addressOffset() + index, null, target, length);
        if (checksums) {
            stamp(source, index, length, eventCount, target);
        }
        if (entries.isDue(offset)) {
            entries.makeEntry(fileSequence + events, offset, target);
        }
        entries.note(target, length);
        offset += length;
        events += eventCount;
    }

    private void stamp(
            final EventMemory source, final int index, final int length, final int eventCount, final long target) {
        final ByteBuffer bytes = source.bytes();
        int done = 0;
        while (done < length) {
            final int event = index + done;
            final int eventLength = eventCount == 1 ? length : EventHeader.eventLength(source.buffer(), event);
            if (eventLength > length - done) {
                throw new IllegalStateException("a claim was stored into after its commit");
            }
            UnsafeApi.putInt(
                    target + done + EventHeader.CHECKSUM_OFFSET,
                    checksum.compute(bytes, event, eventLength, offset + done));
            done += eventLength;
        }
    }

    /** Puts what was appended where readers can find it. */
    abstract void write() throws IOException;

    /** Does so, and says what it means if that fails. A file system that does not allocate written space may throw. */
    final void writeAppended() {
        try {
            write();
        } catch (final IOException e) {
            throw IoFailures.classify(file.path(), offset - published, "could not be written", e);
        }
    }

    @Override
    public final void publish() throws IOException {
        final long start = offset - index(offset);
        marks.note(buffer(), start, Math.max(start, published), offset);
        writeAppended();
        published = offset;
        publishedEvents = events;
        mark();
        if (entries.publish()) {
            preallocator.wake();
        }
        if (offset >= wantAt) {
            wantAt = Long.MAX_VALUE;
            preallocator.want();
        }
    }

    @Override
    public final boolean isForcedAlone() {
        return !checksums;
    }

    @Override
    public final void beginForce() {
        forcing = window;
        forceEnd = published;
    }

    @Override
    public final void force() throws IOException {
        try {
            if (durable < forceEnd) {
                forceEvents(forcing, durable, forceEnd);
            }
            if (!checksums) {
                forceHeader(); // without checksums a recovery stops at write_offset
            }
        } catch (final IOException e) {
            throw IoFailures.classify(file.path(), forceEnd - durable, "could not be forced", e);
        }
        MappedFault.throwPending();
    }

    @Override
    public final void endForce() throws IOException {
        releaseForced();
        checkLength();
        marks.checkAtForce();
        durable = forceEnd;
        mark();
    }

    private void releaseForced() {
        if (forcing != null && forcing != window) {
            preallocator.retire(forcing);
        }
        forcing = null;
    }

    /**
     * Stores in the header what is published and what is durable. A store is lost without an exception where the file
     * system has no room any more for a page that it had before, so it is read again.
     */
    private void mark() throws IOException {
        if (!isMarked()) {
            try {
                file.writeStartAgain(); // the file system takes the page now, or says why not
            } catch (final IOException e) {
                throw IoFailures.classify(file.path(), FileHeader.LENGTH, "its header could not be written", e);
            }
            if (!isMarked()) {
                throw new JournalException(
                        file.path() + ": its header does not keep what is stored: expected write_offset " + published
                                + ", found " + FileHeader.writeOffset(header));
            }
        }
    }

    /** Returns whether the header keeps what is stored. */
    private boolean isMarked() {
        try {
            final boolean marked = storeMarks();
            if (!marked) {
                MappedFault.throwPending();
            }
            return marked;
        } catch (final InternalError e) {
            return false; // the JVM throws it wherever it comes to look
        }
    }

    private boolean storeMarks() {
        FileHeader.publish(header, publishedEvents, published);
        FileHeader.durableOffset(header, durable);
        return FileHeader.eventCount(header) == publishedEvents
                && FileHeader.writeOffset(header) == published
                && FileHeader.durableOffset(header) == durable;
    }

    final JournalFile file() {
        return file;
    }

    @Override
    public final void check() throws IOException {
        checkLength();
        marks.check();
    }

    /**
     * Writes zeros over it, from its start, so that the events end there even if not all can be written. A file that
     * was cut is not made longer, and nothing is written where there is nothing to take back: another may have the file.
     */
    @Override
    public final void retract() throws IOException {
        if (copied > published) {
            final long end = Math.min(copied, file.channel().size());
            FileCalls.fill(file.channel(), published, end);
        }
    }

    /**
     * Checks that the file was not cut short below the space that the appender uses, unless it was made longer again.
     * Its last byte tells so without its times, as {@link JournalFile#seemsInPlace} says.
     */
    final void checkLength() throws IOException {
        FileCalls.read(file.channel(), lastByte.clear(), window.end() - 1);
        if (lastByte.hasRemaining()) {
            file.checkLength(window.end());
        }
    }

    /** Forces published events, which end in this window, and the metadata that is needed to find them. */
    void forceEvents(final Window last, final long from, final long to) throws IOException {
        if (from < last.start()) {
            file.sync();
        } else {
            FileCalls.force(file.path(), last.map(), last.start(), from, to);
        }
    }

    private void forceHeader() throws IOException {
        FileCalls.force(file.path(), headerMap, 0, 0, FileHeader.LENGTH);
    }

    @Override
    public final void close() throws IOException {
        publish();
        preallocator.close();
        MappedFault.throwPending();
        check();
        file.markClosed(events, offset);
        durable = offset;
        abandon();
    }

    @Override
    public void abandon() {
        letGo();
    }

    /** Ends the preallocation, and unmaps and closes the file. */
    final void letGo() {
        releaseForced();
        preallocator.close();
        if (window != null) {
            window.unmap();
            window = null;
            MappedFault.unmap(headerMap);
            closeFile();
        }
    }

    private void closeFile() {
        try {
            file.close();
        } catch (final IOException e) {
            throw new JournalException(file.path() + ": could not be closed: " + e.getMessage(), e);
        }
    }

    @Override
    public final String name() {
        return file.path().toString();
    }

    @Override
    public final long allocated() {
        return preallocator.allocated();
    }

    @Override
    public final long mapped() {
        return mapped;
    }

    @Override
    public final long durable() {
        return durable;
    }

    @Override
    public final long growths() {
        return preallocator.growths();
    }
}
