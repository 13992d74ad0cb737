package dev.evtl.journal;

import static dev.evtl.journal.support.TestJournals.drain;
import static dev.evtl.journal.support.TestJournals.payload;
import static dev.evtl.journal.support.TestJournals.tiny;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.evtl.journal.support.StoredEvent;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

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
        assertEquals(Publisher.ACCEPTED, batch.tryClaim(3, 8 + 0 + 4));
        time = 60;
        batch.buffer().putLong(batch.next(1, 8), 11);
        batch.next(2, 0x0F, 77, 0);
        batch.buffer().putInt(batch.next(3, 4), 33);
        assertEquals(Publisher.ACCEPTED, batch.commit());
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
    void commitNeedsAllEventsAndAllBytesAndCanBeMadeUpFor() throws IOException {
        batch.tryClaim(2, 10);
        assertThrows(IllegalStateException.class, batch::commit);
        batch.next(1, 4);
        assertThrows(IllegalStateException.class, batch::commit);
        batch.next(2, 5);
        assertEquals(
                "of a claim of 2 events and 42 bytes, 2 events and 41 bytes were written",
                assertThrows(IllegalStateException.class, batch::commit).getMessage());
        batch.abort();
        batch.tryClaim(2, 10);
        batch.next(1, 4);
        assertThrows(IllegalStateException.class, () -> batch.next(2, 7), "one byte too many");
        batch.next(2, 6);
        assertThrows(IllegalStateException.class, () -> batch.next(3, 0), "one event too many");
        assertEquals(Publisher.ACCEPTED, batch.commit());
        drain(journal);
        assertEquals(2, StoredEvent.readAll(file).size());
    }

    @Test
    void payloadMayNotTakeTheRoomOfLaterHeaders() {
        batch.tryClaim(3, 20);
        assertThrows(IllegalStateException.class, () -> batch.next(1, 21));
        batch.next(1, 20);
        batch.next(2, 0);
        batch.next(3, 0);
        batch.commit();
    }

    @Test
    void eventsOfABatchHaveTheBoundsOfAnyEvent() {
        batch.tryClaim(1, 10);
        assertThrows(IllegalArgumentException.class, () -> batch.next(0, 10));
        assertThrows(IllegalArgumentException.class, () -> batch.next(240, 10));
        assertThrows(IllegalArgumentException.class, () -> batch.next(1, MORE, 0, 10));
        assertThrows(IllegalArgumentException.class, () -> batch.next(1, -1));
        assertThrows(IllegalArgumentException.class, () -> batch.next(1, 113));
        batch.next(1, 10);
        assertEquals(Publisher.ACCEPTED, batch.commit());
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
        assertEquals(Publisher.ACCEPTED, batch.tryClaim(8, 0));
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
        while (publisher.offer(1, payload(100), 0, 100) == Publisher.ACCEPTED) {
            time++;
        }
        final long refused = journal.stats().getRefusedEvents();
        assertEquals(Publisher.BACK_PRESSURED, batch.tryClaim(5, 40));
        assertEquals(refused + 5, journal.stats().getRefusedEvents());
        assertThrows(IllegalStateException.class, batch::commit);
        drain(journal);
        assertEquals(Publisher.ACCEPTED, batch.tryClaim(5, 40));
        batch.abort();
    }
}
