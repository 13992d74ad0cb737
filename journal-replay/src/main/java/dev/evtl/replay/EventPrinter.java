package dev.evtl.replay;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.util.HexFormat;
import java.util.Objects;
import java.util.concurrent.TimeUnit;

/**
 * Prints each event and each gap as a line. A payload is somebody's bytes: those that are not printable ASCII, and the
 * backslash, are escaped, so that no journal can drive a terminal and every payload can be told from its line.
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
        Objects.requireNonNull(out, "out");
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

    /** All that there is to say of an event but its offset and its payload. */
    static StringBuilder append(final StringBuilder line, final JournalEvent event) {
        line.append("seq=").append(event.sequence()).append(' ').append(time(event.timestamp()));
        if (event.isGap()) {
            line.append(" gap: ").append(Long.toUnsignedString(event.dropped())).append(" events dropped from ");
            line.append(time(event.firstDropTimestamp())).append(" to ").append(time(event.lastDropTimestamp()));
        } else {
            line.append(" type=").append(event.type()).append(" flags=").append(event.flags());
            line.append(event.moreOfClaim() ? " more length=" : " length=").append(event.payloadLength());
        }
        return line;
    }

    @Override
    public boolean consume(final JournalEvent event) {
        Objects.requireNonNull(event, "event");
        line.setLength(0);
        append(line, event);
        if (!event.isGap()) {
            line.append(' ');
            final int end = event.payloadOffset() + event.payloadLength();
            for (int i = event.payloadOffset(); i < end; i++) {
                appendEscaped(event.buffer().getByte(i));
            }
        }
        line.append('\n');
        try {
            out.append(line);
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
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
