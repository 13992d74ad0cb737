package dev.evtl.cli.cat;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.evtl.cli.console.Json;
import dev.evtl.replay.JournalEvent;
import java.io.IOException;
import java.io.PrintWriter;

/** A JSON object a line; a gap has three fields more, and an event whose claim goes on one. */
final class JsonlWriter extends EventWriter {
    private final JsonGenerator json;

    JsonlWriter(final PrintWriter out) throws IOException {
        this.json = Json.to(out);
    }

    @Override
    void write(final JournalEvent event) throws IOException {
        json.writeStartObject();
        json.writeNumberField("seq", event.sequence());
        json.writeNumberField("offset", event.offset());
        json.writeNumberField("timestamp", event.timestamp());
        json.writeNumberField("type", event.type());
        json.writeNumberField("flags", event.flags());
        json.writeNumberField("length", event.payloadLength());
        json.writeStringField("payload", payload(event));
        if (event.moreOfClaim()) {
            json.writeBooleanField("more", true);
        }
        if (event.isGap()) {
            json.writeNumberField("dropped", event.dropped());
            json.writeNumberField("firstTimestamp", event.firstDropTimestamp());
            json.writeNumberField("lastTimestamp", event.lastDropTimestamp());
        }
        Json.end(json);
    }

    @Override
    public void close() throws IOException {
        json.close();
    }
}
