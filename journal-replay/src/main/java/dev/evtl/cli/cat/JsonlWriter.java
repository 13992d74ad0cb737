package dev.evtl.cli.cat;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.evtl.cli.console.Json;
import dev.evtl.replay.JournalEvent;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;

/** A JSON object a line; a gap has five fields more, and an event whose claim goes on one. */
final class JsonlWriter extends EventWriter {
    private final JsonGenerator json;
    private final boolean several;
    private String file;

    JsonlWriter(final PrintWriter out, final boolean several) throws IOException {
        this.json = Json.to(out);
        this.several = several;
    }

    @Override
    void begin(final Path journal) {
        file = journal.toString();
    }

    @Override
    void write(final JournalEvent event) throws IOException {
        json.writeStartObject();
        if (several) {
            json.writeStringField("file", file);
        }
        Json.unsigned(json, "seq", event.sequence());
        Json.unsigned(json, "offset", event.offset());
        Json.time(json, "timestamp", "time", event.timestamp());
        json.writeNumberField("type", event.type());
        json.writeNumberField("flags", event.flags());
        json.writeNumberField("length", event.payloadLength());
        json.writeStringField("payload", payload(event));
        if (event.moreOfClaim()) {
            json.writeBooleanField("more", true);
        }
        if (event.isGap()) {
            Json.unsigned(json, "dropped", event.dropped());
            Json.time(json, "firstTimestamp", "firstTime", event.firstDropTimestamp());
            Json.time(json, "lastTimestamp", "lastTime", event.lastDropTimestamp());
        }
        Json.end(json);
    }

    @Override
    public void close() throws IOException {
        json.close();
    }
}
