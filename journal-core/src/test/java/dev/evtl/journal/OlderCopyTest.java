package dev.evtl.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.evtl.journal.exceptions.JournalFailedException;
import dev.evtl.journal.support.Events;
import dev.evtl.journal.support.FailingStorage;
import dev.evtl.journal.support.FailingStorage.Call;
import dev.evtl.journal.support.StoredEvent;
import dev.evtl.journal.support.TestJournals;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A file that was put back from a copy of an earlier moment, beside the ring file of a later one. */
@Timeout(60)
class OlderCopyTest {
    @TempDir
    Path directory;

    private Path file;
    private Path ring;

    @BeforeEach
    void putBackTheFirstThreeOfSixEventsWhileTwoMoreWaitInTheRingFile() throws IOException {
        file = directory.resolve("o.evtl");
        ring = directory.resolve("o.ring");
        final Journal journal = Journal.open(
                file,
                TestJournals.tiny()
                        .ringFile(ring)
                        .listener(JournalListener.NONE)
                        .build(),
                storage -> FailingStorage.throwing(storage, Call.RESERVE, 7, new IOException("provoked")));
        Events.offer(journal, 0, 3);
        journal.invoker().invoke();
        final byte[] earlier = Files.readAllBytes(file);
        Events.offer(journal, 3, 3);
        journal.invoker().invoke();
        Events.offer(journal, 6, 2);
        journal.invoker().invoke();
        assertThrows(JournalFailedException.class, journal::close);
        Files.write(file, earlier);
    }

    private void assertHoldsWhatIsLeft() throws IOException {
        assertEquals(
                List.of(0L, 1L, 2L, 6L, 7L),
                StoredEvent.readAll(file).stream()
                        .map(event -> event.data().getLong())
                        .toList());
    }

    @Test
    void isToldOnceByThePlanAndTheOpeningThatBringsInTheRest() throws IOException {
        final RecoveryReport plan = JournalRecovery.plan(file, position -> {});
        assertEquals(3 * 32, plan.bytesMissing());
        assertEquals(2, plan.ringEvents());
        try (Journal journal =
                Journal.open(file, TestJournals.tiny().ringFile(ring).build())) {
            assertEquals(3 * 32, journal.recovery().orElseThrow().bytesMissing());
            assertTrue(journal.recovery().orElseThrow().isOfInterest());
        }
        assertHoldsWhatIsLeft();
        try (Journal journal =
                Journal.open(file, TestJournals.tiny().ringFile(ring).build())) {
            assertEquals(Optional.empty(), journal.recovery());
        }
    }

    @Test
    void isToldByTheRecovery() throws IOException {
        assertEquals(3 * 32, JournalRecovery.recover(file, position -> {}).bytesMissing());
        assertHoldsWhatIsLeft();
        assertFalse(Files.exists(ring));
        assertEquals(0, JournalRecovery.recover(file, position -> {}).bytesMissing());
    }
}
