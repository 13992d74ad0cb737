package dev.evtl.cli.cat;

import dev.evtl.replay.EventPrinter;
import dev.evtl.replay.JournalEvent;
import java.io.PrintWriter;

/** A line for people, as {@link EventPrinter} prints it, after the event's offset. */
final class TextWriter extends EventWriter {
    private final PrintWriter out;
    private final EventPrinter printer;

    TextWriter(final PrintWriter out) {
        this.out = out;
        this.printer = new EventPrinter(out);
    }

    @Override
    void write(final JournalEvent event) {
        out.append("offset=").append(Long.toString(event.offset())).append(' ');
        printer.consume(event);
    }
}
