package dev.evtl.cli.cat;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.evtl.cli.console.Json;
import dev.evtl.journal.format.EventHeader;
import dev.evtl.journal.format.GapEvent;
import dev.evtl.replay.JournalReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import org.agrona.DirectBuffer;

/** A JSON object a line; a gap has three fields more. */
final class JsonlWriter extends EventWriter {
    private final JsonGenerator json;

    JsonlWriter(final JournalReader reader, final PrintWriter out) throws IOException {
        super(reader);
        this.json = Json.to(out);
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
        try {
            begin(sequence, timestamp, type, flags, length, hex(buffer, offset, length));
            Json.end(json);
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void onGap(
            final long sequence, final long timestamp, final long dropped, final long first, final long last) {
        try {
            begin(
                    sequence,
                    timestamp,
                    EventHeader.TYPE_GAP,
                    0,
                    GapEvent.PAYLOAD_LENGTH,
                    gapPayload(dropped, first, last));
            json.writeNumberField("dropped", dropped);
            json.writeNumberField("firstTimestamp", first);
            json.writeNumberField("lastTimestamp", last);
            Json.end(json);
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void begin(
            final long sequence,
            final long timestamp,
            final int type,
            final int flags,
            final int length,
            final String payload)
            throws IOException {
        json.writeStartObject();
        json.writeNumberField("seq", sequence);
        json.writeNumberField("offset", eventOffset(length));
        json.writeNumberField("timestamp", timestamp);
        json.writeNumberField("type", type);
        json.writeNumberField("flags", flags);
        json.writeNumberField("length", length);
        json.writeStringField("payload", payload);
    }

    @Override
    public void close() throws IOException {
        json.close();
    }
}
