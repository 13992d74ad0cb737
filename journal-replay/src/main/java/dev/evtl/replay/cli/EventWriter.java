package dev.evtl.replay.cli;

import dev.evtl.journal.format.EventHeader;
import dev.evtl.journal.format.GapEvent;
import dev.evtl.replay.EventHandler;
import dev.evtl.replay.EventPrinter;
import dev.evtl.replay.JournalReader;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.Closeable;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.util.HexFormat;
import java.util.function.Consumer;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVPrinter;

/** Writes events in some format; closing it writes what it has kept back, and leaves the output open. */
abstract class EventWriter implements EventHandler, Closeable {
    private final JournalReader reader;

    /** For the events that a reader is handing over. */
    EventWriter(final JournalReader reader) {
        this.reader = reader;
    }

    /** Where the event begins that is being handed over. */
    final long eventOffset(final int payloadLength) {
        return reader.position() - EventHeader.LENGTH - payloadLength;
    }

    static String hex(final DirectBuffer buffer, final int offset, final int length) {
        final byte[] payload = new byte[length];
        buffer.getBytes(offset, payload);
        return HexFormat.of().formatHex(payload);
    }

    private static String gapPayload(final long dropped, final long first, final long last) {
        final UnsafeBuffer gap = new UnsafeBuffer(new byte[GapEvent.LENGTH]);
        GapEvent.encode(gap, 0, 0, dropped, first, last);
        return hex(gap, EventHeader.LENGTH, GapEvent.PAYLOAD_LENGTH);
    }

    @Override
    public void close() throws IOException {
        // most keep nothing back
    }

    /** A line for people, as {@link EventPrinter} prints it, after the event's offset. */
    static final class Text extends EventWriter {
        private final PrintWriter out;
        private final EventPrinter printer;

        Text(final JournalReader reader, final PrintWriter out) {
            super(reader);
            this.out = out;
            this.printer = new EventPrinter(out);
        }

        @Override
        public void onEvent(
                final long sequence,
                final long timestamp,
                final int type,
                final int flags,
                final DirectBuffer buffer,
                final int offset,
                final int length) {
            printOffset(length);
            printer.consume(sequence, timestamp, type, flags, buffer, offset, length);
        }

        @Override
        public void onGap(
                final long sequence, final long timestamp, final long dropped, final long first, final long last) {
            printOffset(GapEvent.PAYLOAD_LENGTH);
            printer.gap(sequence, timestamp, dropped, first, last);
        }

        private void printOffset(final int payloadLength) {
            out.append("offset=")
                    .append(Long.toString(eventOffset(payloadLength)))
                    .append(' ');
        }
    }

    /** A JSON object a line; a gap has three fields more. */
    static final class Jsonl extends EventWriter {
        private final JsonGenerator json;

        Jsonl(final JournalReader reader, final PrintWriter out) throws IOException {
            super(reader);
            this.json = Json.to(out);
        }

        @Override
        public void onEvent(
                final long sequence,
                final long timestamp,
                final int type,
                final int flags,
                final DirectBuffer buffer,
                final int offset,
                final int length) {
            try {
                begin(sequence, timestamp, type, flags, length, hex(buffer, offset, length));
                Json.end(json);
            } catch (final IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public void onGap(
                final long sequence, final long timestamp, final long dropped, final long first, final long last) {
            try {
                begin(
                        sequence,
                        timestamp,
                        EventHeader.TYPE_GAP,
                        0,
                        GapEvent.PAYLOAD_LENGTH,
                        gapPayload(dropped, first, last));
                json.writeNumberField("dropped", dropped);
                json.writeNumberField("firstTimestamp", first);
                json.writeNumberField("lastTimestamp", last);
                Json.end(json);
            } catch (final IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        private void begin(
                final long sequence,
                final long timestamp,
                final int type,
                final int flags,
                final int length,
                final String payload)
                throws IOException {
            json.writeStartObject();
            json.writeNumberField("seq", sequence);
            json.writeNumberField("offset", eventOffset(length));
            json.writeNumberField("timestamp", timestamp);
            json.writeNumberField("type", type);
            json.writeNumberField("flags", flags);
            json.writeNumberField("length", length);
            json.writeStringField("payload", payload);
        }

        @Override
        public void close() throws IOException {
            json.close();
        }
    }

    /** A line of comma-separated values, the last of which only a gap has. */
    static final class Csv extends EventWriter {
        private static final CSVFormat FORMAT =
                CSVFormat.DEFAULT.builder().setRecordSeparator('\n').get();

        private final CSVPrinter printer;

        Csv(final JournalReader reader, final PrintWriter out) throws IOException {
            super(reader);
            this.printer = new CSVPrinter(out, FORMAT);
            printer.printRecord("seq", "offset", "timestamp", "type", "flags", "length", "payload", "dropped");
        }

        @Override
        public void onEvent(
                final long sequence,
                final long timestamp,
                final int type,
                final int flags,
                final DirectBuffer buffer,
                final int offset,
                final int length) {
            print(sequence, timestamp, type, flags, length, hex(buffer, offset, length), null);
        }

        @Override
        public void onGap(
                final long sequence, final long timestamp, final long dropped, final long first, final long last) {
            final String payload = gapPayload(dropped, first, last);
            print(sequence, timestamp, EventHeader.TYPE_GAP, 0, GapEvent.PAYLOAD_LENGTH, payload, dropped);
        }

        private void print(
                final long sequence,
                final long timestamp,
                final int type,
                final int flags,
                final int length,
                final String payload,
                final Long dropped) {
            try {
                printer.printRecord(sequence, eventOffset(length), timestamp, type, flags, length, payload, dropped);
            } catch (final IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** A payload a line, and nothing else on standard output. */
    static final class Hex extends EventWriter {
        private final PrintWriter out;
        private final Consumer<String> talk;

        Hex(final JournalReader reader, final PrintWriter out, final Consumer<String> talk) {
            super(reader);
            this.out = out;
            this.talk = talk;
        }

        @Override
        public void onEvent(
                final long sequence,
                final long timestamp,
                final int type,
                final int flags,
                final DirectBuffer buffer,
                final int offset,
                final int length) {
            out.append(hex(buffer, offset, length)).append('\n');
        }

        @Override
        public void onGap(
                final long sequence, final long timestamp, final long dropped, final long first, final long last) {
            talk.accept("gap at offset " + eventOffset(GapEvent.PAYLOAD_LENGTH) + ", sequence " + sequence + ": "
                    + dropped + " events dropped");
        }
    }
}
