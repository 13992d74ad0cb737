package dev.evtl.journal;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;

import dev.evtl.journal.appender.AppenderAccess;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LLL_Result;
import org.openjdk.jcstress.infra.results.LL_Result;

/**
 * Publishing threads that run the appender, without a thread that would find later what they leave: what was accepted is
 * in the file when all have returned.
 */
public final class TurnInterleavings {
    private static final JournalConfig REFUSE =
            Rig.config().appenderMode(AppenderMode.PUBLISHERS).build();
    private static final JournalConfig BLOCK = Rig.config()
            .appenderMode(AppenderMode.PUBLISHERS)
            .backPressure(BackPressure.BLOCK)
            .build();

    private TurnInterleavings() {}

    /** A commit while another thread gives the turn back. */
    @JCStressTest
    @Outcome(id = "accepted, accepted, (1 2|2 1)", expect = ACCEPTABLE, desc = "Both are in the file.")
    @State
    public static class TwoPublishers extends Rig {
        public TwoPublishers() {
            super(REFUSE);
        }

        @Actor
        public void first(final LLL_Result r) {
            stagger();
            r.r1 = offer(1);
        }

        @Actor
        public void second(final LLL_Result r) {
            stagger();
            r.r2 = offer(2);
        }

        @Arbiter
        public void end(final LLL_Result r) {
            r.r3 = read();
        }
    }

    /** The claim at the head is aborted while the one behind it is committed. */
    @JCStressTest
    @Outcome(id = "accepted, 2", expect = ACCEPTABLE, desc = "It is in the file.")
    @State
    public static class AbortAndCommit extends Rig {
        private final Claim claim;

        public AbortAndCommit() {
            super(REFUSE);
            claim = claim(1);
        }

        @Actor
        public void aborting() {
            stagger();
            claim.abort();
        }

        @Actor
        public void committing(final LL_Result r) {
            stagger();
            r.r1 = offer(2);
        }

        @Arbiter
        public void end(final LL_Result r) {
            r.r2 = read();
        }
    }

    /** A commit while the appender's own thread has the turn. */
    @JCStressTest
    @Outcome(id = "accepted, 1", expect = ACCEPTABLE, desc = "It is in the file.")
    @State
    public static class PublisherAndThread extends Rig {
        public PublisherAndThread() {
            super(REFUSE);
        }

        @Actor
        public void publisher(final LL_Result r) {
            stagger();
            r.r1 = offer(1);
        }

        @Actor
        public void thread() {
            workAsWoken();
        }

        @Arbiter
        public void end(final LL_Result r) {
            r.r2 = read();
        }
    }

    /** Two threads over a full ring, each of which makes room for itself or finds that the other did. */
    @JCStressTest
    @Outcome(id = "accepted, accepted, 9 9 9 9 9 9 9 9 (1 2|2 1)", expect = ACCEPTABLE, desc = "All are in the file.")
    @State
    public static class TwoPublishersOverAFullRing extends Rig {
        public TwoPublishersOverAFullRing() {
            super(BLOCK);
            fill(0);
        }

        @Actor
        public void first(final LLL_Result r) {
            stagger();
            r.r1 = offerLong(1);
        }

        @Actor
        public void second(final LLL_Result r) {
            stagger();
            r.r2 = offerLong(2);
        }

        @Arbiter
        public void end(final LLL_Result r) {
            r.r3 = read();
        }
    }

    /** An offer is in the file or refused. */
    @JCStressTest
    @Outcome(id = "accepted, 1", expect = ACCEPTABLE, desc = "Before the close.")
    @Outcome(id = "closed, nothing", expect = ACCEPTABLE, desc = "After it.")
    @State
    public static class OfferAndClose extends Rig {
        public OfferAndClose() {
            super(REFUSE);
        }

        @Actor
        public void publisher(final LL_Result r) {
            stagger();
            r.r1 = offer(1);
        }

