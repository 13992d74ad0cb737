package dev.evtl.journal.appender;

import dev.evtl.journal.exceptions.JournalTimeoutException;
import dev.evtl.journal.ring.JournalRing;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.agrona.concurrent.AgentInvoker;

/**
 * Runs a journal's {@link Appender}: starts it, wakes it for waiters and closes it. Its methods may be called from any
 * thread; the appender runs on one thread at a time. Claims are accepted from the start until a close is requested.
 */
public abstract class AppenderRunner implements PublishingHelp {
    private static final long END_CHECK_MILLIS = 100;
    private static final long LOOK_NANOS = TimeUnit.MICROSECONDS.toNanos(20);
    /** {@link #work} result: another thread has the turn. */
    static final int NO_TURN = -1;
    /** Tries to get the turn, which a publishing thread has for a few claims. */
    private static final int TRIES = 100;
    /** Time to park without the turn: its holder may be waiting for the core on which the calling thread runs. */
    static final long MISSED_NANOS = TimeUnit.MICROSECONDS.toNanos(50);

    final Appender appender;
    final JournalRing ring;
    final Turn turn = new Turn();
    private volatile Thread thread;

    AppenderRunner(final Appender appender, final JournalRing ring) {
        this.appender = appender;
        this.ring = ring;
    }

    /** Lets producers publish, and starts the appender. */
    public final void start() {
        ring.counters().run();
        boolean started = false;
        try {
            startAppender();
            started = true;
        } finally {
            if (!started) {
                appender.giveUp();
            }
        }
    }

    /**
     * Runs the appender once on the calling thread, if the turn is to be had. A force holds up nobody else.
     *
     * @return 0 only if there is nothing left to append; {@link #NO_TURN} if nothing was done
     */
    int work() {
        final Thread here = Thread.currentThread();
        boolean left = true;
        try {
            final int done = workInTurn();
            if (appender.forcer == here) {
                force();
            }
            left = false;
            return done;
        } finally {
            if (left && appender.forcer == here) {
                appender.forceLeft = true;
            }
        }
    }

    private int workInTurn() {
        int done = NO_TURN;
        boolean busy = false;
        boolean taken = false;
        boolean keeps = false;
        try {
            taken = take(); // within, as a thread may run out of its stack at each call
            if (taken) {
                onTurn();
                done = appender.step();
                appender.forceAlone();
                busy = appender.isBusy();
                keeps = busy && !appender.isForcing();
            }
        } finally {
            if (taken) {
                turn.word = keeps ? Turn.KEPT : Turn.FREE;
            }
        }
        return appender.isForcingHere() || done == 0 && !busy && ring.isHeadCommitted() ? 1 : done;
    }

    /** Called with the turn before the appender is run. */
    void onTurn() {
        // who runs the appender is known
    }

    private boolean take() {
        boolean taken = turn.tryTakeKept();
        for (int i = 0; !taken && i < TRIES; i++) {
            Thread.onSpinWait();
            taken = turn.tryTakeKept();
        }
        return taken;
    }

    private void takeSurely() {
        while (!take()) {
            LockSupport.parkNanos(MISSED_NANOS);
        }
    }

    private void force() {
        afterEnd(); // what was committed while the turn was here
        appender.force();
        takeSurely();
        try {
            appender.endForce();
        } finally {
            turn.word = Turn.FREE;
        }
    }

    /** Fails the journal because the thread that runs the appender ends. */
    final void fail(final Throwable cause) {
        takeSurely();
        try {
            appender.onThreadEnd(cause);
        } finally {
            turn.word = Turn.FREE;
        }
    }

    abstract void startAppender();

    /**
     * Returns the invoker by which the application runs the appender. Throws an {@link IllegalStateException} if the
     * journal has a thread for it.
     */
    public abstract AgentInvoker invoker();

    /** Wakes an appender thread that waits for work. */
    abstract void wake();

    /** Ends the thread that ran the appender, after the appender has ended. */
    abstract void stop();

    /** Notes that the calling thread is the one that runs the appender. */
    final void runsHere() {
        if (thread != Thread.currentThread()) {
            thread = Thread.currentThread();
        }
    }

