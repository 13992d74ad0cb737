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

/** Those who wait for a force. One that is not woken hangs, which jcstress reports. */
public final class SyncInterleavings {
    private static final JournalConfig NONE = Rig.config().build();
    private static final JournalConfig EVERY_BATCH =
            Rig.config().syncPolicy(SyncPolicy.EVERY_BATCH).build();

    private SyncInterleavings() {}

    /** What was accepted before a sync is on the device after it. */
    @JCStressTest
    @Outcome(id = "88, 1", expect = ACCEPTABLE, desc = "It is.")
    @State
    public static class SyncAndForce extends Rig {
        private volatile boolean done;

        public SyncAndForce() {
            super(NONE);
        }

        @Actor
        public void waiter(final LL_Result r) {
            stagger();
            offer(1);
            r.r1 = sync();
            done = true;
        }

        @Actor
        public void appender() {
            while (!done) {
                AppenderAccess.step(appender);
            }
        }

        @Arbiter
        public void end(final LL_Result r) {
            r.r2 = outcome(1);
        }
    }

    /** The same where the appender forces by itself. */
    @JCStressTest
    @Outcome(id = "88, 1", expect = ACCEPTABLE, desc = "It is.")
    @State
    public static class SyncAndForceOfEveryBatch extends Rig {
        private volatile boolean done;

        public SyncAndForceOfEveryBatch() {
            super(EVERY_BATCH);
        }

        @Actor
        public void waiter(final LL_Result r) {
            stagger();
            offer(1);
            r.r1 = sync();
            done = true;
        }

        @Actor
        public void appender() {
            while (!done) {
                AppenderAccess.step(appender);
            }
        }

        @Arbiter
        public void end(final LL_Result r) {
            r.r2 = outcome(1);
        }
    }

    /** Two wait, one of them on the thread that runs the appender. */
    @JCStressTest
    @Outcome(id = "(88|112), 112, 1 2", expect = ACCEPTABLE, desc = "Each as far as its event.")
    @Outcome(id = "112, (88|112), 2 1", expect = ACCEPTABLE, desc = "Each as far as its event.")
    @State
    public static class TwoSyncs extends Rig {
        private volatile boolean done;

        public TwoSyncs() {
            super(NONE);
        }

        @Actor
        public void waiter(final LLL_Result r) {
            stagger();
            offer(1);
            r.r1 = sync();
            done = true;
        }

        @Actor
        public void appender(final LLL_Result r) {
            offer(2);
            r.r2 = syncHere();
            while (!done) {
                AppenderAccess.step(appender);
            }
        }

        @Arbiter
        public void end(final LLL_Result r) {
            r.r3 = outcome(2);
        }
    }

    /** Where the force fails nobody is told otherwise, and nobody waits for ever. */
    @JCStressTest
    @Outcome(id = "failed, 64, 1", expect = ACCEPTABLE, desc = "The waiter is told, and nothing is durable.")
    @State
    public static class SyncAndFailure extends Rig {
        private volatile boolean done;

        public SyncAndFailure() {
            super(NONE, new MemoryStorage(false, true));
        }

        @Actor
        public void waiter(final LLL_Result r) {
            stagger();
            offer(1);
            r.r1 = sync();
            r.r2 = storage.durable();
            done = true;
        }

        @Actor
        public void appender() {
            while (!done) {
                AppenderAccess.step(appender);
            }
        }

        @Arbiter
        public void end(final LLL_Result r) {
            r.r3 = outcome(1);
        }
    }

    /** The same where the appender forces by itself, before the sync or during it. */
    @JCStressTest
    @Outcome(id = "failed, 64, 1", expect = ACCEPTABLE, desc = "The waiter is told, and nothing is durable.")
    @State
    public static class SyncAndFailureOfEveryBatch extends Rig {
        private volatile boolean done;

        public SyncAndFailureOfEveryBatch() {
            super(EVERY_BATCH, new MemoryStorage(false, true));
        }

        @Actor
        public void waiter(final LLL_Result r) {
            stagger();
            offer(1);
            r.r1 = sync();
            r.r2 = storage.durable();
            done = true;
        }

        @Actor
        public void appender() {
            while (!done) {
                AppenderAccess.step(appender);
            }
        }

        @Arbiter
        public void end(final LLL_Result r) {
            r.r3 = outcome(1);
        }
    }

    /** A close is a sync too. */
    @JCStressTest
    @Outcome(id = "accepted, 88, 1", expect = ACCEPTABLE, desc = "Accepted, so on the device.")
    @Outcome(id = "closed, 64, nothing", expect = ACCEPTABLE, desc = "Refused, so nothing to wait for.")
    @State
    public static class SyncAndClose extends Rig {
        public SyncAndClose() {
            super(NONE);
        }

        @Actor
        public void waiter(final LLL_Result r) {
            stagger();
            r.r1 = offer(1);
            r.r2 = sync();
        }

        @Actor
        public void closer() {
            close();
        }

        @Arbiter
        public void end(final LLL_Result r) {
            r.r3 = outcome(0, r.r1);
        }
    }
}
