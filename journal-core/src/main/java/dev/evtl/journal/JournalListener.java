package dev.evtl.journal;

import dev.evtl.journal.exceptions.JournalException;
import dev.evtl.journal.exceptions.JournalFailedException;

/**
 * Told what an application must hear of its journal. Each method does nothing unless it is overridden.
 *
 * <p>Called on a daemon thread of its own, which no publisher and no close waits for: a listener may block, throw or end
 * the JVM. What happens is told within some tenths of a second; what happens again and again is told once a second at the
 * most, with counts that add up. What a listener throws is logged.
 */
public interface JournalListener {
    /** Hears nothing. */
    JournalListener NONE = new JournalListener() {};

    /** Writes all of it to the system's logger {@code dev.evtl.journal}; the default. */
    JournalListener LOGGING = new LoggingListener();

    /**
     * The journal was opened and its last writer had left something to recover.
     *
     * @param report what was found and done
     */
    default void onRecovery(final RecoveryReport report) {}

    /**
     * Events are being dropped, for the first time or after a second without.
     *
     * @param droppedEvents since the journal was opened, or its ring file made
     */
    default void onDropsBegin(final long droppedEvents) {}

    /**
     * No event has been dropped for a second.
     *
     * @param droppedEvents since {@link #onDropsBegin}
     */
    default void onDropsEnd(final long droppedEvents) {}

    /**
     * Events were refused because the ring had no room.
     *
     * @param refusedEvents since this was last told, the refusals of a closed or failed journal included
     */
    default void onBackPressure(final long refusedEvents) {}

    /**
     * A claim has held up those behind it for longer than {@code stuckClaimTimeout}.
     *
     * @param report names the journal and, where it is another one, the process
     */
    default void onStuckClaim(final JournalException report) {}

    /**
     * A claim was left out of the journal: a close did not wait for it any longer, or its process has died.
     *
     * @param report names the journal and the number of events
     */
    default void onAbandonedClaim(final JournalException report) {}

    /**
     * The journal has failed, for good.
     *
     * @param failure with its cause
     */
    default void onFailure(final JournalFailedException failure) {}
}
