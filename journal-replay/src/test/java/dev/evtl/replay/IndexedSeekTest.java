package dev.evtl.replay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.evtl.journal.Journal;
import dev.evtl.journal.exceptions.CorruptJournalException;
import dev.evtl.journal.file.EventIndex;
import dev.evtl.journal.file.JournalDirectory;
import dev.evtl.journal.file.JournalView;
import dev.evtl.journal.format.IndexEntry;
import dev.evtl.journal.support.LongJournals;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Seeks in files that have an index, and in those whose index is none: each finds what reading everything finds. */
class IndexedSeekTest {
    private static final long LENGTH = 6 << 20;
    private static final long HOUR = TimeUnit.HOURS.toNanos(1);
    private static final int SEEKS = 40;

    @TempDir
    Path directory;

    private final Random random = new Random(12);

    private record Place(long sequence, long offset, long timestamp, boolean gap) {}

    private static List<Place> readAll(final Path journal) {
        final List<Place> places = new ArrayList<>();
        try (JournalReader reader = JournalReader.open(journal)) {
            reader.forEach(
                    event -> places.add(new Place(event.sequence(), event.offset(), event.timestamp(), event.isGap())));
        }
        return places;
    }

    private static List<IndexEntry> entries(final Path file) {
        final List<IndexEntry> entries = new ArrayList<>();
        try (JournalView view = new JournalView(file)) {
            for (long place = 0; place < view.index().size(); place++) {
                entries.add(view.index().get(place));
            }
        }
        return entries;
    }

    private static void damage(final Path file, final long offset) throws IOException {
        try (RandomAccessFile opened = new RandomAccessFile(file.toFile(), "rw")) {
            opened.seek(offset);
            final int old = opened.read();
            opened.seek(offset);
            opened.write(old ^ 0x10);
        }
    }

    /** The place leads back to itself only if it tells the event before it. */
    private static void assertAt(final Place expected, final JournalReader reader, final JournalReader other) {
        assertEquals(expected.sequence, reader.sequence());
        assertEquals(expected.offset, reader.offset());
        assertEquals(0, reader.droppedEvents());
        final JournalPosition position = reader.position();
        other.seek(position);
        assertEquals(position, other.position());
        assertTrue(reader.next());
        assertEquals(expected.timestamp, reader.event().timestamp());
    }

    private void assertSeeksFind(final List<Place> places, final JournalReader reader, final JournalReader other) {
        final Place last = places.get(places.size() - 1);
        for (int i = 0; i < SEEKS; i++) {
            final Place place = places.get(random.nextInt(places.size()));
            reader.seekSequence(place.sequence);
            assertAt(place, reader, other);
            reader.seekOffset(place.offset);
            assertAt(place, reader, other);
            reader.seekToLast(last.sequence + 1 - place.sequence);
            assertAt(place, reader, other);
            assertTimeIsFound(place.timestamp + random.nextInt(3) - 1, places, reader, other);
            assertThrows(IllegalArgumentException.class, () -> reader.seekOffset(place.offset + 1));
            assertThrows(IllegalArgumentException.class, () -> reader.seekSequence(last.sequence + 2));
        }
        reader.seekToEnd();
        assertEquals(last.sequence + 1, reader.sequence());
        assertFalse(reader.next());
        assertEquals(reader.position(), other.endPosition());
    }

