package dev.evtl.cli.cat;

import dev.evtl.journal.format.GapEvent;
import dev.evtl.replay.EventPrinter;
import dev.evtl.replay.JournalReader;
import java.io.PrintWriter;
import org.agrona.DirectBuffer;

/** A line for people, as {@link EventPrinter} prints it, after the event's offset. */
final class TextWriter extends EventWriter {
    private final PrintWriter out;
    private final EventPrinter printer;

    TextWriter(final JournalReader reader, final PrintWriter out) {
        super(reader);
        this.out = out;
        this.printer = new EventPrinter(out);
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
        printOffset(length);
        printer.consume(sequence, timestamp, type, flags, buffer, offset, length);
    }

    @Override
    public void onGap(
            final long sequence, final long timestamp, final long dropped, final long first, final long last) {
        printOffset(GapEvent.PAYLOAD_LENGTH);
        printer.gap(sequence, timestamp, dropped, first, last);
    }

    private void printOffset(final int payloadLength) {
        out.append("offset=").append(Long.toString(eventOffset(payloadLength))).append(' ');
    }
}
