package dev.evtl.journal;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;

import dev.evtl.journal.appender.AppenderAccess;
import java.time.Duration;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LL_Result;

/** Producers against a close: what was accepted is in the file, what was refused is not. */
public final class CloseInterleavings {
    private static final JournalConfig FAIL = Rig.config().build();
    private static final JournalConfig BLOCK =
            Rig.config().backPressure(BackPressure.BLOCK).build();
    private static final JournalConfig SINGLE =
            Rig.config().singleProducer(true).build();
    private static final JournalConfig IMPATIENT =
            Rig.config().closeTimeout(Duration.ofNanos(1)).build();
    private static final JournalConfig IMPATIENT_SINGLE =
            Rig.config().closeTimeout(Duration.ofNanos(1)).singleProducer(true).build();

    private CloseInterleavings() {}

    /** An offer is in the file or refused. */
    @JCStressTest
    @Outcome(id = "accepted, 1", expect = ACCEPTABLE, desc = "Before the close.")
    @Outcome(id = "closed, nothing", expect = ACCEPTABLE, desc = "After it.")
    @State
    public static class OfferAndClose extends Rig {
        public OfferAndClose() {
            super(FAIL);
        }

        @Actor
        public void producer(final LL_Result r) {
            stagger();
            r.r1 = offer(1);
        }

        @Actor
        public void closer() {
            close();
        }

        @Arbiter
        public void end(final LL_Result r) {
            r.r2 = outcome(0, r.r1);
        }
    }

    /** The same over the ring for one producer. */
    @JCStressTest
    @Outcome(id = "accepted, 1", expect = ACCEPTABLE, desc = "Before the close.")
    @Outcome(id = "closed, nothing", expect = ACCEPTABLE, desc = "After it.")
    @State
    public static class SingleProducerAndClose extends Rig {
        public SingleProducerAndClose() {
            super(SINGLE);
        }

        @Actor
        public void producer(final LL_Result r) {
            stagger();
            r.r1 = offer(1);
        }

        @Actor
        public void closer() {
            close();
        }

        @Arbiter
        public void end(final LL_Result r) {
            r.r2 = outcome(0, r.r1);
        }
    }

    /** A claim of several events is in the file whole or refused. */
    @JCStressTest
    @Outcome(id = "accepted, 1 2", expect = ACCEPTABLE, desc = "Before the close.")
    @Outcome(id = "closed, nothing", expect = ACCEPTABLE, desc = "After it.")
    @State
    public static class BatchAndClose extends Rig {
        public BatchAndClose() {
            super(FAIL);
        }

        @Actor
        public void producer(final LL_Result r) {
            stagger();
            r.r1 = offerBatch(1, 2);
        }

        @Actor
        public void closer() {
            close();
        }

        @Arbiter
        public void end(final LL_Result r) {
            r.r2 = outcome(0, r.r1, r.r1);
        }
    }

    /** A close waits for a claim that was there before it. */
    @JCStressTest
    @Outcome(id = "accepted, 1", expect = ACCEPTABLE, desc = "The close has waited.")
    @State
    public static class CommitAndClose extends Rig {
        private final Claim claim;

        public CommitAndClose() {
            super(FAIL);
            claim = claim(1);
        }

        @Actor
        public void producer(final LL_Result r) {
            stagger();
            r.r1 = commit(claim, 1);
        }

        @Actor
        public void closer() {
            close();
        }

        @Arbiter
        public void end(final LL_Result r) {
            r.r2 = outcome(0, r.r1);
        }
    }

    /** A claim that is aborted meanwhile leaves nothing. */
    @JCStressTest
    @Outcome(id = "aborted, nothing", expect = ACCEPTABLE, desc = "Nothing was offered.")
    @State
    public static class AbortAndClose extends Rig {
        private final Claim claim;

        public AbortAndClose() {
            super(FAIL);
            claim = claim(1);
        }

        @Actor
        public void producer(final LL_Result r) {
            stagger();
            claim.abort();
            r.r1 = "aborted";
        }

        @Actor
        public void closer() {
            close();
        }

        @Arbiter
        public void end(final LL_Result r) {
            r.r2 = outcome(0);
        }
    }

    /** A close that does not wait answers a commit that comes too late. */
    @JCStressTest
    @Outcome(id = "accepted, 1", expect = ACCEPTABLE, desc = "In time.")
    @Outcome(id = "closed, nothing", expect = ACCEPTABLE, desc = "Too late.")
    @State
    public static class CommitAndImpatientClose extends Rig {
        private final Claim claim;

