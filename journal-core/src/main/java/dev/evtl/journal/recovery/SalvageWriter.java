package dev.evtl.journal.recovery;

import static java.nio.file.StandardOpenOption.WRITE;

import dev.evtl.journal.format.EventChecksum;
import dev.evtl.journal.format.EventHeader;
import dev.evtl.journal.format.FileHeader;
import dev.evtl.journal.format.GapEvent;
import dev.evtl.journal.io.FileCalls;
import dev.evtl.journal.io.JournalPaths;
import dev.evtl.journal.io.Uninterruptible;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Writes a new journal with checksums, for the thread that salvages an old one. The file appears under its name only
 * when it is closed and on the device.
 */
public final class SalvageWriter implements AutoCloseable {
    private static final int STAGE_LENGTH = 1 << 20;

    private final Path path;
    private final Path unfinished;
    private final FileChannel channel;
    private final FileAttribute<?>[] permissions;
    private final UnsafeBuffer header = new UnsafeBuffer(ByteBuffer.allocateDirect(FileHeader.LENGTH));
    private final EventChecksum checksum;
    private final byte[] stage = new byte[STAGE_LENGTH];
    private final UnsafeBuffer buffer = new UnsafeBuffer(stage);
    private long stageStart = FileHeader.LENGTH;
    private int used;
    private int last;
    private long events;

    /** Begins a file whose name must be free. */
    public SalvageWriter(
            final Path path, final long createdAt, final long baseSequence, final FileAttribute<?>... permissions)
            throws IOException {
        JournalPaths.checkNameLength(path);
        FileHeader.encode(header, createdAt, FileHeader.FLAG_CHECKSUMS, baseSequence);
        this.path = path;
        this.checksum = new EventChecksum(FileHeader.checksum(header));
        this.permissions = permissions;
        this.unfinished = Files.createTempFile(path.getParent(), path.getFileName() + ".", ".new");
        this.channel = open(unfinished);
    }

    private static FileChannel open(final Path unfinished) throws IOException {
        try {
            return Uninterruptible.open(unfinished, WRITE);
        } catch (final IOException e) {
            FileCalls.deleteQuietly(unfinished);
            throw e;
        }
    }

    /** Appends a whole event and gives it a new checksum. */
    public void append(final DirectBuffer source, final int index, final int length) throws IOException {
        stamp();
        if (used + length > STAGE_LENGTH) {
            flush();
        }
        buffer.putBytes(used, source, index, length);
        last = used;
        used += length;
        events++;
    }

    /** Appends a gap event. */
    public void appendGap(final long missing, final long first, final long last) throws IOException {
        append(new UnsafeBuffer(gap(missing, first, last)), 0, GapEvent.LENGTH);
    }

    private static byte[] gap(final long missing, final long first, final long last) {
        final byte[] gap = new byte[GapEvent.LENGTH];
        GapEvent.encode(new UnsafeBuffer(gap), 0, last, missing, first, last);
        return gap;
    }

    /** Gives the last event its checksum. That is done late, because what follows may change the event. */
    private void stamp() {
        if (last < used) {
            final int length = used - last;
            buffer.putInt(last + EventHeader.CHECKSUM_OFFSET, 0);
            buffer.putInt(last + EventHeader.CHECKSUM_OFFSET, checksum.compute(stage, last, length, stageStart + last));
            last = used;
        }
    }

    /**
     * Ends the claim at the last event.
     *
     * @return whether the claim was incomplete, as the event said that another follows
     */
    public boolean endClaim() {
        if (last == used) {
            return false;
        }
        final boolean more = EventHeader.hasMore(EventHeader.word(buffer, last));
        EventHeader.endClaim(buffer, last);
        return more;
    }

    /** Replaces a gap event that was appended at an offset before. */
    public void replaceGap(final long offset, final long missing, final long first, final long last)
            throws IOException {
        flush();
        final byte[] event = gap(missing, first, last);
        final UnsafeBuffer stamped = new UnsafeBuffer(event);
        stamped.putInt(EventHeader.CHECKSUM_OFFSET, checksum.compute(event, 0, event.length, offset));
        FileCalls.write(channel, ByteBuffer.wrap(event), offset);
    }

    private void flush() throws IOException {
        stamp();
        FileCalls.write(channel, ByteBuffer.wrap(stage, 0, used), stageStart);
        stageStart += used;
        used = 0;
        last = 0;
    }

    /** Returns the offset at which the next event goes. */
    public long offset() {
        return stageStart + used;
    }

    public long events() {
        return events;
    }

    /** Closes the journal and gives it its name. */
    public void finish() throws IOException {
        flush();
        FileHeader.publish(header, events, stageStart);
        FileHeader.durableOffset(header, stageStart);
        FileHeader.state(header, FileHeader.STATE_CLOSED);
        FileCalls.write(channel, header.byteBuffer().clear(), 0);
        FileCalls.setPermissions(unfinished, permissions);
        FileCalls.force(unfinished, channel);
        FileCalls.moveToFreeName(unfinished, path); // does not replace a file that was made meanwhile
        FileCalls.forceDirectory(path);
    }

    /** Closes the file, and deletes it if it was not finished. */
    @Override
    public void close() throws IOException {
        try {
            channel.close();
        } finally {
            FileCalls.delete(unfinished);
        }
    }
}
