package dev.evtl.journal.appender;

import dev.evtl.journal.exceptions.JournalException;
import dev.evtl.journal.ring.JournalRing;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.agrona.concurrent.AgentInvoker;
import org.agrona.concurrent.AgentRunner;
import org.agrona.concurrent.IdleStrategy;

/** Runs the appender on a thread of its own. */
public final class ThreadRunner extends AppenderRunner {
    /** Time within which a thread starts its work, however loaded the machine is. */
    private static final long START_NANOS = TimeUnit.MINUTES.toNanos(1);

    private static final long LOOK_NANOS = TimeUnit.MICROSECONDS.toNanos(20);

    private final AgentRunner runner;
    private final ThreadFactory threadFactory;
    private final String journal;

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
        this.runner = new AgentRunner(idleStrategy, appender::onError, null, new Duty());
        this.threadFactory = threadFactory;
        this.journal = journal;
    }

    @Override
    void startAppender() {
        final Thread started =
                AgentRunner.startOnThread(runner, work -> threadFactory.newThread(() -> runToTheEnd(work)));
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

    private void runToTheEnd(final Runnable work) {
        try {
            work.run();
        } catch (final Throwable t) {
            appender.onThreadEnd(t);
            throw t;
        }
        appender.onThreadEnd(new IllegalStateException("the appender's thread has ended"));
    }

    @Override
    public AgentInvoker invoker() {
        throw new IllegalStateException(journal + ": has no invoker; set useInvoker to run the appender yourself");
    }

    @Override
    void wake() {
        LockSupport.unpark(thread());
    }

    @Override
    long patienceNanos() {
        return Long.MAX_VALUE; // everything the thread waits for has its own limit, or is the device
    }

    @Override
    void stop() {
        if (!isOnAppenderThread()) {
            runner.close();
        }
    }
}
