package dev.evtl.journal.appender;

import dev.evtl.journal.exceptions.JournalFullException;
import dev.evtl.journal.file.JournalStorage;
import dev.evtl.journal.format.EventHeader;
import dev.evtl.journal.format.GapEvent;
import dev.evtl.journal.ring.CheckpointState;
import java.io.IOException;
import org.agrona.DirectBuffer;

/**
 * What is dropped because the file has reached its maximum, and the gap events that record it: one at once, so that
 * the file tells of it even if nobody closes it, and one with the rest at the close. Once full a file stays so, or
 * events would go on behind a gap that is not yet written. For the appender.
 */
public final class FullFileDrops {
    /** Room for the two gap events, which the events before must leave. */
    public static final int RESERVE = 2 * GapEvent.LENGTH;

    private final JournalStorage storage;
    private final GapWriter gaps;
    private final CheckpointState state;
    private boolean full;
    private boolean resumed;

    /**
     * With a ring that an appender before may have left, goes on where that was stopped: the gap event of what it had not
     * recorded comes before all else.
     */
    FullFileDrops(
            final JournalStorage storage, final GapWriter gaps, final CheckpointState state, final boolean resumed) {
        this.resumed = resumed;
        this.storage = storage;
        this.gaps = gaps;
        this.state = state;
    }

    /**
     * Records what was dropped before the file was opened again, if it has room now; if it has none, or just the room
     * that is kept for gap events, it is full.
     *
     * @return false if that has to wait for the space
     */
    boolean recordResumed(final int reserve) throws IOException {
        if (resumed) {
            final int result = state.unrecorded > 0
                    ? gaps.append(state.unrecorded, state.firstUnrecorded, state.lastUnrecorded, reserve)
                    : reserve == 0 ? JournalStorage.READY : storage.reserve(GapEvent.LENGTH + reserve);
            if (result == JournalStorage.NOT_READY) {
                return false;
            }
            resumed = false;
            full = result == JournalStorage.FULL;
            state.unrecorded = full ? state.unrecorded : 0;
        }
        return true;
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
        if (state.unrecorded == 0) {
            state.firstUnrecorded = firstTimestamp;
        }
        state.lastUnrecorded = lastTimestamp;
        state.unrecorded += events;
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
        if (state.unrecorded == 0) {
            return;
        }
        if (gaps.append(state.unrecorded, state.firstUnrecorded, state.lastUnrecorded, 0) != JournalStorage.READY) {
            throw new JournalFullException(storage.name() + ": has no room left to record that events were dropped");
        }
        state.unrecorded = 0;
    }
}
