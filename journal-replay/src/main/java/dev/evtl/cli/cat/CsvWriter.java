package dev.evtl.cli.cat;

import dev.evtl.journal.format.EventHeader;
import dev.evtl.journal.format.GapEvent;
import dev.evtl.replay.JournalReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import org.agrona.DirectBuffer;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVPrinter;

/** A line of comma-separated values, the last of which only a gap has. */
final class CsvWriter extends EventWriter {
    private static final CSVFormat FORMAT =
            CSVFormat.DEFAULT.builder().setRecordSeparator('\n').get();

    private final CSVPrinter printer;

    CsvWriter(final JournalReader reader, final PrintWriter out) throws IOException {
        super(reader);
        this.printer = new CSVPrinter(out, FORMAT);
        printer.printRecord("seq", "offset", "timestamp", "type", "flags", "length", "payload", "dropped");
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
        print(sequence, timestamp, type, flags, length, hex(buffer, offset, length), null);
    }

    @Override
    public void onGap(
            final long sequence, final long timestamp, final long dropped, final long first, final long last) {
        final String payload = gapPayload(dropped, first, last);
        print(sequence, timestamp, EventHeader.TYPE_GAP, 0, GapEvent.PAYLOAD_LENGTH, payload, dropped);
    }

    private void print(
            final long sequence,
            final long timestamp,
            final int type,
            final int flags,
            final int length,
            final String payload,
            final Long dropped) {
        try {
            printer.printRecord(sequence, eventOffset(length), timestamp, type, flags, length, payload, dropped);
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
