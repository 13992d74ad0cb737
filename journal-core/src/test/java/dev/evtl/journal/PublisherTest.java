package dev.evtl.journal;

import static dev.evtl.journal.support.TestJournals.payload;
import static dev.evtl.journal.support.TestJournals.tiny;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.evtl.journal.support.StoredEvent;
import java.io.IOException;
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
            final int claim = publisher.tryClaim(7, 12);
            publisher.buffer().putLong(claim, 0x1122334455667788L);
            publisher.buffer().putInt(claim + 8, 99);
            assertEquals(Publisher.ACCEPTED, publisher.commit(claim));
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
            final int aborted = publisher.tryClaim(1, 8);
            final int committed = publisher.tryClaim(2, 8);
            publisher.commit(committed);
            publisher.abort(aborted);
        }
        final List<StoredEvent> events = StoredEvent.readAll(file);
        assertEquals(1, events.size());
        assertEquals(2, events.get(0).type());
    }

    @Test
    void orderInTheFileIsTheOrderOfTheClaims() throws IOException {
        try (Journal journal = openTiny()) {
            final Publisher publisher = journal.publisher();
            final int first = publisher.tryClaim(1, 0);
            final int second = publisher.tryClaim(2, 0);
            publisher.commit(second);
            journal.invoker().invoke();
            assertEquals(0, journal.stats().getJournaledEvents(), "an open claim holds up what comes after it");
            publisher.commit(first);
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
            assertEquals(Publisher.ACCEPTED, journal.publisher().offer(3, source, 100, 7));
            source.setMemory(0, 200, (byte) 'x');
        }
        assertArrayEquals(
                "payload".getBytes(US_ASCII), StoredEvent.readAll(file).get(0).payload());
    }

    @Test
    void ownTimestampAndFlagsAreKept() throws IOException {
        try (Journal journal = openTiny()) {
            assertEquals(Publisher.ACCEPTED, journal.publisher().offer(1, 0x0F, Long.MIN_VALUE, payload(1), 0, 1));
            final int claim = journal.publisher().tryClaim(2, 5, -1, 0);
            journal.publisher().commit(claim);
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
        try (Journal journal =
                Journal.open(file, JournalConfig.builder().useInvoker(true).build())) {
            for (int type = 1; type <= 239; type++) {
                final int length = lengths[type % lengths.length];
                assertEquals(
                        Publisher.ACCEPTED,
                        journal.publisher().offer(type, new UnsafeBuffer(bytes), 65_535 - length, length));
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
        try (Journal journal =
                Journal.open(file, JournalConfig.builder().useInvoker(true).build())) {
            final Publisher publisher = journal.publisher();
            final DirectBuffer source = payload(65_536);
            assertMessage(message, () -> publisher.tryClaim(type, flags, 0, length));
            assertMessage(message, () -> publisher.offer(type, flags, 0, source, 0, length));
            if (flags == 0) {
                assertMessage(message, () -> publisher.tryClaim(type, length));
                assertMessage(message, () -> publisher.offer(type, source, 0, length));
            }
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
            final int claim = journal.publisher().tryClaim(1, 112);
            assertTrue(claim > 0);
            assertMessage(
                    "payload length 113 is not from 0 to 112",
                    () -> journal.publisher().tryClaim(1, 113));
            journal.publisher().abort(claim);
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
            final int committed = publisher.tryClaim(1, 0);
            publisher.commit(committed);
            assertThrows(IllegalStateException.class, () -> publisher.commit(committed));
            assertThrows(IllegalStateException.class, () -> publisher.abort(committed));
            final int aborted = publisher.tryClaim(1, 0);
            publisher.abort(aborted);
            assertThrows(IllegalStateException.class, () -> publisher.commit(aborted));
            assertThrows(IllegalStateException.class, () -> publisher.abort(aborted));
        }
        assertEquals(1, StoredEvent.readAll(file).size());
    }

    @Test
    void afterCloseEverythingIsRefusedAsClosed() {
        final Journal journal = openTiny();
        journal.close();
        final EventBatch batch = journal.publisher().newBatch();
        assertEquals(Publisher.CLOSED, journal.publisher().tryClaim(1, 8));
        assertEquals(Publisher.CLOSED, journal.publisher().offer(1, payload(8), 0, 8));
        assertEquals(Publisher.CLOSED, batch.tryClaim(2, 8));
        assertEquals(4, journal.stats().getRefusedEvents());
        assertEquals(24 + 24 + 40, journal.stats().getRefusedBytes());
        assertEquals(4, journal.stats().getOfferedEvents());
    }

    @Test
    void fileWithoutChecksumsHasZerosInTheirPlace() throws IOException {
        try (Journal journal = Journal.open(file, tiny().checksums(false).build())) {
            journal.publisher().offer(1, payload(8), 0, 8);
        }
        assertEquals(0, StoredEvent.readAll(file).get(0).checksum());
    }
}
