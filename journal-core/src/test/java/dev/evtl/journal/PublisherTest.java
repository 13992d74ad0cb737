package dev.evtl.journal;

import static dev.evtl.journal.support.TestJournals.claim;
import static dev.evtl.journal.support.TestJournals.payload;
import static dev.evtl.journal.support.TestJournals.tiny;
import static dev.evtl.journal.support.TestJournals.tryClaim;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.evtl.journal.JournalScan.Condition;
import dev.evtl.journal.support.StoredEvent;
import dev.evtl.journal.support.TestJournals;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import org.agrona.DirectBuffer;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PublisherTest {
    @TempDir
    Path directory;

    private final AtomicLong time = new AtomicLong(1000);
    private Path file;

    @BeforeEach
    void setFile() {
        file = directory.resolve("p.evtl");
    }

    private Journal openTiny() {
        return Journal.open(file, tiny().clock(time::incrementAndGet).build());
    }

    @Test
    void claimedEventIsFilledInPlaceAndCommitted() throws IOException {
        try (Journal journal = openTiny()) {
            final Publisher publisher = journal.publisher();
            final Claim claim = claim(publisher, 7, 12);
            claim.buffer().putLong(0, 0x1122334455667788L);
            claim.buffer().putInt(8, 99);
            assertTrue(claim.commit() > 0);
        }
        final StoredEvent event = StoredEvent.readAll(file).get(0);
        assertEquals(7, event.type());
        assertEquals(0, event.flags());
        assertEquals(1002, event.timestamp(), "the clock's second time, the first is the file's");
        assertEquals(12, event.payload().length);
        assertEquals(0x1122334455667788L, event.data().getLong());
        assertEquals(99, event.data().getInt(8));
    }

    @Test
    void abortedClaimLeavesNoTrace() throws IOException {
        try (Journal journal = openTiny()) {
            final Publisher publisher = journal.publisher();
            final Claim aborted = claim(publisher, 1, 8);
            final Claim committed = claim(publisher, 2, 8);
            committed.commit();
            aborted.abort();
        }
        final List<StoredEvent> events = StoredEvent.readAll(file);
        assertEquals(1, events.size());
        assertEquals(2, events.get(0).type());
    }

    @Test
    void orderInTheFileIsTheOrderOfTheClaims() throws IOException {
        try (Journal journal = openTiny()) {
            final Publisher publisher = journal.publisher();
            final Claim first = claim(publisher, 1, 0);
            final Claim second = claim(publisher, 2, 0);
            second.commit();
            journal.invoker().invoke();
            assertEquals(0, journal.stats().getJournaledEvents(), "an open claim holds up what comes after it");
            first.commit();
        }
        assertEquals(
                List.of(1, 2),
                StoredEvent.readAll(file).stream().map(StoredEvent::type).toList());
    }

    @Test
    void offeredPayloadIsCopiedFromItsPlace() throws IOException {
        try (Journal journal = openTiny()) {
            final ExpandableArrayBuffer source = new ExpandableArrayBuffer();
            source.putBytes(100, "payload".getBytes(US_ASCII));
            assertTrue(journal.publisher().offer(3, source, 100, 7) > 0);
            source.setMemory(0, 200, (byte) 'x');
        }
        assertArrayEquals(
                "payload".getBytes(US_ASCII), StoredEvent.readAll(file).get(0).payload());
    }

    @Test
    void ownTimestampAndFlagsAreKept() throws IOException {
        try (Journal journal = openTiny()) {
            assertTrue(journal.publisher().offerAt(Long.MIN_VALUE, 1, 0x0F, payload(1), 0, 1) > 0);
            final Claim claim = journal.publisher().newClaim();
            assertTrue(journal.publisher().tryClaimAt(claim, -1, 2, 5, 0) > 0);
            claim.commit();
        }
        final List<StoredEvent> events = StoredEvent.readAll(file);
        assertEquals(Long.MIN_VALUE, events.get(0).timestamp());
        assertEquals(0x0F, events.get(0).flags());
        assertEquals(-1, events.get(1).timestamp());
        assertEquals(5, events.get(1).flags());
    }

    @Test
    void everyTypeAndTheBoundsOfLengthAreAccepted() throws IOException {
        final int[] lengths = {0, 1, 7, 8, 9, 15, 16, 17, 255, 256, 4095, 4096, 32_767, 32_768, 65_534, 65_535};
        final byte[] bytes = new byte[65_535];
        new Random(1).nextBytes(bytes);
        try (Journal journal = Journal.open(
                file, JournalConfig.builder().appenderMode(AppenderMode.INVOKER).build())) {
            for (int type = 1; type <= 239; type++) {
                final int length = lengths[type % lengths.length];
                assertTrue(journal.publisher().offer(type, new UnsafeBuffer(bytes), 65_535 - length, length) > 0);
                journal.invoker().invoke();
            }
        }
        final List<StoredEvent> events = StoredEvent.readAll(file);
        assertEquals(239, events.size());
        for (final StoredEvent event : events) {
            assertEquals(event.sequence() + 1, event.type());
            final int length = lengths[event.type() % lengths.length];
            assertArrayEquals(Arrays.copyOfRange(bytes, 65_535 - length, 65_535), event.payload());
        }
    }

    @ParameterizedTest
    @CsvSource({
        "0, 0, 0, type 0 is not from 1 to 239",
        "-1, 0, 0, type -1 is not from 1 to 239",
        "240, 0, 0, type 240 is not from 1 to 239",
        "1, 16, 0, flags 16 are not from 0 to 15",
        "1, -1, 0, flags -1 are not from 0 to 15",
        "1, 0, -1, payload length -1 is not from 0 to 65535",
        "1, 0, 65536, payload length 65536 is not from 0 to 65535",
        "1, 0, 2147483647, payload length 2147483647 is not from 0 to 65535"
    })
    void whatIsOutOfBoundsIsRefusedNamingTheBound(
            final int type, final int flags, final int length, final String message) throws IOException {
        try (Journal journal = Journal.open(
                file, JournalConfig.builder().appenderMode(AppenderMode.INVOKER).build())) {
            final Publisher publisher = journal.publisher();
            final Claim claim = publisher.newClaim();
            final DirectBuffer source = payload(65_536);
            assertMessage(message, () -> publisher.tryClaimAt(claim, 0, type, flags, length));
            assertMessage(message, () -> publisher.offerAt(0, type, flags, source, 0, length));
            if (flags == 0) {
                assertMessage(message, () -> publisher.tryClaim(claim, type, length));
                assertMessage(message, () -> publisher.offer(type, source, 0, length));
            }
            assertFalse(claim.isOpen());
            assertEquals(0, journal.stats().getRingUsed());
            assertEquals(0, journal.stats().getOfferedEvents(), "what an exception rejected was not offered");
        }
        assertEquals(0, StoredEvent.readAll(file).size());
    }

    private static void assertMessage(final String message, final Runnable call) {
        assertEquals(
                message, assertThrows(IllegalArgumentException.class, call::run).getMessage());
    }

    @Test
    void smallerMaximumOfPayloadIsTheBound() {
        try (Journal journal = openTiny()) {
            final Claim claim = claim(journal.publisher(), 1, 112);
            assertMessage("payload length 113 is not from 0 to 112", () -> tryClaim(journal.publisher(), 1, 113));
            claim.abort();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 5})
    void payloadOutsideItsSourceIsRefusedBeforeAnythingIsClaimed(final int offset) {
        try (Journal journal = openTiny()) {
            assertThrows(
                    IndexOutOfBoundsException.class, () -> journal.publisher().offer(1, payload(8), offset, 4));
            assertThrows(NullPointerException.class, () -> journal.publisher().offer(1, null, 0, 4));
            assertEquals(0, journal.stats().getRingUsed());
        }
    }

    @Test
    void secondCommitOrAbortIsRefused() throws IOException {
        try (Journal journal = openTiny()) {
            final Publisher publisher = journal.publisher();
            final Claim committed = claim(publisher, 1, 0);
            committed.commit();
            assertThrows(IllegalStateException.class, committed::commit);
            assertThrows(IllegalStateException.class, committed::abort);
            final Claim aborted = claim(publisher, 1, 0);
            aborted.abort();
            assertThrows(IllegalStateException.class, aborted::commit);
            assertThrows(IllegalStateException.class, aborted::abort);
        }
        assertEquals(1, StoredEvent.readAll(file).size());
    }

    @Test
    void afterCloseEverythingIsRefusedAsClosed() {
        final Journal journal = openTiny();
        journal.close();
        final EventBatch batch = journal.publisher().newBatch();
        assertEquals(Publisher.CLOSED, tryClaim(journal.publisher(), 1, 8));
        assertEquals(Publisher.CLOSED, journal.publisher().offer(1, payload(8), 0, 8));
        assertEquals(Publisher.CLOSED, batch.tryClaim(2, 8));
        assertEquals(4, journal.stats().getRefusedEvents());
        assertEquals(24 + 24 + 40, journal.stats().getRefusedBytes());
        assertEquals(4, journal.stats().getOfferedEvents());
    }

    @Test
    void gapThatIsOfferedIsInTheFileWithItsNumbers() throws IOException {
        try (Journal journal = openTiny()) {
            journal.publisher().offer(1, payload(0), 0, 0);
            assertTrue(journal.publisher().offerGap(77, 1L << 40, -5, Long.MAX_VALUE) > 0);
            journal.publisher().offer(2, payload(0), 0, 0);
            TestJournals.drain(journal);
            assertEquals(3, journal.stats().getOfferedEvents());
            assertEquals(3, journal.stats().getJournaledEvents());
            assertEquals(0, journal.stats().getDroppedEvents());
        }
        assertEquals(Condition.CLEAN, JournalScan.of(file).condition());
        final List<StoredEvent> events = StoredEvent.readAll(file);
        assertEquals(
                List.of(1, StoredEvent.GAP, 2),
                events.stream().map(StoredEvent::type).toList());
        final StoredEvent gap = events.get(1);
        assertEquals(77, gap.timestamp());
        assertEquals(0, gap.flags());
        assertEquals(24, gap.payload().length);
        assertEquals(1L << 40, gap.data().getLong(0));
        assertEquals(-5, gap.data().getLong(8));
        assertEquals(Long.MAX_VALUE, gap.data().getLong(16));
    }

    @Test
    void gapThatFindsNoRoomOrAClosedJournalIsRefused() {
        final Journal journal = openTiny();
        while (journal.publisher().offer(1, payload(8), 0, 8) > 0) {
            assertEquals(0, journal.stats().getRefusedEvents());
        }
        assertEquals(Publisher.BACK_PRESSURED, journal.publisher().offerGap(1, 2, 3, 4));
        journal.close();
        assertEquals(Publisher.CLOSED, journal.publisher().offerGap(1, 2, 3, 4));
        assertEquals(3, journal.stats().getRefusedEvents());
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 1, 1_000_000_000_000L, 1L << 62})
    void firstEventOfANewFileHasTheBaseSequence(final long base) throws IOException {
        for (int i = 0; i < 2; i++) {
            // the second time the file is there, and goes on as it was made
            try (Journal journal =
                    Journal.open(file, tiny().baseSequence(i == 0 ? base : 7).build())) {
                journal.publisher().offer(1, payload(i), 0, i);
            }
            final byte[] bytes = Files.readAllBytes(file);
            assertEquals(
                    base, ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong(40));
            assertEquals(i + 1, StoredEvent.eventCount(bytes));
            assertEquals(base + i, StoredEvent.readAll(file).get(i).sequence());
            assertEquals(Condition.CLEAN, JournalScan.of(file).condition());
            assertEquals(base, JournalScan.of(file).header().baseSequence());
        }
    }

    @Test
    void sequenceInAScanIsNumberedFromTheBase() throws IOException {
        try (Journal journal = Journal.open(file, tiny().baseSequence(500).build())) {
            for (int i = 0; i < 3; i++) {
                journal.publisher().offer(1, payload(8), 0, 8);
            }
        }
        final byte[] bytes = Files.readAllBytes(file);
        bytes[64 + 2 * 24 + 16] ^= 1;
        Files.write(file, bytes);
        final JournalScan scan = JournalScan.of(file);
        assertEquals(Condition.CORRUPT, scan.condition());
        assertEquals(502, scan.sequence());
    }

    @Test
    void fileWithoutChecksumsHasZerosInTheirPlace() throws IOException {
        try (Journal journal = Journal.open(file, tiny().checksums(false).build())) {
            journal.publisher().offer(1, payload(8), 0, 8);
        }
        assertEquals(0, StoredEvent.readAll(file).get(0).checksum());
    }
}
