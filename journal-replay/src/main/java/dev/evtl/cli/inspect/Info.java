package dev.evtl.cli.inspect;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.evtl.cli.console.Console;
import dev.evtl.cli.console.Json;
import dev.evtl.cli.console.Table;
import dev.evtl.cli.verb.Backwards;
import dev.evtl.cli.verb.ExitCode;
import dev.evtl.cli.verb.Extent;
import dev.evtl.cli.verb.FilesVerb;
import dev.evtl.cli.verb.Range;
import dev.evtl.cli.verb.Result;
import dev.evtl.cli.verb.ResultOutput;
import dev.evtl.cli.verb.Walk;
import dev.evtl.journal.exceptions.CorruptJournalException;
import dev.evtl.journal.format.FileHeader;
import dev.evtl.journal.format.JournalHeader;
import dev.evtl.replay.EventHandler;
import dev.evtl.replay.EventHandler.Action;
import dev.evtl.replay.EventPrinter;
import dev.evtl.replay.JournalEvent;
import dev.evtl.replay.TypeCounter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Shows a header, and what a journal holds. */
@Command(
        name = "info",
        description = {
            "Shows the header of journals and what they hold.",
            "Of a journal of several files sequence numbers, events and length are of all of them, createdAt of the"
                    + " oldest, offsets, state and flags of the newest.",
            "Reads the first event and the last one, and what lies between with --types only; verify reads all."
        })
public final class Info extends FilesVerb {
    @Mixin
    private ResultOutput output;

    @Option(names = "--types", description = "count the events of each type, which reads all of them")
    private boolean types;

    public Info(final Console console) {
        super(console);
    }

    /** What was read: the timestamps are null where there is no event, or none could be reached. */
    private static final class Content {
        private final TypeCounter counter;
        private Long firstTimestamp;
        private Long lastTimestamp;

        private Content(final boolean types) {
            counter = types ? new TypeCounter() : null;
        }

        private Action first(final JournalEvent event) {
            firstTimestamp = event.timestamp();
            return Action.STOP;
        }

        private Action last(final JournalEvent event) {
            lastTimestamp = event.timestamp();
            return Action.STOP;
        }

        private Action each(final JournalEvent event) {
            counter.consume(event);
            if (firstTimestamp == null) {
                first(event);
            }
            last(event);
            return Action.CONTINUE;
        }

        private void read(final Walk walk) {
            if (counter != null) {
                readAll(walk, this::each);
                return;
            }
            while (firstTimestamp == null && walk.poll(this::first, Long.MAX_VALUE)) {
                // over what is not shown
            }
            new Backwards(walk, this::last).read(Range.ALL);
            walk.extent().firstBreak().ifPresent(range -> {
                walk.goTo(range);
                readAll(walk, event -> Action.CONTINUE); // which says what is missing
            });
        }

        private static void readAll(final Walk walk, final EventHandler handler) {
            while (walk.poll(handler, Long.MAX_VALUE)) {
                // up to the end
            }
        }
    }

    /** What there is to say: of a journal of several files as of one, whose state is that of the newest. */
    private record Answer(Path file, Extent extent, Content content) implements Result {
        private JournalHeader header() {
            return extent.newest();
        }

        private long eventCount() {
            return extent.nextSequence() - extent.firstSequence();
        }

        @Override
        public void writeFields(final JsonGenerator json) throws IOException {
            final JournalHeader header = header();
            json.writeStringField("file", file.toString());
            json.writeNumberField("files", extent.files());
            json.writeNumberField("version", FileHeader.VERSION);
            Json.time(json, "createdAt", "createdTime", extent.oldest().createdAt());
            json.writeNumberField("flags", header.flags());
            Json.unsigned(json, "baseSequence", extent.firstSequence());
            Json.unsigned(json, "firstSequence", extent.firstSequence());
            Json.unsigned(json, "nextSequence", extent.nextSequence());
            Json.unsigned(json, "eventCount", eventCount());
            Json.unsigned(json, "writeOffset", header.writeOffset());
            Json.unsigned(json, "durableOffset", header.durableOffset());
            json.writeStringField("state", state());
            Json.unsigned(json, "length", extent.length());
            writeTime(json, "first", content.firstTimestamp);
            writeTime(json, "last", content.lastTimestamp);
            if (content.counter != null) {
                Json.types(json, content.counter.counts());
            }
        }

        private static void writeTime(final JsonGenerator json, final String which, final Long timestamp)
                throws IOException {
            if (timestamp == null) {
                json.writeNullField(which + "Timestamp");
                json.writeNullField(which + "Time");
            } else {
                Json.time(json, which + "Timestamp", which + "Time", timestamp);
            }
        }

        @Override
        public void print(final Console console) {
            final JournalHeader header = header();
            Table.print(
                    console,
                    List.of("field", "value"),
                    List.of(
                            List.of("file", file),
                            List.of("files", extent.files()),
                            List.of("version", FileHeader.VERSION),
                            List.of("createdAt", time(extent.oldest().createdAt())),
                            List.of("flags", header.flags() + (header.hasChecksums() ? " (checksums)" : "")),
                            List.of("headerChecksum", String.format("0x%08x", header.checksum())),
                            List.of("baseSequence", Long.toUnsignedString(extent.firstSequence())),
                            List.of("nextSequence", Long.toUnsignedString(extent.nextSequence())),
                            List.of("eventCount", Long.toUnsignedString(eventCount())),
                            List.of("writeOffset", Long.toUnsignedString(header.writeOffset())),
                            List.of("durableOffset", Long.toUnsignedString(header.durableOffset())),
                            List.of("state", state()),
                            List.of("length", extent.length()),
                            List.of("firstTimestamp", timeIfAny(content.firstTimestamp)),
                            List.of("lastTimestamp", timeIfAny(content.lastTimestamp))));
            if (content.counter != null) {
                Table.printTypes(console, content.counter.counts());
            }
        }

        private String state() {
            return header().closed() ? "closed" : "open";
        }

        private static String timeIfAny(final Long timestamp) {
            return timestamp == null ? "none" : time(timestamp);
        }

        private static String time(final long timestamp) {
            return timestamp + " (" + EventPrinter.time(timestamp) + ")";
        }
    }

    @Override
    protected int look(final Path file) throws IOException {
        final Content content = new Content(types);
        try (Walk walk = walk(file, true, Range.ALL, false)) {
            CorruptJournalException damage = null;
            try {
                content.read(walk);
            } catch (final CorruptJournalException e) {
                damage = e;
            }
            output.print(new Answer(file, walk.extent(), content), console());
            if (damage != null) {
                throw damage; // after what there is up to it
            }
        }
        return ExitCode.GOOD;
    }
}
