package dev.evtl.journal;

import dev.evtl.journal.exceptions.JournalException;
import dev.evtl.journal.exceptions.JournalFailedException;
import java.nio.file.Path;

/**
 * Is told what an application should know about its journal. Each method does nothing unless it is overridden.
 *
 * <p>All methods are called on one daemon thread, which no publisher and no close waits for, so a listener may block,
 * throw or end the JVM. An event is told within some tenths of a second. Repeated drops and refusals are told at most
 * once a second, with counts that add up. An exception of the listener is logged.
 */
public interface JournalListener {
    /** Ignores everything. */
    JournalListener NONE = new JournalListener() {};

    /** Writes everything to the system's logger {@code dev.evtl.journal}. This is the default. */
    JournalListener LOGGING = new LoggingListener();

    /**
     * Called when the journal was opened and its last writer had left something to recover.
     *
     * @param report what was found and done
     */
    default void onRecovery(final RecoveryReport report) {}

    /**
     * Called when events are dropped for the first time, or again after a second without drops.
     *
     * @param droppedEvents number of events dropped since the journal was opened or, with a ring file, since that was
     *     created
     */
    default void onDropsBegin(final long droppedEvents) {}

    /**
     * Called when no event has been dropped for a second, or the journal has ended.
     *
     * @param droppedEvents number of events dropped since just before {@link #onDropsBegin}
     */
    default void onDropsEnd(final long droppedEvents) {}

    /**
     * Called when events were refused: because the ring had no room, or because the journal was closed or had failed.
     *
     * @param refusedEvents number of events refused since the last call
     */
    default void onBackPressure(final long refusedEvents) {}

    /**
     * Called when a claim has held up the claims after it for longer than {@code stuckClaimTimeout}.
     *
     * @param report names the journal and, if it is another one, the process
     */
    default void onStuckClaim(final JournalException report) {}

    /**
     * Called when a claim was left out of the journal, because a close no longer waited for it or its process has died.
     *
     * @param report names the journal and the number of events
     */
    default void onAbandonedClaim(final JournalException report) {}

    /**
     * Called when a journal of several files has left a file, which is closed and forced: it will not change any more.
     *
     * @param file that was closed
     */
    default void onRolled(final Path file) {}

    /**
     * Called when a journal of several files has deleted a file, as its retention or {@link Journal#release} says. Who
     * still reads it can read it to its end.
     *
     * @param file that was deleted
     */
    default void onReleased(final Path file) {}

    /**
     * Called when the journal has failed, for good. Called once more if something else fails after that.
     *
     * @param failure with its cause
     */
    default void onFailure(final JournalFailedException failure) {}
}
