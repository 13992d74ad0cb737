package dev.evtl.replay.cli;

import dev.evtl.journal.exceptions.CorruptJournalException;
import dev.evtl.journal.format.JournalHeader;
import dev.evtl.journal.format.FileHeader;
import dev.evtl.replay.EventHandler;
import dev.evtl.replay.EventPrinter;
import dev.evtl.replay.TypeCounter;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.agrona.DirectBuffer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

@Command(name = "info", description = "Shows a journal's header and what it holds.")
final class Info implements Callable<Integer> {
    @ParentCommand
    private Evtl evtl;

    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "FILE", description = "the journal")
    private Path file;

    @Option(names = "--json", description = "as a JSON object")
    private boolean json;

    private static final class Content implements EventHandler {
        private final TypeCounter counter = new TypeCounter();
        private Long firstTimestamp;
        private long lastTimestamp;

        @Override
        public void onEvent(
                final long sequence,
                final long timestamp,
                final int type,
                final int flags,
                final DirectBuffer buffer,
                final int offset,
                final int length) {
            counter.consume(sequence, timestamp, type, flags, buffer, offset, length);
            seen(timestamp);
        }

        @Override
        public void onGap(
                final long sequence, final long timestamp, final long dropped, final long first, final long last) {
            counter.gap(sequence, timestamp, dropped, first, last);
            seen(timestamp);
        }

        private void seen(final long timestamp) {
            if (firstTimestamp == null) {
                firstTimestamp = timestamp;
            }
            lastTimestamp = timestamp;
        }
    }

    @Override
    public Integer call() throws IOException {
        final PrintWriter out = spec.commandLine().getOut();
        final Content content = new Content();
        try (Walk walk = evtl.walk(file, true, Range.ALL, false)) {
            CorruptJournalException damage = null;
            try {
                while (walk.poll(content, Long.MAX_VALUE)) {
                    // up to the end
                }
            } catch (final CorruptJournalException e) {
                damage = e;
            }
            final JournalHeader header = walk.reader().header();
            if (json) {
                printJson(header, content, out);
            } else {
                print(header, content, out);
            }
            if (damage != null) {
                throw damage; // after what there is up to it
            }
        }
        return ExitCode.GOOD;
    }

    private static void printJson(final JournalHeader header, final Content content, final PrintWriter out)
            throws IOException {
        try (JsonGenerator json = Json.to(out)) {
            json.writeStartObject();
            json.writeNumberField("version", FileHeader.VERSION);
            json.writeNumberField("createdAt", header.createdAt());
            json.writeNumberField("flags", header.flags());
            json.writeNumberField("baseSequence", header.baseSequence());
            json.writeNumberField("eventCount", header.eventCount());
            json.writeNumberField("writeOffset", header.writeOffset());
            json.writeNumberField("durableOffset", header.durableOffset());
            json.writeStringField("state", state(header));
            json.writeNumberField("length", header.length());
            if (content.firstTimestamp == null) {
                json.writeNullField("firstTimestamp");
                json.writeNullField("lastTimestamp");
            } else {
                json.writeNumberField("firstTimestamp", content.firstTimestamp);
                json.writeNumberField("lastTimestamp", content.lastTimestamp);
            }
            Json.types(json, content.counter.counts());
            Json.end(json);
        }
    }

    private static void print(final JournalHeader header, final Content content, final PrintWriter out) {
        final boolean any = content.firstTimestamp != null;
        Table.print(
                out,
                List.of("field", "value"),
                List.of(
                        List.of("version", FileHeader.VERSION),
                        List.of("createdAt", time(header.createdAt())),
                        List.of("flags", header.flags() + (header.hasChecksums() ? " (checksums)" : "")),
                        List.of("headerChecksum", String.format("0x%08x", header.checksum())),
                        List.of("baseSequence", header.baseSequence()),
                        List.of("eventCount", header.eventCount()),
                        List.of("writeOffset", header.writeOffset()),
                        List.of("durableOffset", header.durableOffset()),
                        List.of("state", state(header)),
                        List.of("length", header.length()),
                        List.of("firstTimestamp", any ? time(content.firstTimestamp) : "none"),
                        List.of("lastTimestamp", any ? time(content.lastTimestamp) : "none")));
        Table.printTypes(out, content.counter.counts());
    }

    private static String state(final JournalHeader header) {
        return header.closed() ? "closed" : "open";
    }

    private static String time(final long timestamp) {
        return timestamp + " (" + EventPrinter.time(timestamp) + ")";
    }
}