    /** Closes the journal on the calling thread, so that it does not look alive when nobody runs it any more. */
    final void closeHere() {
        appender.requestClose();
        while (!appender.isTerminated()) {
            workOrPause();
        }
    }

    /** For a close, which a claim may hold up for long. */
    private void workOrPause() {
        if (work() <= 0) {
            LockSupport.parkNanos(LOOK_NANOS);
        }
    }

    /** Returns the thread that last ran the appender; null if none has. */
    final Thread thread() {
        return thread;
    }

    /**
     * Returns whether the calling thread is the one that last ran the appender, so that nobody else runs it while this
     * thread waits.
     */
    public final boolean isOnAppenderThread() {
        return thread == Thread.currentThread();
    }

    /**
     * Runs the appender once if only the calling thread would.
     *
     * @return whether the appender was run
     */
    @Override
    public boolean whileBlocked() {
        final boolean here = isOnAppenderThread() && !appender.isTerminated();
        if (here) {
            work();
        }
        return here;
    }

    @Override
    public void afterEnd() {
        // the appender's thread takes what was committed
    }

    /**
     * Waits until everything before a position of the ring is on the device. On the thread that runs the appender, this
     * runs it.
     *
     * @return false if the time, in nanoseconds, was over first
     */
    public final boolean awaitSync(final long position, final long nanos) throws InterruptedException {
        return isOnAppenderThread()
                ? runUntil(() -> appender.isSynced(position), nanos)
                : awaitSyncElsewhere(position, nanos);
    }

    /** Does so on a thread that is not the one that runs the appender. */
    abstract boolean awaitSyncElsewhere(long position, long nanos) throws InterruptedException;

    /**
     * Waits until everything before a position of the ring is in the file, where readers see it. On the thread that
     * runs the appender, this runs it.
     *
     * @return false if the time, in nanoseconds, was over first
     */
    public final boolean awaitJournaled(final long position, final long nanos) throws InterruptedException {
        return runUntil(() -> appender.isJournaled(position), nanos);
    }

    /**
     * Waits for a condition that the appender brings about. On the thread that runs the appender, this runs it.
     *
     * @return false if the time, in nanoseconds, was over first, or the appender has ended
     */
    public final boolean await(final BooleanSupplier condition, final long nanos) throws InterruptedException {
        return runUntil(() -> condition.getAsBoolean() || appender.isTerminated() || appender.failure() != null, nanos)
                && condition.getAsBoolean();
    }

    /** Waits for a condition. An interrupt ends the waiting unless the condition holds already. */
    private boolean runUntil(final BooleanSupplier condition, final long nanos) throws InterruptedException {
        final long start = System.nanoTime();
        wake();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - start >= nanos) {
                return false;
            }
            if (isOnAppenderThread()) {
                work();
            } else {
                LockSupport.parkNanos(LOOK_NANOS);
            }
            if (Thread.currentThread().isInterrupted() && !condition.getAsBoolean() && Thread.interrupted()) {
                throw new InterruptedException();
            }
        }
        return true;
    }

    /** Returns how many nanoseconds a close waits for a living thread that does not run the appender. */
    abstract long patienceNanos();

    /**
     * Refuses claims from now on, waits until the appender has ended, and runs it here if nobody else will.
     *
     * @throws JournalTimeoutException if the application's thread that runs the appender lives but does not run it
     */
    public final void close() {
        appender.requestClose();
        wake();
        boolean interrupted = false;
        final long start = System.nanoTime();
        while (!appender.isTerminated()) {
            if (canRunHere()) {
                workOrPause();
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

    /**
     * Returns whether the calling thread can run the appender: it ran it last, or the thread that did will never do so
     * again.
     */
    private synchronized boolean canRunHere() {
        final Thread last = thread;
        if (last != null
                && last != Thread.currentThread()
                && !appender.isTerminated()
                && (!last.isAlive() || isEndingTheJvm(last))) {
            thread = Thread.currentThread();
        }
        return isOnAppenderThread();
    }

    /** Returns whether a thread has called {@link System#exit}, which does not return and waits for shutdown hooks. */
    private static boolean isEndingTheJvm(final Thread thread) {
        return Arrays.stream(thread.getStackTrace())
                .anyMatch(frame -> frame.getClassName().equals("java.lang.Shutdown"));
    }
}
