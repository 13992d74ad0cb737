package dev.evtl.journal.ring;

/**
 * The message type of a record in the ring: the slot of the process that claimed it in the upper eight bits, the number
 * of its events, or that it is a gap, in the lower 24.
 */
public final class RecordType {
    /** The slot of the only process of a ring in memory. */
    static final int ONLY_SLOT = 0;

    private static final int SLOT_SHIFT = 24;
    private static final int EVENTS_MASK = (1 << SLOT_SHIFT) - 1;
    /** More events than a claim can hold. */
    private static final int GAP = EVENTS_MASK;

    private RecordType() {}

    /** Of a claim of at least one event. */
    public static int of(final int slot, final int events) {
        return slot << SLOT_SHIFT | events;
    }

    /** Of the claim of a gap event. */
    public static int gap(final int slot) {
        return of(slot, GAP);
    }

    /** Whether a record is a gap. */
    public static boolean isGap(final int type) {
        return isClaim(type) && (type & EVENTS_MASK) == GAP;
    }

    /** Whether a record is a claim: padding is none, nor is a record whose process was stopped before it said. */
    public static boolean isClaim(final int type) {
        return type > 0;
    }

    /** The application's events in a record, 0 for a gap and for padding. */
    public static int events(final int type) {
        return !isClaim(type) || isGap(type) ? 0 : type & EVENTS_MASK;
    }

    /** The slot of the process that made a claim, 0 to 127. */
    static int slot(final int type) {
        return type >>> SLOT_SHIFT;
    }
}
