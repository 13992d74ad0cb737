package dev.evtl.cli.console;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.StreamWriteFeature;
import java.io.IOException;
import java.io.Writer;
import java.util.Map;

/** JSON as the verbs write it: an object a line. */
public final class Json {
    private static final JsonFactory FACTORY = new JsonFactoryBuilder()
            .rootValueSeparator("")
            .disable(StreamWriteFeature.AUTO_CLOSE_TARGET)
            .disable(StreamWriteFeature.FLUSH_PASSED_TO_STREAM)
            .build();

    private Json() {}

    public static JsonGenerator to(final Writer out) throws IOException {
        return FACTORY.createGenerator(out);
    }

    /** Ends an object, and its line. */
    public static void end(final JsonGenerator json) throws IOException {
        json.writeEndObject();
        json.writeRaw('\n');
    }

    public static void types(final JsonGenerator json, final Map<Integer, Long> counts) throws IOException {
        json.writeObjectFieldStart("types");
        for (final Map.Entry<Integer, Long> count : counts.entrySet()) {
            json.writeNumberField(count.getKey().toString(), count.getValue());
        }
        json.writeEndObject();
    }
}
