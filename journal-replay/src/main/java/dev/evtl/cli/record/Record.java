package dev.evtl.cli.record;

import dev.evtl.cli.console.Console;
import dev.evtl.cli.console.Progress;
import dev.evtl.cli.verb.ExitCode;
import dev.evtl.cli.verb.NewJournal;
import dev.evtl.cli.verb.Verb;
import dev.evtl.journal.Journal;
import dev.evtl.journal.Publisher;
import dev.evtl.journal.exceptions.JournalException;
import java.io.BufferedInputStream;
import java.io.FileInputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.LocalDate;
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
                    + " nanoseconds after the date's midnight in UTC, the payload the whole message.",
            "A message that is cut or impossible ends it with exit code 1; those before it are in the journal."
        })
public final class Record extends Verb {
    /** Dates whose every nanosecond has a timestamp. */
    private static final LocalDate FIRST_DATE = LocalDate.EPOCH;

    private static final LocalDate LAST_DATE = LocalDate.of(2262, 4, 7);

    @Option(
            names = "--format",
            required = true,
            paramLabel = "itch50",
            description = "itch50: Nasdaq TotalView-ITCH 5.0, each message after its length in two big-endian bytes")
    private InputFormat format;

    @Option(
            names = "--date",
            required = true,
            paramLabel = "YYYY-MM-DD",
            converter = Date.class,
            description = "the day of the messages")
    private LocalDate date;

    @Parameters(index = "0", paramLabel = "INPUT", description = "file with the messages, or - for standard input")
    private String input;

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

    @Override
    public Integer call() {
        if (date.isBefore(FIRST_DATE) || date.isAfter(LAST_DATE)) {
            throw wrongUsage("--date is not from " + FIRST_DATE + " to " + LAST_DATE + ": " + date);
        }
        final long recorded;
        final boolean standardInput = input.equals("-");
        final long total = standardInput ? -1 : Path.of(input).toFile().length();
        try (InputStream in = standardInput ? console().in() : new FileInputStream(input);
                Progress progress = console().progress("record", total)) {
            recorded = record(format.reader(new BufferedInputStream(in, 1 << 16), date), progress);
        } catch (final FileNotFoundException e) {
            throw new UncheckedIOException(e.getMessage(), e); // which begins with the name
        } catch (final IOException e) {
            throw new UncheckedIOException((standardInput ? "standard input" : input) + ": " + e.getMessage(), e);
        }
        console().talk(recorded + " messages recorded in " + file);
        return ExitCode.GOOD;
    }

    private long record(final MessageReader messages, final Progress progress) throws IOException {
        long recorded = 0;
        try (Journal journal = NewJournal.create(file)) {
            final Publisher publisher = journal.publisher();
            long result = 1;
            while (result > 0 && messages.next()) {
                result = publisher.offerAt(
                        messages.timestamp(), messages.type(), 0, messages.buffer(), 0, messages.length());
                if (result == Publisher.BACK_PRESSURED) {
                    throw new JournalException(file + ": does not take the message that ends at offset "
                            + messages.offset() + " of the input: the device is too slow");
                }
                if (result > 0) {
                    recorded++;
                    progress.at(messages.offset());
                }
            }
        } // a journal that has failed says so when it is closed
        return recorded;
    }
}
