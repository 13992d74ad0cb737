package dev.evtl.journal.appender;

import dev.evtl.journal.exceptions.JournalTimeoutException;
import dev.evtl.journal.ring.JournalRing;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.agrona.concurrent.Agent;
import org.agrona.concurrent.AgentInvoker;

/**
 * Runs a journal's {@link Appender}: starts it, wakes it for who waits, and closes it. At any moment one thread runs it.
 * Opens and closes the gate too: claims are accepted from the start until a close is asked for.
 */
public abstract class AppenderRunner {
    private static final long END_CHECK_MILLIS = 100;
    private static final long LOOK_NANOS = TimeUnit.MICROSECONDS.toNanos(20);

    final Appender appender;
    private final JournalRing ring;
    private volatile Thread thread;

    AppenderRunner(final Appender appender, final JournalRing ring) {
        this.appender = appender;
        this.ring = ring;
    }

    /** Accepts claims, and has the appender run. */
    public final void start() {
        ring.counters().run();
        startAppender();
    }

    abstract void startAppender();

    /** What the application runs the appender by; only where it does. */
    public abstract AgentInvoker invoker();

    /** Has a thread that waits for work look at once. */
    abstract void wake();

    /** Ends what ran the appender, after the appender has ended. */
    abstract void stop();

    /** The appender for what runs it, which notes the thread that does. */
    final class Duty implements Agent {
        @Override
        public void onStart() {
            thread = Thread.currentThread();
        }

        @Override
        public int doWork() {
            if (thread != Thread.currentThread()) {
                thread = Thread.currentThread();
            }
            return appender.doWork();
        }

        @Override
        public void onClose() {
            appender.onClose();
        }

        @Override
        public String roleName() {
            return appender.roleName();
        }
    }

    /** The thread that last ran the appender, or none yet. */
    final Thread thread() {
        return thread;
    }

    /** Whether the calling thread is the one that last ran the appender, so that nobody else does while it waits. */
    public final boolean isOnAppenderThread() {
        return thread == Thread.currentThread();
    }

    /**
     * Runs the appender once if nobody but the calling thread does; not by an invoker, which an interrupt would stop.
     *
     * @return whether it did
     */
    public final boolean runHere() {
        final boolean here = isOnAppenderThread() && !appender.isTerminated();
        if (here) {
            appender.doWork();
        }
        return here;
    }

    /**
     * Waits until all that was claimed before a position of the ring is on the device. On the thread that runs the
     * appender this runs it.
     *
     * @return false if it was not within the time
     */
    public final boolean awaitSync(final long position, final long nanos) throws InterruptedException {
        if (!isOnAppenderThread()) {
            return appender.awaitSync(position, nanos, this::wake);
        }
        return runUntil(() -> appender.isSynced(position), nanos);
    }

    /**
     * Waits until all that was claimed before a position of the ring is in the file, where readers see it.
     *
     * @return false if it was not within the time
     */
    public final boolean awaitJournaled(final long position, final long nanos) throws InterruptedException {
        return runUntil(() -> appender.isJournaled(position), nanos);
    }

    /** An interrupt ends the waiting; what can be done without waiting is done. */
    private boolean runUntil(final BooleanSupplier condition, final long nanos) throws InterruptedException {
        final long start = System.nanoTime();
        wake();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - start >= nanos) {
                return false;
            }
            if (isOnAppenderThread()) {
                appender.doWork();
            } else {
                LockSupport.parkNanos(LOOK_NANOS);
            }
            if (Thread.currentThread().isInterrupted() && !condition.getAsBoolean() && Thread.interrupted()) {
                throw new InterruptedException();
            }
        }
        return true;
    }

    /** How long a close waits for a thread that lives and does nothing for the appender. */
    abstract long patienceNanos();

    /**
     * Closes the gate, waits until the appender has ended, and runs it where nobody else will.
     *
     * @throws JournalTimeoutException if the application, which is to run the appender, does not
     */
    public final void close() {
        appender.requestClose();
        wake();
        boolean interrupted = false;
        final long start = System.nanoTime();
        while (!appender.isTerminated()) {
            if (canRunHere()) {
                appender.doWork();
            } else if (System.nanoTime() - start >= patienceNanos()) {
                throw new JournalTimeoutException(appender.roleName()
                        + ": is not run by the thread that is to run it; the journal is not closed");
            } else {
                try {
                    appender.awaitTermination(END_CHECK_MILLIS);
                } catch (final InterruptedException e) {
                    interrupted = true;
                }
            }
        }
        stop();
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** Whether the calling thread can run the appender: it did so last, or the thread that did has ended without it. */
    private synchronized boolean canRunHere() {
        if (thread != null && !thread.isAlive() && !appender.isTerminated()) {
            thread = Thread.currentThread();
        }
        return isOnAppenderThread();
    }
}
