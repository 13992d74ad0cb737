package dev.evtl.journal.storage;

/**
 * The message type of a record in the ring: the slot of the process that claimed it in the upper eight bits, the number
 * of its events, or that it is a gap, in the lower 24.
 */
public final class ClaimType {
    /** The slot of the only process of a journal without a ring file. */
    public static final int ONLY_SLOT = 0;

    private static final int SLOT_SHIFT = 24;
    private static final int EVENTS_MASK = (1 << SLOT_SHIFT) - 1;
    /** More events than a claim can hold. */
    private static final int GAP = EVENTS_MASK;

    private ClaimType() {}

    /**
     * Of a claim of events.
     *
     * @param slot   of the process, 0 to 127
     * @param events in the claim, at least 1
     * @return the message type
     */
    public static int of(final int slot, final int events) {
        return slot << SLOT_SHIFT | events;
    }

    /**
     * Of the claim of a gap event.
     *
     * @param slot of the process, 0 to 127
     * @return the message type
     */
    public static int gap(final int slot) {
        return of(slot, GAP);
    }

    /**
     * Whether a record is a gap.
     *
     * @param type of the record
     * @return true for a gap
     */
    public static boolean isGap(final int type) {
        return isClaim(type) && (type & EVENTS_MASK) == GAP;
    }

    /**
     * Whether a record is a claim: of padding, and of a claim whose process was stopped before it said, it is not.
     *
     * @param type of the record
     * @return true for events and gaps
     */
    public static boolean isClaim(final int type) {
        return type > 0;
    }

    /**
     * The application's events in a record.
     *
     * @param type of the record
     * @return number of events, 0 for a gap and for padding
     */
    public static int events(final int type) {
        return !isClaim(type) || isGap(type) ? 0 : type & EVENTS_MASK;
    }

    /**
     * The process that claimed.
     *
     * @param type of a claim
     * @return its slot, 0 to 127
     */
    public static int slot(final int type) {
        return type >>> SLOT_SHIFT;
    }
}
