package dev.evtl.journal.appender;

import dev.evtl.journal.ring.JournalRing;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.Agent;
import org.agrona.concurrent.AgentInvoker;

/** Lets the application run the appender through an invoker, on any thread but one at a time. */
public final class InvokerRunner extends AppenderRunner {
    private static final long MARGIN_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final AgentInvoker invoker;
    private final long patienceNanos;

    /** Creates the runner of an appender that does not run yet. */
    public InvokerRunner(final Appender appender, final JournalRing ring, final AppenderSettings settings) {
        super(appender, ring);
        this.patienceNanos = 2 * settings.closeTimeoutNanos() + MARGIN_NANOS;
        this.invoker = new Invoker();
    }

    /** Does nothing while another thread has the turn: an application may well invoke it on two by mistake. */
    @Override
    int work() {
        return Math.max(0, super.work());
    }

    @Override
    void onTurn() {
        runsHere();
    }

    /** Unlike Agrona's own, it goes on when an interrupted thread invokes it. */
    private final class Invoker extends AgentInvoker {
        private Invoker() {
            super(appender::onError, null, new Duty());
        }

        @Override
        public int invoke() {
            final int done = isRunning() ? work() : 0;
            if (appender.isTerminated()) {
                close();
            }
            return done;
        }
    }

    /** The appender as an agent. */
    private final class Duty implements Agent {
        @Override
        public void onStart() {
            runsHere();
        }

        @Override
        public int doWork() {
            return work();
        }

        /** Called when the application closes the invoker. */
        @Override
        public void onClose() {
            closeHere();
        }

        @Override
        public String roleName() {
            return appender.roleName();
        }
    }

    @Override
    void startAppender() {
        invoker.start();
    }

    @Override
    public AgentInvoker invoker() {
        return invoker;
    }

    @Override
    boolean awaitSyncElsewhere(final long position, final long nanos) throws InterruptedException {
        return appender.awaitSync(position, nanos, this::wake);
    }

    @Override
    void wake() {
        // the application's duty cycle goes on by itself
    }

    /** Returns twice the time for which a close waits for a claim, and a second more. */
    @Override
    long patienceNanos() {
        return patienceNanos;
    }

    @Override
    void stop() {
        // the invoker finds the appender terminated
    }
}