        @Actor
        public void closer() {
            AppenderAccess.close(appender, runner);
        }

        @Arbiter
        public void end(final LL_Result r) {
            r.r2 = outcome(0, r.r1);
        }
    }

    /** Two offers of which the first in its turn fails to append; none is in the file, and both are accounted for. */
    @JCStressTest
    @Outcome(id = "(accepted|failed), (accepted|failed), nothing", expect = ACCEPTABLE, desc = "Not in the file.")
    @State
    public static class TwoPublishersAndFailure extends Rig {
        public TwoPublishersAndFailure() {
            super(REFUSE, new MemoryStorage(true, false));
        }

        @Actor
        public void first(final LLL_Result r) {
            stagger();
            r.r1 = offer(1);
        }

        @Actor
        public void second(final LLL_Result r) {
            stagger();
            r.r2 = offer(2);
        }

        @Arbiter
        public void end(final LLL_Result r) {
            r.r3 = outcome(0, r.r1, r.r2);
        }
    }

    /** A commit while another thread forces and leaves. */
    @JCStressTest
    @Outcome(id = "accepted, (88|112), (1 2|2 1)", expect = ACCEPTABLE, desc = "Both are in the file.")
    @State
    public static class PublisherAndLeader extends Rig {
        public PublisherAndLeader() {
            super(REFUSE);
        }

        @Actor
        public void publisher(final LLL_Result r) {
            stagger();
            r.r1 = offer(1);
            workAsWoken();
        }

        @Actor
        public void leader(final LLL_Result r) {
            stagger();
            offer(2);
            r.r2 = lead();
        }

        @Arbiter
        public void end(final LLL_Result r) {
            r.r3 = read();
        }
    }

    /** Two threads of which one forces for both, or each for itself. */
    @JCStressTest
    @Outcome(id = "(88|112), 112, 1 2", expect = ACCEPTABLE, desc = "Each as far as its event.")
    @Outcome(id = "112, (88|112), 2 1", expect = ACCEPTABLE, desc = "Each as far as its event.")
    @State
    public static class TwoLeaders extends Rig {
        public TwoLeaders() {
            super(REFUSE);
        }

        @Actor
        public void first(final LLL_Result r) {
            stagger();
            offer(1);
            r.r1 = lead();
        }

        @Actor
        public void second(final LLL_Result r) {
            stagger();
            offer(2);
            r.r2 = lead();
        }

        @Arbiter
        public void end(final LLL_Result r) {
            r.r3 = outcome(2);
        }
    }

    /** Two threads of which one forces, which fails. */
    @JCStressTest
    @Outcome(id = "failed, failed", expect = ACCEPTABLE, desc = "Both are told.")
    @State
    public static class TwoLeadersAndFailure extends Rig {
        public TwoLeadersAndFailure() {
            super(REFUSE, new MemoryStorage(false, true));
        }

        @Actor
        public void first(final LL_Result r) {
            stagger();
            offer(1);
            r.r1 = lead();
        }

        @Actor
        public void second(final LL_Result r) {
            stagger();
            offer(2);
            r.r2 = lead();
        }
    }

    /** A thread that forces while another closes. */
    @JCStressTest
    @Outcome(id = "accepted, 88, 1", expect = ACCEPTABLE, desc = "Before the close.")
    @Outcome(id = "closed, 64, nothing", expect = ACCEPTABLE, desc = "After it.")
    @State
    public static class LeaderAndClose extends Rig {
        public LeaderAndClose() {
            super(REFUSE);
        }

        @Actor
        public void leader(final LLL_Result r) {
            stagger();
            r.r1 = offer(1);
            r.r2 = lead();
        }

        @Actor
        public void closer() {
            stagger();
            AppenderAccess.close(appender, runner);
        }

        @Arbiter
        public void end(final LLL_Result r) {
            r.r3 = outcome(0, r.r1);
        }
    }
}
