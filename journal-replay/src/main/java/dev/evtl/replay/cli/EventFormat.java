package dev.evtl.replay.cli;

import dev.evtl.replay.JournalReader;

import java.io.IOException;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.function.Consumer;

/** The formats that cat knows. */
enum EventFormat {
    TEXT,
    JSONL,
    CSV,
    HEX;

    EventWriter writer(final JournalReader reader, final PrintWriter out, final Consumer<String> talk)
            throws IOException {
        return switch (this) {
            case TEXT -> new EventWriter.Text(reader, out);
            case JSONL -> new EventWriter.Jsonl(reader, out);
            case CSV -> new EventWriter.Csv(reader, out);
            case HEX -> new EventWriter.Hex(reader, out, talk);
        };
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
