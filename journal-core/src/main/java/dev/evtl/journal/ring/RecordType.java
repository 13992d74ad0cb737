package dev.evtl.journal.ring;

/**
 * Encodes the message type of a record in the ring, for all users of records. The upper eight bits hold the slot of the
 * process that claimed it; the lower 24 hold the number of its events or mark it as a gap.
 */
public final class RecordType {
    /** The slot of the only process of a ring in memory. */
    static final int ONLY_SLOT = 0;

    private static final int SLOT_SHIFT = 24;
    private static final int EVENTS_MASK = (1 << SLOT_SHIFT) - 1;
    /** Marks a gap; no claim can hold that many events. */
    private static final int GAP = EVENTS_MASK;

    private RecordType() {}

    /** Returns the type of a claim of at least one event. */
    public static int of(final int slot, final int events) {
        return slot << SLOT_SHIFT | events;
    }

    /** Returns the type of a gap event's claim. */
    public static int gap(final int slot) {
        return of(slot, GAP);
    }

    /** Returns whether a record is a gap. */
    public static boolean isGap(final int type) {
        return isClaim(type) && (type & EVENTS_MASK) == GAP;
    }

    /**
     * Returns whether a record is a claim. Padding is not, nor is a record whose process was stopped before it stored
     * the type.
     */
    public static boolean isClaim(final int type) {
        return type > 0;
    }

    /** Returns whether a record is a claim of one event of the application. */
    static boolean isOneEvent(final int type) {
        return isClaim(type) && (type & EVENTS_MASK) == 1;
    }

    /** Returns the number of the application's events in a record; 0 for a gap and for padding. */
    public static int events(final int type) {
        return !isClaim(type) || isGap(type) ? 0 : type & EVENTS_MASK;
    }

    /** Returns the slot of the process that made a claim, 0 to 127. */
    static int slot(final int type) {
        return type >>> SLOT_SHIFT;
    }
}
