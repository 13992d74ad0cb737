package dev.evtl.journal;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;

import dev.evtl.journal.format.FileHeader;
import org.agrona.concurrent.UnsafeBuffer;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LLL_Result;
import org.openjdk.jcstress.infra.results.LL_Result;

/** A reader of a file that is being written sees whole events and whole claims, and never less than the header says. */
public final class ReaderInterleavings {
    private static final JournalConfig FAIL = Rig.config().build();

    private ReaderInterleavings() {}

    /** Of a claim of several events a reader sees all or nothing. */
    @JCStressTest
    @Outcome(id = "(nothing|1 2), 1 2", expect = ACCEPTABLE, desc = "Never one of the two.")
    @State
    public static class BatchIsSeenWhole extends Rig {
        public BatchIsSeenWhole() {
            super(FAIL);
            offerBatch(1, 2);
        }

        @Actor
        public void appender() {
            append();
        }

        @Actor
        public void reader(final LL_Result r) {
            stagger();
            r.r1 = read();
        }

        @Arbiter
        public void end(final LL_Result r) {
            r.r2 = outcome(2);
        }
    }

    /** Events before write_offset are complete, and come in their order. */
    @JCStressTest
    @Outcome(id = "nothing, (nothing|1|1 2), 1 2", expect = ACCEPTABLE, desc = "As far as it had been written.")
    @Outcome(id = "1, (1|1 2), 1 2", expect = ACCEPTABLE, desc = "As far as it had been written.")
    @Outcome(id = "1 2, 1 2, 1 2", expect = ACCEPTABLE, desc = "All.")
    @State
    public static class EventsAreSeenInOrder extends Rig {
        public EventsAreSeenInOrder() {
            super(FAIL);
        }

        @Actor
        public void writer() {
            offer(1);
            append();
            stagger();
            offer(2);
            append();
        }

        @Actor
        public void reader(final LLL_Result r) {
            stagger();
            r.r1 = read();
            r.r2 = read();
        }

        @Arbiter
        public void end(final LLL_Result r) {
            r.r3 = outcome(2);
        }
    }

    /** {@code event_count} is stored before {@code write_offset}, so that it is never behind it. */
    @JCStressTest
    @Outcome(id = "0, [012]", expect = ACCEPTABLE, desc = "Not behind.")
    @Outcome(id = "1, [12]", expect = ACCEPTABLE, desc = "Not behind.")
    @Outcome(id = "2, 2", expect = ACCEPTABLE, desc = "Not behind.")
    @State
    public static class CountIsNotBehindTheOffset {
        private final UnsafeBuffer header = new UnsafeBuffer(new byte[FileHeader.LENGTH]);

        @Actor
        public void writer() {
            FileHeader.publish(header, 1, 1);
            FileHeader.publish(header, 2, 2);
        }

        @Actor
        public void reader(final LL_Result r) {
            r.r1 = FileHeader.writeOffset(header);
            r.r2 = FileHeader.eventCount(header);
        }
    }
}
