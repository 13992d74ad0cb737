package dev.evtl.cli.record;

import dev.evtl.cli.console.Console;
import dev.evtl.cli.console.Progress;
import dev.evtl.cli.verb.ExitCode;
import dev.evtl.cli.verb.NewJournal;
import dev.evtl.cli.verb.Verb;
import dev.evtl.journal.Journal;
import dev.evtl.journal.Publisher;
import dev.evtl.journal.exceptions.JournalException;
import java.io.FileInputStream;
import java.io.FileNotFoundException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.time.ZoneId;
import java.time.format.DateTimeParseException;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.TypeConversionException;

/** Records messages in a new journal. */
@Command(
        name = "record",
        description = {
            "Records the messages of INPUT in a new journal: the type is a message's type byte, the timestamp its"
                    + " nanoseconds after the exchange's midnight, the payload the whole message. INPUT may be packed"
                    + " with gzip.",
            "A message that is cut or impossible ends it with exit code 1; those before it are in the journal."
        })
public final class Record extends Verb {
    /** Dates whose every nanosecond has a timestamp, wherever the exchange is. */
    private static final LocalDate FIRST_DATE = LocalDate.of(1970, 1, 2);

    private static final LocalDate LAST_DATE = LocalDate.of(2261, 12, 31);

    @Option(
            names = "--format",
            required = true,
            paramLabel = "itch50",
            description = "itch50: Nasdaq TotalView-ITCH 5.0, each message after its length in two big-endian bytes;"
                    + " a length of 0 marks the end")
    private InputFormat format;

    @Option(
            names = "--date",
            required = true,
            paramLabel = "YYYY-MM-DD",
            converter = Date.class,
            description = "the day of the first message; times that step back by half a day or more go on to the next")
    private LocalDate date;

    @Option(
            names = "--zone",
            paramLabel = "ZONE",
            converter = Zone.class,
            description = "where the exchange has its midnight, as Europe/Stockholm or UTC; default for itch50"
                    + " America/New_York")
    private ZoneId zone;

    @Parameters(index = "0", paramLabel = "INPUT", description = "file with the messages, or - for standard input")
    private Path input;

    @Parameters(index = "1", paramLabel = "FILE", description = "the journal; it must not exist")
    private Path file;

    public Record(final Console console) {
        super(console);
    }

    private static final class Date implements ITypeConverter<LocalDate> {
        @Override
        public LocalDate convert(final String text) {
            try {
                return LocalDate.parse(text);
            } catch (final DateTimeParseException e) {
                throw new TypeConversionException("'" + text + "' is not a date as 2010-12-24");
            }
        }
    }

    private static final class Zone implements ITypeConverter<ZoneId> {
        @Override
        public ZoneId convert(final String text) {
            try {
                return ZoneId.of(text);
            } catch (final DateTimeException e) {
                throw new TypeConversionException("'" + text + "' is not a time zone as America/New_York or UTC");
            }
        }
    }

    @Override
    public Integer call() {
        if (date.isBefore(FIRST_DATE) || date.isAfter(LAST_DATE)) {
            throw wrongUsage("--date is not from " + FIRST_DATE + " to " + LAST_DATE + ": " + date);
        }
        final boolean standardInput = input.equals(Path.of("-"));
        final long total = standardInput ? -1 : input.toFile().length();
        try (Counted in = new Counted(standardInput ? console().in() : new FileInputStream(input.toFile()));
                Progress progress = console().progress("record", total)) {
            final MessageReader messages = format.reader(Packing.unpack(in), date, zone == null ? format.zone() : zone);
            final long recorded = record(messages, () -> progress.at(in.count));
            console().talk(recorded + " messages recorded in " + file + messages.remark());
        } catch (final FileNotFoundException e) {
            throw new UncheckedIOException(e.getMessage(), e); // which begins with the name
        } catch (final IOException e) {
            final String reason = e.getMessage() == null ? e.toString() : e.getMessage();
            throw new UncheckedIOException((standardInput ? "standard input" : input) + ": " + reason, e);
        }
        return ExitCode.GOOD;
    }

    /** Counts what is read, which is the progress of an input that is packed, too. */
    private static final class Counted extends FilterInputStream {
        private long count;

        Counted(final InputStream in) {
            super(in);
        }

        @Override
        public int read(final byte[] target, final int offset, final int length) throws IOException {
            final int read = super.read(target, offset, length);
            count += Math.max(0, read);
            return read;
        }
    }

    private long record(final MessageReader messages, final Runnable onRecorded) throws IOException {
        long recorded = 0;
        long result = 1;
        try (Journal journal = NewJournal.create(file)) {
            final Publisher publisher = journal.publisher();
            while (result > 0 && messages.next()) {
                result = publisher.offerAt(
                        messages.timestamp(), messages.type(), 0, messages.buffer(), 0, messages.length());
                if (result == Publisher.BACK_PRESSURED) {
                    throw new JournalException(file + ": does not take the message that ends at offset "
                            + messages.offset() + " of the input: the device is too slow");
                }
                if (result > 0) {
                    recorded++;
                    onRecorded.run();
                }
            }
        } // a journal that has failed says so when it is closed
        if (result < 0) {
            throw new JournalException(
                    file + ": was closed before the input ended, because the process was told to end; " + recorded
                            + " messages recorded");
        }
        return recorded;
    }
}
