package dev.evtl.cli.verb;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** A range of whole numbers, both ends included; of none if it ends before it begins. */
public record Range(long first, long last) {
    public static final Range ALL = new Range(Long.MIN_VALUE, Long.MAX_VALUE);

    /** What is in this range and in another. */
    public Range and(final Range other) {
        return new Range(Math.max(first, other.first), Math.min(last, other.last));
    }

    private static Range of(final String text, final String first, final String last) {
        try {
            final Range range = new Range(
                    first.isEmpty() ? ALL.first : Long.parseLong(first),
                    last.isEmpty() ? ALL.last : Long.parseLong(last));
            if (range.first > range.last) {
                throw new TypeConversionException("'" + text + "' ends before it begins");
            }
            return range;
        } catch (final NumberFormatException e) {
            throw new TypeConversionException("'" + text + "' has a number that is too large");
        }
    }

    /** Reads {@code A..B}, where either end may be missing, or {@code A}. */
    static final class Sequences implements ITypeConverter<Range> {
        private static final Pattern FORM = Pattern.compile("(\\d*)\\.\\.(\\d*)|(\\d+)");

        @Override
        public Range convert(final String text) {
            final Matcher matcher = FORM.matcher(text);
            if (!matcher.matches()) {
                throw new TypeConversionException("'" + text + "' is not A..B, A.., ..B or A");
            }
            final String single = matcher.group(3);
            return single != null ? of(text, single, single) : of(text, matcher.group(1), matcher.group(2));
        }
    }

    /** Reads {@code N} or {@code N-M}, from 1 to 255. */
    static final class Types implements ITypeConverter<Range> {
        private static final Pattern FORM = Pattern.compile("(\\d+)(?:-(\\d+))?");

        @Override
        public Range convert(final String text) {
            final Matcher matcher = FORM.matcher(text);
            if (!matcher.matches()) {
                throw new TypeConversionException("'" + text + "' is not N or N-M");
            }
            final String last = matcher.group(2);
            final Range range = of(text, matcher.group(1), last == null ? matcher.group(1) : last);
            if (range.first < 1 || range.last > 255) {
                throw new TypeConversionException("'" + text + "' is not from 1 to 255");
            }
            return range;
        }
    }
}
