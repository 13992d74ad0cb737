package dev.evtl.cli.cat;

import dev.evtl.cli.console.Console;
import dev.evtl.replay.EventPrinter;
import dev.evtl.replay.JournalEvent;
import java.io.PrintWriter;
import java.nio.file.Path;

/** A line for people: the file where there are several, the offset, and what {@link EventPrinter} prints. */
final class TextWriter extends EventWriter {
    private final PrintWriter out;
    private final EventPrinter printer;
    private final boolean several;
    private String prefix;

    TextWriter(final PrintWriter out, final boolean several) {
        this.out = out;
        this.printer = new EventPrinter(out);
        this.several = several;
    }

    @Override
    void begin(final Path journal) {
        prefix = several ? Console.oneLine(journal + ": ") : "";
    }

    @Override
    void write(final JournalEvent event) {
        out.append(prefix)
                .append("offset=")
                .append(Long.toString(event.offset()))
                .append(' ');
        printer.consume(event);
    }
}
