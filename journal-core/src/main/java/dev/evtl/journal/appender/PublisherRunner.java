package dev.evtl.journal.appender;

import dev.evtl.journal.ring.JournalRing;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.agrona.concurrent.IdleStrategy;

/**
 * Has publishing threads run the appender: who has committed a claim takes the {@link Turn} if it is free, appends what
 * is committed, and looks at the ring again after it has given the turn back. Nobody waits for the turn.
 *
 * <p>The appender's thread does the rest: it forces, waits for space, watches claims, records drops, and takes what
 * other processes publish. It is parked most of the time; publishing threads wake it when there is something to do that
 * they must not do themselves.
 */
public final class PublisherRunner extends ThreadRunner {
    /** Claims that a publishing thread appends at most for one commit of its own. */
    private static final int LIMIT = 64;
    /** Longest time for which the thread parks: stuck claims, forces by policy and lost locks are noticed after it. */
    private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(5);
    /** Tries of the appender's thread to get the turn, which a publishing thread has for a few claims. */
    private static final int TRIES = 100;
    /** Time for which it parks without the turn: its holder may be waiting for the core on which this thread runs. */
    private static final long MISSED_NANOS = TimeUnit.MICROSECONDS.toNanos(50);

    private final JournalRing ring;
    private final Turn turn = new Turn();
    private final long pauseNanos;
    private boolean missed;

    /** Creates the runner of an appender that does not run yet; the arguments are those of {@link ThreadRunner}. */
    public PublisherRunner(
            final Appender appender,
            final JournalRing ring,
            final AppenderSettings settings,
            final IdleStrategy idleStrategy,
            final ThreadFactory threadFactory,
            final String journal) {
        super(appender, ring, idleStrategy, threadFactory, journal);
        this.ring = ring;
        this.pauseNanos = Math.min(PAUSE_NANOS, settings.syncNanos() / 2);
    }

    @Override
    public void afterEnd() {
        int left = LIMIT;
        do {
            if (!turn.tryTake()) {
                return; // its holder looks at the ring after it has given the turn back
            }
            final int taken;
            try {
                taken = appender.drain(left);
            } finally {
                turn.word = Turn.FREE;
            }
            left -= taken;
            if (taken == Appender.HAND_OVER || left <= 0) {
                wake();
                return;
            }
        } while (ring.isHeadCommitted());
    }

    @Override
    public boolean whileBlocked() {
        final long head = ring.head();
        afterEnd();
        return ring.head() != head;
    }

    /** Runs the appender if the turn is to be had. Returns 0 only if there is nothing left to append, or no turn. */
    @Override
    int work() {
        missed = !take();
        if (missed) {
            return 0;
        }
        final int done;
        final boolean forcing;
        try {
            runsHere();
            done = appender.step();
            forcing = appender.isForcing();
        } finally {
            turn.word = Turn.FREE;
        }
        if (forcing) {
            force();
            return 1;
        }
        return done == 0 && !appender.isBusy() && ring.isHeadCommitted() ? 1 : done;
    }

    /** Forces without the turn, so that publishing threads go on appending. */
    private void force() {
        appender.force();
        takeSurely();
        try {
            appender.endForce();
        } finally {
            turn.word = Turn.FREE;
        }
    }

    private void takeSurely() {
        while (!take()) {
            LockSupport.parkNanos(MISSED_NANOS);
        }
    }

    private boolean take() {
        boolean taken = turn.tryTake();
        for (int i = 0; !taken && i < TRIES; i++) {
            Thread.onSpinWait();
            taken = turn.tryTake();
        }
        return taken;
    }

    @Override
    void fail(final Throwable cause) {
        takeSurely();
        try {
            super.fail(cause);
        } finally {
            turn.word = Turn.FREE;
        }
    }

    @Override
    void idle(final int done) {
        if (missed) {
            LockSupport.parkNanos(MISSED_NANOS);
        } else if (done > 0 || appender.isBusy() || ring.outlivesProcess()) {
            super.idle(done);
        } else {
            LockSupport.parkNanos(pauseNanos);
        }
    }
}
