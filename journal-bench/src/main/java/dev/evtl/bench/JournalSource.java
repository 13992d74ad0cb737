package dev.evtl.bench;

import dev.evtl.replay.EventHandler;
import dev.evtl.replay.JournalReader;
import java.nio.file.Path;
import org.agrona.DirectBuffer;

/** The journal's reader. */
public final class JournalSource implements EventSource, EventHandler {
    private final JournalReader reader;
    private EventVisitor visitor;

    /**
     * Opens a journal.
     *
     * @param path   of the file
     * @param verify whether the reader verifies checksums
     */
    public JournalSource(final Path path, final boolean verify) {
        this.reader = JournalReader.open(path, verify);
    }

    @Override
    public int poll(final EventVisitor eventVisitor, final int limit) {
        visitor = eventVisitor;
        return reader.poll(this, limit);
    }

    @Override
    public void onEvent(
            final long sequence,
            final long timestamp,
            final int type,
            final int flags,
            final DirectBuffer buffer,
            final int offset,
            final int length) {
        visitor.onEvent(timestamp, type, Content.sum(buffer, offset, length));
    }

    @Override
    public void close() {
        reader.close();
    }
}
