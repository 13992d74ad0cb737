package dev.evtl.bench;

import java.io.IOException;

/** Something that writes events to a file, open. */
public interface EventTarget extends AutoCloseable {
    /**
     * A way in for a producer.
     *
     * @param number of the producer, from 0
     * @return the producer
     */
    EventProducer producer(int number);

    /**
     * Waits until events are in the file, visible to readers.
     *
     * @param events since the target was opened, of all producers
     */
    void awaitWritten(long events);

    /** Returns when all that the calling thread published is on the device. */
    default void sync() {
        throw new UnsupportedOperationException(getClass() + " has no sync");
    }

    /**
     * How often the file was forced since it was opened.
     *
     * @return number of forces, where the target counts them
     */
    default long forces() {
        return 0;
    }

    @Override
    void close() throws IOException;
}
