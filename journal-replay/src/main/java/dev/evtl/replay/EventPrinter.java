package dev.evtl.replay;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.util.HexFormat;
import java.util.concurrent.TimeUnit;
import org.agrona.DirectBuffer;

/**
 * Prints each event as a line. A payload is somebody's bytes: those that are not printable ASCII, and the backslash,
 * are escaped, so that no journal can drive a terminal and every payload can be told from its line.
 */
public final class EventPrinter implements EventConsumer {
    private static final DateTimeFormatter TIME =
            new DateTimeFormatterBuilder().appendInstant(9).toFormatter();
    private static final long NANOS_PER_SECOND = TimeUnit.SECONDS.toNanos(1);

    private final Writer out;
    private final StringBuilder line = new StringBuilder();

    /**
     * Prints to a writer, which is flushed after a batch and stays the caller's to close.
     *
     * @param out to print to
     */
    public EventPrinter(final Writer out) {
        this.out = out;
    }

    /**
     * A timestamp as text.
     *
     * @param timestamp nanoseconds since the Unix epoch
     * @return ISO-8601, in UTC, with all nine digits of the fraction
     */
    public static String time(final long timestamp) {
        return TIME.format(Instant.ofEpochSecond(
                Math.floorDiv(timestamp, NANOS_PER_SECOND), Math.floorMod(timestamp, NANOS_PER_SECOND)));
    }

    @Override
    public boolean consume(
            final long sequence,
            final long timestamp,
            final int type,
            final int flags,
            final DirectBuffer buffer,
            final int offset,
            final int length) {
        begin(sequence, timestamp);
        line.append("type=").append(type).append(" flags=").append(flags);
        line.append(" length=").append(length).append(' ');
        for (int i = offset; i < offset + length; i++) {
            appendEscaped(buffer.getByte(i));
        }
        end();
        return true;
    }

    private void appendEscaped(final byte b) {
        if (b == '\\') {
            line.append("\\\\");
        } else if (b >= ' ' && b <= '~') {
            line.append((char) b);
        } else {
            line.append("\\x");
            HexFormat.of().toHexDigits(line, b);
        }
    }

    @Override
    public void gap(
            final long sequence,
            final long timestamp,
            final long dropped,
            final long firstTimestamp,
            final long lastTimestamp) {
        begin(sequence, timestamp);
        line.append("gap: ").append(dropped).append(" events dropped from ").append(time(firstTimestamp));
        line.append(" to ").append(time(lastTimestamp));
        end();
    }

    private void begin(final long sequence, final long timestamp) {
        line.setLength(0);
        line.append("seq=").append(sequence).append(' ').append(time(timestamp)).append(' ');
    }

    private void end() {
        line.append('\n');
        try {
            out.append(line);
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void flush() {
        try {
            out.flush();
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public String name() {
        return "print";
    }
}
