package dev.evtl.bench;

import dev.evtl.journal.format.EventHeader;
import java.io.IOException;
import java.nio.file.Path;

/**
 * The wall of writing: one thread lays the same events straight into a mapping whose space was zero-filled and whose
 * pages were touched before.
 */
public final class MappedTarget extends MappedWall {
    private int position;

    /**
     * Makes a file of the right length.
     *
     * @param path          of the file
     * @param events        that will be written, at most 2 GiB of them
     * @param payloadLength of every event
     * @throws IOException if it cannot be made
     */
    public MappedTarget(final Path path, final long events, final int payloadLength) throws IOException {
        super(path, events * (EventHeader.LENGTH + payloadLength), payloadLength);
        for (int prepared = 0; prepared < buffer.capacity(); ) {
            prepared = prepareFrom(prepared);
        }
    }

    @Override
    public void publish(final long index, final long timestamp) {
        position = put(position, index, timestamp);
    }

    @Override
    public void publishAll(final long from, final long to) {
        int at = position;
        for (long i = from; i < to; i++) {
            at = put(at, i, i);
        }
        position = at;
    }
}
