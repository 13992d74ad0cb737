package dev.evtl.journal.support;

import dev.evtl.journal.Journal;
import dev.evtl.journal.JournalAccess;
import dev.evtl.journal.JournalListener;
import dev.evtl.journal.RecoveryReport;
import dev.evtl.journal.exceptions.JournalException;
import dev.evtl.journal.exceptions.JournalFailedException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** What a journal tells its listener, in its order, and with a limit of time for who waits for it. */
public final class Reports implements JournalListener {
    private static final Duration LIMIT = Duration.ofSeconds(30);

    private final List<String> told = new ArrayList<>();
    private final List<JournalException> errors = new ArrayList<>();

    private synchronized void tell(final String report) {
        told.add(report);
    }

    private synchronized void tell(final String kind, final JournalException error) {
        told.add(kind);
        errors.add(error);
    }

    @Override
    public void onRecovery(final RecoveryReport report) {
        tell("recovery of " + report.events() + " events and " + report.ringEvents() + " from the ring");
    }

    @Override
    public void onDropsBegin(final long droppedEvents) {
        tell("drops begin " + droppedEvents);
    }

    @Override
    public void onDropsEnd(final long droppedEvents) {
        tell("drops end " + droppedEvents);
    }

    @Override
    public void onBackPressure(final long refusedEvents) {
        tell("refused " + refusedEvents);
    }

    @Override
    public void onStuckClaim(final JournalException report) {
        tell("stuck", report);
    }

    @Override
    public void onAbandonedClaim(final JournalException report) {
        tell("abandoned", report);
    }

    @Override
    public void onFailure(final JournalFailedException failure) {
        tell("failure", failure);
    }

    /** One line for each call so far. */
    public synchronized List<String> told() {
        return List.copyOf(told);
    }

    /** Stuck and abandoned claims and failures so far. */
    public synchronized List<JournalException> errors() {
        return List.copyOf(errors);
    }

    /** What these say. */
    public List<String> messages() {
        return errors().stream().map(Throwable::getMessage).toList();
    }

    /** Returns when a line was told. */
    public void await(final String report) {
        await(() -> told().contains(report), report);
    }

    /** Returns when a journal that was closed has told all that it had to. */
    public void awaitEnd(final Journal journal) {
        await(() -> JournalAccess.hasToldAll(journal), "the end");
    }

    private void await(final BooleanSupplier condition, final String what) {
        final long start = System.nanoTime();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - start > LIMIT.toNanos()) {
                throw new AssertionError("waited in vain for " + what + ": " + this);
            }
            LockSupport.parkNanos(1_000_000);
        }
    }

    @Override
    public synchronized String toString() {
        return told + " " + messages();
    }
}
