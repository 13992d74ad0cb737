package dev.evtl.journal.appender;

import dev.evtl.journal.exceptions.JournalException;
import dev.evtl.journal.exceptions.JournalFailedException;

/**
 * Receives the appender's reports, on the thread that runs it. An implementation must not run code of the application
 * in these calls.
 */
public interface AppenderEvents {
    /** Ignores all reports. */
    AppenderEvents NONE = new AppenderEvents() {
        @Override
        public void onStuckClaim(final JournalException report) {
            // nobody asked
        }

        @Override
        public void onAbandonedClaim(final JournalException report) {
            // nobody asked
        }

        @Override
        public void onFailure(final JournalFailedException failure) {
            // nobody asked
        }
    };

    /** Reports that a claim has held up the claims after it for too long. */
    void onStuckClaim(JournalException report);

    /** Reports that a claim was left out of the journal. */
    void onAbandonedClaim(JournalException report);

    /** Reports that the journal has failed. Called again at most once, for a failure after the first. */
    void onFailure(JournalFailedException failure);
}
