package dev.evtl.journal.ring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.evtl.journal.AttachedPublisher;
import dev.evtl.journal.Events;
import dev.evtl.journal.FailingStorage;
import dev.evtl.journal.FailingStorage.Call;
import dev.evtl.journal.Journal;
import dev.evtl.journal.JournalConfig;
import dev.evtl.journal.MemoryDirectory;
import dev.evtl.journal.Publisher;
import dev.evtl.journal.TestJournals;
import dev.evtl.journal.exceptions.JournalFailedException;
import dev.evtl.journal.format.EventHeader;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.ringbuffer.ManyToOneRingBuffer;
import org.agrona.concurrent.ringbuffer.RingBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The end of a claim in a ring file, which its producer and a close that passes over it may do at the same time. */
@Timeout(value = 60, threadMode = ThreadMode.SEPARATE_THREAD)
class RingProducerTest {
    private static final int LENGTH = 24;
    private static final int TYPE = 7;

    @TempDir(factory = MemoryDirectory.class)
    Path directory;

    /** A record that another ends between the look at it and the step. */
    private static final class ContendedRecord extends UnsafeBuffer {
        private final boolean otherAborts;
        private boolean looked;

        ContendedRecord(final boolean otherAborts) {
            super(new byte[64]);
            this.otherAborts = otherAborts;
            putInt(0, -LENGTH);
            putInt(Integer.BYTES, TYPE);
        }

        @Override
        public long getLongVolatile(final int index) {
            final long found = super.getLongVolatile(index);
            if (!looked) {
                looked = true;
                assertTrue(RingProducer.end(this, index, otherAborts));
            }
            return found;
        }
    }

    @ParameterizedTest
    @CsvSource({"false, false", "false, true", "true, false", "true, true"})
    void onlyOneOfTwoEndsAClaim(final boolean aborts, final boolean otherAborts) {
        final UnsafeBuffer record = new ContendedRecord(otherAborts);
        assertFalse(RingProducer.end(record, 0, aborts));
        assertEquals(LENGTH, record.getInt(0));
        assertEquals(otherAborts ? RingBuffer.PADDING_MSG_TYPE_ID : TYPE, record.getInt(Integer.BYTES));
    }

    @Test
    void claimInARingFileThatACloseHasPassedOverCannotBeEnded() throws IOException {
        final Path ring = directory.resolve("c.ring");
        final JournalConfig config = TestJournals.tiny()
                .ringFile(ring)
                .closeTimeout(Duration.ofNanos(1))
                .errorHandler(error -> {})
                .build();
        final Journal journal = Journal.open(directory.resolve("c.evtl"), config);
        try (RingFile attached = RingFile.attach(ring)) {
            final RingCounters counters = RingCounters.attach(attached.counters());
            final RingProducer claims =
                    new RingProducer(new ManyToOneRingBuffer(attached.ring()), counters, attached.slot());
            final int claim = claims.tryClaim(1, LENGTH);
            journal.close();
            assertThrows(IllegalStateException.class, () -> claims.commit(claim));
            assertThrows(IllegalStateException.class, () -> claims.abort(claim));
        }
    }

    /** At its place another's may be open by then, if that owner has died and the ring went on. */
    @Test
    void claimOfAnotherProcessIsNotEnded() throws IOException {
        final Path ring = directory.resolve("c.ring");
        final JournalConfig config = TestJournals.tiny().ringFile(ring).build();
        try (Journal journal = Journal.open(directory.resolve("c.evtl"), config);
                RingFile attached = RingFile.attach(ring)) {
            final RingCounters counters = RingCounters.attach(attached.counters());
            final RingProducer claims =
                    new RingProducer(new ManyToOneRingBuffer(attached.ring()), counters, attached.slot());
            final int claim = journal.publisher().tryClaim(1, LENGTH);
            final int record = claim - EventHeader.LENGTH;
            assertThrows(IllegalStateException.class, () -> claims.commit(record));
            assertThrows(IllegalStateException.class, () -> claims.abort(record));
            assertEquals(Publisher.ACCEPTED, journal.publisher().commit(claim));
        }
    }

    /** An owner gives up waiting for a claim and is killed before it has passed over it; another takes the ring. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void claimThatIsEndedBehindTheDeathOfAClosingOwnerHoldsNothingUp(final boolean committed) throws IOException {
        final Path file = directory.resolve("c.evtl");
        final Path ring = directory.resolve("c.ring");
        final JournalConfig config =
                TestJournals.tiny().ringFile(ring).errorHandler(error -> {}).build();
        final Journal dying = Journal.open(
                file,
                config,
                storage -> FailingStorage.throwing(storage, Call.RESERVE, 1, new IOException("provoked")));
        Events.offer(dying, 0, 1);
        try (AttachedPublisher attached = Journal.attach(ring);
                RingFile state = RingFile.attach(ring)) {
            final int claim = attached.publisher().tryClaim(2, 8);
            dying.invoker().invoke();
            assertThrows(JournalFailedException.class, dying::close);
            state.counters().putLong(0, RingCounters.CLOSED);
            final Journal next = Journal.open(file, config);
            if (committed) {
                assertEquals(Publisher.CLOSED, attached.publisher().commit(claim));
            } else {
                attached.publisher().abort(claim);
            }
            Events.offer(next, 1, 1);
            TestJournals.drain(next);
            next.close();
        }
        Events.assertHolds(file, 2);
    }
}
