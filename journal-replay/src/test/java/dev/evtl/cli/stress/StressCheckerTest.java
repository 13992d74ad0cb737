package dev.evtl.cli.stress;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.evtl.journal.Claim;
import dev.evtl.journal.Journal;
import dev.evtl.journal.Publisher;
import dev.evtl.replay.JournalReader;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs the checker over journals in which something is not as the producers say. */
class StressCheckerTest {
    private static final int PAYLOAD = 40;

    @TempDir
    Path directory;

    @Test
    void eventsOfSeveralProducersAsTheyWroteThem() {
        final StressChecker checker = check(
                publisher -> {
                    write(publisher, 0, 0);
                    write(publisher, 1, 0);
                    write(publisher, 1, 1);
                    write(publisher, 0, 1);
                },
                all(0, 2),
                all(1, 2));
        assertEquals(4, checker.replayed());
        assertEquals(0, checker.mismatched());
        assertNull(checker.firstMismatch());
    }

    @Test
    void holesWhereEventsWereRefused() {
        final StressChecker checker = check(
                publisher -> {
                    write(publisher, 0, 1);
                    write(publisher, 0, 3);
                },
                accepted(0, 5, 1, 3));
        assertEquals(2, checker.replayed());
        assertEquals(0, checker.mismatched());
    }

    @Test
    void wrongPayloadIsFound() {
        assertOneMismatch(
                "event 1 of producer 0 is not what its producer wrote",
                publisher -> {
                    write(publisher, 0, 0);
                    final Claim claim = publisher.newClaim();
                    publisher.tryClaimAt(claim, 1, 1, 1, PAYLOAD);
                    StressPayload.fill(claim.buffer(), 0, PAYLOAD, 0, 1);
                    claim.buffer().putByte(PAYLOAD - 1, (byte) 0);
                    claim.commit();
                    write(publisher, 0, 2);
                },
                all(0, 3));
    }

    @Test
    void wrongLengthIsFound() {
        assertOneMismatch(
                "event 0 of producer 0 is not what its producer wrote",
                publisher -> {
                    final Claim claim = publisher.newClaim();
                    publisher.tryClaimAt(claim, 0, 1, 0, PAYLOAD - 8);
                    StressPayload.fill(claim.buffer(), 0, PAYLOAD - 8, 0, 0);
                    claim.commit();
                },
                all(0, 1));
    }

    @Test
    void wrongFlagsAreFound() {
        assertOneMismatch(
                "event 0 of producer 0 is not what its producer wrote",
                publisher -> {
                    final Claim claim = publisher.newClaim();
                    publisher.tryClaimAt(claim, 0, 1, 5, PAYLOAD);
                    StressPayload.fill(claim.buffer(), 0, PAYLOAD, 0, 0);
                    claim.commit();
                },
                all(0, 1));
    }

    @Test
    void missingEventIsFound() {
        assertOneMismatch(
                "producer 0: 2 of 3 events accepted were read",
                publisher -> {
                    write(publisher, 0, 0);
                    write(publisher, 0, 2);
                },
                all(0, 3));
    }

    @Test
    void everyMissingEventCounts() {
        final StressChecker checker = check(publisher -> write(publisher, 0, 4), all(0, 5));
        assertEquals(1, checker.replayed());
        assertEquals(4, checker.mismatched());
    }

    @Test
    void doubledEventIsFound() {
        assertOneMismatch(
                "event 0 of producer 0 comes twice or out of its order",
                publisher -> {
                    write(publisher, 0, 0);
                    write(publisher, 0, 0);
                    write(publisher, 0, 1);
                },
                all(0, 2));
    }

    @Test
    void reorderedEventsAreFound() {
        final StressChecker checker = check(
                publisher -> {
                    write(publisher, 0, 0);
                    write(publisher, 0, 2);
                    write(publisher, 0, 1);
                },
                all(0, 3));
        assertEquals(2, checker.mismatched(), "one is late, and one is missing at its place");
        assertTrue(checker.firstMismatch().contains("sequence 2: event 1 of producer 0"), checker.firstMismatch());
    }

    @Test
    void eventOfUnknownProducerIsFound() {
        assertOneMismatch(
                "event 0 of type 3 was never offered",
                publisher -> {
                    write(publisher, 0, 0);
                    write(publisher, 2, 0);
                    write(publisher, 1, 0);
                },
                all(0, 1),
                all(1, 1));
    }

    @Test
    void eventPastTheLastOfferedIsFound() {
        assertOneMismatch(
                "event 1 of type 1 was never offered",
                publisher -> {
                    write(publisher, 0, 0);
                    write(publisher, 0, 1);
                },
                all(0, 1));
    }

    @Test
    void refusedEventThatIsThereIsFound() {
        assertOneMismatch(
                "producer 0: 3 of 2 events accepted were read",
                publisher -> {
                    write(publisher, 0, 0);
                    write(publisher, 0, 1);
                    write(publisher, 0, 2);
                },
                accepted(0, 3, 0, 2));
    }

    @Test
    void holeAtTheWrongPlaceIsFound() {
        assertOneMismatch(
                "producer 0: 2 of 2 events accepted were read, but not all of the same",
                publisher -> {
                    write(publisher, 0, 0);
                    write(publisher, 0, 1);
                },
                accepted(0, 3, 0, 2));
    }

    private void assertOneMismatch(
            final String what, final Consumer<Publisher> writer, final StressProducer.Written... written) {
        final StressChecker checker = check(writer, written);
        assertEquals(1, checker.mismatched());
        assertTrue(checker.firstMismatch().contains(what), checker.firstMismatch());
    }

    private StressChecker check(final Consumer<Publisher> writer, final StressProducer.Written... written) {
        final Path file = directory.resolve("check.evtl");
        try (Journal journal = Journal.open(file)) {
            writer.accept(journal.publisher());
        }
        final StressChecker checker = new StressChecker(PAYLOAD, List.of(written));
        try (JournalReader reader = JournalReader.open(file)) {
            reader.forEach(checker::onEvent);
        }
        checker.finish();
        return checker;
    }

    private static void write(final Publisher publisher, final int producer, final long number) {
        final Claim claim = publisher.newClaim();
        publisher.tryClaimAt(claim, number, StressPayload.type(producer), StressPayload.flags(number), PAYLOAD);
        StressPayload.fill(claim.buffer(), 0, PAYLOAD, producer, number);
        assertTrue(claim.commit() > 0);
    }

    private static StressProducer.Written all(final int producer, final int events) {
        return accepted(producer, events, LongStream.range(0, events).toArray());
    }

    private static StressProducer.Written accepted(final int producer, final int offered, final long... accepted) {
        return new StressProducer.Written(
                offered,
                accepted.length,
                LongStream.of(accepted)
                        .map(number -> StressPayload.key(producer, number))
                        .sum());
    }
}
