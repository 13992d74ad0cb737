package dev.evtl.cli.console;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.SerializableString;
import com.fasterxml.jackson.core.StreamWriteFeature;
import com.fasterxml.jackson.core.io.CharacterEscapes;
import dev.evtl.replay.EventPrinter;
import java.io.IOException;
import java.io.Writer;
import java.util.Map;

/**
 * JSON as the verbs write it: an object a line, in printable ASCII. A number that is not exact in a double, which is what
 * JavaScript and some versions of jq make of it, has a string beside it or in its place.
 */
public final class Json {
    /** A double tells every whole number below from its neighbours. */
    private static final long EXACT_END = 1L << 53;

    private static final int DELETE = 0x7F;

    private static final JsonFactory FACTORY = new JsonFactoryBuilder()
            .rootValueSeparator("")
            .characterEscapes(new Escapes())
            .highestNonEscapedChar(DELETE)
            .disable(StreamWriteFeature.AUTO_CLOSE_TARGET)
            .disable(StreamWriteFeature.FLUSH_PASSED_TO_STREAM)
            .build();

    private Json() {}

    /** The usual escapes, and the one control character among ASCII that JSON lets pass. */
    private static final class Escapes extends CharacterEscapes {
        private static final long serialVersionUID = 1L;

        private final int[] ascii = standardAsciiEscapesForJSON();

        Escapes() {
            ascii[DELETE] = ESCAPE_STANDARD;
        }

        @Override
        public int[] getEscapeCodesForAscii() {
            return ascii;
        }

        @Override
        public SerializableString getEscapeSequence(final int character) {
            return null; // no others
        }
    }

    public static JsonGenerator to(final Writer out) throws IOException {
        return FACTORY.createGenerator(out);
    }

    /** Ends an object, and its line. */
    public static void end(final JsonGenerator json) throws IOException {
        json.writeEndObject();
        json.writeRaw('\n');
    }

    /** Writes an unsigned number: as such up to 2^53, and as a string of its digits from there on. */
    public static void unsigned(final JsonGenerator json, final String name, final long value) throws IOException {
        if (value >= 0 && value < EXACT_END) {
            json.writeNumberField(name, value);
        } else {
            json.writeStringField(name, Long.toUnsignedString(value));
        }
    }

    /** Writes a number likewise, or null. */
    public static void signed(final JsonGenerator json, final String name, final Long value) throws IOException {
        if (value == null) {
            json.writeNullField(name);
        } else if (value > -EXACT_END && value < EXACT_END) {
            json.writeNumberField(name, value);
        } else {
            json.writeStringField(name, value.toString());
        }
    }

    /** Writes a timestamp as a number of nanoseconds, and as ISO-8601, of which no reader loses a digit. */
    public static void time(final JsonGenerator json, final String name, final String isoName, final long timestamp)
            throws IOException {
        json.writeNumberField(name, timestamp);
        json.writeStringField(isoName, EventPrinter.time(timestamp));
    }

    public static void types(final JsonGenerator json, final Map<Integer, Long> counts) throws IOException {
        json.writeObjectFieldStart("types");
        for (final Map.Entry<Integer, Long> count : counts.entrySet()) {
            unsigned(json, count.getKey().toString(), count.getValue());
        }
        json.writeEndObject();
    }
}
