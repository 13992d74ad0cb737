package dev.evtl.journal;

import dev.evtl.journal.format.EventChecksum;
import dev.evtl.journal.format.EventHeader;
import dev.evtl.journal.format.GapEvent;
import dev.evtl.journal.storage.JournalStorage;
import java.io.IOException;
import org.agrona.DirectBuffer;

/**
 * What is dropped because the file has reached its maximum, and the gap events that record it: one at once, so that
 * the file tells of it even if nobody closes it, and one with the rest at the close. Once full a file stays so, or
 * events would go on behind a gap that is not yet written. For the appender.
 */
final class FullFile {
    /** Room for the two gap events, which the events before must leave. */
    static final int RESERVE = 2 * GapEvent.LENGTH;

    private final JournalStorage storage;
    private final EventChecksum checksum;
    private boolean full;
    private long dropped;
    private long first;
    private long last;

    FullFile(final JournalStorage storage, final EventChecksum checksum) {
        this.storage = storage;
        this.checksum = checksum;
    }

    boolean isFull() {
        return full;
    }

    /** Takes in a claim of events that is dropped. */
    void drop(final int events, final DirectBuffer source, final int index, final int length) throws IOException {
        drop(events, EventHeader.timestamp(source, index), lastTimestamp(source, index, length));
    }

    /** Takes in a gap, which has no room either. */
    void dropGap(final DirectBuffer source, final int index) throws IOException {
        final int payload = index + EventHeader.LENGTH;
        drop(
                GapEvent.dropped(source, payload),
                GapEvent.firstTimestamp(source, payload),
                GapEvent.lastTimestamp(source, payload));
    }

    private void drop(final long events, final long firstTimestamp, final long lastTimestamp) throws IOException {
        if (dropped == 0) {
            first = firstTimestamp;
        }
        last = lastTimestamp;
        dropped += events;
        if (!full) {
            full = true;
            record();
        }
    }

    private static long lastTimestamp(final DirectBuffer source, final int index, final int length) {
        long timestamp = 0;
        for (int i = index; i < index + length; ) {
            timestamp = EventHeader.timestamp(source, i);
            i += EventHeader.LENGTH + EventHeader.payloadLength(EventHeader.word(source, i));
        }
        return timestamp;
    }

    /**
     * Appends a gap event for what was dropped since the last one, if anything was.
     *
     * @throws JournalFullException if a file that was full when it was opened has no room for it
     */
    void record() throws IOException {
        if (dropped == 0) {
            return;
        }
        final int target = storage.reserve(GapEvent.LENGTH);
        if (target < 0) {
            throw new JournalFullException(storage.path() + ": has no room left to record that events were dropped");
        }
        GapEvent.encode(storage.buffer(), target, last, dropped, first, last);
        if (checksum != null) {
            final byte[] bytes = new byte[GapEvent.LENGTH];
            storage.buffer().getBytes(target, bytes);
            final int sum = checksum.compute(bytes, 0, bytes.length, storage.position());
            storage.buffer().putInt(target + EventHeader.CHECKSUM_OFFSET, sum);
        }
        storage.append(GapEvent.LENGTH, 1);
        dropped = 0;
    }
}
