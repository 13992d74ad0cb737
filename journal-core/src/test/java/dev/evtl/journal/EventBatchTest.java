package dev.evtl.journal;

import static dev.evtl.journal.support.TestJournals.drain;
import static dev.evtl.journal.support.TestJournals.payload;
import static dev.evtl.journal.support.TestJournals.tiny;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.evtl.journal.support.StoredEvent;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.agrona.MutableDirectBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EventBatchTest {
    private static final int MORE = 0x10;

    @TempDir
    Path directory;

    private Path file;
    private Journal journal;
    private Publisher publisher;
    private EventBatch batch;
    private long time = 50;

    @BeforeEach
    void open() {
        file = directory.resolve("b.evtl");
        journal = Journal.open(file, tiny().clock(() -> time).build());
        publisher = journal.publisher();
        batch = publisher.newBatch();
    }

    @AfterEach
    void close() {
        journal.close();
    }

    @Test
    void allButTheLastCarryMoreAndTheTimeOfTheClaim() throws IOException {
        assertTrue(batch.tryClaim(3, 8 + 0 + 4) > 0);
        time = 60;
        batch.next(1, 8).putLong(0, 11);
        batch.nextAt(77, 2, 0x0F, 0);
        batch.next(3, 4).putInt(0, 33);
        assertTrue(batch.commit() > 0);
        drain(journal);
        final List<StoredEvent> events = StoredEvent.readAll(file);
        assertEquals(List.of(1, 2, 3), events.stream().map(StoredEvent::type).toList());
        assertEquals(
                List.of(MORE, MORE | 0x0F, 0),
                events.stream().map(StoredEvent::flags).toList());
        assertEquals(
                List.of(50L, 77L, 50L),
                events.stream().map(StoredEvent::timestamp).toList());
        assertEquals(11, events.get(0).data().getLong());
        assertEquals(33, events.get(2).data().getInt());
    }

    @Test
    void batchOfOneIsAnEventWithoutMore() throws IOException {
        batch.tryClaim(1, 0);
        batch.next(1, 0);
        batch.commit();
        drain(journal);
        assertEquals(0, StoredEvent.readAll(file).get(0).flags());
    }

    @Test
    void becomesVisibleWithOneStepOfTheWriteOffset() throws IOException {
        batch.tryClaim(4, 0);
        for (int i = 1; i <= 4; i++) {
            batch.next(i, 0);
            journal.invoker().invoke();
            assertEquals(64, StoredEvent.writeOffset(Files.readAllBytes(file)));
        }
        batch.commit();
        journal.invoker().invoke();
        final byte[] bytes = Files.readAllBytes(file);
        assertEquals(64 + 4 * 16, StoredEvent.writeOffset(bytes));
        assertEquals(4, StoredEvent.eventCount(bytes));
        assertEquals(4, journal.stats().getJournaledEvents());
    }

    @Test
    void abortedBatchLeavesNoTraceAndCanBeUsedAgain() throws IOException {
        batch.tryClaim(2, 0);
        batch.next(1, 0);
        batch.abort();
        batch.tryClaim(1, 0);
        batch.next(9, 0);
        batch.commit();
        drain(journal);
        assertEquals(
                List.of(9),
                StoredEvent.readAll(file).stream().map(StoredEvent::type).toList());
    }

    @Test
    void nothingCanBeWrittenOutsideAClaim() {
        assertThrows(IllegalStateException.class, () -> batch.next(1, 0));
        batch.tryClaim(2, 0);
        batch.next(1, 0);
        batch.abort();
        assertThrows(IllegalStateException.class, () -> batch.next(1, 0), "after an abort");
        batch.tryClaim(1, 0);
        batch.next(1, 0);
        batch.commit();
        assertThrows(IllegalStateException.class, () -> batch.next(1, 0), "after a commit");
        assertThrows(IllegalStateException.class, batch::commit);
        assertThrows(IllegalStateException.class, batch::abort);
    }

    @Test
    void commitWithoutAnEventIsRefusedAndCanBeMadeUpFor() throws IOException {
        batch.tryClaim(2, 10);
        assertEquals(
                "no event of the claim was written",
                assertThrows(IllegalStateException.class, batch::commit).getMessage());
        batch.next(1, 4);
        assertEquals(
                "the claim of 2 events and 42 bytes has no room for a payload of 7 bytes after event 1",
                assertThrows(IllegalStateException.class, () -> batch.next(2, 7))
                        .getMessage());
        batch.next(2, 6);
        assertThrows(IllegalStateException.class, () -> batch.next(3, 0), "one event too many");
        assertTrue(batch.commit() > 0);
        drain(journal);
        assertEquals(
                List.of(1, 2),
                StoredEvent.readAll(file).stream().map(StoredEvent::type).toList());
    }

    @ParameterizedTest
    @CsvSource({"1, 40", "2, 40", "3, 40", "4, 39", "4, 33", "4, 32", "4, 31", "4, 0", "1, 0"})
    void fewerAndShorterEventsThanWereClaimedAreJournaledWithMoreOnAllButTheLast(final int events, final int bytes)
            throws IOException {
        for (int round = 0; round < 50; round++) { // over the ring's end, at every place of it
            assertTrue(batch.tryClaim(4, 40) > 0);
            for (int i = 0; i < events; i++) {
                final int length = i == 0 ? bytes : 0;
                batch.next(1 + i, length).setMemory(0, length, (byte) (round + 1));
            }
            assertTrue(batch.commit() > 0);
            assertTrue(publisher.offer(9, payload(3), 0, 3) > 0);
            drain(journal);
        }
        final List<StoredEvent> stored = StoredEvent.readAll(file);
        assertEquals(50 * (events + 1), stored.size());
        for (int i = 0; i < stored.size(); i++) {
            final StoredEvent event = stored.get(i);
            final int inRound = i % (events + 1);
            assertEquals(inRound < events - 1 ? MORE : 0, event.flags(), "event " + i);
            assertEquals(inRound == events ? 9 : 1 + inRound, event.type());
            assertEquals(inRound == events ? 3 : inRound == 0 ? bytes : 0, event.payload().length);
            if (inRound == 0) {
                final byte[] expected = new byte[bytes];
                Arrays.fill(expected, (byte) (i / (events + 1) + 1));
                assertArrayEquals(expected, event.payload());
            }
        }
        assertEquals(50 * (events + 1), journal.stats().getAcceptedEvents());
        assertEquals(50 * (16 * events + bytes + 19), journal.stats().getJournaledBytes());
    }

    @Test
    void roomOfAnEventIsItsPayloadAloneAndGoneAfterTheCommit() {
        batch.tryClaim(2, 8 + 4);
        final MutableDirectBuffer first = batch.next(1, 8);
        assertEquals(8, first.capacity());
        assertThrows(IndexOutOfBoundsException.class, () -> first.putByte(8, (byte) 1));
        assertEquals(4, batch.next(2, 4).capacity());
        assertEquals("EventBatch[2 of 2 events, 44 of 44 bytes]", batch.toString());
        batch.commit();
        assertEquals(0, first.capacity());
        assertEquals("EventBatch[none]", batch.toString());
    }

    @Test
    void closeAbortsWhatIsOpenAndNothingElse() throws IOException {
        batch.tryClaim(2, 8);
        batch.next(1, 8);
        batch.close();
        batch.close();
        assertThrows(IllegalStateException.class, batch::commit);
        try (EventBatch closed = batch) {
            closed.tryClaim(1, 0);
            closed.next(2, 0);
            closed.commit();
        }
        assertTrue(publisher.offer(3, payload(0), 0, 0) > 0);
        drain(journal);
        assertEquals(
                List.of(2, 3),
                StoredEvent.readAll(file).stream().map(StoredEvent::type).toList());
        assertEquals(2, journal.stats().getOfferedEvents());
    }

    @Test
    void claimAtATimeGivesItToItsEvents() throws IOException {
        assertTrue(batch.tryClaimAt(-5, 2, 0) > 0);
        batch.next(1, 0);
        batch.next(1, 0);
        batch.commit();
        drain(journal);
        assertEquals(
                List.of(-5L, -5L),
                StoredEvent.readAll(file).stream().map(StoredEvent::timestamp).toList());
    }

    @Test
    void payloadMayNotTakeTheRoomOfLaterHeaders() {
        batch.tryClaim(3, 20);
        assertThrows(IllegalStateException.class, () -> batch.next(1, 21));
        batch.next(1, 20);
        batch.next(2, 0);
        batch.next(3, 0);
        assertTrue(batch.commit() > 0);
    }

    @Test
    void eventsOfABatchHaveTheBoundsOfAnyEvent() {
        batch.tryClaim(1, 10);
        assertThrows(IllegalArgumentException.class, () -> batch.next(0, 10));
        assertThrows(IllegalArgumentException.class, () -> batch.next(240, 10));
        assertThrows(IllegalArgumentException.class, () -> batch.nextAt(0, 1, MORE, 10));
        assertThrows(IllegalArgumentException.class, () -> batch.next(1, -1));
        assertThrows(IllegalArgumentException.class, () -> batch.next(1, 113));
        batch.next(1, 10);
        assertTrue(batch.commit() > 0);
    }

    @Test
    void claimHasBoundsThatItsMessageNames() {
        assertEquals(128, publisher.maxClaimLength());
        for (final int[] wrong : new int[][] {
            {0, 0}, {-1, 0}, {1, -1}, {1, 113}, {9, 0}, {Integer.MAX_VALUE, Integer.MAX_VALUE}, {2, -16}
        }) {
            final IllegalArgumentException e =
                    assertThrows(IllegalArgumentException.class, () -> batch.tryClaim(wrong[0], wrong[1]));
            assertEquals(
                    wrong[0] + " events with " + wrong[1]
                            + " bytes of payload are not from 1 event to 128 bytes, headers included",
                    e.getMessage());
        }
        assertTrue(batch.tryClaim(8, 0) > 0);
        batch.abort();
    }

    @Test
    void secondClaimBeforeTheFirstHasEndedIsRefused() {
        batch.tryClaim(1, 0);
        assertThrows(IllegalStateException.class, () -> batch.tryClaim(1, 0));
        batch.abort();
    }

    @Test
    void fullRingRefusesAllEventsOfTheBatch() {
        while (publisher.offer(1, payload(100), 0, 100) > 0) {
            time++;
        }
        final long refused = journal.stats().getRefusedEvents();
        assertEquals(Publisher.BACK_PRESSURED, batch.tryClaim(5, 40));
        assertEquals(refused + 5, journal.stats().getRefusedEvents());
        assertThrows(IllegalStateException.class, batch::commit);
        drain(journal);
        assertTrue(batch.tryClaim(5, 40) > 0);
        batch.abort();
    }
}
