package dev.evtl.cli.cat;

import dev.evtl.journal.format.EventHeader;
import dev.evtl.journal.format.GapEvent;
import dev.evtl.replay.EventHandler;
import dev.evtl.replay.JournalReader;
import java.io.Closeable;
import java.io.IOException;
import java.util.HexFormat;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** Writes events in some format; closing it writes what it has kept back, and leaves the output open. */
abstract class EventWriter implements EventHandler, Closeable {
    private final JournalReader reader;

    /** For the events that a reader is handing over. */
    EventWriter(final JournalReader reader) {
        this.reader = reader;
    }

    /** Where the event begins that is being handed over. */
    final long eventOffset(final int payloadLength) {
        return reader.position() - EventHeader.LENGTH - payloadLength;
    }

    static String hex(final DirectBuffer buffer, final int offset, final int length) {
        final byte[] payload = new byte[length];
        buffer.getBytes(offset, payload);
        return HexFormat.of().formatHex(payload);
    }

    static String gapPayload(final long dropped, final long first, final long last) {
        final UnsafeBuffer gap = new UnsafeBuffer(new byte[GapEvent.LENGTH]);
        GapEvent.encode(gap, 0, 0, dropped, first, last);
        return hex(gap, EventHeader.LENGTH, GapEvent.PAYLOAD_LENGTH);
    }

    @Override
    public void close() throws IOException {
        // most keep nothing back
    }
}
