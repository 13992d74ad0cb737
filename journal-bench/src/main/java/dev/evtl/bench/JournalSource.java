package dev.evtl.bench;

import dev.evtl.replay.EventHandler;
import dev.evtl.replay.JournalEvent;
import dev.evtl.replay.JournalReader;
import dev.evtl.replay.ReaderConfig;
import java.nio.file.Path;

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
        this.reader =
                JournalReader.open(path, ReaderConfig.builder().verify(verify).build());
    }

    @Override
    public int poll(final EventVisitor eventVisitor, final int limit) {
        visitor = eventVisitor;
        return reader.poll(this, limit);
    }

    @Override
    public Action onEvent(final JournalEvent event) {
        visitor.onEvent(
                event.timestamp(),
                event.type(),
                Content.sum(event.buffer(), event.payloadOffset(), event.payloadLength()));
        return Action.CONTINUE;
    }

    @Override
    public void close() {
        reader.close();
    }
}
