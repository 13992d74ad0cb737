package dev.evtl.journal;

import dev.evtl.journal.format.EventHeader;
import dev.evtl.journal.format.GapEvent;
import dev.evtl.journal.storage.JournalStorage;
import dev.evtl.journal.storage.RingMark;
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
    private final GapWriter gaps;
    private boolean full;
    private boolean resumed;
    private long dropped;
    private long first;
    private long last;

    FullFile(final JournalStorage storage, final GapWriter gaps) {
        this.storage = storage;
        this.gaps = gaps;
    }

    /** Goes on where the appender of a ring file was stopped: the gap event comes before all else. */
    void resume(final RingMark mark) {
        dropped = mark.get(RingMark.FULL_DROPPED);
        first = mark.get(RingMark.FULL_FIRST_TIMESTAMP);
        last = mark.get(RingMark.FULL_LAST_TIMESTAMP);
        resumed = true;
    }

    /**
     * Records what was dropped before the file was opened again, if it has room now; if it has none, or just the room
     * that is kept for gap events, it is full.
     *
     * @return false if that has to wait for the space
     */
    boolean recordResumed(final int reserve) throws IOException {
        if (resumed) {
            final int result = dropped > 0
                    ? gaps.append(dropped, first, last, reserve)
                    : reserve == 0 ? 0 : storage.reserve(GapEvent.LENGTH + reserve);
            if (result == JournalStorage.NOT_READY) {
                return false;
            }
            resumed = false;
            full = result < 0;
            dropped = full ? dropped : 0;
        }
        return true;
    }

    /** Says in a mark what is not recorded in the file yet. */
    void mark(final RingMark mark) {
        mark.set(RingMark.FULL_DROPPED, dropped);
        mark.set(RingMark.FULL_FIRST_TIMESTAMP, first);
        mark.set(RingMark.FULL_LAST_TIMESTAMP, last);
    }

    boolean isFull() {
        return full;
    }

    /** Takes in a claim of events that is dropped. */
    void drop(final int events, final DirectBuffer source, final int index, final int length) throws IOException {
        drop(events, EventHeader.timestamp(source, index), EventHeader.lastTimestamp(source, index, length));
    }

    /** Takes in events that were dropped: here, or by producers, in a gap that has no room either. */
    void drop(final long events, final long firstTimestamp, final long lastTimestamp) throws IOException {
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

    /**
     * Appends a gap event for what was dropped since the last one, if anything was.
     *
     * @throws JournalFullException if a file that was full when it was opened has no room for it
     */
    void record() throws IOException {
        if (dropped == 0) {
            return;
        }
        if (gaps.append(dropped, first, last, 0) < 0) {
            throw new JournalFullException(storage.path() + ": has no room left to record that events were dropped");
        }
        dropped = 0;
    }
}
