package dev.evtl.cli.cat;

import dev.evtl.replay.EventHandler;
import dev.evtl.replay.JournalEvent;
import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.HexFormat;

/** Writes events in some format; closing it writes what it has kept back, and leaves the output open. */
abstract class EventWriter implements EventHandler, Closeable {
    @Override
    public final Action onEvent(final JournalEvent event) {
        try {
            write(event);
            return Action.CONTINUE;
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Says which journal the events that follow are of. */
    abstract void begin(Path file) throws IOException;

    abstract void write(JournalEvent event) throws IOException;

    static String payload(final JournalEvent event) {
        final byte[] payload = new byte[event.payloadLength()];
        event.buffer().getBytes(event.payloadOffset(), payload);
        return HexFormat.of().formatHex(payload);
    }

    @Override
    public void close() throws IOException {
        // most keep nothing back
    }
}
