package dev.evtl.journal.appender;

import dev.evtl.journal.exceptions.JournalException;
import dev.evtl.journal.ring.ClaimOwners;
import dev.evtl.journal.ring.JournalRing;
import dev.evtl.journal.ring.RingConsumer;
import dev.evtl.journal.ring.RingCounters;
import dev.evtl.journal.ring.RingRecord;
import java.util.concurrent.TimeUnit;

/**
 * Sees a claim at the head of the ring that holds up those behind it: reports it, releases it if it is in a ring file
 * and its process has died, and gives up on it when the journal closes. For the appender.
 */
final class StuckClaimMonitor {
    /**
     * Idle cycles from one look at the ring's tail to the next: it only tells of a claim that was stopped before its
     * first store, and each look takes the line from the producers.
     */
    private static final int TAIL_LOOK_CYCLES = 1024;
    /** What a commit that was under way when claims were given up on needs at the most to become visible. */
    static final long GRACE_NANOS = TimeUnit.MILLISECONDS.toNanos(10);
    /** Time from one question who lives, a call of the operating system, to the next. */
    private static final long DEATH_LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

    private final JournalRing ring;
    private final RingConsumer consumer;
    private final RingCounters counters;
    private final RingRecord head;
    private final String journal;
    private final AppenderEvents events;
    private final long stuckClaimNanos;
    private final long closeTimeoutNanos;

    private int idleCycles;
    private long stuckSince;
    private long nextDeathLook;
    private boolean stuckReported;
    private boolean leaving;
    private long leavingSince;
    private boolean abandoned;

    /** With the consumer that the appender reads by, and what messages call the journal. */
    StuckClaimMonitor(
            final AppenderSettings settings,
            final JournalRing ring,
            final RingConsumer consumer,
            final String journal) {
        this.ring = ring;
        this.consumer = consumer;
        this.counters = ring.counters();
        this.head = ring.record();
        this.journal = journal;
        this.events = settings.events();
        this.stuckClaimNanos = settings.stuckClaimNanos();
        this.closeTimeoutNanos = settings.closeTimeoutNanos();
    }

    /** Whether no commit is let through any more. */
    boolean isLeaving() {
        return leaving;
    }

    /** Whether what is left in the ring can never be read. */
    boolean isAbandoned() {
        return abandoned;
    }

    /** To be called when the ring is not waiting for a claim to end. */
    void clear() {
        if (stuckSince != 0) {
            stuckSince = 0;
            stuckReported = false;
            counters.set(RingCounters.STUCK_SINCE, 0);
        }
    }

    /**
     * Looks at the head where the appender could not take anything from it.
     *
     * @return whether nothing is left in the ring
     */
    boolean look(final boolean closing, final boolean failed) {
        final boolean nothingBegun = !isHeadBegun();
        final boolean notNow = nothingBegun && !closing && stuckSince == 0 && idleCycles++ % TAIL_LOOK_CYCLES != 0;
        if (notNow || head.position() == ring.tail()) {
            clear();
            return true;
        }
        final long now = System.nanoTime();
        if (stuckSince == 0) {
            stuckSince = now;
            nextDeathLook = now + DEATH_LOOK_NANOS;
            counters.set(RingCounters.STUCK_SINCE, now);
        }
        if (now - nextDeathLook >= 0) {
            nextDeathLook = now + DEATH_LOOK_NANOS;
            if (releaseIfOrphaned()) {
                return false;
            }
        }
        final long stuckFor = now - stuckSince;
        if (!stuckReported && stuckFor >= stuckClaimNanos) {
            stuckReported = true;
            events.onStuckClaim(new JournalException(journal + ": a claim of " + stuckEvents() + " events"
                    + named(ring.owners().process(head.position()))
                    + " has been neither committed nor aborted for " + TimeUnit.NANOSECONDS.toMillis(stuckFor)
                    + " ms and holds up " + ring.buffer().size() + " bytes"));
        }
        if (closing) {
            leaveStuckClaim(stuckFor, failed);
        }
        return abandoned;
    }

    private boolean releaseIfOrphaned() {
        final long process = ring.owners().process(head.position());
        final int left = ring.owners().release(head.position());
        if (left == ClaimOwners.HELD) {
            return false;
        }
        counters.add(RingCounters.ABANDONED, left);
        events.onAbandonedClaim(new JournalException(journal + ": left out a claim of " + left + " events"
                + named(process) + ", which had neither been committed nor aborted when its process died"));
        return true;
    }

    private static String named(final long process) {
        return process == 0 ? "" : " of process " + process;
    }

    /** First no commit is let through any more, then, when those under way have ended, the claim is passed over. */
    private void leaveStuckClaim(final long stuckFor, final boolean failed) {
        if (!leaving && (failed || stuckFor >= closeTimeoutNanos)) {
            leaving = true;
            counters.state(failed ? RingCounters.FAILED_AND_CLOSED : RingCounters.CLOSED);
            leavingSince = System.nanoTime(); // one grace for all claims, as none is committed from now on
        } else if (leaving && System.nanoTime() - leavingSince >= GRACE_NANOS) {
            final int left = stuckEvents();
            final boolean passed = ring.passOver(consumer);
            // not even its length was stored: nothing behind it can be read
            abandoned = !passed && !isHeadEnded();
            if (passed || abandoned) {
                counters.add(RingCounters.ABANDONED, left);
                events.onAbandonedClaim(new JournalException(journal + ": closed without a claim of " + left
                        + " events that was neither committed nor aborted"));
            }
        }
    }

    /** Whether anything of the claim at the head was stored: nothing is where no claim is. */
    boolean isHeadBegun() {
        return !head.at(ring.head()).isHole();
    }

    private boolean isHeadEnded() {
        return head.at(ring.head()).isCommitted();
    }

    private int stuckEvents() {
        head.at(ring.head());
        return head.isGap() ? 0 : Math.max(1, head.events());
    }
}
