package dev.evtl.journal.ring;

import java.lang.invoke.VarHandle;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Stores the {@link CheckpointState} in the header of a ring, for the thread that runs the appender. There are two
 * copies, which are written in turn; the index of the current copy is stored last. If the process is killed, the next
 * one to open the ring file therefore finds either the old or the new state, never a mixture.
 *
 * <pre>
 *   0               8              16              24              32              40
 *  +---------------+---------------+---------------+---------------+---------------+
 *  | ring position |  file offset  |   journaled   |bytes journaled|drops journaled|
 *  +---------------+---------------+---------------+---------------+---------------+ 40
 *  |    dropped    | bytes dropped |  unrecorded   |   first ts    |    last ts    |
 *  +---------------+---------------+---------------+---------------+---------------+ 80
 *  | file sequence |
 *  +---------------+ 88
 * </pre>
 */
public final class Checkpoint {
    static final int RING_POSITION_OFFSET = 0;
    static final int FILE_OFFSET_OFFSET = 8;
    static final int JOURNALED_OFFSET = 16;
    static final int BYTES_JOURNALED_OFFSET = 24;
    static final int DROPS_JOURNALED_OFFSET = 32;
    static final int DROPPED_OFFSET = 40;
    static final int BYTES_DROPPED_OFFSET = 48;
    static final int UNRECORDED_OFFSET = 56;
    private static final int FIRST_UNRECORDED_OFFSET = 64;
    private static final int LAST_UNRECORDED_OFFSET = 72;
    private static final int FILE_SEQUENCE_OFFSET = 80;

    private final UnsafeBuffer header;

    /** Opens the checkpoint in the header of a ring. */
    Checkpoint(final UnsafeBuffer header) {
        this.header = header;
    }

    /** Writes the checkpoint of a new ring file, from which nothing is in the journal's file yet. */
    static void encodeNew(final UnsafeBuffer header) {
        header.putLong(RingLayout.CHECKPOINT_OFFSET + FILE_OFFSET_OFFSET, CheckpointState.NOWHERE);
    }

    /** Returns a copy of the current state. */
    public CheckpointState load() {
        final int current = current();
        final CheckpointState state = new CheckpointState();
        state.ringPosition = ringPosition();
        state.fileOffset = header.getLong(current + FILE_OFFSET_OFFSET);
        state.journaled = header.getLong(current + JOURNALED_OFFSET);
        state.bytesJournaled = header.getLong(current + BYTES_JOURNALED_OFFSET);
        state.dropsJournaled = header.getLong(current + DROPS_JOURNALED_OFFSET);
        state.dropped = header.getLong(current + DROPPED_OFFSET);
        state.bytesDropped = header.getLong(current + BYTES_DROPPED_OFFSET);
        state.unrecorded = header.getLong(current + UNRECORDED_OFFSET);
        state.firstUnrecorded = header.getLong(current + FIRST_UNRECORDED_OFFSET);
        state.lastUnrecorded = header.getLong(current + LAST_UNRECORDED_OFFSET);
        state.fileSequence = header.getLong(current + FILE_SEQUENCE_OFFSET);
        return state;
    }

    /** Makes a state the current one: after all stores before this call, and before all stores after it. */
    public void store(final CheckpointState state) {
        final int index = 1 - currentIndex();
        final int next = copyOffset(index);
        header.putLong(next + RING_POSITION_OFFSET, state.ringPosition);
        header.putLong(next + FILE_OFFSET_OFFSET, state.fileOffset);
        header.putLong(next + JOURNALED_OFFSET, state.journaled);
        header.putLong(next + BYTES_JOURNALED_OFFSET, state.bytesJournaled);
        header.putLong(next + DROPS_JOURNALED_OFFSET, state.dropsJournaled);
        header.putLong(next + DROPPED_OFFSET, state.dropped);
        header.putLong(next + BYTES_DROPPED_OFFSET, state.bytesDropped);
        header.putLong(next + UNRECORDED_OFFSET, state.unrecorded);
        header.putLong(next + FIRST_UNRECORDED_OFFSET, state.firstUnrecorded);
        header.putLong(next + LAST_UNRECORDED_OFFSET, state.lastUnrecorded);
        header.putLong(next + FILE_SEQUENCE_OFFSET, state.fileSequence);
        header.putLongRelease(RingLayout.CHECKPOINT_INDEX_OFFSET, index);
        VarHandle.releaseFence(); // the ring must not be zeroed before the checkpoint is stored
        if (ringPosition() != state.ringPosition) {
            throw new InternalError("a store into the ring was lost");
        }
    }

    /** Returns the ring position of the current state. */
    long ringPosition() {
        return header.getLong(current() + RING_POSITION_OFFSET);
    }

    /** Returns the offset in the ring file of a field of the current state. */
    int offset(final int field) {
        return current() + field;
    }

    private int current() {
        return copyOffset(currentIndex());
    }

    /**
     * Reads the index. It is not kept in a field, because each store to that would take the cache line from producers,
     * which read objects beside this one.
     */
    private int currentIndex() {
        return (int) header.getLongVolatile(RingLayout.CHECKPOINT_INDEX_OFFSET) & 1;
    }

    private static int copyOffset(final int index) {
        return RingLayout.CHECKPOINT_OFFSET + index * RingLayout.CHECKPOINT_LENGTH;
    }
}
