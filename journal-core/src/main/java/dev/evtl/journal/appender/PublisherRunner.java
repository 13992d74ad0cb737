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
    private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

    private final long pauseNanos;

    /** Creates the runner of an appender that does not run yet; the arguments are those of {@link ThreadRunner}. */
    public PublisherRunner(
            final Appender appender,
            final JournalRing ring,
            final AppenderSettings settings,
            final IdleStrategy idleStrategy,
            final ThreadFactory threadFactory,
            final String journal) {
        super(appender, ring, idleStrategy, threadFactory, journal);
        this.pauseNanos = Math.min(PAUSE_NANOS, settings.syncNanos() / 2);
    }

    @Override
    public void afterEnd() {
        int left = LIMIT;
        do {
            if (!turn.tryTake()) {
                return; // its holder looks at the ring after it has given the turn back
            }
            int taken = Appender.HAND_OVER;
            boolean keeps = false;
            try {
                taken = appender.drain(left);
                keeps = appender.isBusy() && !appender.isForcing();
            } finally {
                turn.word = keeps ? Turn.KEPT : Turn.FREE;
            }
            left = taken == Appender.HAND_OVER ? 0 : left - taken;
            if (left <= 0) {
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

    @Override
    void idle(final int done) {
        if (done == NO_TURN) {
            LockSupport.parkNanos(MISSED_NANOS);
        } else if (done > 0 || appender.isBusy() || ring.outlivesProcess()) {
            super.idle(done);
        } else {
            LockSupport.parkNanos(pauseNanos);
        }
    }
}
