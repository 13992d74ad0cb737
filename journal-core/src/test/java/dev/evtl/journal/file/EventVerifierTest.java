package dev.evtl.journal.file;

import static dev.evtl.torture.ReferenceJournal.MORE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.evtl.journal.exceptions.JournalException;
import dev.evtl.journal.format.EventHeader;
import dev.evtl.journal.format.FileHeader;
import dev.evtl.journal.format.JournalHeader;
import dev.evtl.journal.support.Golden;
import dev.evtl.torture.ReferenceJournal;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EventVerifierTest {
    private static final long FIRST = FileHeader.LENGTH;
    private static final long SECOND = FIRST + 16;

    private JournalException failure;

    /** The old block must not be taken for what was to be read. */
    @ParameterizedTest
    @ValueSource(strings = {"closed", "no-checksums"})
    void nothingIsLeftOfABlockAfterAReadThatThrew(final String name) throws IOException {
        final UnsafeBuffer file = new UnsafeBuffer(Golden.bytes(name));
        final JournalHeader header = JournalHeader.of(Path.of(name), file, file.capacity(), file.capacity());
        final EventVerifier verifier = new EventVerifier(header, (position, target, length) -> {
            if (failure != null) {
                throw failure;
            }
            file.getBytes((int) position, target, 0, length);
            return length;
        });
        // of the first block only the first event, so that the second needs a read
        assertEquals(16, verifier.next(FIRST, SECOND));
        failure = new JournalException("for a moment");
        for (int attempt = 0; attempt < 2; attempt++) {
            assertSame(failure, assertThrows(JournalException.class, () -> verifier.next(SECOND, file.capacity())));
        }
        failure = null;
        assertEquals(30, verifier.next(SECOND, file.capacity()));
        assertEquals(7, EventHeader.type(verifier.word()));
    }

    private static final int BLOCK = 128 * 1024;

    /** Claims within a block, over the end of one, as long as one, and longer than several. */
    private static ReferenceJournal claims(final boolean checksums) {
        final ReferenceJournal journal = new ReferenceJournal(1, checksums, 0);
        claim(journal, 100);
        claim(journal, 0, 17, 0, 5);
        claim(journal, BLOCK / 2 - 2000);
        claim(journal, BLOCK / 2 - 2000);
        claim(journal, 1000, 1000, 1000, 1000, 3000); // over the end of the first block
        claim(journal, 1);
        claim(journal, BLOCK / 4 - 16, BLOCK / 4 - 16, BLOCK / 4 - 16, BLOCK / 4 - 16);
        claim(journal, 65_535, 65_535, 65_535, 0, 65_535, 65_535);
        claim(journal, 2, 2);
        return journal;
    }

    private static void claim(final ReferenceJournal journal, final int... lengths) {
        for (int i = 0; i < lengths.length; i++) {
            final byte[] payload = new byte[lengths[i]];
            Arrays.fill(payload, (byte) (journal.events() + i));
            journal.add(1, i < lengths.length - 1 ? MORE : 0, journal.events(), payload);
        }
    }

    private static int firstOfClaim(final ReferenceJournal journal, final int event) {
        return journal.wholeClaims(event);
    }

    private EventVerifier verifier(final byte[] file) {
        final UnsafeBuffer bytes = new UnsafeBuffer(file);
        final JournalHeader header = JournalHeader.of(Path.of("claims"), bytes, file.length, file.length);
        return new EventVerifier(header, (position, target, length) -> {
            if (failure != null) {
                throw failure;
            }
            System.arraycopy(file, (int) position, target, 0, length);
            return length;
        });
    }

    private static void assertNext(final ReferenceJournal journal, final int event, final EventVerifier verifier) {
        final int start = journal.end(event);
        assertEquals(journal.end(event + 1) - start, verifier.nextOfClaim(start, journal.end()), "event " + event);
        assertEquals(event, EventHeader.timestamp(verifier.buffer(), verifier.index()));
        final byte[] payload = new byte[journal.event(event).payload().length];
        verifier.buffer().getBytes(verifier.index() + EventHeader.LENGTH, payload);
        assertTrue(Arrays.equals(journal.event(event).payload(), payload), "payload of " + event);
        assertEquals(journal.event(event).flags(), EventHeader.flags(verifier.word()));
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void claimsComeWholeWhereverTheyLie(final boolean checksums) {
        final ReferenceJournal journal = claims(checksums);
        final EventVerifier verifier = verifier(journal.closed());
        for (int event = 0; event < journal.events(); event++) {
            assertNext(journal, event, verifier);
        }
        for (int event = journal.events() - 1; event >= 0; event--) {
            assertNext(journal, event, verifier); // an event that is asked for again, or gone back to
            assertNext(journal, event, verifier);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void noEventOfAClaimComesBeforeAllOfItIsVerified(final boolean checksums) {
        final ReferenceJournal journal = claims(checksums);
        for (int damaged = 0; damaged < journal.events(); damaged++) {
            final byte[] file = journal.closed();
            file[journal.end(damaged) + 8] = 0; // without checksums it must be the type
            final EventVerifier verifier = verifier(file);
            final int first = firstOfClaim(journal, damaged);
            for (int event = 0; event < first; event++) {
                assertNext(journal, event, verifier);
            }
            for (int attempt = 0; attempt < 2; attempt++) {
                assertEquals(0, verifier.nextOfClaim(journal.end(first), journal.end()));
                assertEquals(journal.end(damaged), verifier.problemOffset());
                assertEquals(damaged - first, verifier.eventsBeforeProblem());
                assertEquals("expected an event, found event_type 0", verifier.problem());
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void noEventOfAClaimComesWhoseEndIsNotThere(final boolean checksums) {
        final ReferenceJournal journal = claims(checksums);
        for (int events = 1; events < journal.events(); events++) {
            final int end = journal.end(events);
            final int first = firstOfClaim(journal, events);
            if (first < events) {
                final EventVerifier verifier = verifier(Arrays.copyOf(journal.closed(), end));
                assertEquals(0, verifier.nextOfClaim(journal.end(first), end));
                assertEquals(journal.end(first), verifier.problemOffset());
                assertEquals(0, verifier.eventsBeforeProblem());
                assertEquals(
                        "expected the rest of the claim that begins at " + journal.end(first) + ", found the end",
                        verifier.problem());
                assertNext(journal, first, verifier(journal.closed()));
            }
        }
    }

    /** A source that throws at one read, whichever that is, changes nothing of what comes. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void eventsAreTheSameAfterAnyReadThatThrew(final boolean checksums) {
        final ReferenceJournal journal = claims(checksums);
        final byte[] file = journal.closed();
        final UnsafeBuffer bytes = new UnsafeBuffer(file);
        final JournalHeader header = JournalHeader.of(Path.of("claims"), bytes, file.length, file.length);
        int thrown;
        int k = 0;
        do {
            final int[] left = {k++};
            final EventVerifier verifier = new EventVerifier(header, (position, target, length) -> {
                final boolean fails = left[0]-- == 0;
                System.arraycopy(file, (int) position, target, 0, fails ? length / 2 : length);
                if (fails) {
                    throw new JournalException("for a moment");
                }
                return length;
            });
            thrown = 0;
            for (int event = 0; event < journal.events(); event++) {
                try {
                    assertNext(journal, event, verifier);
                } catch (final JournalException e) {
                    thrown++;
                    assertNext(journal, event, verifier);
                }
            }
        } while (thrown > 0);
        assertTrue(k > 8, "reads: " + k);
    }
}
