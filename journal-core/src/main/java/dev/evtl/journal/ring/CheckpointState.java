package dev.evtl.journal.ring;

/**
 * The content of a {@link Checkpoint}: up to where the journal's file holds what the ring held, and the counts at that
 * place. The appender counts in one of these; opening a journal brings another one up to date. For one thread at a
 * time.
 */
public final class CheckpointState {
    /** The file offset of a ring from which nothing is in the file. */
    public static final long NOWHERE = Long.MAX_VALUE;

    /** Ring position. Every record before it is in the file, was dropped, or was passed over. */
    public long ringPosition;
    /** Base sequence of the file that {@link #fileOffset} is in. */
    public long fileSequence;
    /** Offset in the file at which the events from {@link #ringPosition} on go. */
    public long fileOffset;
    /** Number of events journaled. */
    public long journaled;
    /** Bytes of the events journaled. */
    public long bytesJournaled;
    /** Number of events that producers dropped and that gap events in the journal record. */
    public long dropsJournaled;
    /** Number of events that the appender dropped because the file was full or the journal had failed. */
    public long dropped;
    /** Bytes of the events that the appender dropped. */
    public long bytesDropped;
    /** Number of events that were dropped because the file is full and that no gap event in the file records yet. */
    public long unrecorded;
    /** Timestamp of the first unrecorded event. */
    public long firstUnrecorded;
    /** Timestamp of the last unrecorded event. */
    public long lastUnrecorded;

    /** Creates a state with all counts 0. */
    public CheckpointState() {}

    /** Copies the counts to the shared counters. */
    public void show(final RingCounters counters) {
        counters.set(RingCounters.BYTES_DROPPED_BY_APPENDER, bytesDropped);
        counters.set(RingCounters.DROPPED_BY_APPENDER, dropped);
        counters.set(RingCounters.BYTES_JOURNALED, bytesJournaled);
        counters.set(RingCounters.JOURNALED, journaled);
    }

    /** Resets the counts to those last shown, because the events counted since then are still in the ring. */
    public void recount(final RingCounters counters) {
        bytesDropped = counters.get(RingCounters.BYTES_DROPPED_BY_APPENDER);
        dropped = counters.get(RingCounters.DROPPED_BY_APPENDER);
        bytesJournaled = counters.get(RingCounters.BYTES_JOURNALED);
        journaled = counters.get(RingCounters.JOURNALED);
    }
}
