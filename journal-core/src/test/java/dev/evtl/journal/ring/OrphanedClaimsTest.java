package dev.evtl.journal.ring;

import static org.agrona.concurrent.ringbuffer.RecordDescriptor.lengthOffset;
import static org.agrona.concurrent.ringbuffer.RecordDescriptor.typeOffset;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.evtl.journal.BackPressure;
import dev.evtl.journal.Journal;
import dev.evtl.journal.JournalListener;
import dev.evtl.journal.JournalRecovery;
import dev.evtl.journal.RecoveryReport;
import dev.evtl.journal.format.GapEvent;
import dev.evtl.journal.support.MemoryDirectory;
import dev.evtl.journal.support.Reports;
import dev.evtl.journal.support.RingBytes;
import dev.evtl.journal.support.StoredEvent;
import dev.evtl.journal.support.TestJournals;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.agrona.concurrent.AtomicBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.ringbuffer.ManyToOneRingBuffer;
import org.agrona.concurrent.ringbuffer.RingBufferDescriptor;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Records at every state in which a process that dies can leave them, made by hand in the ring file. */
@Timeout(value = 60, threadMode = ThreadMode.SEPARATE_THREAD)
class OrphanedClaimsTest {
    private static final int CAPACITY = 1024;
    private static final int TAIL = CAPACITY + RingBufferDescriptor.TAIL_POSITION_OFFSET;

    @TempDir(factory = MemoryDirectory.class)
    Path directory;

    private Path file;
    private Path ring;
    private Journal journal;
    private RingFile dying;
    private AtomicBuffer memory;

    @BeforeEach
    void open() {
        file = directory.resolve("d.evtl");
        ring = directory.resolve("d.ring");
        journal = reopen();
        dying = RingFiles.attach(ring);
        memory = dying.memory().ring();
    }

    private Journal reopen() {
        return Journal.open(
                file,
                TestJournals.tiny()
                        .backPressure(BackPressure.DROP)
                        .ringFile(ring)
                        .listener(JournalListener.NONE)
                        .build());
    }

    /** The stores of a claim in their order, of which the last ones are missing. */
    private enum Stopped {
        BEFORE_THE_LENGTH,
        BEFORE_THE_TYPE,
        IN_AN_ABORT,
        BEFORE_THE_COMMIT
    }

    private void claim(final Stopped stopped, final int length) {
        final int index = (int) memory.getAndAddLong(TAIL, length) & CAPACITY - 1;
        if (stopped != Stopped.BEFORE_THE_LENGTH) {
            memory.putIntRelease(lengthOffset(index), -length);
        }
        if (stopped == Stopped.IN_AN_ABORT) {
            memory.putInt(typeOffset(index), ManyToOneRingBuffer.PADDING_MSG_TYPE_ID);
        } else if (stopped == Stopped.BEFORE_THE_COMMIT) {
            memory.putInt(typeOffset(index), RecordType.of(dying.slot().number(), 2));
        }
    }

    private void offer(final int type) {
        assertTrue(journal.publisher().offer(type, new UnsafeBuffer(new byte[8]), 0, 8) > 0);
    }

    private void assertTypes(final Integer... types) throws IOException {
        assertEquals(
                List.of(types),
                StoredEvent.readAll(file).stream().map(StoredEvent::type).toList());
    }

    /** For so long from now, so that the appender asks who lives at least once. */
    private void invokeWhileStuck(final Duration time) {
        final long start = System.nanoTime();
        do {
            journal.invoker().invoke();
        } while (System.nanoTime() - start < time.toNanos() || journal.stats().getHeadStuckNanos() == 0);
    }

    @ParameterizedTest
    @EnumSource
    void claimIsReleasedWhenItsProcessHasDied(final Stopped stopped) throws IOException {
        offer(1);
        if (stopped != Stopped.BEFORE_THE_COMMIT) {
            dying.slot().begin();
        }
        claim(stopped, 64);
        offer(2);
        invokeWhileStuck(Duration.ofMillis(30));
        assertEquals(1, journal.stats().getJournaledEvents(), "it lives");
        dying.close();
        TestJournals.drain(journal);
        assertEquals(
                stopped == Stopped.BEFORE_THE_COMMIT ? 2 : 1, journal.stats().getAbandonedEvents());
        journal.close();
        assertTypes(1, 2);
    }

    @ParameterizedTest
    @EnumSource
    void claimIsReleasedAtOpeningAndTheNewOwnerGoesOn(final Stopped stopped) throws IOException {
        offer(1);
        claim(stopped, 64);
        offer(2);
        claim(stopped, 128);
        TestJournals.claim(journal.publisher(), 3, 16).abort();
        dying.close();
        final Path copy = directory.resolve("c.ring");
        final Path copiedFile = directory.resolve("c.evtl");
        Files.write(copy, RingBytes.ofTheDead(Files.readAllBytes(ring)));
        Files.copy(file, copiedFile);
        file = copiedFile;
        ring = copy;
        Files.writeString(directory.resolve("c.evtl.lock"), "1\n" + ring + "\n");
        final RecoveryReport planned = JournalRecovery.plan(file, position -> {});
        journal = reopen();
        assertEquals(2, journal.recovery().orElseThrow().claimsAbandoned());
        assertEquals(2, planned.claimsAbandoned());
        assertEquals(2, planned.ringEvents());
        assertEquals(2, journal.recovery().orElseThrow().ringEvents());
        offer(4);
        journal.close();
        assertTypes(1, 2, 4);
    }

