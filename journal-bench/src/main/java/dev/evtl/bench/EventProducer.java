package dev.evtl.bench;

/** One producer's way into an {@link EventTarget}; for one thread. */
public interface EventProducer {
    /**
     * Publishes one event, waiting while there is no room.
     *
     * @param index     of the event among this producer's, which gives its content
     * @param timestamp of the event
     */
    void publish(long index, long timestamp);

    /**
     * Publishes events whose timestamps are their indexes, in claims as large as this producer makes them.
     *
     * @param from first index
     * @param to   index after the last
     */
    default void publishAll(final long from, final long to) {
        for (long i = from; i < to; i++) {
            publish(i, i);
        }
    }
}
