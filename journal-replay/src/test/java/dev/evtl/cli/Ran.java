package dev.evtl.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** The command run once, and what it wrote and returned. */
public record Ran(int code, String out, String err) {
    public static Ran evtl(final Object... args) {
        return evtl(new byte[0], args);
    }

    public static Ran evtl(final byte[] in, final Object... args) {
        final ByteArrayOutputStream out = new ByteArrayOutputStream();
        final Ran ran = evtl(in, out, args);
        return new Ran(ran.code, out.toString(UTF_8), ran.err);
    }

    public static Ran evtl(final byte[] in, final OutputStream out, final Object... args) {
        final ByteArrayOutputStream err = new ByteArrayOutputStream();
        final int code = new Evtl(new ByteArrayInputStream(in), out, err)
                .run(Stream.of(args).map(Object::toString).toArray(String[]::new));
        return new Ran(code, "", err.toString(UTF_8));
    }

    public List<String> lines() {
        return out.lines().toList();
    }

    /** The only line of standard error, without its end. */
    public String error() {
        if (err.indexOf('\n') != err.length() - 1) {
            throw new AssertionError("not one line: " + err);
        }
        return err.substring(0, err.length() - 1);
    }

    /** The only JSON object of standard output. */
    public Map<?, ?> json() throws IOException {
        if (out.indexOf('\n') != out.length() - 1) {
            throw new AssertionError("not one line: " + out);
        }
        return json(out);
    }

    public static Map<?, ?> json(final String text) throws IOException {
        return (Map<?, ?>) value(text);
    }

    /** A JSON object or list. */
    public static Object value(final String text) throws IOException {
        try (JsonParser parser = new JsonFactory().createParser(text)) {
            parser.nextToken();
            return value(parser);
        }
    }

    private static Object value(final JsonParser parser) throws IOException {
        return switch (parser.currentToken()) {
            case START_OBJECT -> {
                final Map<String, Object> fields = new LinkedHashMap<>();
                while (parser.nextToken() != JsonToken.END_OBJECT) {
                    final String name = parser.currentName();
                    parser.nextToken();
                    fields.put(name, value(parser));
                }
                yield fields;
            }
            case START_ARRAY -> {
                final List<Object> values = new ArrayList<>();
                while (parser.nextToken() != JsonToken.END_ARRAY) {
                    values.add(value(parser));
                }
                yield values;
            }
            case VALUE_STRING -> parser.getText();
            case VALUE_NUMBER_INT -> parser.getLongValue();
            case VALUE_NUMBER_FLOAT -> parser.getDoubleValue();
            case VALUE_TRUE, VALUE_FALSE -> parser.getBooleanValue();
            case VALUE_NULL -> null;
            default -> throw new AssertionError("unexpected " + parser.currentToken());
        };
    }
}