    @ParameterizedTest
    @EnumSource(names = {"BEFORE_THE_LENGTH", "BEFORE_THE_TYPE", "IN_AN_ABORT"})
    void recordWithoutOwnerWaitsForAThreadThatMayBeIt(final Stopped stopped) throws IOException {
        final RingFile living = RingFiles.attach(ring);
        living.slot().begin();
        claim(stopped, 64);
        offer(1);
        invokeWhileStuck(Duration.ofMillis(30));
        assertEquals(0, journal.stats().getJournaledEvents());
        living.slot().end();
        TestJournals.drain(journal);
        living.close();
        journal.close();
        assertTypes(1);
    }

    /** One thread ends, but another is at it again: only the first could have claimed the record. */
    @Test
    void processThatIsNeverQuietAtOnceIsWaitedForOneByOne() throws IOException {
        final RingFile first = RingFiles.attach(ring);
        final RingFile second = RingFiles.attach(ring);
        first.slot().begin();
        second.slot().begin();
        claim(Stopped.BEFORE_THE_LENGTH, 64);
        offer(1);
        invokeWhileStuck(Duration.ofMillis(5));
        first.slot().end();
        invokeWhileStuck(Duration.ofMillis(10));
        first.slot().begin();
        second.slot().end();
        TestJournals.drain(journal);
        assertEquals(1, journal.stats().getJournaledEvents());
        journal.close();
        assertTypes(1);
    }

    /** What was quiet while the claim was open says nothing of the abort that began after it. */
    @Test
    void abortThatBeganLaterIsWaitedForAnew() throws IOException {
        claim(Stopped.BEFORE_THE_LENGTH, 64);
        final RingFile second = RingFiles.attach(ring);
        second.slot().begin();
        offer(1);
        invokeWhileStuck(Duration.ofMillis(5));
        dying.slot().begin();
        memory.putIntRelease(lengthOffset(0), -64);
        memory.putInt(typeOffset(0), ManyToOneRingBuffer.PADDING_MSG_TYPE_ID);
        second.slot().end();
        invokeWhileStuck(Duration.ofMillis(30));
        assertEquals(0, journal.stats().getJournaledEvents());
        dying.slot().end();
        TestJournals.drain(journal);
        journal.close();
        assertTypes(1);
    }

    @Test
    void recordWithoutALengthIsReportedAsStuckToo() {
        journal.close();
        final Reports reports = new Reports();
        journal = Journal.open(
                file,
                TestJournals.tiny()
                        .ringFile(ring)
                        .listener(reports)
                        .stuckClaimTimeout(Duration.ofMillis(2))
                        .build());
        final RingFile living = RingFiles.attach(ring);
        living.slot().begin();
        living.memory().ring().getAndAddLong(TAIL, 64);
        while (reports.errors().isEmpty()) {
            journal.invoker().invoke();
        }
        assertTrue(reports.messages().get(0).contains("neither committed nor aborted"), reports.toString());
        living.slot().end();
        TestJournals.drain(journal);
        journal.close();
    }

    /** The record lies at the ring's end, or is all there is up to the tail. */
    @ParameterizedTest
    @ValueSource(ints = {64, 128, 256, 512, CAPACITY})
    void holeUpToTheTailOrTheEndOfTheRingIsReleased(final int length) throws IOException {
        for (int i = 0; i < 100; i++) {
            claim(Stopped.BEFORE_THE_LENGTH, length);
            TestJournals.drain(journal);
            offer(1);
            TestJournals.drain(journal);
        }
        journal.close();
        assertEquals(100, StoredEvent.readAll(file).size());
    }

    /** Its thread was stopped before it padded the ring's end, and stays so. */
    @Test
    void closeDoesNotLoseWhatLiesBehindAClaimThatGoesOverTheRingsEnd() throws IOException {
        journal.close();
        journal = Journal.open(
                file,
                TestJournals.tiny()
                        .ringFile(ring)
                        .closeTimeout(Duration.ofNanos(1))
                        .listener(JournalListener.NONE)
                        .build());
        for (int i = 0; i < CAPACITY / 32 - 2; i++) {
            offer(1);
        }
        TestJournals.drain(journal);
        final RingFile living = RingFiles.attach(ring);
        living.slot().begin();
        living.memory().ring().getAndAddLong(TAIL, 64 + 128);
        offer(2);
        journal.close();
        final List<StoredEvent> events = StoredEvent.readAll(file);
        assertEquals(CAPACITY / 32 - 1, events.size());
        assertEquals(2, events.get(events.size() - 1).type());
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void dropIsRecordedOnceWhetherItsGapWasWrittenWholeOrNot(final boolean whole) throws IOException {
        for (int i = 0; i < 40; i++) {
            journal.publisher().offer(1, new UnsafeBuffer(new byte[8]), 0, 8);
        }
        assertEquals(8, journal.stats().getDroppedEvents());
        TestJournals.drain(journal);
        final ManyToOneRingBuffer dyingRing = new ManyToOneRingBuffer(memory);
        final int index = dyingRing.tryClaim(RecordType.gap(dying.slot().number()), GapEvent.LENGTH);
        if (whole) {
            GapEvent.encode(memory, index, 7, 8, 6, 7);
            // as Drops does last: now nobody else records
            dying.memory().counters().putLong(2 * 128, 8);
        }
        offer(2);
        dying.close();
        TestJournals.drain(journal);
        journal.close();
        final List<StoredEvent> gaps = StoredEvent.readAll(file).stream()
                .filter(event -> event.type() == StoredEvent.GAP)
                .toList();
        assertEquals(1, gaps.size());
        assertEquals(8, gaps.get(0).data().getLong());
        assertTrue(gaps.get(0).sequence() < StoredEvent.readAll(file).size() - 1, "before what was published after it");
        assertEquals(0, journal.stats().getAbandonedEvents(), "a gap is none of the application's events");
    }
}
