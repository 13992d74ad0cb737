package dev.evtl.replay;

import static dev.evtl.replay.Lines.numbered;
import static dev.evtl.replay.TestFiles.openFile;
import static dev.evtl.replay.TestFiles.rolled;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.evtl.journal.BackPressure;
import dev.evtl.journal.Journal;
import dev.evtl.journal.JournalConfig;
import dev.evtl.journal.exceptions.CorruptJournalException;
import dev.evtl.journal.exceptions.CorruptJournalException.Kind;
import dev.evtl.journal.exceptions.EventsReleasedException;
import dev.evtl.journal.exceptions.JournalNotFoundException;
import dev.evtl.journal.exceptions.JournalReplacedException;
import dev.evtl.journal.file.JournalDirectory;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A journal that is a directory, read as one. */
class DirectoryReaderTest {
    private static final Duration LIMIT = Duration.ofSeconds(30);

    @TempDir
    Path directory;

    private JournalReader open(final boolean verify) {
        return JournalReader.open(directory, TestFiles.verify(verify));
    }

    private Path file(final long baseSequence) {
        return JournalDirectory.file(directory, baseSequence);
    }

    private static List<String> numbers(final int from, final int to) {
        return IntStream.range(from, to).mapToObj(Lines::numbered).toList();
    }

    private static List<String> read(final JournalReader reader) {
        final Lines lines = new Lines();
        reader.forEach(lines::onEvent);
        return lines.lines;
    }

