package dev.evtl.journal;

import static dev.evtl.journal.support.TestJournals.EIGHTH_OF_RING;
import static dev.evtl.journal.support.TestJournals.claim;
import static dev.evtl.journal.support.TestJournals.drain;
import static dev.evtl.journal.support.TestJournals.payload;
import static dev.evtl.journal.support.TestJournals.tiny;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.evtl.journal.JournalScan.Condition;
import dev.evtl.journal.support.ChildJvm;
import dev.evtl.journal.support.StoredEvent;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.agrona.MutableDirectBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class ClaimTest {
    @TempDir
    Path directory;

    private Journal open() {
        return Journal.open(directory.resolve("c.evtl"), tiny().clock(() -> 77).build());
    }

    /** The rings that claims can be made in. */
    enum Ring {
        MEMORY,
        SINGLE_PRODUCER,
        FILE
    }

    private Journal open(final Ring ring) {
        final JournalConfig.Builder config = tiny().singleProducer(ring == Ring.SINGLE_PRODUCER);
        return Journal.open(
                directory.resolve("c.evtl"),
                (ring == Ring.FILE ? config.ringFile(directory.resolve("c.ring")) : config).build());
    }

    private List<StoredEvent> stored() throws IOException {
        final Path file = directory.resolve("c.evtl");
        assertEquals(
                Condition.CLEAN,
                JournalScan.of(file).condition(),
                JournalScan.of(file).reason());
        return StoredEvent.readAll(file);
    }

    private List<Integer> types() throws IOException {
        return stored().stream().map(StoredEvent::type).toList();
    }

    @Test
    void bufferIsThePayloadAndNothingElse() throws IOException {
        try (Journal journal = open()) {
            final Claim claim = journal.publisher().newClaim();
            assertFalse(claim.isOpen());
            assertEquals(0, claim.length());
            assertEquals(0, claim.buffer().capacity());
            assertTrue(journal.publisher().tryClaim(claim, 3, 11) > 0);
            assertTrue(claim.isOpen());
            assertEquals(11, claim.length());
            final MutableDirectBuffer buffer = claim.buffer();
            assertEquals(11, buffer.capacity());
            assertThrows(IndexOutOfBoundsException.class, () -> buffer.putByte(-1, (byte) 1));
            assertThrows(IndexOutOfBoundsException.class, () -> buffer.putByte(11, (byte) 1));
            buffer.putByte(0, (byte) 0xAA);
            buffer.putByte(10, (byte) 0xBB);
            assertTrue(claim.commit() > 0);
            assertFalse(claim.isOpen());
            assertEquals(0, claim.length());
            assertEquals(0, buffer.capacity());
            assertThrows(IndexOutOfBoundsException.class, () -> buffer.putByte(0, (byte) 1));
        }
        final StoredEvent event = stored().get(0);
        assertArrayEquals(new byte[] {(byte) 0xAA, 0, 0, 0, 0, 0, 0, 0, 0, 0, (byte) 0xBB}, event.payload());
        assertEquals(77, event.timestamp());
        assertEquals(3, event.type());
        assertEquals(0, event.flags());
    }

    @Test
    void timeTypeAndFlagsAreTheCallers() throws IOException {
        try (Journal journal = open()) {
            final Claim claim = journal.publisher().newClaim();
            assertTrue(journal.publisher().tryClaimAt(claim, Long.MIN_VALUE, 239, 0x0F, 0) > 0);
            assertTrue(claim.commit() > 0);
        }
        final StoredEvent event = stored().get(0);
        assertEquals(Long.MIN_VALUE, event.timestamp());
        assertEquals(239, event.type());
        assertEquals(0x0F, event.flags());
        assertEquals(0, event.payload().length);
    }

    /** Claims of one length, committed with another, in an order that brings each to the ring's end. */
    @ParameterizedTest
    @EnumSource
    void shorterCommitIsFollowedByTheNextEventWhereverTheRingEnds(final Ring ring) throws IOException {
        final List<byte[]> payloads = new ArrayList<>();
        try (Journal journal = open(ring)) {
            final Claim claim = journal.publisher().newClaim();
            for (int claimed = 0; claimed <= 112; claimed++) {
                for (int length = 0; length <= claimed; length += 1 + claimed / 9) {
                    assertTrue(journal.publisher().tryClaim(claim, 1, claimed) > 0);
                    claim.buffer().setMemory(0, claimed, (byte) -1);
                    final byte[] payload = new byte[length];
                    for (int i = 0; i < length; i++) {
                        payload[i] = (byte) (claimed + i);
                    }
                    claim.buffer().putBytes(0, payload);
                    assertTrue(claim.commit(length) > 0);
                    payloads.add(payload);
                    if (length % 3 == 0) {
                        assertTrue(journal.publisher().offer(1, payload(claimed), 0, claimed) > 0);
                        payloads.add(new byte[claimed]);
                    }
                    drain(journal);
                }
            }
            assertEquals(payloads.size(), journal.stats().getJournaledEvents());
            assertEquals(payloads.size(), journal.stats().getAcceptedEvents());
            assertEquals(
                    payloads.stream().mapToLong(payload -> 16 + payload.length).sum(),
                    journal.stats().getJournaledBytes());
            assertEquals(journal.stats().getJournaledBytes(), journal.stats().getAcceptedBytes());
        }
        final List<StoredEvent> events = stored();
        assertEquals(payloads.size(), events.size());
        long end = 64;
        for (int i = 0; i < events.size(); i++) {
            assertEquals(end, events.get(i).offset());
            assertArrayEquals(payloads.get(i), events.get(i).payload(), "event " + i);
            end = events.get(i).end();
        }
    }

    /** Eight claims fill the ring, so that the last ends where the ring does; one for a single producer has room for seven. */
    @ParameterizedTest
    @EnumSource
    void shorterCommitsOfAFullRingLeaveNothingBetweenTheEvents(final Ring ring) throws IOException {
        final int fitting = ring == Ring.SINGLE_PRODUCER ? 7 : 8;
        try (Journal journal = open(ring)) {
            for (int round = 0; round < 20; round++) {
                final List<Claim> claims = new ArrayList<>();
                for (int i = 0; i < fitting; i++) {
                    claims.add(claim(journal.publisher(), 1 + i, EIGHTH_OF_RING));
                }
                assertEquals(fitting * 128, journal.stats().getRingUsed());
                for (int i = fitting - 1; i >= 0; i--) {
                    claims.get(i).buffer().putByte(0, (byte) i);
                    assertTrue(claims.get(i).commit(1 + i * round % EIGHTH_OF_RING) > 0);
                }
                assertEquals(fitting * (round + 1), journal.stats().getAcceptedEvents());
                drain(journal);
            }
        }
        final List<StoredEvent> events = stored();
        assertEquals(20 * fitting, events.size());
        for (int i = 0; i < events.size(); i++) {
            final int inRing = i % fitting;
            assertEquals(1 + inRing, events.get(i).type());
            assertEquals(
                    1 + inRing * (i / fitting) % EIGHTH_OF_RING, events.get(i).payload().length);
            assertEquals(inRing, events.get(i).payload()[0]);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 9, Integer.MIN_VALUE, Integer.MAX_VALUE})
    void commitOfALengthOutOfBoundsLeavesTheClaimOpen(final int length) throws IOException {
        try (Journal journal = open()) {
            final Claim claim = claim(journal.publisher(), 1, 8);
            claim.buffer().putLong(0, 99);
            assertEquals(
                    "payload length " + length + " is not from 0 to 8",
                    assertThrows(IllegalArgumentException.class, () -> claim.commit(length))
                            .getMessage());
            assertTrue(claim.isOpen());
            assertEquals(8, claim.buffer().capacity());
            assertTrue(claim.commit(8) > 0);
        }
        assertEquals(99, stored().get(0).data().getLong());
    }

    @Test
    void abortedOrClosedClaimLeavesNoTraceAndIsUsedAgain() throws IOException {
        try (Journal journal = open()) {
            final Claim claim = claim(journal.publisher(), 1, 8);
            claim.abort();
            try (claim) {
                assertTrue(journal.publisher().tryClaim(claim, 2, 8) > 0);
            }
            assertFalse(claim.isOpen());
            assertTrue(journal.publisher().tryClaim(claim, 3, 8) > 0);
            try (claim) {
                claim.commit();
            }
            claim.close();
            drain(journal);
            assertEquals(1, journal.stats().getOfferedEvents());
        }
        assertEquals(List.of(3), types());
    }

    @Test
    void exceptionBetweenClaimAndCommitAborts() throws IOException {
        try (Journal journal = open()) {
            final Claim claim = claim(journal.publisher(), 1, 8);
            assertThrows(IndexOutOfBoundsException.class, () -> {
                try (claim) {
                    claim.buffer().putLong(1, 5);
                    claim.commit();
                }
            });
            journal.publisher().offer(2, payload(0), 0, 0);
        }
        assertEquals(List.of(2), types());
    }

    private static void assertEnded(final Claim claim) {
        assertThrows(IllegalStateException.class, claim::commit);
        assertThrows(IllegalStateException.class, () -> claim.commit(0));
        assertThrows(IllegalStateException.class, () -> claim.commit(-1));
        assertThrows(IllegalStateException.class, claim::abort);
        claim.close();
        assertThrows(IndexOutOfBoundsException.class, () -> claim.buffer().putByte(0, (byte) 1));
    }

    @Test
    void commitAndAbortWithoutAClaimAreRefused() {
        try (Journal journal = open()) {
            assertEnded(journal.publisher().newClaim());
            final Claim refused = journal.publisher().newClaim();
            for (int i = 0; i < 8; i++) {
                journal.publisher().offer(1, payload(EIGHTH_OF_RING), 0, EIGHTH_OF_RING);
            }
            assertEquals(Publisher.BACK_PRESSURED, journal.publisher().tryClaim(refused, 1, 8));
            assertFalse(refused.isOpen());
            assertEnded(refused);
        }
    }

    /** The place of the ring that the first claim had is another thread's by then, and half filled. */
    @ParameterizedTest
    @EnumSource(names = {"MEMORY", "FILE"})
    void staleClaimDoesNotTouchWhatLiesAtItsPlaceAfterAWrap(final Ring ring) throws Exception {
        try (Journal journal = open(ring)) {
            final Publisher publisher = journal.publisher();
            final Claim committed = claim(publisher, 1, EIGHTH_OF_RING);
            final Claim aborted = claim(publisher, 2, EIGHTH_OF_RING);
            committed.commit();
            aborted.abort();
            for (int i = 0; i < 6; i++) {
                claim(publisher, 3, EIGHTH_OF_RING).abort();
            }
            drain(journal);
            final List<Claim> others = CompletableFuture.supplyAsync(
                            () -> List.of(claim(publisher, 4, EIGHTH_OF_RING), claim(publisher, 5, EIGHTH_OF_RING)))
                    .get();
            others.get(0).buffer().putLong(0, 44); // and has not come to the rest
            assertEnded(committed);
            assertEnded(aborted);
            journal.invoker().invoke();
            assertEquals(1, journal.stats().getJournaledEvents(), "the half filled event waits");
            assertEquals(256, journal.stats().getRingUsed());
            others.get(0).buffer().putLong(8, 55);
            assertTrue(others.get(0).commit() > 0);
            assertTrue(others.get(1).commit() > 0);
        }
        final List<StoredEvent> events = stored();
        assertEquals(List.of(1, 4, 5), types());
        assertEquals(44, events.get(1).data().getLong(0));
        assertEquals(55, events.get(1).data().getLong(8));
        assertEquals(EIGHTH_OF_RING, events.get(1).payload().length);
    }

    @Test
    void claimOfAnotherPublisherIsRefused() throws IOException {
        try (Journal journal = open();
                Journal other = Journal.open(directory.resolve("o.evtl"), tiny().build())) {
            final Claim claim = other.publisher().newClaim();
            assertEquals(
                    "the claim was made by another publisher",
                    assertThrows(
                                    IllegalArgumentException.class,
                                    () -> journal.publisher().tryClaim(claim, 1, 8))
                            .getMessage());
            assertFalse(claim.isOpen());
            assertEquals(0, journal.stats().getRingUsed());
            assertEquals(0, other.stats().getRingUsed());
        }
        assertEquals(0, stored().size());
    }

    @Test
    void claimingOverAnOpenClaimIsRefusedAndChangesNothing() throws IOException {
        try (Journal journal = open()) {
            final Claim claim = claim(journal.publisher(), 1, 8);
            claim.buffer().putLong(0, 5);
            final int used = journal.stats().getRingUsed();
            assertThrows(IllegalStateException.class, () -> journal.publisher().tryClaim(claim, 2, 16));
            assertThrows(IllegalStateException.class, () -> journal.publisher().tryClaimAt(claim, 0, 2, 0, 16));
            assertEquals(used, journal.stats().getRingUsed());
            assertEquals(8, claim.length());
            assertTrue(claim.commit() > 0);
        }
        assertEquals(List.of(1), types());
        assertEquals(5, stored().get(0).data().getLong());
    }

    @Test
    void saysWhatItHolds() {
        try (Journal journal = open()) {
            final Claim claim = journal.publisher().newClaim();
            assertEquals("Claim[none]", claim.toString());
            final long position = journal.publisher().tryClaim(claim, 1, 8);
            assertEquals("Claim[8 bytes, position " + position + "]", claim.toString());
            claim.abort();
            assertEquals("Claim[none]", claim.toString());
        }
    }

    @Test
    void storesIntoEndedClaimsDoNoHarmWithoutBoundsChecks() throws Exception {
        final Path file = directory.resolve("c.evtl");
        final Process child = ChildJvm.start(
                List.of(ChildJvm.FLAG, "-Dagrona.disable.bounds.checks=true"), StoresIntoEnded.class, file.toString());
        assertEquals("100 events", ChildJvm.output(child).strip());
        assertEquals(0, child.waitFor());
        final List<StoredEvent> events = stored();
        assertEquals(100, events.size());
        for (final StoredEvent event : events) {
            assertEquals(event.sequence(), event.data().getLong());
            assertEquals(8, event.payload().length);
        }
    }

    /** Stores into the buffers of claims that it has ended, wherever a payload could be. */
    static final class StoresIntoEnded {
        public static void main(final String[] args) {
            try (Journal journal = Journal.open(Path.of(args[0]), tiny().build())) {
                final Claim claim = journal.publisher().newClaim();
                final Claim aborted = journal.publisher().newClaim();
                final EventBatch batch = journal.publisher().newBatch();
                store(claim.buffer());
                for (int i = 0; i < 100; i += 2) {
                    journal.publisher().tryClaim(claim, 1, 8);
                    claim.buffer().putLong(0, i);
                    claim.commit();
                    batch.tryClaim(1, 8);
                    final MutableDirectBuffer next = batch.next(1, 8);
                    next.putLong(0, i + 1);
                    batch.commit();
                    journal.publisher().tryClaim(aborted, 1, 8);
                    aborted.abort();
                    store(claim.buffer());
                    store(aborted.buffer());
                    store(next);
                    drain(journal);
                    store(claim.buffer());
                }
                System.out.println(journal.stats().getJournaledEvents() + " events");
            }
        }

        private static void store(final MutableDirectBuffer ended) {
            for (int index = 0; index <= 65_535 - 8; index += 97) {
                ended.putLong(index, -1);
            }
            ended.putByte(65_534, (byte) -1);
            ended.putLong(65_528, -1);
        }
    }
}
