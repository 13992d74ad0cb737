package dev.evtl.replay;

import static dev.evtl.replay.Lines.E1;
import static dev.evtl.replay.Lines.E2;
import static dev.evtl.replay.Lines.E3;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import dev.evtl.journal.BackPressure;
import dev.evtl.journal.Journal;
import dev.evtl.journal.JournalConfig;
import dev.evtl.journal.JournalScan;
import dev.evtl.journal.exceptions.CorruptJournalException;
import dev.evtl.journal.exceptions.CorruptJournalException.Kind;
import dev.evtl.journal.exceptions.JournalException;
import dev.evtl.journal.exceptions.JournalNotFoundException;
import dev.evtl.journal.format.EventHeader;
import dev.evtl.replay.EventHandler.Action;
import dev.evtl.torture.ReferenceJournal;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
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
        return JournalReader.open(TestFiles.golden(name, directory), TestFiles.verify(verify));
    }

    private static List<String> read(final JournalReader reader) {
        final Lines lines = new Lines();
        reader.forEach(lines::onEvent);
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
            assertEquals(reader.header().writeOffset(), reader.offset());
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
    void totalOfDroppedEventsEndsAtTheLargestNumber(final boolean verify) throws IOException {
        final Path file = directory.resolve("gaps.evtl");
        Files.write(
                file,
                new ReferenceJournal(1, true, 0)
                        .add(EventHeader.TYPE_GAP, 0, 1, gap(Long.MAX_VALUE))
                        .add(EventHeader.TYPE_GAP, 0, 1, gap(Long.MAX_VALUE))
                        .add(EventHeader.TYPE_GAP, 0, 1, gap(5))
                        .add(EventHeader.TYPE_GAP, 0, 1, gap(-1))
                        .closed());
        try (JournalReader reader = JournalReader.open(file, TestFiles.verify(verify))) {
            assertEquals(2, reader.poll(event -> Action.CONTINUE, 2));
            assertEquals(-2, reader.droppedEvents(), "unsigned");
            assertEquals(0, reader.poll(event -> Action.REPEAT, 1));
            assertEquals(-2, reader.droppedEvents());
            assertEquals(1, reader.poll(event -> Action.CONTINUE, 1));
            assertEquals(-1, reader.droppedEvents());
            assertTrue(reader.next());
            assertEquals(-1, reader.droppedEvents());
            assertEquals(9, reader.event().firstDropTimestamp());
            assertEquals(3, reader.event().lastDropTimestamp(), "timestamps may step back");
        }
        assertEquals(-1, JournalScan.of(file).dropped());
    }

    private static byte[] gap(final long dropped) {
        return ByteBuffer.allocate(24)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(dropped)
                .putLong(9)
                .putLong(3)
                .array();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void flagMoreIsNoneOfTheApplicationsButToldAsClaim(final boolean verify) throws IOException {
        try (JournalReader reader = golden("group", verify)) {
            final List<Boolean> more = new ArrayList<>();
            reader.forEach(event -> more.add(event.moreOfClaim()));
            assertEquals(List.of(false, true, true, false, false), more);
            reader.seekToStart();
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
        "crashed-group, true, 1, 137, 3, UNSYNCED_DATA_LOST, unsynced data lost: checksum: expected"
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
                        assertThrows(CorruptJournalException.class, () -> reader.forEach(lines::onEvent));
                assertEquals(offset, e.offset());
                assertEquals(sequence, e.sequence());
                assertEquals(kind, e.kind());
                assertTrue(e.reason().startsWith(reason), e.reason());
                assertTrue(e.getMessage().startsWith(directory.resolve(name + ".evtl") + ": "), e.getMessage());
                assertEquals(delivered, lines.lines.size());
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"true, true", "true, false", "false, true", "false, false"})
    void closedFileThatEndsWithinAClaimIsCorruptAndNothingOfTheClaimIsDelivered(
            final boolean checksums, final boolean verify) throws IOException {
        final Path file = Files.write(
                directory.resolve("more.evtl"),
                new ReferenceJournal(1, checksums, 0)
                        .add(1, 0, TestFiles.T0, new byte[0])
                        .add(2, ReferenceJournal.MORE, TestFiles.T0, new byte[5])
                        .add(3, ReferenceJournal.MORE, TestFiles.T0, new byte[7])
                        .closed());
        try (JournalReader reader = JournalReader.open(file, TestFiles.verify(verify))) {
            final Lines lines = new Lines();
            for (int attempt = 0; attempt < 2; attempt++) {
                final CorruptJournalException e =
                        assertThrows(CorruptJournalException.class, () -> reader.poll(lines, 10));
                assertEquals(Kind.CORRUPT_EVENT, e.kind());
                assertEquals(80, e.offset());
                assertEquals(1, e.sequence());
                assertEquals(
                        "corrupt event: expected the rest of the claim that begins at 80, found the end", e.reason());
            }
            assertEquals(List.of("0 0 1 0 "), lines.lines);
            TestFiles.assertPlace(0, 80, 1, reader.position());
            assertFalse(reader.isAtEnd());
            assertThrows(CorruptJournalException.class, reader::seekToEnd);
        }
    }

    /** As when a claim is longer than what is asked for at once, or a reader begins within one. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void claimIsReadInPiecesAndFromItsMiddle(final boolean verify) throws IOException {
        try (JournalReader reader = golden("group", verify)) {
            final Lines lines = new Lines();
            JournalPosition middle = null;
            while (reader.poll(lines, 1) > 0) {
                middle = reader.sequence() == 2 ? reader.position() : middle;
                assertEquals(0, reader.poll(event -> Action.REPEAT, 1));
            }
            assertEquals(5, lines.lines.size());
            reader.seek(middle);
            assertEquals(lines.lines.subList(2, 5), read(reader));
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
            final EventHandler throwing = event -> {
                throw new IllegalStateException("event " + event.sequence());
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
    void handlerThatStopsHasReadTheEvent(final boolean verify) throws IOException {
        try (JournalReader reader = golden("gap", verify)) {
            final Lines lines = new Lines();
            for (int read = 1; read <= 5; read++) {
                assertEquals(1, reader.poll(event -> stop(lines, event, Action.STOP), 10));
                assertEquals(read, reader.sequence());
            }
            assertEquals(0, reader.poll(event -> stop(lines, event, Action.STOP), 10));
            assertEquals(List.of(E1, E2, E3, "3 10 gap of 12345 from 3 to 9", "4 11 2 0 after"), lines.lines);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void handlerThatRepeatsGetsTheEventAgain(final boolean verify) throws IOException {
        try (JournalReader reader = golden("gap", verify)) {
            final Lines lines = new Lines();
            assertEquals(1, reader.poll(event -> event.sequence() == 0 ? Action.CONTINUE : Action.REPEAT, 10));
            assertEquals(0, reader.poll(event -> stop(lines, event, Action.REPEAT), 10));
            assertEquals(1, reader.sequence());
            assertEquals(80, reader.offset());
            assertEquals(2, reader.poll(lines, 2));
            assertEquals(0, reader.poll(event -> stop(lines, event, Action.REPEAT), 10));
            assertEquals(0, reader.droppedEvents());
            assertEquals(2, reader.poll(lines, 10));
            assertEquals(12_345, reader.droppedEvents());
            final String gap = "3 10 gap of 12345 from 3 to 9";
            assertEquals(List.of(E2, E2, E3, gap, gap, "4 11 2 0 after"), lines.lines);
        }
    }

    private static Action stop(final Lines lines, final JournalEvent event, final Action action) {
        lines.onEvent(event);
        return action;
    }

    @Test
    void handlerThatSaysNothingIsAnError() throws IOException {
        try (JournalReader reader = golden("closed", true)) {
            assertThrows(NullPointerException.class, () -> reader.poll(event -> null, 1));
        }
    }

    @Test
    void missingFileIsItsOwnError() {
        final Path file = directory.resolve("not-yet.evtl");
        final JournalNotFoundException e = assertThrows(JournalNotFoundException.class, () -> JournalReader.open(file));
        assertTrue(e.getMessage().startsWith(file.toString()), e.getMessage());
    }

    @Test
    void readerAndConfigSayWhatTheyAre() throws IOException {
        final Path file = TestFiles.golden("closed", directory);
        final JournalReader reader = JournalReader.open(file);
        reader.poll(event -> Action.CONTINUE, 2);
        assertEquals("JournalReader[" + file + ", sequence=2, offset=110, end=895, verified]", reader.toString());
        reader.close();
        assertTrue(reader.toString().endsWith(", verified, closed]"), reader.toString());
        assertEquals(
                "ReaderConfig[verify=true, start=beginning]",
                ReaderConfig.builder().build().toString());
        assertEquals(
                "ReaderConfig[verify=false, start=sequence 7]",
                ReaderConfig.builder().verify(false).startAtSequence(7).build().toString());
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void pollReadsNoMoreThanItsLimit(final boolean verify) throws IOException {
        try (JournalReader reader = golden("closed", verify)) {
            final Lines lines = new Lines();
            assertEquals(2, reader.poll(lines, 2));
            assertEquals(List.of(E1, E2), lines.lines);
            assertEquals(110, reader.offset());
            assertEquals(1, reader.poll(lines, 2));
            assertEquals(0, reader.poll(lines, 0));
            assertEquals(
                    "limit -1 is below 0",
                    assertThrows(IllegalArgumentException.class, () -> reader.poll(lines, -1))
                            .getMessage());
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void nextGoesFromEventToEvent(final boolean verify) throws IOException {
        try (JournalReader reader = golden("gap", verify)) {
            final JournalEvent event = reader.event();
            assertEquals("no event", event.toString());
            assertTrue(reader.next());
            assertTrue(reader.next());
            assertEquals(1, event.sequence());
            assertEquals(80, event.offset());
            assertEquals(TestFiles.T0 + 2, event.timestamp());
            assertEquals(7, event.type());
            assertEquals(0, event.flags());
            assertEquals(
                    "hello, journal",
                    event.buffer().getStringWithoutLengthAscii(event.payloadOffset(), event.payloadLength()));
            assertFalse(event.isGap());
            assertEquals(0, event.dropped());
            assertThrows(IllegalStateException.class, event::firstDropTimestamp);
            assertThrows(IllegalStateException.class, event::lastDropTimestamp);
            assertEquals("offset=80 seq=1 2023-11-14T22:13:20.000000002Z type=7 flags=0 length=14", event.toString());
            assertTrue(reader.next());
            assertEquals(15, event.flags());
            assertEquals(769, event.payloadLength());
            assertTrue(reader.next());
            assertTrue(event.isGap());
            assertEquals(12_345, event.dropped());
            assertEquals(TestFiles.T0 + 3, event.firstDropTimestamp());
            assertEquals(TestFiles.T0 + 9, event.lastDropTimestamp());
            assertEquals(
                    "offset=895 seq=3 2023-11-14T22:13:20.000000010Z gap: 12345 events dropped"
                            + " from 2023-11-14T22:13:20.000000003Z to 2023-11-14T22:13:20.000000009Z",
                    event.toString());
            assertTrue(reader.next());
            assertFalse(event.isGap());
            assertEquals(0, event.dropped());
            assertEquals(4, event.sequence());
            assertFalse(reader.next());
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void fileCutShortUnderTheReaderIsAnError(final boolean verify) throws IOException {
        final Path file = TestFiles.golden("closed", directory);
        try (JournalReader reader = JournalReader.open(file, TestFiles.verify(verify))) {
            Files.write(file, Arrays.copyOf(Files.readAllBytes(file), 100));
            assertThrows(JournalException.class, () -> reader.forEach(event -> {}));
        }
    }

    /** What a read that threw has left of a block is not taken for what was to be read. */
    @ParameterizedTest
    @CsvSource({"true, true", "true, false", "false, true", "false, false"})
    void pollAfterOneThatThrewGoesOnWithTheRightEvents(final boolean checksums, final boolean verify)
            throws IOException {
        final int events = 20_000;
        final Path file = directory.resolve("restored.evtl");
        try (Journal journal = Journal.open(
                file,
                JournalConfig.builder()
                        .checksums(checksums)
                        .backPressure(BackPressure.BLOCK)
                        .build())) {
            for (int i = 0; i < events; i++) {
                TestFiles.offerNumber(journal.publisher(), i);
            }
        }
        final byte[] whole = Files.readAllBytes(file);
        final Lines lines = new Lines();
        try (JournalReader reader = JournalReader.open(file, TestFiles.verify(verify))) {
            assertEquals(1000, reader.poll(lines, 1000));
            try (RandomAccessFile raw = new RandomAccessFile(file.toFile(), "rw")) {
                raw.setLength(30_000);
                for (int attempt = 0; attempt < 3; attempt++) {
                    assertThrows(JournalException.class, () -> reader.poll(lines, events));
                }
                raw.write(whole);
            }
            assertTrue(lines.lines.size() < events);
            reader.forEach(lines::onEvent);
        }
        assertEquals(IntStream.range(0, events).mapToObj(Lines::numbered).toList(), lines.lines);
    }

    /** As in a file that was cut short within its header, or to which a recovery found less. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void writeOffsetThatStepsBackBehindTheReaderIsAnError(final boolean verify) throws IOException {
        final Path file = TestFiles.golden("open-preallocated", directory);
        try (JournalReader reader = JournalReader.open(file, TestFiles.verify(verify))) {
            assertEquals(3, reader.forEach(event -> {}));
            assertEquals(0, reader.forEach(event -> {}));
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
        final Consumer<JournalEvent> counting = event -> read[0] += event.payloadLength();
        try (JournalReader reader = JournalReader.open(file, TestFiles.verify(verify))) {
            reader.forEach(counting);
            reader.seekToStart();
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

    @Test
    void droppedEventsAreUnsignedAndAddUpToTheLargestAtMost() {
        final Path file = directory.resolve("gaps.evtl");
        try (Journal journal = Journal.open(file)) {
            assertTrue(journal.publisher().offerGap(1, -2, 3, 4) > 0);
            assertTrue(journal.publisher().offerGap(1, 1000, 3, 4) > 0);
        }
        try (JournalReader reader = JournalReader.open(file)) {
            assertEquals(1, reader.poll(new Lines(), 1));
            assertEquals(-2, reader.droppedEvents());
            assertEquals(0, reader.poll(event -> stop(new Lines(), event, Action.REPEAT), 1));
            assertEquals(-2, reader.droppedEvents());
            assertEquals(1, reader.poll(new Lines(), 1));
            assertEquals(-1, reader.droppedEvents());
        }
    }
}
