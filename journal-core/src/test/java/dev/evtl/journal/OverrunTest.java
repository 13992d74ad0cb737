package dev.evtl.journal;

import static dev.evtl.journal.support.TestJournals.claim;
import static dev.evtl.journal.support.TestJournals.payload;
import static dev.evtl.journal.support.TestJournals.small;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.evtl.journal.JournalScan.Condition;
import dev.evtl.journal.exceptions.JournalException;
import dev.evtl.journal.exceptions.JournalFailedException;
import dev.evtl.journal.format.EventHeader;
import dev.evtl.journal.ring.RingRecord;
import dev.evtl.journal.support.ChildJvm;
import dev.evtl.journal.support.MemoryDirectory;
import dev.evtl.journal.support.Reports;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.ringbuffer.RingBufferDescriptor;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Stores past the end of a claim, as without bounds checks, or by another process, into what lies behind it. */
@Timeout(value = 120, threadMode = ThreadMode.SEPARATE_THREAD)
class OverrunTest {
    private static final int PAYLOAD = 24;

    @TempDir(factory = MemoryDirectory.class)
    Path directory;

    private final Reports reports = new Reports();
    private Path file;
    private Path ring;

    @BeforeEach
    void setFiles() {
        file = directory.resolve("o.evtl");
        ring = directory.resolve("o.ring");
    }

    private JournalConfig.Builder config() {
        return small().listener(reports)
                .stuckClaimTimeout(Duration.ofMillis(50))
                .closeTimeout(Duration.ofMillis(200));
    }

    /** A payload that is followed by the same byte that fills it. */
    private static void overrun(final DirectBuffer claimed, final int over, final byte fill) {
        new UnsafeBuffer(claimed.addressOffset(), claimed.capacity() + over)
                .setMemory(0, claimed.capacity() + over, fill);
    }

    static Stream<Arguments> overruns() {
        return IntStream.of(1, 4, 8, 12, 16, 24, 40, 104)
                .boxed()
                .flatMap(
                        over -> Stream.of(1, 0x41, 0x7F, 0x80, 0xFF).map(fill -> Arguments.of(over, fill.byteValue())));
    }

    /** What is behind the claim is free, or claimed and open, or committed. */
    @ParameterizedTest
    @MethodSource("overruns")
    void isOneFailureAndABoundedClose(final int over, final byte fill) throws IOException {
        for (final String behind : List.of("free", "open", "committed")) {
            final Path path = directory.resolve(behind + ".evtl");
            final Reports told = new Reports();
            final Journal journal = Journal.open(path, config().listener(told).build());
            final Publisher publisher = journal.publisher();
            for (int i = 0; i < 3; i++) {
                assertTrue(publisher.offer(1, payload(PAYLOAD), 0, PAYLOAD) > 0);
            }
            final Claim claim = claim(publisher, 2, PAYLOAD);
            final Claim next = behind.equals("free") ? null : claim(publisher, 3, PAYLOAD);
            if (behind.equals("committed")) {
                next.commit();
            }
            overrun(claim.buffer(), over, fill);
            assertTrue(claim.commit() > 0);
            if (behind.equals("open")) {
                try {
                    next.commit();
                } catch (final IllegalStateException e) {
                    // it looks as if it had been ended
                }
            }
            closeInTime(journal);
            told.awaitEnd(journal);
            final long failures = told.told().stream().filter("failure"::equals).count();
            assertTrue(failures <= 1, told.toString());
            assertTrue(told.errors().size() <= 3, "stuck, abandoned, failed: " + told);
            assertEquals(failures == 1, journal.failure().isPresent());
            if (failures == 1) {
                assertTrue(
                        journal.failure().orElseThrow().getMessage().contains("the ring is damaged"), told.toString());
            }
            final JournalScan scan = JournalScan.of(path);
            assertTrue(scan.condition() == Condition.CLEAN || scan.condition() == Condition.UNCLOSED, scan.reason());
            assertTrue(scan.events() >= 4, "what lies before the damage is journaled: " + scan);
        }
    }

    private static void closeInTime(final Journal journal) {
        final long start = System.nanoTime();
        try {
            journal.close();
        } catch (final JournalFailedException e) {
            // it has said so
        }
        final Duration taken = Duration.ofNanos(System.nanoTime() - start);
        assertTrue(taken.compareTo(Duration.ofSeconds(10)) < 0, "closed in " + taken);
    }

