package dev.evtl.journal.ring;

/**
 * What a {@link Checkpoint} holds: up to where the journal's file holds what the ring held, and the counts that belong to
 * that place. The appender counts in one of these; opening brings another one up to date. For one thread.
 */
public final class CheckpointState {
    /** File offset of a ring of which nothing is in the file. */
    public static final long NOWHERE = Long.MAX_VALUE;

    /** Position in the ring: what lies before it is in the file, or was dropped or passed over. */
    public long ringPosition;
    /** Base sequence of the file that {@link #fileOffset} is in. */
    public long fileSequence;
    /** Offset in the file: what lies from {@link #ringPosition} on in the ring goes there. */
    public long fileOffset;
    /** Events journaled. */
    public long journaled;
    /** Bytes of the events journaled. */
    public long bytesJournaled;
    /** Drops of the producers that gap events in the journal record. */
    public long dropsJournaled;
    /** Events that the appender dropped, because the file is full or the journal had failed. */
    public long dropped;
    /** Bytes of the events that the appender dropped. */
    public long bytesDropped;
    /** Events dropped because the file is full, for which the gap event is not yet in the file. */
    public long unrecorded;
    /** Timestamp of the first of them. */
    public long firstUnrecorded;
    /** Timestamp of the last of them. */
    public long lastUnrecorded;

    /** With nothing counted. */
    public CheckpointState() {}

    /** Shows what was counted. */
    public void show(final RingCounters counters) {
        counters.set(RingCounters.BYTES_DROPPED_BY_APPENDER, bytesDropped);
        counters.set(RingCounters.DROPPED_BY_APPENDER, dropped);
        counters.set(RingCounters.BYTES_JOURNALED, bytesJournaled);
        counters.set(RingCounters.JOURNALED, journaled);
    }

    /** Counts anew from what was shown: the rest is still in the ring. */
    public void recount(final RingCounters counters) {
        bytesDropped = counters.get(RingCounters.BYTES_DROPPED_BY_APPENDER);
        dropped = counters.get(RingCounters.DROPPED_BY_APPENDER);
        bytesJournaled = counters.get(RingCounters.BYTES_JOURNALED);
        journaled = counters.get(RingCounters.JOURNALED);
    }
}
