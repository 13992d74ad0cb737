package dev.evtl.journal;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;

import dev.evtl.journal.ring.JournalRing;
import dev.evtl.journal.ring.RingAccess;
import org.agrona.concurrent.ringbuffer.RecordDescriptor;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LLL_Result;
import org.openjdk.jcstress.infra.results.LL_Result;

/**
 * Producers against one another and against the appender. jcstress has no more actors than processors, so that where
 * three would act, one acts for two.
 */
public final class ClaimInterleavings {
    private static final JournalConfig FAIL = Rig.config().build();
    private static final JournalConfig BLOCK =
            Rig.config().backPressure(BackPressure.BLOCK).build();
    private static final JournalConfig SINGLE =
            Rig.config().singleProducer(true).build();

    private ClaimInterleavings() {}

    /** Both are journaled, in one order. */
    @JCStressTest
    @Outcome(id = "accepted, accepted, (1 2|2 1)", expect = ACCEPTABLE, desc = "Both, in one order or the other.")
    @State
    public static class TwoOffers extends Rig {
        public TwoOffers() {
            super(FAIL);
        }

        @Actor
        public void first(final LLL_Result r) {
            r.r1 = offer(1);
        }

        @Actor
        public void second(final LLL_Result r) {
            r.r2 = offer(2);
        }

        @Arbiter
        public void end(final LLL_Result r) {
            r.r3 = outcome(0, r.r1, r.r2);
        }
    }

    /** What is offered while the appender takes from the ring is journaled in its order. */
    @JCStressTest
    @Outcome(id = "accepted, accepted, 1 2", expect = ACCEPTABLE, desc = "Both, in their order.")
    @State
    public static class OffersAndAppender extends Rig {
        public OffersAndAppender() {
            super(FAIL);
        }

        @Actor
        public void producer(final LLL_Result r) {
            stagger();
            r.r1 = offer(1);
            r.r2 = offer(2);
        }

        @Actor
        public void appender() {
            append();
        }

        @Arbiter
        public void end(final LLL_Result r) {
            r.r3 = outcome(0, r.r1, r.r2);
        }
    }

    /** The same over the ring for one producer. */
    @JCStressTest
    @Outcome(id = "accepted, accepted, 1 2", expect = ACCEPTABLE, desc = "Both, in their order.")
    @State
    public static class SingleProducerAndAppender extends Rig {
        public SingleProducerAndAppender() {
            super(SINGLE);
        }

        @Actor
        public void producer(final LLL_Result r) {
            stagger();
            r.r1 = offer(1);
            r.r2 = offer(2);
        }

        @Actor
        public void appender() {
            append();
        }

        @Arbiter
        public void end(final LLL_Result r) {
            r.r3 = outcome(0, r.r1, r.r2);
        }
    }

    /** A claim that is not committed holds up the appender, and nothing of it is seen before. */
    @JCStressTest
    @Outcome(
            id = "accepted, accepted, (1 2|2 1)",
            expect = ACCEPTABLE,
            desc = "Both, complete, in the order of their claims.")
    @State
    public static class OpenClaims extends Rig {
        public OpenClaims() {
            super(FAIL);
        }

        @Actor
        public void first(final LLL_Result r) {
            final Claim claim = claim(1);
            r.r1 = commit(claim, 1);
        }

        @Actor
        public void second(final LLL_Result r) {
            final Claim claim = claim(2);
            append();
            r.r2 = commit(claim, 2);
            append();
        }

        @Arbiter
        public void end(final LLL_Result r) {
            r.r3 = outcome(0, r.r1, r.r2);
        }
    }

    /** An aborted claim leaves nothing, whatever is claimed around it. */
    @JCStressTest
    @Outcome(id = "aborted, accepted, 2", expect = ACCEPTABLE, desc = "Only what was committed.")
    @State
    public static class AbortAndOffer extends Rig {
        public AbortAndOffer() {
            super(FAIL);
        }

        @Actor
        public void first(final LLL_Result r) {
            claim(1).abort();
            r.r1 = "aborted";
        }