    /** A batch whose first event reaches into the header of the second. */
    @ParameterizedTest
    @ValueSource(bytes = {0x41, (byte) 0xFF})
    void ofABatchIntoItsOwnEventsIsFoundBeforeItIsJournaled(final byte fill) {
        for (final boolean checksums : new boolean[] {true, false}) {
            final Path path = directory.resolve(checksums + ".evtl");
            final Journal journal = Journal.open(
                    path,
                    config().checksums(checksums)
                            .appenderMode(AppenderMode.INVOKER)
                            .build());
            final EventBatch batch = journal.publisher().newBatch();
            batch.tryClaim(2, 2 * PAYLOAD);
            final DirectBuffer first = new UnsafeBuffer(batch.next(1, PAYLOAD));
            batch.next(2, PAYLOAD);
            overrun(first, 12, fill);
            assertTrue(batch.commit() > 0);
            journal.invoker().invoke();
            assertTrue(journal.failure().orElseThrow().getMessage().contains("the ring is damaged"));
            assertThrows(JournalFailedException.class, journal::close);
            assertEquals(0, JournalScan.of(path).events());
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 0x41, 0x7F, 0x80, 0xFF})
    void ofAnotherProcessIsOneFailureAndABoundedClose(final int fill) throws Exception {
        final Journal journal = Journal.open(file, config().ringFile(ring).build());
        assertTrue(journal.publisher().offer(1, payload(PAYLOAD), 0, PAYLOAD) > 0);
        final Process child = ChildJvm.start(
                List.of(ChildJvm.FLAG, "-Dagrona.disable.bounds.checks=true"),
                Child.class,
                ring.toString(),
                Integer.toString(fill));
        assertEquals("written", ChildJvm.output(child).strip());
        closeInTime(journal);
        reports.awaitEnd(journal);
        assertTrue(reports.told().stream().filter("failure"::equals).count() <= 1, reports.toString());
        assertTrue(reports.errors().size() <= 4, reports.toString());
        assertTrue(JournalScan.of(file).events() >= 2);
        if (journal.failure().isPresent()) {
            final JournalException e = assertThrows(
                    JournalException.class,
                    () -> Journal.open(file, config().ringFile(ring).build()));
            assertTrue(e.getMessage().startsWith(ring + ": this ring file is damaged at offset "), e.getMessage());
        }
    }

    /** Fills its claim and what is behind that. */
    static final class Child {
        public static void main(final String[] args) {
            final Publisher publisher = Journal.attach(Path.of(args[0])).publisher();
            final Claim claim = publisher.newClaim();
            publisher.tryClaim(claim, 1, PAYLOAD);
            final Claim next = publisher.newClaim();
            publisher.tryClaim(next, 1, PAYLOAD);
            claim.buffer().setMemory(0, PAYLOAD + 16, (byte) Integer.parseInt(args[1]));
            claim.commit();
            System.out.println("written");
        }
    }

    /** Head and tail lie behind the ring. */
    @ParameterizedTest
    @ValueSource(longs = {64, 1 << 20, 1L << 40, Long.MAX_VALUE - 7, Long.MIN_VALUE})
    void ofTheTailIsOneReportAndABoundedClose(final long by) throws IOException {
        moveTheTail(by, Journal.open(file, config().build()));
    }

    @ParameterizedTest
    @ValueSource(longs = {64, 1 << 20, 1L << 40, Long.MAX_VALUE - 7, Long.MIN_VALUE})
    void ofTheTailOfARingFileIsOneReportAndABoundedClose(final long by) throws IOException {
        moveTheTail(by, Journal.open(file, config().ringFile(ring).build()));
    }

    private void moveTheTail(final long by, final Journal journal) {
        final Claim claim = claim(journal.publisher(), 1, PAYLOAD);
        final long start = claim.buffer().addressOffset() - RingRecord.HEADER_LENGTH - EventHeader.LENGTH;
        final UnsafeBuffer tail = new UnsafeBuffer(
                start + journal.stats().getRingSize() + RingBufferDescriptor.TAIL_POSITION_OFFSET, Long.BYTES);
        assertTrue(journal.awaitJournaled(claim.commit(), Duration.ofSeconds(30)));
        tail.putLong(0, tail.getLong(0) + by);
        closeInTime(journal);
        reports.awaitEnd(journal);
        assertTrue(reports.told().stream().filter("failure"::equals).count() <= 1, reports.toString());
        assertTrue(reports.errors().size() <= 3, reports.toString());
        assertEquals(1, JournalScan.of(file).events());
        journal.stats().getOfferedEvents();
    }
}
