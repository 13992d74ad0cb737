package dev.evtl.bench;

import dev.evtl.journal.Growth;
import dev.evtl.journal.OpenMode;
import dev.evtl.journal.file.JournalFile;
import dev.evtl.journal.file.JournalStorage;
import dev.evtl.journal.file.MappedStorage;
import dev.evtl.journal.file.Space;
import dev.evtl.journal.format.EventChecksum;
import dev.evtl.journal.format.EventHeader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.agrona.concurrent.SystemEpochNanoClock;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The journal's file writer without the journal's ring, for others to put their own in front of it: events are copied,
 * given their checksums and published as the appender does. For one thread.
 */
public final class EventFile implements AutoCloseable {
    private static final long STEP = 64 << 20;

    private final JournalStorage storage;
    private final EventChecksum checksum;

    /**
     * Makes a journal with the defaults of the journal's config.
     *
     * @param path           of the file
     * @param maxEventLength most bytes that an event has
     */
    public EventFile(final Path path, final int maxEventLength) {
        final JournalFile file = JournalFile.open(
                path,
                OpenMode.CREATE,
                new JournalFile.NewFile(
                        SystemEpochNanoClock.INSTANCE.nanoTime(),
                        true,
                        0,
                        PosixFilePermissions.fromString("rw-------")));
        storage = new MappedStorage(file, new Space(STEP, Growth.steps(STEP), Long.MAX_VALUE), maxEventLength);
        checksum = new EventChecksum(file.header().checksum());
    }

    /**
     * Appends an event.
     *
     * @param source that holds it
     * @param bytes  the same memory
     * @param index  of the event
     * @param length of the event in bytes, its header included
     * @throws IOException if writing fails
     */
    public void append(final UnsafeBuffer source, final ByteBuffer bytes, final int index, final int length)
            throws IOException {
        int target = storage.reserve(length);
        while (target < 0) {
            Thread.yield();
            target = storage.reserve(length);
        }
        storage.buffer().putBytes(target, source, index, length);
        storage.buffer()
                .putInt(
                        target + EventHeader.CHECKSUM_OFFSET,
                        checksum.compute(bytes, index, length, storage.position()));
        storage.append(length, 1);
    }

    /**
     * Shows readers all that was appended.
     *
     * @throws IOException if writing fails
     */
    public void publish() throws IOException {
        storage.publish();
    }

    @Override
    public void close() throws IOException {
        storage.close();
    }
}
