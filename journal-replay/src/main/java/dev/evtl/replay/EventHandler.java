package dev.evtl.replay;

import org.agrona.DirectBuffer;

/** Called back for each event that a {@link JournalReader} reads, on the thread that polls. */
@FunctionalInterface
public interface EventHandler {
    /**
     * An event of an application. What this throws leaves the poll; the event counts as read.
     *
     * @param sequence  number of the event in its journal
     * @param timestamp nanoseconds since the Unix epoch, or what the application means by it
     * @param type      1..239
     * @param flags     0..15, the application's own
     * @param buffer    that holds the payload; owned by the reader and valid only during the call
     * @param offset    of the payload in the buffer
     * @param length    of the payload in bytes
     */
    void onEvent(long sequence, long timestamp, int type, int flags, DirectBuffer buffer, int offset, int length);

    /**
     * Events are missing here: producers offered them and the journal had to drop them.
     *
     * @param sequence       number of the gap event itself
     * @param timestamp      of the gap event
     * @param dropped        number of events missing
     * @param firstTimestamp of the events missing
     * @param lastTimestamp  of the events missing
     */
    default void onGap(
            final long sequence,
            final long timestamp,
            final long dropped,
            final long firstTimestamp,
            final long lastTimestamp) {
        // who counts on all events asks JournalReader.droppedEvents
    }
}
