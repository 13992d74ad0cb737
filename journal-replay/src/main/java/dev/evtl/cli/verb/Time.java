package dev.evtl.cli.verb;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.temporal.TemporalAccessor;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads a time: nanoseconds since the Unix epoch, or ISO-8601, which is in UTC where it names no offset. */
final class Time implements ITypeConverter<Long> {
    @Override
    public Long convert(final String text) {
        try {
            return text.matches("-?\\d+") ? Long.parseLong(text) : nanos(instant(text));
        } catch (final DateTimeException e) {
            throw new TypeConversionException("'" + text + "' is neither nanoseconds nor ISO-8601");
        } catch (final ArithmeticException | NumberFormatException e) {
            throw new TypeConversionException("'" + text + "' is not from the years 1678 to 2261");
        }
    }

    private static Instant instant(final String text) {
        if (text.indexOf('T') < 0) {
            return LocalDate.parse(text).atStartOfDay().toInstant(ZoneOffset.UTC);
        }
        final TemporalAccessor time =
                DateTimeFormatter.ISO_DATE_TIME.parseBest(text, ZonedDateTime::from, LocalDateTime::from);
        return time instanceof final LocalDateTime local ? local.toInstant(ZoneOffset.UTC) : Instant.from(time);
    }

    static long nanos(final Instant instant) {
        return Math.addExact(
                Math.multiplyExact(instant.getEpochSecond(), TimeUnit.SECONDS.toNanos(1)), instant.getNano());
    }
}
