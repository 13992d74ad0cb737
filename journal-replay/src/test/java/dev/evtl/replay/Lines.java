package dev.evtl.replay;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.util.ArrayList;
import java.util.List;

/** Keeps each event as a line: sequence, time after T0, type, flags, payload; and each gap. */
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
    public Action onEvent(final JournalEvent event) {
        final String line = event.sequence() + " " + (event.timestamp() - TestFiles.T0) + " ";
        if (event.isGap()) {
            lines.add(line + "gap of " + event.dropped() + " from " + (event.firstDropTimestamp() - TestFiles.T0)
                    + " to " + (event.lastDropTimestamp() - TestFiles.T0));
        } else {
            final byte[] payload = new byte[event.payloadLength()];
            event.buffer().getBytes(event.payloadOffset(), payload);
            lines.add(line + event.type() + " " + event.flags() + " " + new String(payload, ISO_8859_1));
        }
        return Action.CONTINUE;
    }
}
