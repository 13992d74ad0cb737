package dev.evtl.replay;

import static dev.evtl.replay.Lines.numbered;
import static dev.evtl.replay.TestFiles.rolled;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.evtl.journal.EventBatch;
import dev.evtl.journal.Journal;
import dev.evtl.journal.JournalConfig;
import dev.evtl.journal.exceptions.EventsReleasedException;
import dev.evtl.journal.exceptions.StalePositionException;
import dev.evtl.journal.file.JournalDirectory;
import dev.evtl.replay.EventHandler.Action;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A position leads back to its place or nowhere. */
class PositionTest {
    private static final int EVENTS = 20_000;

    @TempDir
    Path directory;

    private static List<String> read(final JournalReader reader) {
        final Lines lines = new Lines();
        reader.forEach(lines::onEvent);
        return lines.lines;
    }

    /** Journals of one batch of events each, so that two of the same numbers have events at the same offsets. */
    private Journal write(final Path file, final int first, final int events) {
        final Journal journal = Journal.open(file);
        for (int i = first; i < first + events; i++) {
            TestFiles.offerNumber(journal.publisher(), i);
        }
        journal.sync();
        return journal;
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void everyPositionLeadsBackToItsPlace(final boolean verify) {
        final Path file = TestFiles.numbered(directory.resolve("many.evtl"), EVENTS);
        final List<JournalPosition> positions = new ArrayList<>();
        final List<JournalPosition> before = new ArrayList<>();
        try (JournalReader reader = JournalReader.open(file, TestFiles.verify(verify))) {
            positions.add(reader.position());
            reader.forEach(event -> positions.add(reader.position()));
            reader.seekToStart();
            for (int i = 0; i < EVENTS; i++) {
                reader.poll(
                        event -> {
                            before.add(reader.position());
                            return Action.REPEAT;
                        },
                        1);
                assertEquals(positions.get(i), reader.position());
                reader.poll(event -> Action.CONTINUE, 1);
            }
            assertEquals(positions.subList(1, EVENTS + 1), before, "in the handler it is after the event");
            for (int i = EVENTS; i >= 0; i -= 777) {
                reader.seek(positions.get(i));
                assertEquals(positions.get(i), reader.position());
                assertEquals(i < EVENTS, reader.next());
                assertTrue(i == EVENTS || reader.event().sequence() == i);
            }
            reader.seekSequence(12_345);
            assertEquals(positions.get(12_345), reader.position());
            reader.seekToEnd();
            assertEquals(positions.get(EVENTS), reader.position());
        }
        try (JournalReader other = JournalReader.open(file, TestFiles.verify(!verify))) {
            other.seek(positions.get(777));
            assertEquals(positions.get(777), other.position());
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void claimsLongerThanABlockHavePositionsToo(final boolean verify) {
        final Path file = directory.resolve("long.evtl");
        try (Journal journal =
                Journal.open(file, JournalConfig.builder().ringSize(8 << 20).build())) {
            final EventBatch batch = journal.publisher().newBatch();
            for (int claim = 0; claim < 3; claim++) {
                assertTrue(batch.tryClaim(10, 10 * 60_000) > 0);
                try (batch) {
                    for (int i = 0; i < 10; i++) {
                        batch.next(1, 60_000).putInt(0, 10 * claim + i);
                    }
                    batch.commit();
                }
            }
            journal.sync();
        }
        final List<JournalPosition> positions = new ArrayList<>();
        try (JournalReader reader = JournalReader.open(file, TestFiles.verify(verify))) {
            while (reader.next()) {
                positions.add(reader.position());
            }
            assertEquals(30, positions.size());
            for (final JournalPosition position : positions) {
                reader.seek(position);
                assertEquals(position, reader.position());
                if (reader.next()) {
                    assertEquals(
                            position.sequence(),
                            reader.event().buffer().getInt(reader.event().payloadOffset()));
                }
            }
        }
    }

    @Test
    void textIsReadBackAndAnyOtherRefused() {
        final JournalPosition position = new JournalPosition(1_048_576, 110, 1_048_578, 30, 0x9abcdef0);
        assertEquals("1048576:110:1048578:30:9abcdef0", position.toString());
        assertEquals(position, JournalPosition.parse(position.toString()));
        final JournalPosition last = new JournalPosition(-1, -1, -1, 0, 1);
        assertEquals(last, JournalPosition.parse(last.toString()));
        for (final String text : List.of(
                "",
                "1:2:3:4",
                "1:2:3:4:5",
                "-1:64:0:0:00000000",
                "1:2:3:99999999999:00000000",
                "99999999999999999999:2:3:4:00000000",
                "1:2:3:4:00000000 ")) {
            assertThrows(IllegalArgumentException.class, () -> JournalPosition.parse(text), text);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void changedPositionsAreRefused(final boolean verify) throws IOException {
        try (JournalReader reader =
                JournalReader.open(TestFiles.golden("second-file", directory), TestFiles.verify(verify))) {
            final JournalPosition start = reader.position();
            reader.poll(new Lines(), 2);
            final JournalPosition p = reader.position();
            TestFiles.assertPlace(1_048_576, 110, 1_048_578, p);
            for (final JournalPosition wrong : List.of(
                    new JournalPosition(0, p.offset(), p.sequence(), p.lastLength(), p.checksum()),
                    new JournalPosition(p.fileSequence(), 63, p.sequence(), p.lastLength(), p.checksum()),
                    new JournalPosition(p.fileSequence(), 109, p.sequence(), p.lastLength(), p.checksum()),
                    new JournalPosition(p.fileSequence(), 111, p.sequence(), p.lastLength(), p.checksum()),
                    new JournalPosition(p.fileSequence(), 896, p.sequence(), p.lastLength(), p.checksum()),
                    new JournalPosition(p.fileSequence(), p.offset(), p.sequence() + 1, p.lastLength(), p.checksum()),
                    new JournalPosition(p.fileSequence(), p.offset(), p.sequence() - 2, p.lastLength(), p.checksum()),
                    new JournalPosition(p.fileSequence(), p.offset(), p.sequence(), 0, p.checksum()),
                    new JournalPosition(p.fileSequence(), p.offset(), p.sequence(), 29, p.checksum()),
                    new JournalPosition(p.fileSequence(), p.offset(), p.sequence(), 31, p.checksum()),
                    new JournalPosition(p.fileSequence(), p.offset(), p.sequence(), 46, p.checksum()),
                    new JournalPosition(p.fileSequence(), p.offset(), p.sequence(), 100_000, p.checksum()),
                    new JournalPosition(p.fileSequence(), p.offset(), p.sequence(), -30, p.checksum()),
                    new JournalPosition(p.fileSequence(), p.offset(), p.sequence(), p.lastLength(), p.checksum() ^ 1),
                    new JournalPosition(start.fileSequence(), 64, start.sequence(), 0, start.checksum() ^ 1),
                    new JournalPosition(start.fileSequence(), 64, start.sequence() + 1, 0, start.checksum()))) {
                final StalePositionException e =
                        assertThrows(StalePositionException.class, () -> reader.seek(wrong), wrong.toString());
                assertTrue(e.getMessage().contains("second-file.evtl: position " + wrong + ": "), e.getMessage());
                assertEquals(p, reader.position());
            }
            reader.seek(start);
            reader.seek(p);
            assertEquals(1, read(reader).size());
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void positionPastWhatSurvivedSaysWhereTheJournalEnds(final boolean verify) throws IOException {
        final Path file = directory.resolve("a.evtl");
        final Path earlier = directory.resolve("earlier.evtl");
        final JournalPosition position;
        try (Journal journal = write(file, 0, 10)) {
            Files.copy(file, earlier); // what a power loss leaves
            for (int i = 10; i < 20; i++) {
                TestFiles.offerNumber(journal.publisher(), i);
            }
            journal.sync();
            try (JournalReader reader = JournalReader.open(file)) {
                reader.forEach(event -> {});
                position = reader.position();
            }
        }
        final ReaderConfig config =
                ReaderConfig.builder().verify(verify).startAtPosition(position).build();
        final StalePositionException e =
                assertThrows(StalePositionException.class, () -> JournalReader.open(earlier, config));
        assertTrue(
                e.getMessage()
                        .contains("the file ends before it, at offset 234, where sequence 10 is the next to come"),
                e.getMessage());
        try (Journal journal = write(earlier, 100, 20)) { // as long again, with other events
            final StalePositionException other =
                    assertThrows(StalePositionException.class, () -> JournalReader.open(journal.path(), config));
            assertTrue(
                    other.getMessage().contains("the event before it, sequence 19, is another one: "),
                    other.getMessage());
        }
    }

    @Test
    void positionAtAFilesStartIsOfThatFile() {
        final Path file = directory.resolve("a.evtl");
        TestFiles.numbered(file, 5);
        final JournalPosition start;
        try (JournalReader reader = JournalReader.open(file)) {
            start = reader.position();
        }
        TestFiles.numbered(directory.resolve("b.evtl"), 5);
        try (JournalReader reader = JournalReader.open(directory.resolve("b.evtl"))) {
            final StalePositionException e = assertThrows(StalePositionException.class, () -> reader.seek(start));
            assertTrue(e.getMessage().contains("another file: header_checksum: expected "), e.getMessage());
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void withoutChecksumsTheEventsLengthIsChecked(final boolean verify) {
        final Path file = directory.resolve("plain.evtl");
        try (Journal journal =
                Journal.open(file, JournalConfig.builder().checksums(false).build())) {
            for (int i = 0; i < 20; i++) {
                TestFiles.offerNumber(journal.publisher(), i);
            }
        }
        try (JournalReader reader = JournalReader.open(file, TestFiles.verify(verify))) {
            reader.poll(new Lines(), 15);
            final JournalPosition p = reader.position();
            assertEquals(0, p.checksum());
            assertEquals(18, p.lastLength());
            reader.seekToStart();
            reader.seek(p);
            assertEquals(numbered(15), read(reader).get(0));
            assertThrows(
                    StalePositionException.class,
                    () -> reader.seek(new JournalPosition(0, p.offset() + 1, p.sequence(), 18, 0)));
        }
    }

    @Test
    void positionInAReleasedFileTellsWhatIsMissing() throws IOException {
        rolled(directory, 10, 10, 10);
        try (JournalReader reader = JournalReader.open(directory)) {
            reader.poll(new Lines(), 5);
            final JournalPosition inFirst = reader.position();
            reader.poll(new Lines(), 5);
            final JournalPosition atItsEnd = reader.position();
            TestFiles.assertPlace(0, atItsEnd.offset(), 10, atItsEnd);
            reader.seekToEnd();
            Files.delete(JournalDirectory.file(directory, 0));
            final EventsReleasedException e = assertThrows(EventsReleasedException.class, () -> reader.seek(inFirst));
            assertEquals(5, e.firstMissing());
            assertEquals(10, e.firstAvailable());
            assertEquals(30, reader.sequence());
            reader.seek(atItsEnd);
            TestFiles.assertPlace(10, 64, 10, reader.position());
            assertEquals(20, read(reader).size());
        }
    }

    @Test
    void positionInAFileThatDidNotSurviveSaysSo() throws IOException {
        rolled(directory, 10, 10, 10);
        final JournalPosition position;
        try (JournalReader reader = JournalReader.open(directory)) {
            reader.seekSequence(25);
            position = reader.position();
        }
        Files.delete(JournalDirectory.file(directory, 20));
        final StalePositionException e = assertThrows(
                StalePositionException.class,
                () -> JournalReader.open(
                        directory,
                        ReaderConfig.builder().startAtPosition(position).build()));
        assertTrue(
                e.getMessage().contains("expected the file that begins with sequence 20, found none before this one"),
                e.getMessage());
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void positionBeforeADamagedEventIsThatOfTheLastGoodOne(final boolean verify) throws IOException {
        final Path file = TestFiles.numbered(directory.resolve("many.evtl"), EVENTS);
        final JournalPosition middle;
        try (JournalReader reader = JournalReader.open(file)) {
            reader.seekSequence(EVENTS / 2);
            middle = reader.position();
        }
        try (RandomAccessFile raw = new RandomAccessFile(file.toFile(), "rw")) {
            raw.seek(middle.offset() + 9);
            raw.write(0xFF);
        }
        try (JournalReader reader = JournalReader.open(file, TestFiles.verify(verify))) {
            assertThrows(RuntimeException.class, () -> reader.forEach(event -> {}));
            assertEquals(middle, reader.position());
            assertThrows(RuntimeException.class, () -> reader.forEach(event -> {}));
            assertEquals(middle, reader.position());
            reader.seekToStart();
            reader.seek(middle);
            assertEquals(middle, reader.position());
            assertFalse(reader.isAtEnd());
        }
    }
}
