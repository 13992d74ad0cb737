package dev.evtl.journal.appender;

import dev.evtl.journal.exceptions.JournalException;
import dev.evtl.journal.exceptions.JournalFailedException;

/** Told by the appender, on the thread that runs it, so that nobody else's code may run in a call. */
public interface AppenderEvents {
    /** Hears nothing. */
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

    /** A claim holds up those behind it for too long. */
    void onStuckClaim(JournalException report);

    /** A claim was left out of the journal. */
    void onAbandonedClaim(JournalException report);

    /** The journal has failed; called again with what fails after that. */
    void onFailure(JournalFailedException failure);
}
