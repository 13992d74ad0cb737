package dev.evtl.replay;

import org.agrona.DirectBuffer;

/** Hands on what a filter passes. */
record FilteringHandler(EventFilter filter, EventHandler handler) implements EventHandler {
    @Override
    public void onEvent(
            final long sequence,
            final long timestamp,
            final int type,
            final int flags,
            final DirectBuffer buffer,
            final int offset,
            final int length) {
        if (filter.test(sequence, timestamp, type)) {
            handler.onEvent(sequence, timestamp, type, flags, buffer, offset, length);
        }
    }

    @Override
    public void onGap(
            final long sequence,
            final long timestamp,
            final long dropped,
            final long firstTimestamp,
            final long lastTimestamp) {
        handler.onGap(sequence, timestamp, dropped, firstTimestamp, lastTimestamp);
    }
}