        @Actor
        public void second(final LLL_Result r) {
            r.r2 = offer(2);
            append();
        }

        @Arbiter
        public void end(final LLL_Result r) {
            r.r3 = outcome(0, r.r2);
        }
    }

    /** Nothing comes between the events of a claim. */
    @JCStressTest
    @Outcome(id = "accepted, accepted, (1 2 3|3 1 2)", expect = ACCEPTABLE, desc = "The claim in one piece.")
    @State
    public static class BatchAndOffer extends Rig {
        public BatchAndOffer() {
            super(FAIL);
        }

        @Actor
        public void batch(final LLL_Result r) {
            r.r1 = offerBatch(1, 2);
        }

        @Actor
        public void offer(final LLL_Result r) {
            r.r2 = offer(3);
            append();
        }

        @Arbiter
        public void end(final LLL_Result r) {
            r.r3 = outcome(0, r.r1, r.r1, r.r2);
        }
    }

    /** Of two that race for the last room in the ring one gets it. */
    @JCStressTest
    @Outcome(id = "accepted, back-pressured, (9 ){7}1", expect = ACCEPTABLE, desc = "The first.")
    @Outcome(id = "back-pressured, accepted, (9 ){7}2", expect = ACCEPTABLE, desc = "The second.")
    @State
    public static class LastRoom extends Rig {
        public LastRoom() {
            super(FAIL);
            fill(1);
        }

        @Actor
        public void first(final LLL_Result r) {
            r.r1 = offerLong(1);
        }

        @Actor
        public void second(final LLL_Result r) {
            r.r2 = offerLong(2);
        }

        @Arbiter
        public void end(final LLL_Result r) {
            r.r3 = outcome(7, r.r1, r.r2);
        }
    }

    /** A full ring refuses an event, or has room for it already. */
    @JCStressTest
    @Outcome(id = "accepted, (9 ){8}1", expect = ACCEPTABLE, desc = "There was room.")
    @Outcome(id = "back-pressured, (9 ){7}9", expect = ACCEPTABLE, desc = "There was none.")
    @State
    public static class FullRing extends Rig {
        public FullRing() {
            super(FAIL);
            fill(0);
        }

        @Actor
        public void producer(final LL_Result r) {
            stagger();
            r.r1 = offerLong(1);
        }

        @Actor
        public void appender() {
            append();
        }

        @Arbiter
        public void end(final LL_Result r) {
            r.r2 = outcome(8, r.r1);
        }
    }

    /** Who waits for room gets it. */
    @JCStressTest
    @Outcome(id = "accepted, (9 ){8}1", expect = ACCEPTABLE, desc = "In the end.")
    @State
    public static class BlockedOffer extends Rig {
        public BlockedOffer() {
            super(BLOCK);
            fill(0);
        }

        @Actor
        public void producer(final LL_Result r) {
            stagger();
            r.r1 = offerLong(1);
        }

        @Actor
        public void appender() {
            append();
        }

        @Arbiter
        public void end(final LL_Result r) {
            r.r2 = outcome(8, r.r1);
        }
    }

    /** A commit in a ring file, and a close that passes over its claim: whose step was first has ended it. */
    @JCStressTest
    @Outcome(id = "committed, too late, 7", expect = ACCEPTABLE, desc = "To be journaled.")
    @Outcome(id = "too late, passed over, -1", expect = ACCEPTABLE, desc = "Padding, and the producer knows.")
    @State
    public static class CommitAndPassingOver {
        private final JournalRing ring = RingAccess.shared(64);
        private final int claim = ring.producer().tryClaim(7, 8);

        @Actor
        public void producer(final LLL_Result r) {
            try {
                ring.producer().commit(claim);
                r.r1 = "committed";
            } catch (final IllegalStateException e) {
                r.r1 = "too late";
            }
        }

        @Actor
        public void close(final LLL_Result r) {
            r.r2 = ring.passOver(ring.consumer()) ? "passed over" : "too late";
        }

        @Arbiter
        public void end(final LLL_Result r) {
            r.r3 = ring.buffer().buffer().getInt(RecordDescriptor.typeOffset(0));
        }
    }
}