    private static void assertTimeIsFound(
            final long time, final List<Place> places, final JournalReader reader, final JournalReader other) {
        final Place expected = places.stream()
                .filter(place -> place.timestamp >= time)
                .findFirst()
                .orElse(null);
        assertEquals(expected != null, reader.seekTime(time));
        if (expected == null) {
            assertEquals(places.get(places.size() - 1).sequence + 1, reader.sequence());
        } else {
            assertAt(expected, reader, other);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void everySeekFindsWhatReadingEverythingFinds(final boolean verify) {
        final Path file = directory.resolve("i.evtl");
        LongJournals.write(file, random.nextLong(), LENGTH);
        final List<Place> places = readAll(file);
        final List<IndexEntry> entries = entries(file);
        assertTrue(entries.size() > 3, entries.toString());
        try (JournalReader reader = JournalReader.open(file, TestFiles.verify(verify));
                JournalReader other = JournalReader.open(file)) {
            assertSeeksFind(places, reader, other);
            for (final IndexEntry entry : entries) {
                final Place place = places.stream()
                        .filter(any -> any.offset == entry.offset())
                        .findFirst()
                        .orElseThrow();
                reader.seekToEnd();
                reader.seekSequence(entry.sequence());
                assertAt(place, reader, other);
                reader.seekToEnd();
                reader.seekOffset(entry.offset());
                assertAt(place, reader, other);
                assertTimeIsFound(entry.eventTimestamp(), places, reader, other);
                assertTimeIsFound(entry.greatestTimestamp(), places, reader, other);
                assertTimeIsFound(entry.greatestTimestamp() + 1, places, reader, other);
            }
        }
    }

    @Test
    void firstEventOfATimeIsFoundAlsoWhereAnEntryNamesIt() {
        final Path file = directory.resolve("i.evtl");
        try (Journal journal = Journal.open(file)) {
            for (int i = 0; i < 50; i++) {
                TestFiles.offer(journal.publisher(), 1, i, "x".repeat(60_000));
                journal.sync();
            }
        }
        final List<Place> places = readAll(file);
        assertEquals(2, entries(file).size());
        try (JournalReader reader = JournalReader.open(file);
                JournalReader other = JournalReader.open(file)) {
            for (int time = -1; time <= 50; time++) {
                assertTimeIsFound(time, places, reader, other);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"none", "foreign", "cut", "empty", "a directory", "damaged", "of zeros"})
    void indexThatIsNoneIsNoError(final String what) throws IOException {
        final Path file = directory.resolve("i.evtl");
        LongJournals.write(file, random.nextLong(), LENGTH);
        final List<Place> places = readAll(file);
        final Path index = EventIndex.path(file);
        final byte[] bytes = Files.readAllBytes(index);
        Files.delete(index);
        switch (what) {
            case "foreign" -> {
                final Path foreign = directory.resolve("foreign.evtl");
                LongJournals.write(foreign, random.nextLong(), LENGTH);
                Files.move(EventIndex.path(foreign), index);
            }
            case "cut" -> Files.write(index, Arrays.copyOf(bytes, 64 + 2 * IndexEntry.LENGTH + 13));
            case "empty" -> Files.createFile(index);
            case "a directory" -> Files.createDirectory(index);
            case "damaged" -> {
                Files.write(index, bytes);
                for (long place = 0; place < bytes.length / IndexEntry.LENGTH - 1; place += 2) {
                    damage(index, IndexEntry.offset(place) + random.nextInt(IndexEntry.LENGTH));
                }
            }
            case "of zeros" -> Files.write(index, new byte[bytes.length]);
            default -> assertEquals("none", what);
        }
        try (JournalReader reader = JournalReader.open(file);
                JournalReader other = JournalReader.open(file)) {
            assertSeeksFind(places, reader, other);
        }
    }

    @Test
    void entryWhoseEventIsGoneIsNotUsed() throws IOException {
        final Path file = directory.resolve("i.evtl");
        LongJournals.write(file, random.nextLong(), LENGTH);
        final List<Place> places = readAll(file);
        final List<IndexEntry> entries = entries(file);
        final IndexEntry gone = entries.get(entries.size() / 2);
        damage(file, gone.offset() + 3);
        try (JournalReader reader = JournalReader.open(file)) {
            final Place before = places.get((int) gone.sequence() - 1);
            reader.seekSequence(before.sequence);
            assertTrue(reader.next());
            assertThrows(CorruptJournalException.class, () -> reader.seekSequence(gone.sequence() + 2));
            assertEquals(gone.sequence(), reader.sequence());
        }
    }

    /** What lies before the entry from which a seek walks is not read. */
    @Test
    void seeksReadNoMoreThanWhatFollowsTheEntry() throws IOException {
        final Path file = directory.resolve("i.evtl");
        LongJournals.write(file, random.nextLong(), LENGTH);
        final List<Place> places = readAll(file);
        final List<IndexEntry> entries = entries(file);
        damage(file, 64 + 3);
        final IndexEntry entry = entries.get(entries.size() - 1);
        try (JournalReader reader =
                JournalReader.open(file, ReaderConfig.builder().startAtEnd().build())) {
            assertEquals(places.size(), reader.sequence());
            reader.seekToLast(1);
            reader.seekSequence(entry.sequence());
            reader.seekOffset(entry.offset());
            reader.seekTime(entry.greatestTimestamp() + 1);
            assertThrows(CorruptJournalException.class, () -> reader.seekSequence(1));
            assertThrows(CorruptJournalException.class, () -> reader.seekTime(Long.MIN_VALUE));
        }
    }

    @Test
    void seeksGoWhereALiveWriterIs() {
        final Path file = directory.resolve("i.evtl");
        try (Journal journal = Journal.open(file, LongJournals.config().build());
                JournalReader reader = JournalReader.open(file);
                JournalReader other = JournalReader.open(file)) {
            final LongJournals writer = new LongJournals(random);
            for (int i = 0; i < 4; i++) {
                writer.append(journal, LENGTH / 4);
                assertSeeksFind(readAll(file), reader, other);
            }
        }
    }

    /** Each file an hour before the one before it, or after it. */
    @ParameterizedTest
    @CsvSource({"true", "false"})
    void timeIsFoundAcrossFilesWhoseClocksStepBack(final boolean indexed) throws IOException {
        final List<Place> places = new ArrayList<>();
        long base = 0;
        for (int i = 0; i < 5; i++) {
            final Path file = JournalDirectory.file(directory, base);
            try (Journal journal = TestFiles.openFile(directory, base)) {
                for (int k = 0; k < 70; k++) {
                    TestFiles.offer(
                            journal.publisher(),
                            1,
                            TestFiles.T0 + (i % 3 - i % 2) * HOUR + k * HOUR / 50 - (k == 40 ? HOUR : 0),
                            "x".repeat(40_000));
                    journal.sync();
                }
            }
            assertTrue(entries(file).size() > 1);
            final List<Place> read = readAll(file);
            places.addAll(read);
            base += read.size();
            if (!indexed) {
                Files.delete(EventIndex.path(file));
            }
        }
        try (JournalReader reader = JournalReader.open(directory);
                JournalReader other = JournalReader.open(directory)) {
            for (long time = -2 * HOUR; time < 5 * HOUR; time += HOUR / 100) {
                assertTimeIsFound(TestFiles.T0 + time, places, reader, other);
            }
        }
    }

    @Test
    void endOfAThousandFilesIsReachedWithoutALookIntoThem(@TempDir final Path elsewhere) throws IOException {
        final int files = 1000;
        TestFiles.rolled(directory, 1);
        TestFiles.rolledFrom(elsewhere, files - 1, 1);
        for (int i = 1; i < files - 1; i++) {
            Files.write(JournalDirectory.file(directory, i), new byte[1]);
        }
        Files.move(JournalDirectory.file(elsewhere, files - 1), JournalDirectory.file(directory, files - 1));
        try (JournalReader reader = JournalReader.open(
                directory, ReaderConfig.builder().startAtEnd().build())) {
            assertEquals(files, reader.sequence());
            reader.seekToLast(1);
            assertTrue(reader.next());
            assertEquals(files - 1, reader.event().sequence());
        }
    }
}
