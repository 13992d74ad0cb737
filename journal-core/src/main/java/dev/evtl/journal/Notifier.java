package dev.evtl.journal;

import dev.evtl.journal.appender.AppenderEvents;
import dev.evtl.journal.exceptions.JournalException;
import dev.evtl.journal.exceptions.JournalFailedException;
import dev.evtl.journal.file.RollingStorage;
import dev.evtl.journal.io.MappedFault;
import dev.evtl.journal.io.Uninterruptible;
import java.lang.System.Logger.Level;
import java.lang.ref.WeakReference;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import org.agrona.concurrent.ManyToOneConcurrentArrayQueue;

/**
 * Tells a {@link JournalListener} what the appender reports and what the statistics show.
 *
 * <p>One daemon thread looks at the statistics of all journals of the JVM. What there is to tell goes into a queue of the
 * journal, which a daemon thread of its own empties; it exists only while there is something to tell. So no listener
 * holds up another, publishing does nothing for any of them, and a journal that nobody uses any more is forgotten.
 */
final class Notifier implements AppenderEvents, RollingStorage.Listener {
    private static final int MAX_REPORTS = 64;
    private static final long REPEAT_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final Watch WATCH = new Watch();

    private final JournalListener listener;
    private final String journal;
    private final ManyToOneConcurrentArrayQueue<Runnable> reports = new ManyToOneConcurrentArrayQueue<>(MAX_REPORTS);
    private final AtomicReference<Runnable> firstFailure = new AtomicReference<>();
    private Thread delivery;
    /** Of the threads that deliver, one after the other. */
    private volatile boolean failureTold;

    private volatile boolean watched;
    private JournalStats stats;
    private BooleanSupplier ended;

    private long droppedSeen;
    private long droppedAtBegin;
    private long lastDrop;
    private boolean dropping;
    private long refusedTold;
    private long lastRefusal;

    Notifier(final JournalListener listener, final String journal) {
        this.listener = listener;
        this.journal = journal;
    }

    /** Begins, with what a journal shows and whether it has ended; what was counted before is not told. */
    void start(final JournalStats shown, final BooleanSupplier journalEnded) {
        stats = shown;
        ended = journalEnded;
        droppedSeen = stats.getDroppedEvents();
        refusedTold = stats.getRefusedEvents();
        lastRefusal = System.nanoTime() - REPEAT_NANOS;
        if (listener != JournalListener.NONE) {
            watched = true;
            WATCH.add(this);
        }
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
    public void onRolled(final Path closed) {
        tell(() -> listener.onRolled(closed));
    }

    @Override
    public void onReleased(final Path deleted) {
        tell(() -> listener.onReleased(deleted));
    }

    /** The first failure is told however far behind the listener is. */
    @Override
    public void onFailure(final JournalFailedException failure) {
        final Runnable report = () -> listener.onFailure(failure);
        if (firstFailure.compareAndSet(null, report)) {
            deliver();
        } else {
            tell(report);
        }
    }

    /** Where the queue is full the listener is far behind what it was told before, and the rest is in the statistics. */
    private void tell(final Runnable report) {
        if (reports.offer(report)) {
            deliver();
        }
    }

    private synchronized void deliver() {
        if (listener != JournalListener.NONE && delivery == null) {
            delivery = new Thread(this::deliverAll, "evtl-listener " + journal);
            delivery.setDaemon(true);
            delivery.start();
        }
    }

    private void deliverAll() {
        do {
            reports.drain(this::call);
            final Runnable failure = firstFailure.get();
            if (failure != null && !failureTold) {
                failureTold = true;
                call(failure);
            }
        } while (hasMore());
    }

    /** Whether the thread has more to tell; if not, the next report gets a new one. */
    private synchronized boolean hasMore() {
        if (reports.isEmpty() && (failureTold || firstFailure.get() == null)) {
            delivery = null;
        }
        return delivery != null;
    }

    private void call(final Runnable report) {
        try {
            report.run();
        } catch (final Throwable t) {
            System.getLogger("dev.evtl.journal").log(Level.ERROR, "a JournalListener threw " + t, t);
        }
    }

    /** Looks for what the statistics have to tell; returns false if that was the last time. */
    private boolean look() {
        final boolean last = ended.getAsBoolean();
        final long now = System.nanoTime();
        final long dropped = stats.getDroppedEvents();
        if (dropped != droppedSeen) {
            if (!dropping) {
                dropping = true;
                droppedAtBegin = droppedSeen;
                tell(() -> listener.onDropsBegin(dropped));
            }
            droppedSeen = dropped;
            lastDrop = now;
        }
        if (dropping && (last || now - lastDrop >= REPEAT_NANOS)) {
            dropping = false;
            final long since = droppedSeen - droppedAtBegin;
            tell(() -> listener.onDropsEnd(since));
        }
        final long refused = stats.getRefusedEvents();
        if (refused != refusedTold && (last || now - lastRefusal >= REPEAT_NANOS)) {
            final long since = refused - refusedTold;
            refusedTold = refused;
            lastRefusal = now;
            tell(() -> listener.onBackPressure(since));
        }
        watched = !last;
        return watched;
    }

    /** Whether the journal has ended and its listener was told all that there was to tell. */
    synchronized boolean isDone() {
        return !watched && delivery == null;
    }

    /** Looks at all journals of the JVM that somebody listens to, as long as there is one. */
    private static final class Watch {
        private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

        private final List<WeakReference<Notifier>> notifiers = new ArrayList<>();
        private Thread thread;

        synchronized void add(final Notifier notifier) {
            notifiers.add(new WeakReference<>(notifier));
            if (thread == null) {
                thread = new Thread(this::run, "evtl-listeners");
                thread.setDaemon(true);
                thread.start();
            }
        }

        private void run() {
            while (lookAtAll()) {
                Uninterruptible.pause(LOOK_NANOS);
            }
        }

        /** A ring file that was cut under one journal does not end the looking at the others. */
        private static boolean lookAt(final Notifier notifier) {
            try {
                final boolean watched = notifier.look();
                MappedFault.throwPending();
                return watched;
            } catch (final InternalError e) {
                notifier.watched = false;
                System.getLogger("dev.evtl.journal")
                        .log(Level.ERROR, notifier.journal + ": its statistics can no longer be read", e);
                return false;
            }
        }

        private synchronized boolean lookAtAll() {
            notifiers.removeIf(reference -> {
                final Notifier notifier = reference.get();
                return notifier == null || !lookAt(notifier);
            });
            if (notifiers.isEmpty()) {
                thread = null;
            }
            return thread != null;
        }
    }
}
