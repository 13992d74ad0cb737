package dev.evtl.journal;

import dev.evtl.journal.file.EventMemory;
import dev.evtl.journal.file.JournalStorage;
import dev.evtl.journal.format.EventChecksum;
import dev.evtl.journal.format.EventHeader;
import dev.evtl.journal.format.FileHeader;
import dev.evtl.journal.format.JournalHeader;
import java.io.IOException;
import org.agrona.concurrent.UnsafeBuffer;

/** A file of some hundred bytes in memory, made thousands of times a second. Events are published as in a real one. */
final class MemoryStorage implements JournalStorage {
    private static final int LENGTH = 2048;

    final UnsafeBuffer file = new UnsafeBuffer(new byte[LENGTH]);
    private final EventChecksum checksum;
    private final boolean failingReserve;
    private final boolean failingForce;
    private long position = FileHeader.LENGTH;
    private long events;
    private volatile long durable = FileHeader.LENGTH;
    private long forceEnd;

    MemoryStorage(final boolean failingReserve, final boolean failingForce) {
        this.failingReserve = failingReserve;
        this.failingForce = failingForce;
        FileHeader.encode(file, 1, FileHeader.FLAG_CHECKSUMS, 0);
        this.checksum = new EventChecksum(FileHeader.checksum(file));
    }

    /** The same for all: its fields that never change are the same. */
    static JournalHeader header() {
        final UnsafeBuffer bytes = new MemoryStorage(false, false).file;
        return new JournalHeader(
                1, 0, FileHeader.LENGTH, FileHeader.flags(bytes), FileHeader.checksum(bytes), 0, 64, false, LENGTH);
    }

    @Override
    public int reserve(final int length) throws IOException {
        if (failingReserve) {
            throw new IOException("provoked");
        }
        return position + length > LENGTH ? FULL : READY;
    }

    @Override
    public long position() {
        return position;
    }

    @Override
    public long fileSequence() {
        return 0;
    }

    @Override
    public long fileOffset() {
        return position;
    }

    @Override
    public void append(final EventMemory source, final int index, final int length, final int eventCount) {
        file.putBytes((int) position, source.buffer(), index, length);
        for (int event = 0; event < length; ) {
            final int eventLength = EventHeader.eventLength(source.buffer(), index + event);
            file.putInt(
                    (int) position + event + EventHeader.CHECKSUM_OFFSET,
                    checksum.compute(source.buffer().byteBuffer(), index + event, eventLength, position + event));
            event += eventLength;
        }
        position += length;
        events += eventCount;
    }

    @Override
    public void publish() {
        FileHeader.publish(file, events, position);
    }

    @Override
    public void beginForce() {
        forceEnd = position;
    }

    @Override
    public void force() throws IOException {
        if (failingForce) {
            throw new IOException("provoked");
        }
    }

    @Override
    public void endForce() {
        durable = forceEnd;
        FileHeader.durableOffset(file, forceEnd);
    }

    @Override
    public void check() {
        // nobody can take anything away
    }

    @Override
    public void retract() {
        // nobody reads what was not published
    }

    @Override
    public void close() {
        publish();
        durable = position;
        FileHeader.durableOffset(file, position);
        FileHeader.state(file, FileHeader.STATE_CLOSED);
    }

    @Override
    public void abandon() {
        // there is nothing to let go
    }

    @Override
    public String name() {
        return "memory";
    }

    @Override
    public long allocated() {
        return LENGTH;
    }

    @Override
    public long mapped() {
        return LENGTH;
    }

    @Override
    public long durable() {
        return durable;
    }

    @Override
    public long growths() {
        return 0;
    }
}
