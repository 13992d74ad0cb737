package dev.evtl.cli.cat;

import dev.evtl.cli.console.Console;
import java.io.IOException;
import java.util.Locale;
import java.util.stream.Stream;

/** The formats that cat knows, and what its help says of each. */
enum EventFormat {
    TEXT("for people, with all but printable ASCII escaped"),
    JSONL("an object a line, payload in hex"),
    CSV("with a line of headings"),
    HEX("an event's payload a line; gaps are told on standard error");

    private final String description;

    EventFormat(final String description) {
        this.description = description;
    }

    static Stream<String> help() {
        return Stream.of(values()).map(format -> format + ": " + format.description);
    }

    EventWriter writer(final Console console) throws IOException {
        return switch (this) {
            case TEXT -> new TextWriter(console.out());
            case JSONL -> new JsonlWriter(console.out());
            case CSV -> new CsvWriter(console.out());
            case HEX -> new HexWriter(console);
        };
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
