package dev.evtl.journal.ring;

import static dev.evtl.journal.support.TestJournals.claim;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.evtl.journal.AttachedPublisher;
import dev.evtl.journal.Claim;
import dev.evtl.journal.Journal;
import dev.evtl.journal.JournalAccess;
import dev.evtl.journal.JournalConfig;
import dev.evtl.journal.JournalListener;
import dev.evtl.journal.Publisher;
import dev.evtl.journal.exceptions.JournalFailedException;
import dev.evtl.journal.support.Events;
import dev.evtl.journal.support.FailingStorage;
import dev.evtl.journal.support.FailingStorage.Call;
import dev.evtl.journal.support.MemoryDirectory;
import dev.evtl.journal.support.TestJournals;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import org.agrona.BufferUtil;
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
    private static final int EVENTS = 7;

    @TempDir(factory = MemoryDirectory.class)
    Path directory;

    /** A ring whose first record another ends between the look at it and the step. */
    private static final class ContendedRing extends UnsafeBuffer {
        private final int type;
        private boolean contended;

        ContendedRing(final int type) {
            super(BufferUtil.allocateDirectAligned(RingLayout.ringLength(1024), 64));
            this.type = type;
        }

        @Override
        public long getLongVolatile(final int index) {
            final long found = super.getLongVolatile(index);
            if (contended && index == 0) {
                contended = false;
                assertTrue(RingProducer.end(this, index, found, type, -(int) found));
            }
            return found;
        }
    }

    @ParameterizedTest
    @CsvSource({"false, false", "false, true", "true, false", "true, true"})
    void onlyOneOfTwoEndsAClaim(final boolean aborts, final boolean otherAborts) {
        final ContendedRing ring = new ContendedRing(otherAborts ? RingBuffer.PADDING_MSG_TYPE_ID : EVENTS);
        final RingProducer claims = new SharedProducer(
                new ManyToOneRingBuffer(ring),
                RingCounters.inMemory(new UnsafeBuffer(new byte[RingLayout.COUNTERS_LENGTH])),
                new ProcessSlot(new UnsafeBuffer(new byte[RingLayout.COUNTERS_OFFSET]), 0));
        final int claim = claims.tryClaim(EVENTS, LENGTH);
        ring.contended = true;
        assertThrows(IllegalStateException.class, () -> {
            if (aborts) {
                claims.abort(claim);
            } else {
                claims.commit(claim);
            }
        });
        assertEquals(RingRecord.HEADER_LENGTH + LENGTH, ring.getInt(0));
        assertEquals(otherAborts ? RingBuffer.PADDING_MSG_TYPE_ID : EVENTS, ring.getInt(Integer.BYTES));
    }

    @Test
    void claimInARingFileThatACloseHasPassedOverCannotBeEnded() throws IOException {
        final Path ring = directory.resolve("c.ring");
        final JournalConfig config = TestJournals.tiny()
                .ringFile(ring)
                .closeTimeout(Duration.ofNanos(1))
                .listener(JournalListener.NONE)
                .build();
        final Journal journal = Journal.open(directory.resolve("c.evtl"), config);
        try (RingFile attached = RingFiles.attach(ring)) {
            final RingProducer claims = attached.attached().producer();
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
                RingFile attached = RingFiles.attach(ring)) {
            final RingProducer claims = attached.attached().producer();
            final Claim claim = claim(journal.publisher(), 1, LENGTH);
            final int events = RingRecord.HEADER_LENGTH; // the first in the ring
            assertThrows(IllegalStateException.class, () -> claims.commit(events));
            assertThrows(IllegalStateException.class, () -> claims.abort(events));
            assertTrue(claim.commit() > 0);
        }
    }

    /** An owner gives up waiting for a claim and is killed before it has passed over it; another takes the ring. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void claimThatIsEndedBehindTheDeathOfAClosingOwnerHoldsNothingUp(final boolean committed) throws IOException {
        final Path file = directory.resolve("c.evtl");
        final Path ring = directory.resolve("c.ring");
        final JournalConfig config = TestJournals.tiny()
                .ringFile(ring)
                .listener(JournalListener.NONE)
                .build();
        final Journal dying = JournalAccess.open(
                file,
                config,
                storage -> FailingStorage.throwing(storage, Call.RESERVE, 1, new IOException("provoked")));
        Events.offer(dying, 0, 1);
        try (AttachedPublisher attached = Journal.attach(ring);
                RingFile state = RingFiles.attach(ring)) {
            final Claim claim = claim(attached.publisher(), 2, 8);
            dying.invoker().invoke();
            assertThrows(JournalFailedException.class, dying::close);
            state.memory().counters().putLong(0, RingCounters.CLOSED);
            final Journal next = Journal.open(file, config);
            if (committed) {
                assertEquals(Publisher.CLOSED, claim.commit());
            } else {
                claim.abort();
            }
            Events.offer(next, 1, 1);
            TestJournals.drain(next);
            next.close();
        }
        Events.assertHolds(file, 2);
    }
}
