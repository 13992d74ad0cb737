package dev.evtl.bench.compare;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.DataFormatException;
import org.HdrHistogram.Histogram;

/** What a child says about what it was told to do: one line of names and values. */
final class Reply {
    private final Map<String, String> values = new LinkedHashMap<>();

    Reply with(final String name, final long value) {
        values.put(name, Long.toString(value));
        return this;
    }

    Reply with(final String name, final Histogram histogram) {
        final ByteBuffer bytes = ByteBuffer.allocate(histogram.getNeededByteBufferCapacity());
        final int length = histogram.encodeIntoCompressedByteBuffer(bytes);
        values.put(name, Base64.getEncoder().encodeToString(Arrays.copyOf(bytes.array(), length)));
        return this;
    }

    long number(final String name) {
        return Long.parseLong(value(name));
    }

    Histogram histogram(final String name) {
        try {
            return Histogram.decodeFromCompressedByteBuffer(
                    ByteBuffer.wrap(Base64.getDecoder().decode(value(name))), 0);
        } catch (final DataFormatException e) {
            throw new IllegalStateException("the reply's " + name + " is no histogram", e);
        }
    }

    private String value(final String name) {
        final String value = values.get(name);
        if (value == null) {
            throw new IllegalStateException("the reply has no " + name + " but " + values.keySet());
        }
        return value;
    }

    String toLine() {
        final StringBuilder line = new StringBuilder();
        values.forEach(
                (name, value) -> line.append(name).append(' ').append(value).append(' '));
        return line.toString().strip();
    }

    static Reply parse(final String line) {
        final Reply reply = new Reply();
        final String[] words = line.isEmpty() ? new String[0] : line.split(" ");
        for (int i = 0; i + 1 < words.length; i += 2) {
            reply.values.put(words[i], words[i + 1]);
        }
        return reply;
    }
}
