package dev.evtl.journal.storage;

import java.lang.invoke.VarHandle;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Up to where the journal file holds what the ring held, with the counts that belong to that place. Two copies, written
 * in turn, and the index of the current one, stored last: whoever opens the ring file of a process that was killed finds
 * the mark before or the mark after, never a mixture.
 *
 * <p>Fields are set one by one and become current together by {@link #publish}. For the thread that runs the appender.
 */
public final class RingMark {
    /** Position in the ring: what lies before it is in the file, or was dropped or passed over. */
    public static final int RING_POSITION = 0;
    /** Offset in the file: what lies from {@link #RING_POSITION} on in the ring goes here. */
    public static final int FILE_POSITION = 1;
    /** Events journaled. */
    public static final int JOURNALED = 2;
    /** Bytes of the events journaled. */
    public static final int BYTES_JOURNALED = 3;
    /** Drops of the producers that gap events in the file record. */
    public static final int DROPS_JOURNALED = 4;
    /** Events that the appender dropped. */
    public static final int DROPPED_BY_APPENDER = 5;
    /** Bytes of the events that the appender dropped. */
    public static final int BYTES_DROPPED_BY_APPENDER = 6;
    /** Events dropped because the file is full, for which the gap event is not yet in the file. */
    public static final int FULL_DROPPED = 7;
    /** Timestamp of the first of them. */
    public static final int FULL_FIRST_TIMESTAMP = 8;
    /** Timestamp of the last of them. */
    public static final int FULL_LAST_TIMESTAMP = 9;

    /** File position of a ring of which nothing is in the file. */
    static final long NOWHERE = Long.MAX_VALUE;

    private final UnsafeBuffer buffer;
    private int current;

    RingMark(final UnsafeBuffer buffer) {
        this.buffer = buffer;
        this.current = RingLayout.MARK_OFFSET
                + (int) (buffer.getLongVolatile(RingLayout.MARK_INDEX_OFFSET) & 1) * RingLayout.MARK_LENGTH;
    }

    /**
     * Reads the current mark.
     *
     * @param field one of the constants
     * @return its value
     */
    public long get(final int field) {
        return buffer.getLong(offset(field));
    }

    /** Where a field of the current mark lies in the ring file. */
    int offset(final int field) {
        return current + field * Long.BYTES;
    }

    /**
     * Sets a field of the next mark; all of them are to be set.
     *
     * @param field one of the constants
     * @param value of the field
     */
    public void set(final int field, final long value) {
        buffer.putLong(other() + field * Long.BYTES, value);
    }

    private int other() {
        return 2 * RingLayout.MARK_OFFSET + RingLayout.MARK_LENGTH - current;
    }

    /** Makes the next mark the current one, after all stores before and before all stores after. */
    public void publish() {
        current = other();
        buffer.putLongRelease(
                RingLayout.MARK_INDEX_OFFSET, (current - RingLayout.MARK_OFFSET) / RingLayout.MARK_LENGTH);
        VarHandle.releaseFence(); // the ring is zeroed only behind it
    }
}
