package dev.evtl.replay;

import org.agrona.DirectBuffer;

/** Takes events from a {@link Dispatcher}, on the thread that drains it. */
public interface EventConsumer {
    /**
     * Takes an event. An exception counts as an event not taken, is reported, and stops no other consumer.
     *
     * @param sequence  number of the event in its journal
     * @param timestamp nanoseconds since the Unix epoch, or what the application means by it
     * @param type      1..239
     * @param flags     0..15, the application's own
     * @param buffer    that holds the payload; owned by the reader and valid only during the call
     * @param offset    of the payload in the buffer
     * @param length    of the payload in bytes
     * @return whether the event was taken
     */
    boolean consume(long sequence, long timestamp, int type, int flags, DirectBuffer buffer, int offset, int length);

    /**
     * Events are missing here; see {@link EventHandler#onGap}.
     *
     * @param sequence       number of the gap event itself
     * @param timestamp      of the gap event
     * @param dropped        number of events missing
     * @param firstTimestamp of the events missing
     * @param lastTimestamp  of the events missing
     */
    default void gap(
            final long sequence,
            final long timestamp,
            final long dropped,
            final long firstTimestamp,
            final long lastTimestamp) {
        // who counts on all events asks JournalReader.droppedEvents
    }

    /** Called after a batch: what was taken may be passed on. */
    default void flush() {
        // most consumers keep nothing back
    }

    /**
     * What the statistics and errors call this consumer.
     *
     * @return a short name
     */
    String name();
}
