package dev.evtl.bench;

import dev.evtl.journal.file.EventMemory;
import dev.evtl.journal.file.JournalFile;
import dev.evtl.journal.file.JournalStorage;
import dev.evtl.journal.file.MappedStorage;
import dev.evtl.journal.file.Space;
import java.io.IOException;
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
    private final EventMemory source;

    /**
     * Makes a journal with the defaults of the journal's config.
     *
     * @param path           of the file
     * @param memory         a direct byte buffer that the events are appended from
     * @param maxEventLength most bytes that an event has
     * @throws IOException if it cannot be made
     */
    public EventFile(final Path path, final UnsafeBuffer memory, final int maxEventLength) throws IOException {
        JournalFile.create(
                path,
                new JournalFile.NewFile(
                        SystemEpochNanoClock.INSTANCE.nanoTime(),
                        true,
                        0,
                        PosixFilePermissions.fromString("rw-------")));
        final JournalFile file = JournalFile.open(path.toRealPath());
        storage = new MappedStorage(
                file,
                JournalFile.readHeader(path, file.channel()),
                new Space(STEP, length -> length + STEP, Long.MAX_VALUE),
                maxEventLength);
        source = new EventMemory(memory);
    }

    /**
     * Appends an event.
     *
     * @param index  of the event in the memory
     * @param length of the event in bytes, its header included
     * @throws IOException if writing fails
     */
    public void append(final int index, final int length) throws IOException {
        while (storage.reserve(length) != JournalStorage.READY) {
            Thread.yield();
        }
        storage.append(source, index, length, 1);
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
