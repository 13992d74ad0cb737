package dev.evtl.cli.cat;

import dev.evtl.cli.console.Console;
import dev.evtl.replay.JournalEvent;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Arrays;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVPrinter;

/** A line of comma-separated values, of which only a gap has {@code dropped}, and only a claim that goes on {@code more}. */
final class CsvWriter extends EventWriter {
    private static final CSVFormat FORMAT =
            CSVFormat.DEFAULT.builder().setRecordSeparator('\n').get();

    private final CSVPrinter printer;
    private final boolean several;
    private boolean headed;
    private String file;

    CsvWriter(final PrintWriter out, final boolean several) throws IOException {
        this.printer = new CSVPrinter(out, FORMAT);
        this.several = several;
    }

    @Override
    void begin(final Path journal) throws IOException {
        file = Console.oneLine(journal.toString());
        if (!headed) {
            print("file", "seq", "offset", "timestamp", "type", "flags", "length", "payload", "dropped", "more");
            headed = true;
        }
    }

    @Override
    void write(final JournalEvent event) throws IOException {
        print(
                file,
                Long.toUnsignedString(event.sequence()),
                event.offset(),
                event.timestamp(),
                event.type(),
                event.flags(),
                event.payloadLength(),
                payload(event),
                event.isGap() ? Long.toUnsignedString(event.dropped()) : "",
                event.moreOfClaim() ? true : "");
    }

    /** Prints a line, whose first value is left out where there is one journal. */
    private void print(final Object... values) throws IOException {
        printer.printRecord(Arrays.asList(values).subList(several ? 0 : 1, values.length));
    }
}
