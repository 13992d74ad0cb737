package dev.evtl.journal.appender;

import dev.evtl.journal.exceptions.JournalException;
import dev.evtl.journal.ring.ClaimOwners;
import dev.evtl.journal.ring.JournalRing;
import dev.evtl.journal.ring.RingConsumer;
import dev.evtl.journal.ring.RingCounters;
import dev.evtl.journal.ring.RingRecord;
import java.util.concurrent.TimeUnit;

/**
 * Watches the claim at the head of the ring that holds up those after it, on the appender's thread. It reports the
 * claim, releases it if it is in a ring file and its process has died, and gives up on it when the journal closes.
 */
final class StuckClaimMonitor {
    /**
     * Idle cycles between two reads of the ring's tail. The tail only shows a claim that was stopped before its first
     * store, and each read takes the cache line from the producers.
     */
    private static final int TAIL_LOOK_CYCLES = 1024;
    /** Upper bound for the time in which a commit becomes visible that was under way when the state changed. */
    static final long GRACE_NANOS = TimeUnit.MILLISECONDS.toNanos(10);
    /** Shortest and longest time between two questions to the operating system which processes are alive. */
    private static final long DEATH_LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

    private static final long LONGEST_DEATH_LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

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
    private long closeHeldUpSince;
    private boolean leaving;
    private long leavingSince;
    private boolean abandoned;

    /** Creates the monitor, with the appender's consumer and the name of the journal for messages. */
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

    /** Returns whether commits are no longer let through. */
    boolean isLeaving() {
        return leaving;
    }

    /** Returns whether the rest of the ring can never be read. */
    boolean isAbandoned() {
        return abandoned;
    }

    /** Forgets a stuck claim. Called when the ring is not waiting for a claim to end. */
    void clear() {
        if (stuckSince != 0) {
            stuckSince = 0;
            stuckReported = false;
            counters.set(RingCounters.STUCK_SINCE, 0);
        }
    }

    /**
     * Looks at the head when the appender could not take anything from it.
     *
     * @return whether nothing is left to read: the ring is empty, is abandoned, or seems empty and its tail was not
     *     read now
     */
    boolean look(final boolean closing, final boolean failed) {
        final boolean nothingBegun = !isHeadBegun();
        final boolean notNow = nothingBegun && !closing && stuckSince == 0 && idleCycles++ % TAIL_LOOK_CYCLES != 0;
        if (notNow || (nothingBegun || closing) && isEmpty(failed)) {
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
            nextDeathLook = now + deathLookNanos(now - stuckSince);
            if (isEmpty(failed)) {
                clear(); // what begins here is no claim, but stores past the end of the last one
                return true;
            }
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
            leaveStuckClaim(now, failed);
        }
        return abandoned;
    }

    /** Asks less often the longer a claim is stuck: a living process may keep one open for long. */
    private static long deathLookNanos(final long stuckFor) {
        return Math.max(DEATH_LOOK_NANOS, Math.min(stuckFor / 8, LONGEST_DEATH_LOOK_NANOS));
    }

    /** Reads the tail. After a failure a ring whose tail is damaged counts as empty too. */
    private boolean isEmpty(final boolean failed) {
        final long capacity = ring.buffer().capacity();
        final long used = ring.tail() - head.position();
        final boolean damaged = used < 0 || used > capacity;
        if (damaged && !failed) {
            throw overrun(
                    journal,
                    ": expected a tail from " + head.position() + " to " + (head.position() + capacity) + ", found "
                            + (head.position() + used));
        }
        return used == 0 || damaged;
    }

    /** Returns the exception for damage in the ring that no claim can have left. */
    static JournalException overrun(final String journal, final String damage) {
        return new JournalException(journal + ": the ring is damaged" + damage
                + "; a thread or a process has written past the end of its claim");
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

    /**
     * Gives up on the claim in two steps. First commits are no longer let through; when those under way have become
     * visible, the claim is passed over.
     */
    private void leaveStuckClaim(final long now, final boolean failed) {
        if (closeHeldUpSince == 0) {
            closeHeldUpSince = now; // not since the claim got stuck: its thread may be about to commit before it closes
        }
        if (!leaving && (failed || now - closeHeldUpSince >= closeTimeoutNanos)) {
            leaving = true;
            counters.state(failed ? RingCounters.FAILED_AND_CLOSED : RingCounters.CLOSED);
            leavingSince = System.nanoTime(); // one grace period for all claims: none is committed from now on
        } else if (leaving && System.nanoTime() - leavingSince >= GRACE_NANOS) {
            final int left = stuckEvents();
            final boolean passed = ring.passOver(consumer);
            // not even the claim's length was stored, so nothing after it can be read
            abandoned = !passed && !ring.isHeadCommitted();
            if (passed || abandoned) {
                counters.add(RingCounters.ABANDONED, left);
                events.onAbandonedClaim(new JournalException(journal + ": closed without a claim of " + left
                        + " events that was neither committed nor aborted"));
            }
        }
    }

    /** Returns whether the record at the head has a length; it has none in an empty ring, or in a hole. */
    private boolean isHeadBegun() {
        return !head.at(ring.head()).isHole();
    }

    /**
     * Returns how many bytes of the ring are in use. The tail is read only if there is something behind the record at the
     * head, because each read takes the cache line from the producers.
     */
    long ringUse() {
        if (!isHeadBegun()) {
            return 0;
        }
        final long length = head.end() - head.position();
        return head.next().isHole() ? length : ring.buffer().size();
    }

    private int stuckEvents() {
        head.at(ring.head());
        return head.isGap() ? 0 : Math.max(1, head.events());
    }
}
