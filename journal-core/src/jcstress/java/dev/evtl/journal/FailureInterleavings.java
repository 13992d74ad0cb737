package dev.evtl.journal;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LL_Result;

/** Producers against a failure: who is told of it has nothing in the file, and every event is counted once. */
public final class FailureInterleavings {
    private static final JournalConfig FAIL = Rig.config().build();
    private static final JournalConfig BLOCK =
            Rig.config().backPressure(BackPressure.BLOCK).build();
    private static final JournalConfig DROP =
            Rig.config().backPressure(BackPressure.DROP).build();
    private static final JournalConfig EVERY_BATCH =
            Rig.config().syncPolicy(SyncPolicy.EVERY_BATCH).build();

    private FailureInterleavings() {}

    /** An offer while the journal fails to append. */
    @JCStressTest
    @Outcome(id = "(accepted|failed), nothing", expect = ACCEPTABLE, desc = "Not in the file.")
    @State
    public static class OfferAndFailure extends Rig {
        public OfferAndFailure() {
            super(FAIL, new MemoryStorage(true, false));
            offer(9);
        }

        @Actor
        public void producer(final LL_Result r) {
            stagger();
            r.r1 = offer(1);
        }

        @Actor
        public void appender() {
            append();
        }

        @Arbiter
        public void end(final LL_Result r) {
            r.r2 = outcome(1, r.r1);
        }
    }

    /** An offer while a force fails: what was not told of it may be in the file. */
    @JCStressTest
    @Outcome(id = "accepted, 9|accepted, 9 1", expect = ACCEPTABLE, desc = "Before the failure.")
    @Outcome(id = "failed, 9", expect = ACCEPTABLE, desc = "After it.")
    @State
    public static class OfferAndFailedForce extends Rig {
        public OfferAndFailedForce() {
            super(EVERY_BATCH, new MemoryStorage(false, true));
            offer(9);
        }

        @Actor
        public void producer(final LL_Result r) {
            stagger();
            r.r1 = offer(1);
        }

        @Actor
        public void appender() {
            append();
        }

        @Arbiter
        public void end(final LL_Result r) {
            r.r2 = outcome(1, r.r1);
        }
    }

    /** An offer of who has seen the failure. */
    @JCStressTest
    @Outcome(id = "not yet, 9", expect = ACCEPTABLE, desc = "Not seen.")
    @Outcome(id = "failed, 9", expect = ACCEPTABLE, desc = "Refused.")
    @State
    public static class OfferBehindAFailure extends Rig {
        public OfferBehindAFailure() {
            super(EVERY_BATCH, new MemoryStorage(false, true));
            offer(9);
        }

        @Actor
        public void producer(final LL_Result r) {
            stagger();
            r.r1 = appender.failure() == null ? "not yet" : offer(1);
        }

        @Actor
        public void appender() {
            append();
        }

        @Arbiter
        public void end(final LL_Result r) {
            r.r2 = r.r1.equals("not yet") ? outcome(1) : outcome(1, r.r1);
        }
    }

    /** A commit while a force fails. */
    @JCStressTest
    @Outcome(id = "accepted, 9|accepted, 9 1", expect = ACCEPTABLE, desc = "Before the failure.")
    @Outcome(id = "failed, 9", expect = ACCEPTABLE, desc = "After it.")
    @State
    public static class CommitAndFailedForce extends Rig {
        private final Claim claim;

        public CommitAndFailedForce() {
            super(EVERY_BATCH, new MemoryStorage(false, true));
            offer(9);
            claim = claim(1);
        }

        @Actor
        public void producer(final LL_Result r) {
            stagger();
            r.r1 = commit(claim, 1);
        }

        @Actor
        public void appender() {
            append();
        }

        @Arbiter
        public void end(final LL_Result r) {
            r.r2 = outcome(1, r.r1);
        }
    }

    /** An abort while a force fails. */
    @JCStressTest
    @Outcome(id = "aborted, 9", expect = ACCEPTABLE, desc = "Nothing was offered.")
    @State
    public static class AbortAndFailedForce extends Rig {
        private final Claim claim;

        public AbortAndFailedForce() {
            super(EVERY_BATCH, new MemoryStorage(false, true));
            offer(9);
            claim = claim(1);
        }

        @Actor
        public void producer(final LL_Result r) {
            stagger();
            claim.abort();
            r.r1 = "aborted";
        }

        @Actor
        public void appender() {
            append();
        }

        @Arbiter
        public void end(final LL_Result r) {
            r.r2 = outcome(1);
        }
    }

    /** Who waits for room in a journal that fails is told. */
    @JCStressTest
    @Outcome(id = "failed, nothing", expect = ACCEPTABLE, desc = "Told.")
    @State
    public static class BlockedOfferAndFailure extends Rig {
        public BlockedOfferAndFailure() {
            super(BLOCK, new MemoryStorage(true, false));
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

    /** A drop while the journal fails. */
    @JCStressTest
    @Outcome(id = "(dropped|failed), nothing", expect = ACCEPTABLE, desc = "Counted as what it was.")
    @State
    public static class DropAndFailure extends Rig {
        public DropAndFailure() {
            super(DROP, new MemoryStorage(true, false));
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

    /** A batch while a force fails. */
    @JCStressTest
    @Outcome(id = "accepted, 9|accepted, 9 1 2", expect = ACCEPTABLE, desc = "Before the failure, and whole.")
    @Outcome(id = "failed, 9", expect = ACCEPTABLE, desc = "After it.")
    @State
    public static class BatchAndFailedForce extends Rig {
        public BatchAndFailedForce() {
            super(EVERY_BATCH, new MemoryStorage(false, true));
            offer(9);
        }

        @Actor
        public void producer(final LL_Result r) {
            stagger();
            r.r1 = offerBatch(1, 2);
        }

        @Actor
        public void appender() {
            append();
        }

        @Arbiter
        public void end(final LL_Result r) {
            r.r2 = outcome(1, r.r1, r.r1);
        }
    }
}
