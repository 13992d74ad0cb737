package dev.evtl.cli.cat;

import dev.evtl.replay.JournalEvent;
import java.io.IOException;
import java.io.PrintWriter;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVPrinter;

/** A line of comma-separated values, of which only a gap has {@code dropped}, and only a claim that goes on {@code more}. */
final class CsvWriter extends EventWriter {
    private static final CSVFormat FORMAT =
            CSVFormat.DEFAULT.builder().setRecordSeparator('\n').get();

    private final CSVPrinter printer;

    CsvWriter(final PrintWriter out) throws IOException {
        this.printer = new CSVPrinter(out, FORMAT);
        printer.printRecord("seq", "offset", "timestamp", "type", "flags", "length", "payload", "dropped", "more");
    }

    @Override
    void write(final JournalEvent event) throws IOException {
        printer.printRecord(
                event.sequence(),
                event.offset(),
                event.timestamp(),
                event.type(),
                event.flags(),
                event.payloadLength(),
                payload(event),
                event.isGap() ? event.dropped() : "",
                event.moreOfClaim() ? true : "");
    }
}
