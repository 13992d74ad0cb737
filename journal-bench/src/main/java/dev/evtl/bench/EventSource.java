package dev.evtl.bench;

import java.io.IOException;

/** Something that reads events, in their order, from the first. */
public interface EventSource extends AutoCloseable {
    /**
     * Reads events that are there.
     *
     * @param visitor to tell of each
     * @param limit   most events to read
     * @return number of events read; 0 if there is none now
     */
    int poll(EventVisitor visitor, int limit);

    /**
     * Reads until so many events were read, waiting for those that are not there yet.
     *
     * @param visitor to tell of each
     * @param events  to read
     */
    default void read(final EventVisitor visitor, final long events) {
        long read = 0;
        while (read < events) {
            final int polled = poll(visitor, (int) Math.min(Integer.MAX_VALUE, events - read));
            read += polled;
            if (polled == 0) {
                Thread.yield();
            }
        }
    }

    @Override
    void close() throws IOException;
}
