package dev.evtl.journal;

import static dev.evtl.journal.support.TestJournals.payload;
import static dev.evtl.journal.support.TestJournals.tiny;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.evtl.journal.JournalScan.Condition;
import dev.evtl.journal.exceptions.CorruptJournalException;
import dev.evtl.journal.exceptions.CorruptJournalException.Kind;
import dev.evtl.journal.support.Golden;
import dev.evtl.journal.support.StoredEvent;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What opening for append makes of files whose writer died. */
class OpenAfterCrashTest {
    private static final int WRITE_OFFSET = 24;
    private static final int DURABLE_OFFSET = 48;

    @TempDir
    Path directory;

    private static JournalConfig append() {
        return tiny().openMode(OpenMode.APPEND).build();
    }

    @ParameterizedTest
    @CsvSource({
        "open-preallocated, UNCLOSED, 3, 895, 0",
        "crashed-unpublished, UNCLOSED, 3, 895, 0",
        "crashed-torn, TORN, 2, 110, 200",
        "power-loss, LOST, 2, 110, 0",
        "crashed-group, LOST, 1, 85, 68"
    })
    void crashedFileIsRepairedReportedAndGoesOn(
            final String name, final Condition condition, final long events, final long validEnd, final long zeroed)
            throws IOException {
        final Path file = Golden.copy(name, directory);
        final JournalScan before = JournalScan.of(file);
        assertEquals(zeroed, before.tailEnd() - validEnd);
        try (Journal journal = Journal.open(file, append())) {
            final RecoveryReport report = journal.recovery().orElseThrow();
            assertEquals(condition, report.condition());
            assertEquals(events, report.events());
            assertEquals(validEnd, report.validEnd());
            assertEquals(zeroed, report.bytesZeroed());
            assertEquals(before.reason(), report.reason());
            final byte[] opened = Files.readAllBytes(file);
            assertEquals(events, StoredEvent.eventCount(opened));
            assertEquals(validEnd, StoredEvent.writeOffset(opened));
            assertEquals(validEnd, StoredEvent.durableOffset(opened));
            assertEquals(0, StoredEvent.state(opened));
            assertArrayEquals(
                    new byte[opened.length - (int) validEnd],
                    Arrays.copyOfRange(opened, (int) validEnd, opened.length),
                    "nothing of the tail could line up behind a later append");
            assertEquals(0, journal.stats().getJournaledEvents(), "by this journal");
            journal.publisher().offer(9, payload(3), 0, 3);
        }
        assertCleanWithOneMore(name, file, events);
    }

    private static void assertCleanWithOneMore(final String name, final Path file, final long kept) throws IOException {
        final JournalScan after = JournalScan.of(file);
        assertEquals(Condition.CLEAN, after.condition(), after.reason());
        assertEquals(kept + 1, after.events());
        final List<StoredEvent> events = StoredEvent.readAll(file);
        final byte[] golden = Golden.bytes(name);
        for (final StoredEvent event : events.subList(0, (int) kept)) {
            assertArrayEquals(
                    Arrays.copyOfRange(golden, (int) event.offset(), (int) event.end()),
                    Arrays.copyOfRange(Files.readAllBytes(file), (int) event.offset(), (int) event.end()));
        }
        assertEquals(9, events.get((int) kept).type());
        assertEquals(Files.size(file), events.get((int) kept).end());
    }

    @ParameterizedTest
    @CsvSource({"empty, 0", "closed, 3", "second-file, 3", "no-checksums, 3", "gap, 5", "group, 5"})
    void closedFileGoesOnWithoutAReport(final String name, final long events) throws IOException {
        final Path file = Golden.copy(name, directory);
        try (Journal journal = Journal.open(file, append())) {
            assertTrue(journal.recovery().isEmpty());
            journal.publisher().offer(9, payload(3), 0, 3);
        }
        assertCleanWithOneMore(name, file, events);
        final StoredEvent last = StoredEvent.readAll(file).get((int) events);
        assertEquals((name.equals("second-file") ? 1_048_576 : 0) + events, last.sequence());
        assertEquals(name.equals("no-checksums"), last.checksum() == 0, "the file goes on as it was made");
    }

    @Test
    void recoveryThatIsInterruptedByAnotherCrashStartsOver() throws IOException {
        final Path file = Golden.copy("crashed-torn", directory);
        final byte[] golden = Files.readAllBytes(file);
        for (int zeroed = 0; zeroed <= 200; zeroed += 20) {
            final byte[] half = golden.clone();
            Arrays.fill(half, 110, 110 + zeroed, (byte) 0);
            Files.write(file, half);
            try (Journal journal = Journal.open(file, append())) {
                assertEquals(2, journal.recovery().orElseThrow().events());
            }
            assertEquals(110, Files.size(file));
        }
    }