    /** Polls until so many events are there, as a follower does. */
    private static void follow(final JournalReader reader, final Lines lines, final int events) {
        final long start = System.nanoTime();
        while (lines.lines.size() < events) {
            reader.poll(lines, 1000, Duration.ofMillis(100));
            assertTrue(System.nanoTime() - start < LIMIT.toNanos(), "came to " + reader);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void filesAreReadAsOneJournal(final boolean verify) throws IOException {
        rolled(directory, 100, 1, 2500);
        Files.writeString(directory.resolve("notes.txt"), "not a journal's");
        Files.writeString(directory.resolve("00000000000000000050.evtl.index"), "not a journal");
        try (JournalReader reader = open(verify)) {
            assertEquals(0, reader.header().baseSequence());
            assertEquals(numbers(0, 2601), read(reader));
            assertEquals(2601, reader.sequence());
            assertEquals(101, reader.header().baseSequence());
            assertEquals(Files.size(file(101)), reader.offset());
            assertTrue(reader.isAtEnd());
            assertEquals(0, reader.forEach(event -> {}));
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void eachWayOfReadingGoesOnFromFileToFile(final boolean verify) {
        rolled(directory, 10, 20, 30);
        try (JournalReader reader = open(verify)) {
            final Lines pulled = new Lines();
            while (reader.next()) {
                pulled.onEvent(reader.event());
            }
            assertEquals(numbers(0, 60), pulled.lines);
            reader.seekToStart();
            final Lines polled = new Lines();
            assertEquals(10, reader.poll(polled, 100));
            assertFalse(reader.isAtEnd());
            assertEquals(20, reader.poll(polled, 100));
            assertEquals(30, reader.poll(polled, 100, Duration.ofDays(1)));
            assertEquals(0, reader.poll(polled, 100, Duration.ofDays(1)));
            assertEquals(numbers(0, 60), polled.lines);
            reader.seekToStart();
            final TypeCounter counter = new TypeCounter();
            assertEquals(60, new Dispatcher(reader, EventFilter.ALL, e -> {}, List.of(counter)).drain());
            assertEquals(
                    60, counter.counts().values().stream().mapToLong(n -> n).sum());
        }
    }

    private static Journal rolling(final Path directory) {
        return Journal.open(
                directory,
                JournalConfig.builder()
                        .backPressure(BackPressure.BLOCK)
                        .initialSize(4096)
                        .rollSize(1 << 30)
                        .build());
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void followerGoesOnToTheNextFileAtARoll(final boolean verify) {
        final Lines lines = new Lines();
        try (Journal journal = rolling(directory);
                JournalReader reader = open(verify)) {
            for (int i = 0; i < 5; i++) {
                TestFiles.offerNumber(journal.publisher(), i);
            }
            journal.sync();
            follow(reader, lines, 5);
            assertEquals(0, reader.poll(lines, 10));
            TestFiles.offerNumber(journal.publisher(), 5);
            assertTrue(journal.roll(Duration.ofMinutes(1)));
            follow(reader, lines, 6);
            assertEquals(0, reader.poll(lines, 10, Duration.ofMillis(20)));
            assertEquals(6, reader.header().baseSequence(), "it waits in the new file");
            assertFalse(reader.isAtEnd());
            TestFiles.offerNumber(journal.publisher(), 6);
            journal.sync();
            follow(reader, lines, 7);
        }
        assertEquals(numbers(0, 7), lines.lines);
    }

    /** As in the moment after a roll, or where the writer died then. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void fileThatIsNotClosedYetIsLeftForTheNext(final boolean verify) throws IOException {
        rolled(directory, 6, 1);
        try (RandomAccessFile old = new RandomAccessFile(file(0).toFile(), "rw")) {
            old.seek(56);
            old.write(new byte[4]);
            old.setLength(4096);
        }
        try (JournalReader reader = open(verify)) {
            assertEquals(numbers(0, 7), read(reader));
            assertTrue(reader.isAtEnd());
        }
    }

    @Test
    void consumerThatBringsAboutANewFileDoesNotGetItsEventsInTheSameCall() {
        rolled(directory, 3);
        final Lines lines = new Lines();
        try (JournalReader reader = open(true)) {
            assertEquals(3, reader.forEach(event -> {
                lines.onEvent(event);
                if (event.sequence() == 2) {
                    try (Journal next = openFile(directory, 3)) {
                        TestFiles.offerNumber(next.publisher(), 3);
                    }
                }
            }));
            assertEquals(1, reader.forEach(lines::onEvent));
            assertEquals(numbers(0, 4), lines.lines);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void followersGetEachEventOnceAcrossManyFiles(final boolean verify) throws Exception {
        final int files = 40;
        final int perFile = 37;
        final ExecutorService thread = Executors.newSingleThreadExecutor();
        try (Journal journal = rolling(directory);
                JournalReader reader = open(verify)) {
            final Lines lines = new Lines();
            final Future<?> followed = thread.submit(() -> follow(reader, lines, files * perFile));
            for (int i = 0; i < files * perFile; i++) {
                if (i > 0 && i % perFile == 0) {
                    assertTrue(journal.roll(Duration.ofMinutes(1)));
                }
                TestFiles.offerNumber(journal.publisher(), i);
            }
            followed.get();
            assertEquals(numbers(0, files * perFile), lines.lines);
        } finally {
            thread.shutdownNow();
        }
    }

    @Test
    void directoryWithoutAFileOfAJournalIsNoJournal() throws IOException {
        assertThrows(JournalNotFoundException.class, () -> open(true));
        Files.writeString(directory.resolve("other.evtl"), "");
        final JournalNotFoundException e = assertThrows(JournalNotFoundException.class, () -> open(true));
        assertTrue(e.getMessage().startsWith(directory.toString()), e.getMessage());
        assertThrows(JournalNotFoundException.class, () -> JournalReader.open(directory.resolve("none")));
    }

    @Test
    void newestFileWithoutAnEventIsTheEnd() {
        rolled(directory, 10, 5, 0);
        try (JournalReader reader = open(true)) {
            assertEquals(numbers(0, 15), read(reader));
            assertEquals(0, reader.poll(new Lines(), 1));
            assertEquals(15, reader.header().baseSequence());
            assertTrue(reader.isAtEnd());
            assertEquals(new Lag(0, 0), reader.lag());
        }
    }

    private CorruptJournalException assertCorrupt(final Kind kind, final Path file, final long sequence) {
        for (final boolean verify : List.of(true, false)) {
            try (JournalReader reader = open(verify)) {
                final Lines lines = new Lines();
                final CorruptJournalException e =
                        assertThrows(CorruptJournalException.class, () -> reader.forEach(lines::onEvent));
                assertEquals(kind, e.kind());
                assertEquals(file, e.file());
                assertEquals(sequence, e.sequence());
                assertEquals(
                        e.getMessage(),
                        assertThrows(CorruptJournalException.class, () -> reader.poll(lines, 1))
                                .getMessage());
                assertEquals(
                        e.getMessage(),
                        assertThrows(CorruptJournalException.class, reader::next)
                                .getMessage());
            }
        }
        try (JournalReader reader = open(true)) {
            return assertThrows(CorruptJournalException.class, () -> reader.forEach(event -> {}));
        }
    }

    @Test
    void missingFileIsCorruptAndItsRangeIsNamed() throws IOException {
        rolled(directory, 10, 20, 30, 5);
        Files.delete(file(10));
        final CorruptJournalException e = assertCorrupt(Kind.CORRUPT_EVENT, file(0), 10);
        assertEquals(
                "sequences 10 to 29 are missing: expected the file 00000000000000000010.evtl after this one, found"
                        + " 00000000000000000030.evtl",
                e.reason());
        try (JournalReader reader = open(true)) {
            assertThrows(CorruptJournalException.class, () -> reader.seekSequence(15));
            assertEquals(0, reader.sequence());
            reader.seekSequence(30);
            assertEquals(numbers(30, 65), read(reader));
        }
    }

    @Test
    void closedFileWhoseEventsEndEarlyIsCorrupt() {
        rolled(directory, 10);
        try (Journal next = openFile(directory, 12)) {
            TestFiles.offerNumber(next.publisher(), 12);
        }
        assertTrue(
                assertCorrupt(Kind.CORRUPT_EVENT, file(0), 10).reason().startsWith("sequences 10 to 11 are missing"));
    }

    @Test
    void fileThatLostItsEndWithTheMachineIsToldSo() throws IOException {
        rolled(directory, 10);
        try (Journal next = openFile(directory, 12)) {
            TestFiles.offerNumber(next.publisher(), 12);
        }
        try (RandomAccessFile header = new RandomAccessFile(file(0).toFile(), "rw")) {
            header.seek(56);
            header.writeInt(0); // open
        }
        assertCorrupt(Kind.UNSYNCED_DATA_LOST, file(0), 10);
    }

    @Test
    void filesThatOverlapAreCorrupt() {
        rolled(directory, 10);
        try (Journal next = openFile(directory, 8)) {
            TestFiles.offerNumber(next.publisher(), 8);
        }
        assertEquals(
                "files overlap: expected base_sequence 10, where " + file(0)
                        + " ends, found 8: sequences 8 to 9 are in both",
                assertCorrupt(Kind.CORRUPT_EVENT, file(8), 8).reason());
    }

    @Test
    void fileUnderAnotherNameIsCorrupt() throws IOException {
        rolled(directory, 10, 20, 30);
        Files.delete(file(10));
        Files.move(file(30), file(10));
        final CorruptJournalException e = assertCorrupt(Kind.DAMAGED_HEADER, file(10), -1);
        assertEquals("not the file of its name: expected base_sequence 10, found 30", e.reason());
        assertEquals(40, e.offset());
    }

    @Test
    void emptyFileUnderAJournalsNameIsCorrupt() throws IOException {
        rolled(directory, 10);
        Files.createFile(file(10));
        assertCorrupt(Kind.NOT_A_JOURNAL, file(10), -1);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void fileThatIsDeletedWhileItIsReadIsReadToItsEnd(final boolean verify) throws IOException {
        rolled(directory, 1000, 2000, 3000);
        final Lines lines = new Lines();
        try (JournalReader reader = open(verify)) {
            reader.poll(lines, 10);
            Files.delete(file(0));
            while (lines.lines.size() < 1500) {
                assertTrue(reader.poll(lines, 100) > 0);
            }
            Files.delete(file(1000));
            reader.forEach(lines::onEvent);
            assertEquals(numbers(0, 6000), lines.lines);
            assertTrue(reader.isAtEnd());
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void readerIsToldWhichEventsWereReleasedAndCanGoOn(final boolean verify) throws IOException {
        rolled(directory, 10, 20, 30, 40);
        final Lines lines = new Lines();
        try (JournalReader reader = open(verify)) {
            reader.poll(lines, 5);
            Files.delete(file(0));
            Files.delete(file(10));
            final EventsReleasedException e =
                    assertThrows(EventsReleasedException.class, () -> reader.forEach(lines::onEvent));
            assertEquals(10, e.firstMissing());
            assertEquals(30, e.firstAvailable());
            assertTrue(e.getMessage().startsWith(directory + ": sequences 10 to 29 are missing"), e.getMessage());
            assertEquals(numbers(0, 10), lines.lines);
            assertThrows(EventsReleasedException.class, () -> reader.poll(lines, 1));
            reader.seekToStart();
            assertEquals(numbers(30, 100), read(reader));
        }
    }

    @Test
    void directoryThatIsEmptiedUnderAFollowerIsTold() throws Exception {
        rolled(directory, 10);
        try (JournalReader reader = open(true)) {
            reader.forEach(event -> {});
            Files.delete(file(0));
            final long start = System.nanoTime();
            assertThrows(JournalReplacedException.class, () -> {
                while (System.nanoTime() - start < LIMIT.toNanos()) {
                    reader.poll(new Lines(), 1);
                }
            });
        }
    }

    private long handlesAndMappings() throws IOException {
        final String name = directory.toRealPath().toString();
        long found = 0;
        try (Stream<Path> handles = Files.list(Path.of("/proc/self/fd"))) {
            for (final Path handle : (Iterable<Path>) handles::iterator) {
                try {
                    found += Files.readSymbolicLink(handle).toString().startsWith(name) ? 1 : 0;
                } catch (final IOException e) {
                    // it was that of the list itself
                }
            }
        }
        return found
                + Files.readAllLines(Path.of("/proc/self/maps")).stream()
                        .filter(line -> line.contains(name))
                        .count();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void nothingOfAFileThatAReaderHasLeftStaysOpen(final boolean verify) throws Exception {
        final int[] events = new int[20];
        Arrays.fill(events, 20);
        rolled(directory, events);
        try (JournalReader reader = open(verify)) {
            for (int round = 0; round < 3; round++) {
                reader.forEach(event -> {});
                reader.seekSequence(250);
                reader.endPosition();
                assertThrows(IllegalArgumentException.class, () -> reader.seekSequence(401));
                reader.lag();
                reader.seekToStart();
            }
            reader.seekToEnd();
            assertOpen(3, "handle, header and a window of one file");
            for (final int base : IntStream.range(0, 20).map(i -> 20 * i).toArray()) {
                Files.delete(file(base));
            }
            assertOpen(3, "the deleted file that it is in");
        }
        if (verify) {
            assertOpen(0, "closed");
        }
    }

    /** Windows that were handed out stay until the garbage collector finds that nobody has them. */
    private void assertOpen(final long most, final String what) throws Exception {
        final long start = System.nanoTime();
        while (handlesAndMappings() > most && System.nanoTime() - start < LIMIT.toNanos()) {
            System.gc();
            Thread.sleep(10);
        }
        assertTrue(handlesAndMappings() <= most, what + ": " + handlesAndMappings());
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void seeksGoToTheFileThatHasTheEvent(final boolean verify) {
        rolled(directory, 1000, 1, 2000, 3000);
        try (JournalReader reader = open(verify)) {
            for (final int target : new int[] {5999, 0, 1000, 999, 1001, 3000, 3001, 1500, 1400, 2}) {
                reader.seekSequence(target);
                assertEquals(target, reader.sequence());
                final JournalPosition position = reader.position();
                assertTrue(reader.next());
                assertEquals(target, reader.event().sequence());
                reader.seekToEnd();
                assertEquals(6001, reader.sequence());
                assertFalse(reader.next());
                reader.seek(position);
                assertEquals(position, reader.position());
                assertTrue(reader.next());
                assertEquals(target, reader.event().sequence());
                reader.seekToStart();
                assertEquals(0, reader.sequence());
            }
            reader.seekSequence(6001);
            assertEquals(reader.endPosition(), reader.position());
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void seekThatFailsLeavesTheReaderInItsFile(final boolean verify) throws IOException {
        rolled(directory, 100, 100, 100);
        Files.delete(file(0));
        try (RandomAccessFile raw = new RandomAccessFile(file(200).toFile(), "rw")) {
            raw.seek(64 + 8 + 1);
            raw.write(0xFF); // reserved flags of the first event
        }
        try (JournalReader reader = open(verify)) {
            reader.seekSequence(150);
            reader.next();
            final JournalPosition here = reader.position();
            assertThrows(CorruptJournalException.class, () -> reader.seekSequence(250));
            assertThrows(CorruptJournalException.class, reader::seekToEnd);
            assertThrows(CorruptJournalException.class, reader::endPosition);
            assertThrows(IllegalArgumentException.class, () -> reader.seekSequence(99));
            assertEquals(here, reader.position());
            assertTrue(reader.next());
            assertEquals(151, reader.event().sequence());
            assertEquals(1, reader.event().timestamp() - TestFiles.T0 - 150);
        }
    }

    @Test
    void lagIsOfAllFilesBetweenReaderAndEnd() throws IOException {
        rolled(directory, 100, 200, 300, 400);
        try (Journal newest = openFile(directory, 1000);
                JournalReader reader = open(true)) {
            TestFiles.offerNumber(newest.publisher(), 1000);
            newest.sync();
            long bytes = 16 + 4;
            for (final int base : new int[] {0, 100, 300, 600}) {
                bytes += Files.size(file(base)) - 64;
            }
            assertEquals(new Lag(1001, bytes), reader.lag());
            assertEquals(1001, reader.endSequence());
            reader.seekSequence(600);
            assertEquals(new Lag(401, Files.size(file(600)) - 64 + 20), reader.lag());
            reader.seekToEnd();
            assertEquals(new Lag(0, 0), reader.lag());
            assertEquals(1001, reader.endSequence());
            TestFiles.offerNumber(newest.publisher(), 1001);
            newest.sync();
            assertEquals(new Lag(1, 20), reader.lag());
            assertEquals(List.of(numbered(1001)), read(reader));
        }
    }

    @Test
    void lagOfAReaderOfOneFile() {
        try (Journal journal = Journal.open(directory.resolve("a.evtl"));
                JournalReader reader = JournalReader.open(journal.path())) {
            assertEquals(new Lag(0, 0), reader.lag());
            TestFiles.offerNumber(journal.publisher(), 0);
            TestFiles.offerNumber(journal.publisher(), 1);
            journal.sync();
            assertEquals(new Lag(2, 34), reader.lag());
            reader.next();
            assertEquals(new Lag(1, 17), reader.lag());
            assertEquals(2, reader.endSequence());
        }
    }
}
