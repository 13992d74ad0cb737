package dev.evtl.bench;

import java.io.IOException;
import java.util.concurrent.TimeUnit;

/** Something that reads events, in their order, from the first. */
public interface EventSource extends AutoCloseable {
    /** Events of one poll: so many that polling costs nothing, and so few that what is compiled is not a running loop. */
    int POLL_LIMIT = 4096;

    /** How long to wait for an event. */
    long LONGEST_WAIT_NANOS = TimeUnit.SECONDS.toNanos(20);

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
     * @throws IllegalStateException if no more come for long
     */
    default void read(final EventVisitor visitor, final long events) {
        long read = 0;
        long idleSince = 0;
        while (read < events) {
            final int polled = poll(visitor, (int) Math.min(POLL_LIMIT, events - read));
            read += polled;
            if (polled > 0) {
                idleSince = 0;
            } else if (idleSince == 0) {
                idleSince = System.nanoTime();
            } else if (System.nanoTime() - idleSince > LONGEST_WAIT_NANOS) {
                throw new IllegalStateException("of " + events + " events only " + read + " came");
            } else {
                Thread.yield();
            }
        }
    }

    @Override
    void close() throws IOException;
}
