package dev.evtl.journal.appender;

import dev.evtl.journal.exceptions.JournalFullException;
import dev.evtl.journal.file.JournalStorage;
import dev.evtl.journal.format.EventHeader;
import dev.evtl.journal.format.GapEvent;
import dev.evtl.journal.ring.CheckpointState;
import java.io.IOException;
import org.agrona.DirectBuffer;

/**
 * Records the events that are dropped because the file has reached its maximum, on the appender's thread. One gap event
 * is written at the first drop, so that the file shows it even if nobody closes it; a second one at the close covers
 * the rest. A full file stays full: otherwise events could follow before the second gap event is written.
 */
public final class FullFileDrops {
    /** Bytes that must stay free for the two gap events. */
    public static final int RESERVE = 2 * GapEvent.LENGTH;

    private final JournalStorage storage;
    private final GapWriter gaps;
    private final CheckpointState state;
    private boolean full;
    private boolean resumed;

    /**
     * Creates the record of drops. With a resumed ring, it goes on where an earlier appender was stopped: a gap event
     * for the drops which that appender had not recorded comes first.
     */
    FullFileDrops(
            final JournalStorage storage, final GapWriter gaps, final CheckpointState state, final boolean resumed) {
        this.resumed = resumed;
        this.storage = storage;
        this.gaps = gaps;
        this.state = state;
    }

    /**
     * Records what was dropped before the file was opened again, if there is room now. The file counts as full if it
     * has no room, or only the room reserved for gap events.
     *
     * @param reserve bytes that must stay free after the gap event
     * @return false if space is still being prepared
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

    /** Counts the events of a claim as dropped. */
    void drop(final int events, final DirectBuffer source, final int index, final int length) throws IOException {
        drop(events, EventHeader.timestamp(source, index), EventHeader.lastTimestamp(source, index, length));
    }

    /** Counts events as dropped, either here or by producers whose gap has no room in the file either. */
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
     * Appends a gap event for the drops since the last one, if there are any.
     *
     * @throws JournalFullException if the file has no room for it, because it was full when it was opened
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
