package dev.evtl.cli.inspect;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.evtl.cli.console.Console;
import dev.evtl.cli.console.Json;
import dev.evtl.cli.console.Table;
import dev.evtl.cli.verb.ExitCode;
import dev.evtl.cli.verb.FileVerb;
import dev.evtl.journal.exceptions.JournalException;
import dev.evtl.replay.EventPrinter;
import dev.evtl.replay.JournalReader;
import dev.evtl.replay.ReaderConfig;
import dev.evtl.replay.Readers;
import dev.evtl.replay.Readers.NamedReader;
import java.io.IOException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Objects;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** Lists, moves and forgets named readers. */
@Command(
        name = "readers",
        description = {
            "Lists the named readers of a journal, where each goes on, and how far that is behind the journal's end: in"
                    + " events, bytes, and time, which is the last event's timestamp less that of the next one to read.",
            "With --move or --remove it does that first. A reader that is in use is neither moved nor removed."
        })
public final class ReadersVerb extends FileVerb {
    @Option(names = "--json", description = "a JSON list of objects")
    private boolean json;

    @Option(names = "--move", paramLabel = "NAME", description = "have this reader go on elsewhere")
    private String moved;

    @Option(
            names = "--to",
            paramLabel = "SEQUENCE",
            converter = Target.class,
            description = "where the moved one goes on: at this event, or at start or end")
    private ReaderConfig to;

    @Option(names = "--remove", paramLabel = "NAME", description = "forget this reader")
    private String removed;

    public ReadersVerb(final Console console) {
        super(console);
    }

    static final class Target implements ITypeConverter<ReaderConfig> {
        @Override
        public ReaderConfig convert(final String text) {
            final ReaderConfig.Builder config = ReaderConfig.builder();
            try {
                return switch (text) {
                    case "start" -> config.startAtBeginning().build();
                    case "end" -> config.startAtEnd().build();
                    default -> config.startAtSequence(Long.parseLong(text)).build();
                };
            } catch (final IllegalArgumentException e) {
                throw new TypeConversionException("'" + text + "' is neither a sequence number, nor start, nor end");
            }
        }
    }

    @Override
    public Integer call() throws IOException {
        if ((moved == null) != (to == null)) {
            throw wrongUsage("--move and --to need each other");
        }
        if (moved != null && removed != null) {
            throw wrongUsage("--move and --remove exclude each other");
        }
        change();
        try (JournalReader journal = JournalReader.open(file())) {
            final List<NamedReader> readers = Readers.list(file());
            final Long end = timestamp(journal, () -> journal.seekToLast(1));
            final List<Row> rows =
                    readers.stream().map(reader -> row(reader, journal, end)).toList();
            if (json) {
                writeJson(rows);
            } else {
                print(rows);
            }
        }
        return ExitCode.GOOD;
    }

    /** A reader, and its lag in nanoseconds of the journal's time: 0 with nothing to read, null where it is not known. */
    private record Row(NamedReader reader, Long lagNanos) {}

    private void change() {
        if (removed != null) {
            Readers.remove(file(), removed);
        }
        if (moved != null) {
            try {
                Readers.move(file(), moved, to);
            } catch (final IllegalArgumentException e) {
                throw new JournalException(e.getMessage(), e);
            }
        }
    }

    private static Row row(final NamedReader reader, final JournalReader journal, final Long end) {
        if (reader.lag().events() == 0) {
            return new Row(reader, 0L);
        }
        final Long next = timestamp(journal, () -> journal.seek(reader.position()));
        return new Row(reader, end == null || next == null ? null : Long.valueOf(end - next));
    }

    /** Timestamp of the event at which a journal's reader is after a seek; null if there is none, or it cannot be reached. */
    private static Long timestamp(final JournalReader journal, final Runnable seek) {
        try {
            seek.run();
            return journal.next() ? journal.event().timestamp() : null;
        } catch (final JournalException e) {
            return null;
        }
    }

    private void writeJson(final List<Row> rows) throws IOException {
        try (JsonGenerator generator = Json.to(console().out())) {
            generator.writeStartArray();
            for (final Row row : rows) {
                final NamedReader reader = row.reader;
                generator.writeStartObject();
                generator.writeStringField("name", reader.name());
                Json.unsigned(generator, "sequence", reader.sequence());
                Json.signed(generator, "lagEvents", reader.lag().events());
                Json.signed(generator, "lagBytes", reader.lag().bytes());
                Json.signed(generator, "lagNanos", row.lagNanos);
                Json.time(generator, "committedAt", "committedTime", nanos(reader.committedAt()));
                generator.writeEndObject();
            }
            generator.writeEndArray();
            generator.writeRaw('\n');
        }
    }

    private void print(final List<Row> rows) {
        Table.print(
                console(),
                List.of("name", "sequence", "lagEvents", "lagBytes", "lagNanos", "committedAt"),
                rows.stream()
                        .<List<?>>map(row -> List.of(
                                row.reader.name(),
                                row.reader.sequence(),
                                row.reader.lag().events(),
                                row.reader.lag().bytes(),
                                Objects.requireNonNullElse(row.lagNanos, "unknown"),
                                EventPrinter.time(nanos(row.reader.committedAt()))))
                        .toList());
    }

    private static long nanos(final Instant instant) {
        return ChronoUnit.NANOS.between(Instant.EPOCH, instant);
    }
}
