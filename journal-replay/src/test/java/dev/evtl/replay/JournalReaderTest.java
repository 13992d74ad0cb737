package dev.evtl.replay;

import static dev.evtl.replay.Lines.E1;
import static dev.evtl.replay.Lines.E2;
import static dev.evtl.replay.Lines.E3;
import static dev.evtl.replay.Lines.numbered;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import dev.evtl.journal.exceptions.CorruptJournalException;
import dev.evtl.journal.exceptions.CorruptJournalException.Kind;
import dev.evtl.journal.exceptions.JournalException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class JournalReaderTest {
    @TempDir
    Path directory;

    private JournalReader golden(final String name, final boolean verify) throws IOException {
        return JournalReader.open(TestFiles.golden(name, directory), verify);
    }

    private static List<String> read(final JournalReader reader) {
        final Lines lines = new Lines();
        reader.forEach(lines);
        return lines.lines;
    }

    @ParameterizedTest
    @CsvSource({
        "empty, true",
        "empty, false",
        "closed, true",
        "closed, false",
        "no-checksums, true",
        "no-checksums, false",
        "open-preallocated, true",
        "open-preallocated, false",
        "crashed-unpublished, true",
        "crashed-unpublished, false",
        "crashed-torn, true",
        "crashed-torn, false"
    })
    void readerDeliversWhatWasPublished(final String name, final boolean verify) throws IOException {
        final int published = switch (name) {
            case "empty" -> 0;
            case "crashed-unpublished" -> 1;
            case "crashed-torn" -> 2;
            default -> 3;
        };
        try (JournalReader reader = golden(name, verify)) {
            assertEquals(List.of(E1, E2, E3).subList(0, published), read(reader));
            assertEquals(published, reader.sequence());
            assertEquals(reader.header().writeOffset(), reader.position());
            assertEquals(reader.header().closed(), reader.isAtEnd());
            assertEquals(0, reader.poll(new Lines(), 1));
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void sequenceNumbersBeginWithTheBaseSequence(final boolean verify) throws IOException {
        try (JournalReader reader = golden("second-file", verify)) {
            assertEquals(List.of("1048576 1 1 0 ", "1048577 2 7 0 hello, journal", Lines.e3(1_048_578)), read(reader));
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void gapIsDeliveredAsGapAndCounted(final boolean verify) throws IOException {
        try (JournalReader reader = golden("gap", verify)) {
            assertEquals(List.of(E1, E2, E3, "3 10 gap of 12345 from 3 to 9", "4 11 2 0 after"), read(reader));
            assertEquals(12_345, reader.droppedEvents());
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void flagMoreIsKeptFromTheApplication(final boolean verify) throws IOException {
        try (JournalReader reader = golden("group", verify)) {
            assertEquals(
                    List.of(
                            "0 1 1 0 alone",
                            "1 2 2 0 first of three",
                            "2 3 3 1 second",
                            "3 4 4 1 third",
                            "4 5 5 0 alone again"),
                    read(reader));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "corrupt-payload, true, 1, 80, 1, CORRUPT_EVENT, corrupt event: checksum: expected",
        "power-loss, true, 2, 110, 2, UNSYNCED_DATA_LOST, unsynced data lost: expected an event",
        "power-loss, false, 2, 110, 2, UNSYNCED_DATA_LOST, unsynced data lost: expected an event",
        "crashed-group, true, 3, 137, 3, UNSYNCED_DATA_LOST, unsynced data lost: checksum: expected"
    })
    void readerStopsAtWhatDoesNotVerify(
            final String name,
            final boolean verify,
            final int delivered,
            final long offset,
            final long sequence,
            final Kind kind,
            final String reason)
            throws IOException {
        try (JournalReader reader = golden(name, verify)) {
            final Lines lines = new Lines();
            for (int attempt = 0; attempt < 2; attempt++) {
                final CorruptJournalException e =
                        assertThrows(CorruptJournalException.class, () -> reader.forEach(lines));
                assertEquals(offset, e.offset());
                assertEquals(sequence, e.sequence());
                assertEquals(kind, e.kind());
                assertTrue(e.reason().startsWith(reason), e.reason());
                assertTrue(e.getMessage().startsWith(directory.resolve(name + ".evtl") + ": "), e.getMessage());
                assertEquals(delivered, lines.lines.size());
            }
        }
    }

    @Test
    void withoutVerificationDamagedPayloadIsDelivered() throws IOException {
        try (JournalReader reader = golden("corrupt-payload", false)) {
            assertEquals(3, read(reader).size());
        }
    }

    @Test
    void damagedHeaderIsRefusedAtOpening() throws IOException {
        final Path file = TestFiles.golden("corrupt-header", directory);
        final CorruptJournalException e = assertThrows(CorruptJournalException.class, () -> JournalReader.open(file));
        assertEquals(Kind.DAMAGED_HEADER, e.kind());
        assertEquals(-1, e.sequence());
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void handlerThatThrowsLeavesReaderBehindItsEvent(final boolean verify) throws IOException {
        try (JournalReader reader = golden("closed", verify)) {
            final EventHandler throwing = (sequence, timestamp, type, flags, buffer, offset, length) -> {
                throw new IllegalStateException("event " + sequence);
            };
            assertEquals(
                    "event 0",
                    assertThrows(IllegalStateException.class, () -> reader.poll(throwing, 3))
                            .getMessage());
            assertEquals(List.of(E2, E3), read(reader));
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void pollReadsNoMoreThanItsLimit(final boolean verify) throws IOException {
        try (JournalReader reader = golden("closed", verify)) {
            final Lines lines = new Lines();
            assertEquals(2, reader.poll(lines, 2));
            assertEquals(List.of(E1, E2), lines.lines);
            assertEquals(110, reader.position());
            assertEquals(1, reader.poll(lines, 2));
            assertEquals(0, reader.poll(lines, 0));
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void cursorGoesFromEventToEvent(final boolean verify) throws IOException {
        try (JournalReader reader = golden("gap", verify)) {
            final JournalCursor cursor = reader.cursor();
            assertTrue(cursor.next());
            assertTrue(cursor.next());
            assertEquals(1, cursor.sequence());
            assertEquals(TestFiles.T0 + 2, cursor.timestamp());
            assertEquals(7, cursor.type());
            assertEquals(0, cursor.flags());
            assertEquals(
                    "hello, journal", cursor.buffer().getStringWithoutLengthAscii(cursor.offset(), cursor.length()));
            assertFalse(cursor.isGap());
            assertTrue(cursor.next());
            assertEquals(15, cursor.flags());
            assertEquals(769, cursor.length());
            assertTrue(cursor.next());
            assertTrue(cursor.isGap());
            assertEquals(12_345, cursor.dropped());
            assertEquals(0, cursor.length());
            assertTrue(cursor.next());
            assertFalse(cursor.isGap());
            assertEquals(0, cursor.dropped());
            assertEquals(4, cursor.sequence());
            assertFalse(cursor.next());
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void seekSequenceGoesForwardsAndBackwards(final boolean verify) {
        try (JournalReader reader =
                JournalReader.open(TestFiles.numbered(directory.resolve("many.evtl"), 20_000), verify)) {
            for (final int target : new int[] {15_000, 3, 0, 1, 19_999, 7_777, 7_776}) {
                assertEquals(target, reader.seekSequence(target));
                final Lines lines = new Lines();
                assertEquals(1, reader.poll(lines, 1));
                assertEquals(List.of(numbered(target)), lines.lines);
            }
            assertEquals(20_000, reader.seekSequence(1_000_000));
            assertEquals(0, reader.poll(new Lines(), 1));
        }
    }

    @Test
    void seekSequenceRefusesWhatLiesBeforeTheFile() throws IOException {
        try (JournalReader reader = golden("second-file", true)) {
            assertThrows(IllegalArgumentException.class, () -> reader.seekSequence(1_048_575));
            assertEquals(1_048_577, reader.seekSequence(1_048_577));
            assertEquals(List.of("1048577 2 7 0 hello, journal", Lines.e3(1_048_578)), read(reader));
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void seekOffsetFindsOnlyWhereEventsBegin(final boolean verify) throws IOException {
        try (JournalReader reader = golden("closed", verify)) {
            assertEquals(2, reader.seekOffset(110));
            assertEquals(1, reader.seekOffset(80));
            assertEquals(List.of(E2, E3), read(reader));
            assertEquals(3, reader.seekOffset(895));
            assertThrows(IllegalArgumentException.class, () -> reader.seekOffset(81));
            assertThrows(IllegalArgumentException.class, () -> reader.seekOffset(896));
            assertThrows(IllegalArgumentException.class, () -> reader.seekOffset(0));
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void seekGoesBackToWhereTheReaderWas(final boolean verify) throws IOException {
        try (JournalReader reader = golden("gap", verify)) {
            reader.poll(new Lines(), 1);
            final long position = reader.position();
            final long sequence = reader.sequence();
            final List<String> first = read(reader);
            reader.seek(position, sequence);
            assertEquals(0, reader.droppedEvents());
            assertEquals(first, read(reader));
            assertEquals(12_345, reader.droppedEvents());
            assertThrows(IllegalArgumentException.class, () -> reader.seek(63, 0));
        }
    }

    @Test
    void seekToWhereNoEventBeginsIsFoundOutByVerification() throws IOException {
        try (JournalReader reader = golden("closed", true)) {
            reader.seek(81, 1);
            final CorruptJournalException e =
                    assertThrows(CorruptJournalException.class, () -> reader.poll(new Lines(), 1));
            assertEquals(81, e.offset());
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void fileCutShortUnderTheReaderIsAnError(final boolean verify) throws IOException {
        final Path file = TestFiles.golden("closed", directory);
        try (JournalReader reader = JournalReader.open(file, verify)) {
            Files.write(file, Arrays.copyOf(Files.readAllBytes(file), 100));
            assertThrows(JournalException.class, () -> reader.forEach(new Lines()));
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void closedReaderThrows(final boolean verify) throws IOException {
        final JournalReader reader = golden("closed", verify);
        reader.poll(new Lines(), 1);
        reader.close();
        reader.close();
        assertThrows(RuntimeException.class, () -> reader.poll(new Lines(), 1));
        assertThrows(RuntimeException.class, reader::isAtEnd);
    }

    /** As in a file that was cut short within its header, or to which a recovery found less. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void writeOffsetThatStepsBackBehindTheReaderIsAnError(final boolean verify) throws IOException {
        final Path file = TestFiles.golden("open-preallocated", directory);
        try (JournalReader reader = JournalReader.open(file, verify)) {
            assertEquals(3, reader.forEach((sequence, timestamp, type, flags, buffer, offset, length) -> {}));
            assertEquals(0, reader.forEach((sequence, timestamp, type, flags, buffer, offset, length) -> {}));
            try (RandomAccessFile raw = new RandomAccessFile(file.toFile(), "rw")) {
                raw.seek(24);
                raw.writeLong(Long.reverseBytes(110));
            }
            final CorruptJournalException e =
                    assertThrows(CorruptJournalException.class, () -> reader.poll(new Lines(), 1));
            assertEquals(895, e.offset());
            assertEquals(3, e.sequence());
            assertTrue(e.reason().endsWith("expected write_offset not to step back, found 110"), e.reason());
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void replayAllocatesNothingPerEvent(final boolean verify) {
        final int events = 200_000;
        final Path file = TestFiles.numbered(directory.resolve("many.evtl"), events);
        final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        final long[] read = new long[1];
        final EventHandler counting = (sequence, timestamp, type, flags, buffer, offset, length) -> read[0] += length;
        try (JournalReader reader = JournalReader.open(file, verify)) {
            reader.forEach(counting);
            reader.seek(64, 0);
            final long before = threads.getCurrentThreadAllocatedBytes();
            assertEquals(events, reader.forEach(counting));
            final long allocated = threads.getCurrentThreadAllocatedBytes() - before;
            assertTrue(allocated < 4096, allocated + " bytes allocated for " + events + " events");
        }
        assertEquals(
                2
                        * IntStream.range(0, events)
                                .mapToLong(i -> Integer.toString(i).length())
                                .sum(),
                read[0]);
    }
}
