package dev.evtl.journal;

import dev.evtl.journal.JournalScan.Condition;
import dev.evtl.journal.exceptions.JournalException;
import dev.evtl.journal.exceptions.JournalFailedException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;

/** Writes what a journal tells its listener to the system's logger, on the listener's thread. */
final class LoggingListener implements JournalListener {
    private static final Logger LOGGER = System.getLogger("dev.evtl.journal");

    @Override
    public void onRecovery(final RecoveryReport report) {
        final boolean lost = report.bytesZeroed() > 0
                || report.condition() == Condition.LOST
                || report.setAside().isPresent()
                || report.missingRing().isPresent()
                || report.bytesMissing() > 0;
        LOGGER.log(lost ? Level.WARNING : Level.DEBUG, "recovered: " + report);
    }

    @Override
    public void onDropsBegin(final long droppedEvents) {
        LOGGER.log(Level.WARNING, "events are being dropped: " + droppedEvents + " so far");
    }

    @Override
    public void onDropsEnd(final long droppedEvents) {
        LOGGER.log(Level.WARNING, droppedEvents + " events were dropped; none for a second");
    }

    @Override
    public void onBackPressure(final long refusedEvents) {
        LOGGER.log(Level.DEBUG, refusedEvents + " events were refused");
    }

    @Override
    public void onStuckClaim(final JournalException report) {
        LOGGER.log(Level.ERROR, report.getMessage());
    }

    @Override
    public void onAbandonedClaim(final JournalException report) {
        LOGGER.log(Level.ERROR, report.getMessage());
    }

    @Override
    public void onFailure(final JournalFailedException failure) {
        LOGGER.log(Level.ERROR, failure.getMessage(), failure);
    }
}
