package dev.evtl.journal.ring;

import java.lang.invoke.VarHandle;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The {@link CheckpointState} in a ring file. Two copies, written in turn, and the index of the current one, stored last:
 * whoever opens the ring file of a process that was killed finds the state before or the state after, never a mixture.
 * For the thread that runs the appender.
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
    private static final int JOURNALED_OFFSET = 16;
    private static final int BYTES_JOURNALED_OFFSET = 24;
    private static final int DROPS_JOURNALED_OFFSET = 32;
    private static final int DROPPED_OFFSET = 40;
    private static final int BYTES_DROPPED_OFFSET = 48;
    private static final int UNRECORDED_OFFSET = 56;
    private static final int FIRST_UNRECORDED_OFFSET = 64;
    private static final int LAST_UNRECORDED_OFFSET = 72;
    private static final int FILE_SEQUENCE_OFFSET = 80;

    private final UnsafeBuffer header;
    private int current;

    /** In the header of a ring file. */
    Checkpoint(final UnsafeBuffer header) {
        this.header = header;
        this.current = RingLayout.CHECKPOINT_OFFSET
                + (int) (header.getLongVolatile(RingLayout.CHECKPOINT_INDEX_OFFSET) & 1) * RingLayout.CHECKPOINT_LENGTH;
    }

    /** Of a new ring, of which nothing is in the file; in the header of a ring file. */
    static void encodeNew(final UnsafeBuffer header) {
        header.putLong(RingLayout.CHECKPOINT_OFFSET + FILE_OFFSET_OFFSET, CheckpointState.NOWHERE);
    }

    /** Reads the current state. */
    public CheckpointState load() {
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

    /** Makes a state the current one, after all stores before and before all stores after. */
    public void store(final CheckpointState state) {
        final int next =
                RingLayout.CHECKPOINT_OFFSET + RingLayout.CHECKPOINTS_END - RingLayout.CHECKPOINT_LENGTH - current;
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
        current = next;
        header.putLongRelease(
                RingLayout.CHECKPOINT_INDEX_OFFSET,
                (current - RingLayout.CHECKPOINT_OFFSET) / RingLayout.CHECKPOINT_LENGTH);
        VarHandle.releaseFence(); // the ring is zeroed only behind it
    }

    /** The current state's position in the ring. */
    long ringPosition() {
        return header.getLong(current + RING_POSITION_OFFSET);
    }

    /** Where a field of the current state lies in the ring file. */
    int offset(final int field) {
        return current + field;
    }
}
