package dev.evtl.bench;

import dev.evtl.journal.format.EventHeader;
import java.io.IOException;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.agrona.IoUtil;
import org.agrona.concurrent.UnsafeBuffer;

/** The wall of reading: a plain loop over the mapped events that one of the walls of writing wrote. */
public final class MappedSource implements EventSource {
    private final MappedByteBuffer map;
    private final UnsafeBuffer buffer;
    private int position;

    /**
     * Maps a file.
     *
     * @param path  of the file
     * @param start offset of the first event
     * @throws IOException if it cannot be mapped
     */
    public MappedSource(final Path path, final int start) throws IOException {
        position = start;
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            map = channel.map(MapMode.READ_ONLY, 0, channel.size());
        }
        buffer = new UnsafeBuffer(map);
    }

    @Override
    public int poll(final EventVisitor visitor, final int limit) {
        int at = position;
        int read = 0;
        while (read < limit && at < buffer.capacity()) {
            final long word = EventHeader.word(buffer, at);
            final int payload = at + EventHeader.LENGTH;
            final int length = EventHeader.payloadLength(word);
            visitor.onEvent(
                    EventHeader.timestamp(buffer, at), EventHeader.type(word), Content.sum(buffer, payload, length));
            at = payload + length;
            read++;
        }
        position = at;
        return read;
    }

    @Override
    public void close() {
        IoUtil.unmap(map);
    }
}
