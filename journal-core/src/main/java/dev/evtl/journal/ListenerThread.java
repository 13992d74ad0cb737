package dev.evtl.journal;

import dev.evtl.journal.appender.AppenderEvents;
import dev.evtl.journal.exceptions.JournalException;
import dev.evtl.journal.exceptions.JournalFailedException;
import java.lang.System.Logger.Level;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.agrona.concurrent.ManyToOneConcurrentArrayQueue;

/**
 * Tells a {@link JournalListener} what the appender reports and what the statistics show, on a daemon thread of its
 * own. Publishing does no work for it. The appender puts its reports into a queue; a report that finds the queue full
 * is lost.
 */
final class ListenerThread implements AppenderEvents {
    private static final int MAX_REPORTS = 64;
    private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
    private static final long REPEAT_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final JournalListener listener;
    private final ManyToOneConcurrentArrayQueue<Runnable> reports = new ManyToOneConcurrentArrayQueue<>(MAX_REPORTS);
    private final Thread thread;
    private JournalStats stats;
    private BooleanSupplier ended;

    private long droppedSeen;
    private long droppedAtBegin;
    private long lastDrop;
    private boolean dropping;
    private long refusedTold;
    private long lastRefusal;

    ListenerThread(final JournalListener listener, final String journal) {
        this.listener = listener;
        this.thread = new Thread(this::run, "evtl-listener " + journal);
        thread.setDaemon(true);
    }

    /**
     * Starts the thread, with the statistics of a journal and whether it has ended. Earlier drops and refusals are not
     * told.
     */
    void start(final JournalStats shown, final BooleanSupplier journalEnded) {
        stats = shown;
        ended = journalEnded;
        droppedSeen = stats.getDroppedEvents();
        refusedTold = stats.getRefusedEvents();
        lastRefusal = System.nanoTime() - REPEAT_NANOS;
        thread.start();
    }

    void onRecovery(final RecoveryReport report) {
        tell(() -> listener.onRecovery(report));
    }

    @Override
    public void onStuckClaim(final JournalException report) {
        tell(() -> listener.onStuckClaim(report));
    }

    @Override
    public void onAbandonedClaim(final JournalException report) {
        tell(() -> listener.onAbandonedClaim(report));
    }

    @Override
    public void onFailure(final JournalFailedException failure) {
        tell(() -> listener.onFailure(failure));
    }

    /** Queues a report. If the queue is full, the listener is far behind, and the statistics show the rest. */
    private void tell(final Runnable report) {
        reports.offer(report);
        LockSupport.unpark(thread);
    }

    private void run() {
        boolean last;
        do {
            last = ended.getAsBoolean();
            reports.drain(this::call);
            look(last);
            if (!last) {
                LockSupport.parkNanos(this, LOOK_NANOS);
            }
        } while (!last);
    }

    private void look(final boolean last) {
        final long now = System.nanoTime();
        final long dropped = stats.getDroppedEvents();
        if (dropped != droppedSeen) {
            if (!dropping) {
                dropping = true;
                droppedAtBegin = droppedSeen;
                call(() -> listener.onDropsBegin(dropped));
            }
            droppedSeen = dropped;
            lastDrop = now;
        }
        if (dropping && (last || now - lastDrop >= REPEAT_NANOS)) {
            dropping = false;
            final long since = droppedSeen - droppedAtBegin;
            call(() -> listener.onDropsEnd(since));
        }
        final long refused = stats.getRefusedEvents();
        if (refused != refusedTold && (last || now - lastRefusal >= REPEAT_NANOS)) {
            final long since = refused - refusedTold;
            refusedTold = refused;
            lastRefusal = now;
            call(() -> listener.onBackPressure(since));
        }
    }

    private void call(final Runnable report) {
        try {
            report.run();
        } catch (final Throwable t) {
            System.getLogger("dev.evtl.journal").log(Level.ERROR, "a JournalListener threw " + t, t);
        }
    }
}
