package dev.evtl.torture;

import dev.evtl.replay.EventConsumer;
import dev.evtl.replay.EventHandler;
import dev.evtl.replay.JournalEvent;
import org.agrona.DirectBuffer;

/** One number for a whole sequence of events, in which each field and byte and the order count. */
final class Digest implements EventHandler, EventConsumer {
    private long value = 1;
    private long events;

    private void mix(final long bits) {
        final long mixed = (value ^ bits) * 0x9E3779B97F4A7C15L;
        value = mixed ^ mixed >>> 29;
    }

    void add(
            final long sequence,
            final long timestamp,
            final int type,
            final int flags,
            final DirectBuffer buffer,
            final int offset,
            final int length) {
        mix(sequence);
        mix(timestamp);
        mix(type | flags << 8 | (long) length << 32);
        int i = 0;
        for (; i + Long.BYTES <= length; i += Long.BYTES) {
            mix(buffer.getLong(offset + i));
        }
        for (; i < length; i++) {
            mix(buffer.getByte(offset + i));
        }
        events++;
    }

    @Override
    public Action onEvent(final JournalEvent event) {
        add(
                event.sequence(),
                event.timestamp(),
                event.type(),
                event.flags(),
                event.buffer(),
                event.payloadOffset(),
                event.payloadLength());
        return Action.CONTINUE;
    }

    @Override
    public boolean consume(final JournalEvent event) {
        return onEvent(event) == Action.CONTINUE;
    }

    @Override
    public String name() {
        return "digest";
    }

    @Override
    public String toString() {
        return events + " events, digest " + Long.toHexString(value);
    }
}
