package dev.evtl.replay;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.util.ArrayList;
import java.util.List;
import org.agrona.DirectBuffer;

/** Keeps each event as a line: sequence, time after T0, type, flags, payload. */
final class Lines implements EventHandler {
    static final String E1 = "0 1 1 0 ";
    static final String E2 = "1 2 7 0 hello, journal";
    static final String E3 = e3(2);

    final List<String> lines = new ArrayList<>();

    static String e3(final long sequence) {
        final byte[] payload = new byte[769];
        for (int i = 0; i < 768; i++) {
            payload[i] = (byte) i;
        }
        payload[768] = 'x';
        return sequence + " 2 239 15 " + new String(payload, ISO_8859_1);
    }

    static String numbered(final int number) {
        return number + " " + number + " " + (1 + number % 9) + " 0 " + number;
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
        final byte[] payload = new byte[length];
        buffer.getBytes(offset, payload);
        lines.add(sequence + " " + (timestamp - TestFiles.T0) + " " + type + " " + flags + " "
                + new String(payload, ISO_8859_1));
    }

    @Override
    public void onGap(
            final long sequence,
            final long timestamp,
            final long dropped,
            final long firstTimestamp,
            final long lastTimestamp) {
        lines.add(sequence + " " + (timestamp - TestFiles.T0) + " gap of " + dropped + " from "
                + (firstTimestamp - TestFiles.T0) + " to " + (lastTimestamp - TestFiles.T0));
    }
}