    @ParameterizedTest
    @CsvSource({"corrupt-payload, CORRUPT_EVENT, 80, 1", "corrupt-header, DAMAGED_HEADER, 0, -1"})
    void corruptFileIsRefusedAndLeftAsItIs(final String name, final Kind kind, final long offset, final long sequence)
            throws IOException {
        final Path file = Golden.copy(name, directory);
        final CorruptJournalException e =
                assertThrows(CorruptJournalException.class, () -> Journal.open(file, append()));
        assertEquals(kind, e.kind());
        assertEquals(file, e.file());
        assertEquals(offset, e.offset());
        assertEquals(sequence, e.sequence());
        assertTrue(e.getMessage().startsWith(file + ": offset " + offset), e.getMessage());
        assertTrue(e.reason().matches(".*expected 0x[0-9a-f]{8}, found 0x[0-9a-f]{8}"), e.reason());
        assertArrayEquals(Golden.bytes(name), Files.readAllBytes(file));
        assertThrows(CorruptJournalException.class, () -> Journal.open(file, append()), "the lock was given back");
    }

    @Test
    void damageBeforeTheDurableOffsetIsRefusedAlsoInAFileThatWasNotClosed() throws IOException {
        final byte[] bytes = Golden.bytes("open-preallocated");
        longAt(bytes, DURABLE_OFFSET, 895);
        bytes[500] ^= 1;
        final Path file = Files.write(directory.resolve("damaged.evtl"), bytes);
        final CorruptJournalException e =
                assertThrows(CorruptJournalException.class, () -> Journal.open(file, append()));
        assertEquals(Kind.CORRUPT_EVENT, e.kind());
        assertEquals(110, e.offset());
        assertEquals(2, e.sequence());
        assertArrayEquals(bytes, Files.readAllBytes(file));
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 63, -1, 896, Long.MAX_VALUE})
    void closedFileWithAWrongWriteOffsetIsRefused(final long writeOffset) throws IOException {
        final byte[] bytes = Golden.bytes("closed");
        longAt(bytes, WRITE_OFFSET, writeOffset);
        final Path file = Files.write(directory.resolve("damaged.evtl"), bytes);
        final CorruptJournalException e =
                assertThrows(CorruptJournalException.class, () -> Journal.open(file, append()));
        assertEquals(Kind.DAMAGED_HEADER, e.kind());
        assertEquals("header damaged: write_offset: expected the file's length, 895, found " + writeOffset, e.reason());
        assertArrayEquals(bytes, Files.readAllBytes(file));
    }

    @ParameterizedTest
    @CsvSource({
        "0, 58, NOT_A_JOURNAL, not a journal: magic: ",
        "4, 2, NOT_A_JOURNAL, a version this does not read: ",
        "32, 3, NOT_A_JOURNAL, an unknown flag: ",
        "32, 0, DAMAGED_HEADER, header damaged: checksum: ",
        "8, 1, DAMAGED_HEADER, header damaged: checksum: "
    })
    void headerThatCannotBeReadIsRefused(final int at, final byte value, final Kind kind, final String reason)
            throws IOException {
        final byte[] bytes = Golden.bytes("closed");
        bytes[at] = value;
        final Path file = Files.write(directory.resolve("damaged.evtl"), bytes);
        final CorruptJournalException e =
                assertThrows(CorruptJournalException.class, () -> Journal.open(file, append()));
        assertEquals(kind, e.kind());
        assertTrue(e.reason().startsWith(reason), e.reason());
        assertArrayEquals(bytes, Files.readAllBytes(file));
    }

    /** event_count is not covered by a checksum; sequence numbers come from the walk. */
    @ParameterizedTest
    @ValueSource(strings = {"closed", "open-preallocated"})
    void wrongEventCountIsPutRight(final String name) throws IOException {
        final byte[] bytes = Golden.bytes(name);
        longAt(bytes, 16, 77);
        final Path file = Files.write(directory.resolve("count.evtl"), bytes);
        Journal.open(file, append()).close();
        assertEquals(3, StoredEvent.eventCount(Files.readAllBytes(file)));
    }

    private static void longAt(final byte[] bytes, final int at, final long value) {
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putLong(at, value);
    }
}
