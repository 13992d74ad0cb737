package dev.evtl.cli.cat;

import dev.evtl.cli.console.Console;
import java.io.IOException;
import java.util.Locale;
import java.util.stream.Stream;

/** The formats that cat knows, and what its help says of each. */
enum EventFormat {
    TEXT("for people, with all but printable ASCII escaped"),
    JSONL("an object a line, payload in hex; of several journals with the file of each event"),
    CSV("with a line of headings; of several journals with the file of each event"),
    HEX("an event's payload a line; gaps are told on standard error");

    private final String description;

    EventFormat(final String description) {
        this.description = description;
    }

    static Stream<String> help() {
        return Stream.of(values()).map(format -> format + ": " + format.description);
    }

    /** A writer for the events of one journal, or of several, which tells them apart. */
    EventWriter writer(final Console console, final boolean several) throws IOException {
        return switch (this) {
            case TEXT -> new TextWriter(console.out(), several);
            case JSONL -> new JsonlWriter(console.out(), several);
            case CSV -> new CsvWriter(console.out(), several);
            case HEX -> new HexWriter(console);
        };
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
