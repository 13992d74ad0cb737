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

/** Events that find no room under {@link BackPressure#DROP}: the gaps say exactly how many, and stand where they are missing. */
public final class DropInterleavings {
    private static final JournalConfig DROP =
            Rig.config().backPressure(BackPressure.DROP).build();

    private DropInterleavings() {}

    /** Two producers record the drop of a third: once, and before what they publish. */
    @JCStressTest
    @Outcome(id = "accepted, accepted, (9 ){8}gap:1 (1 2|2 1)", expect = ACCEPTABLE, desc = "One gap, before both.")
    @State
    public static class TwoRecordOneDrop extends Rig {
        public TwoRecordOneDrop() {
            super(DROP);
            fill(0);
            offerLong(8);
            AppenderAccess.step(appender);
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
            r.r3 = outcome(8, "dropped", r.r1, r.r2);
        }
    }

    /** A producer and the appender record a drop. */
    @JCStressTest
    @Outcome(id = "accepted, (9 ){8}gap:1 1", expect = ACCEPTABLE, desc = "One gap, before the event.")
    @State
    public static class ProducerAndAppenderRecordADrop extends Rig {
        public ProducerAndAppenderRecordADrop() {
            super(DROP);
            fill(0);
            offerLong(8);
            AppenderAccess.step(appender);
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
            r.r2 = outcome(8, "dropped", r.r1);
        }
    }

    /** A producer drops while another records. */
    @JCStressTest
    @Outcome(
            id = "(accepted|dropped), accepted, (9 ){8}gap:[12].*",
            expect = ACCEPTABLE,
            desc = "The gaps count every drop.")
    @State
    public static class DropAndRecord extends Rig {
        public DropAndRecord() {
            super(DROP);
            fill(0);
            offerLong(8);
        }

        @Actor
        public void dropping(final LLL_Result r) {
            stagger();
            r.r1 = offerLong(1);
        }

        @Actor
        public void recording(final LLL_Result r) {
            append();
            r.r2 = offerLong(2);
            append();
        }

        @Arbiter
        public void end(final LLL_Result r) {
            r.r3 = outcome(8, "dropped", r.r1, r.r2);
        }
    }

    /** Two drop at once. */
    @JCStressTest
    @Outcome(id = "dropped, dropped, (9 ){8}gap:2", expect = ACCEPTABLE, desc = "Both in one gap.")
    @State
    public static class TwoDrops extends Rig {
        public TwoDrops() {
            super(DROP);
            fill(0);
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
            r.r3 = outcome(8, r.r1, r.r2);
        }
    }

    /** A drop is recorded by a close, or the event refused by it. */
    @JCStressTest
    @Outcome(id = "dropped, (9 ){8}gap:1", expect = ACCEPTABLE, desc = "Recorded by the close.")
    @Outcome(id = "accepted, (9 ){8}1", expect = ACCEPTABLE, desc = "There was room.")
    @Outcome(id = "closed, (9 ){7}9", expect = ACCEPTABLE, desc = "After the close.")
    @State
    public static class DropAndClose extends Rig {
        public DropAndClose() {
            super(DROP);
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

    /** A producer that records a drop against a close that does. */
    @JCStressTest
    @Outcome(id = "accepted, (9 ){8}gap:1 1", expect = ACCEPTABLE, desc = "The gap before the event.")
    @Outcome(id = "closed, (9 ){8}gap:1", expect = ACCEPTABLE, desc = "The gap alone.")
    @State
    public static class RecordAndClose extends Rig {
        public RecordAndClose() {
            super(DROP);
            fill(0);
            offerLong(8);
            AppenderAccess.step(appender);
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
            r.r2 = outcome(8, "dropped", r.r1);
        }
    }
}
