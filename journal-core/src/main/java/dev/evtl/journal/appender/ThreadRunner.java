package dev.evtl.journal.appender;

import dev.evtl.journal.exceptions.JournalException;
import dev.evtl.journal.ring.JournalRing;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.agrona.concurrent.AgentInvoker;
import org.agrona.concurrent.IdleStrategy;

/**
 * Runs the appender on a thread of its own, which only the end of the appender or an {@link Error} ends. This is not
 * Agrona's runner, because an interrupt would end that and the journal with it.
 */
public class ThreadRunner extends AppenderRunner {
    /** Time within which a thread starts its work, however loaded the machine is. */
    private static final long START_NANOS = TimeUnit.MINUTES.toNanos(1);

    private static final long LOOK_NANOS = TimeUnit.MICROSECONDS.toNanos(20);

    /**
     * Time for which a close waits until the thread itself has ended. By then the appender has, and what the application
     * put around its work may do as it likes, even end the JVM and wait for this close.
     */
    private static final long END_MILLIS = TimeUnit.SECONDS.toMillis(1);

    /** A thread that has less time left does not force, for it could not leave when that is over. */
    private static final long LEADER_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final IdleStrategy idleStrategy;
    private final ThreadFactory threadFactory;
    private final String journal;
    private final AtomicBoolean begun = new AtomicBoolean();
    private volatile Thread started;

    /**
     * Creates the runner of an appender that does not run yet.
     *
     * @param idleStrategy  of the thread
     * @param threadFactory creates the thread
     * @param journal       name of the journal in messages
     */
    public ThreadRunner(
            final Appender appender,
            final JournalRing ring,
            final IdleStrategy idleStrategy,
            final ThreadFactory threadFactory,
            final String journal) {
        super(appender, ring);
        this.idleStrategy = idleStrategy;
        this.threadFactory = threadFactory;
        this.journal = journal;
    }

    @Override
    void startAppender() {
        started = threadFactory.newThread(this::run);
        started.setName(appender.roleName());
        started.start();
        // a thread may end before it reaches the appender, for example if it could not be pinned
        final long start = System.nanoTime();
        while (thread() == null) {
            if (!started.isAlive() && thread() == null) {
                throw new JournalException(
                        journal + ": the thread that threadFactory made ended before it did its work");
            }
            if (System.nanoTime() - start >= START_NANOS) {
                throw new JournalException(journal + ": the thread that threadFactory made does not do its work");
            }
            LockSupport.parkNanos(LOOK_NANOS);
        }
    }

    private void run() {
        if (!begun.compareAndSet(false, true)) {
            return; // the application's factory has it run twice
        }
        runsHere();
        try {
            while (!appender.isTerminated()) {
                workOnce();
            }
        } catch (final Throwable t) {
            fail(t);
            closeHere();
            throw t;
        }
    }

    private void workOnce() {
        try {
            idle(work());
        } catch (final Exception e) {
            appender.onError(e);
        }
        Thread.interrupted(); // with the flag set it could not park; nobody else has a say on this thread
    }

    /** Idles after work with this result. */
    void idle(final int done) {
        idleStrategy.idle(Math.max(0, done));
    }

    @Override
    public final AgentInvoker invoker() {
        throw new IllegalStateException(
                journal + ": has no invoker; set appenderMode(INVOKER) to run the appender yourself");
    }

    /**
     * Who waits forces, unless somebody is about to, and so waits for no other thread. Those who come meanwhile find the
     * next one among themselves: leader and followers, as databases commit in groups.
     */
    @Override
    final boolean awaitSyncElsewhere(final long position, final long nanos) throws InterruptedException {
        final long start = System.nanoTime();
        try {
            while (!appender.isSynced(position)) {
                final long left = nanos - (System.nanoTime() - start);
                if (left <= 0) {
                    return false;
                }
                if (Thread.interrupted()) {
                    throw new InterruptedException();
                }
                if (left < LEADER_NANOS) {
                    afterEnd(); // as below
                    return appender.awaitSync(position, left, this::wake);
                }
                final int done = appender.isForcing() ? 0 : work();
                if (done == NO_TURN) {
                    LockSupport.parkNanos(MISSED_NANOS);
                } else if (done == 0) {
                    afterEnd(); // what was committed while the turn was here
                    appender.awaitForce(position, left - LEADER_NANOS, this::wake);
                }
            }
            return true;
        } finally {
            afterEnd(); // as above
            if (turn.word == Turn.KEPT) {
                wake();
            }
        }
    }

    @Override
    final void wake() {
        LockSupport.unpark(started);
    }

    @Override
    long patienceNanos() {
        return Long.MAX_VALUE; // everything the thread waits for has its own limit, or is the device
    }

    @Override
    void stop() {
        if (Thread.currentThread() != started) {
            try {
                started.join(END_MILLIS);
            } catch (final InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