        public CommitAndImpatientClose() {
            super(IMPATIENT);
            claim = claim(1);
        }

        @Actor
        public void producer(final LL_Result r) {
            stagger();
            r.r1 = commit(claim, 1);
        }

        @Actor
        public void closer() {
            close();
        }

        @Arbiter
        public void end(final LL_Result r) {
            r.r2 = outcome(0, r.r1);
        }
    }

    /** The same over the ring for one producer. */
    @JCStressTest
    @Outcome(id = "accepted, 1", expect = ACCEPTABLE, desc = "In time.")
    @Outcome(id = "closed, nothing", expect = ACCEPTABLE, desc = "Too late.")
    @State
    public static class SingleProducerCommitAndImpatientClose extends Rig {
        private final Claim claim;

        public SingleProducerCommitAndImpatientClose() {
            super(IMPATIENT_SINGLE);
            claim = claim(1);
        }

        @Actor
        public void producer(final LL_Result r) {
            stagger();
            r.r1 = commit(claim, 1);
        }

        @Actor
        public void closer() {
            close();
        }

        @Arbiter
        public void end(final LL_Result r) {
            r.r2 = outcome(0, r.r1);
        }
    }

    /** A close that does not wait ignores an abort that comes too late. */
    @JCStressTest
    @Outcome(id = "aborted, nothing", expect = ACCEPTABLE, desc = "Nothing was offered.")
    @State
    public static class AbortAndImpatientClose extends Rig {
        private final Claim claim;

        public AbortAndImpatientClose() {
            super(IMPATIENT);
            claim = claim(1);
        }

        @Actor
        public void producer(final LL_Result r) {
            stagger();
            claim.abort();
            r.r1 = "aborted";
        }

        @Actor
        public void closer() {
            close();
        }

        @Arbiter
        public void end(final LL_Result r) {
            r.r2 = outcome(0);
        }
    }

    /** Who waits for room is told that there will be none. */
    @JCStressTest
    @Outcome(id = "accepted, (9 ){8}1", expect = ACCEPTABLE, desc = "There was room.")
    @Outcome(id = "closed, (9 ){7}9", expect = ACCEPTABLE, desc = "There was none.")
    @State
    public static class BlockedOfferAndClose extends Rig {
        public BlockedOfferAndClose() {
            super(BLOCK);
            fill(0);
        }

        @Actor
        public void producer(final LL_Result r) {
            stagger();
            r.r1 = offerLong(1);
        }

        @Actor
        public void closer() {
            AppenderAccess.step(appender);
            close();
        }

        @Arbiter
        public void end(final LL_Result r) {
            r.r2 = outcome(8, r.r1);
        }
    }

    /** A full ring and a close: accepted, refused for one reason or the other, and counted as that. */
    @JCStressTest
    @Outcome(id = "accepted, (9 ){8}1", expect = ACCEPTABLE, desc = "There was room.")
    @Outcome(id = "(back-pressured|closed), (9 ){7}9", expect = ACCEPTABLE, desc = "There was none.")
    @State
    public static class RefusedOfferAndClose extends Rig {
        public RefusedOfferAndClose() {
            super(FAIL);
            fill(0);
        }

        @Actor
        public void producer(final LL_Result r) {
            stagger();
            r.r1 = offerLong(1);
        }

        @Actor
        public void closer() {
            AppenderAccess.step(appender);
            close();
        }

        @Arbiter
        public void end(final LL_Result r) {
            r.r2 = outcome(8, r.r1);
        }
    }

    /** Who waits for the end of a journal sees it. */
    @JCStressTest
    @Outcome(id = "9, 9", expect = ACCEPTABLE, desc = "All was closed when it returned.")
    @State
    public static class CloseThatIsWaitedFor extends Rig {
        public CloseThatIsWaitedFor() {
            super(FAIL);
            offer(9);
        }

        @Actor
        public void waiter(final LL_Result r) {
            stagger();
            AppenderAccess.requestClose(appender);
            awaitTermination();
            r.r1 = read();
        }

        @Actor
        public void closer() {
            close();
        }

        @Arbiter
        public void end(final LL_Result r) {
            r.r2 = outcome(1);
        }
    }
}
