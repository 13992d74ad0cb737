package dev.evtl.replay;

import static dev.evtl.replay.Lines.E2;
import static dev.evtl.replay.Lines.E3;
import static dev.evtl.replay.Lines.numbered;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.evtl.journal.Journal;
import dev.evtl.journal.exceptions.CorruptJournalException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Where a reader starts, and where it goes. */
class SeekTest {
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
    @ValueSource(booleans = {true, false})
    void seekSequenceGoesForwardsAndBackwards(final boolean verify) {
        try (JournalReader reader = JournalReader.open(
                TestFiles.numbered(directory.resolve("many.evtl"), 20_000), TestFiles.verify(verify))) {
            for (final int target : new int[] {15_000, 3, 0, 1, 19_999, 7_777, 7_776}) {
                reader.seekSequence(target);
                assertEquals(target, reader.sequence());
                final Lines lines = new Lines();
                assertEquals(1, reader.poll(lines, 1));
                assertEquals(List.of(numbered(target)), lines.lines);
            }
            reader.seekSequence(20_000);
            assertEquals(20_000, reader.sequence());
            assertEquals(0, reader.poll(new Lines(), 1));
            reader.seekSequence(5);
            final IllegalArgumentException e =
                    assertThrows(IllegalArgumentException.class, () -> reader.seekSequence(20_001));
            assertTrue(e.getMessage().contains("many.evtl: has no sequence 20001; sequence 20000 is the next to come"));
            assertEquals(5, reader.sequence());
            assertEquals(1, reader.poll(new Lines(), 1));
        }
    }

    @Test
    void seekSequenceRefusesWhatLiesBeforeTheFile() throws IOException {
        try (JournalReader reader = golden("second-file", true)) {
            assertThrows(IllegalArgumentException.class, () -> reader.seekSequence(1_048_575));
            reader.seekSequence(1_048_577);
            assertEquals(List.of("1048577 2 7 0 hello, journal", Lines.e3(1_048_578)), read(reader));
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void seekOffsetFindsOnlyWhereEventsBegin(final boolean verify) throws IOException {
        try (JournalReader reader = golden("closed", verify)) {
            reader.seekOffset(110);
            assertEquals(2, reader.sequence());
            reader.seekOffset(80);
            assertEquals(1, reader.sequence());
            assertEquals(List.of(E2, E3), read(reader));
            reader.seekOffset(895);
            assertEquals(3, reader.sequence());
            for (final int target : new int[] {81, 896, 0}) {
                assertThrows(IllegalArgumentException.class, () -> reader.seekOffset(target));
                assertEquals(895, reader.offset());
                assertEquals(3, reader.sequence());
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void seekGoesBackToWhereTheReaderWas(final boolean verify) throws IOException {
        try (JournalReader reader = golden("gap", verify)) {
            reader.poll(new Lines(), 1);
            final JournalPosition position = reader.position();
            TestFiles.assertPlace(0, 80, 1, position);
            final List<String> first = read(reader);
            reader.seek(position);
            assertEquals(0, reader.droppedEvents());
            assertEquals(first, read(reader));
            assertEquals(12_345, reader.droppedEvents());
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void seekToEndGoesBehindWhatIsThereAndOnFromThere(final boolean verify) {
        try (Journal journal = Journal.open(directory.resolve("live.evtl"))) {
            TestFiles.offerNumber(journal.publisher(), 0);
            TestFiles.offerNumber(journal.publisher(), 1);
            journal.sync();
            try (JournalReader reader = JournalReader.open(journal.path(), TestFiles.verify(verify))) {
                assertEquals(98, reader.endOffset());
                TestFiles.assertPlace(0, 98, 2, reader.endPosition());
                TestFiles.assertPlace(0, 64, 0, reader.position());
                reader.seekToEnd();
                assertEquals(0, reader.poll(new Lines(), 1));
                TestFiles.offerNumber(journal.publisher(), 2);
                journal.sync();
                TestFiles.assertPlace(0, 115, 3, reader.endPosition());
                assertEquals(List.of(numbered(2)), read(reader));
                reader.seekToStart();
                assertEquals(List.of(numbered(0), numbered(1), numbered(2)), read(reader));
            }
        }
    }

    @Test
    void endPositionKeepsTheCountOfDroppedEvents() throws IOException {
        try (JournalReader reader = golden("gap", true)) {
            reader.poll(new Lines(), 4);
            TestFiles.assertPlace(0, 956, 5, reader.endPosition());
            assertEquals(12_345, reader.droppedEvents());
            assertEquals(4, reader.sequence());
        }
    }

    @Test
    void seekThatMeetsDamageLeavesTheReaderWhereItWas() throws IOException {
        try (JournalReader reader = golden("corrupt-payload", true)) {
            assertThrows(CorruptJournalException.class, reader::seekToEnd);
            assertThrows(CorruptJournalException.class, () -> reader.seekSequence(2));
            assertThrows(CorruptJournalException.class, () -> reader.seekOffset(110));
            TestFiles.assertPlace(0, 64, 0, reader.position());
            assertTrue(reader.next());
            assertThrows(CorruptJournalException.class, reader::next);
        }
    }

    @Test
    void seekThatIsRefusedKeepsTheCountOfDroppedEvents() throws IOException {
        try (JournalReader reader = golden("gap", true)) {
            reader.poll(new Lines(), 3);
            assertThrows(IllegalArgumentException.class, () -> reader.seekSequence(6));
            assertEquals(0, reader.droppedEvents());
            assertEquals(3, reader.sequence());
        }
    }

    /** Each event with a time of its own, in files of two. */
    private void writeTimes(final long... times) {
        for (int i = 0; i < times.length; i += 2) {
            try (Journal journal = TestFiles.openFile(directory, i)) {
                for (int k = i; k < Math.min(i + 2, times.length); k++) {
                    TestFiles.offer(journal.publisher(), 1, times[k], Integer.toString(k));
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void seekTimeFindsTheFirstEventOfATimeOrLaterThoughClocksStepBack(final boolean verify) {
        final long[] times = {10, 20, 20, 90, 30, 5, 40, 95, -3};
        writeTimes(times);
        try (JournalReader reader = JournalReader.open(directory, TestFiles.verify(verify))) {
            for (int time = -10; time < 100; time++) {
                reader.seekToEnd();
                int expected = 0;
                while (expected < times.length && times[expected] < time) {
                    expected++;
                }
                assertEquals(expected < times.length, reader.seekTime(time));
                assertEquals(expected, reader.sequence(), "time " + time);
                assertEquals(expected < times.length, reader.next());
            }
        }
        try (JournalReader reader = JournalReader.open(
                directory, ReaderConfig.builder().startAtTime(91).build())) {
            assertEquals(7, reader.sequence());
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void seekToLastGoesBackOverFiles(final boolean verify) {
        TestFiles.rolled(directory, 10, 20, 0);
        try (JournalReader reader = JournalReader.open(directory, TestFiles.verify(verify))) {
            for (int events = 0; events < 40; events++) {
                reader.seekToLast(events);
                assertEquals(Math.max(0, 30 - events), reader.sequence());
                assertEquals(Math.min(30, events), read(reader).size());
            }
            assertThrows(IllegalArgumentException.class, () -> reader.seekToLast(-1));
        }
        try (JournalReader reader = JournalReader.open(
                directory, ReaderConfig.builder().startAtLast(3).build())) {
            assertEquals(List.of(numbered(27), numbered(28), numbered(29)), read(reader));
        }
        assertThrows(
                IllegalArgumentException.class, () -> ReaderConfig.builder().startAtLast(-1));
    }

    @Test
    void configSaysWhereAReaderStarts() {
        final Path file = TestFiles.numbered(directory.resolve("many.evtl"), 2_000);
        final JournalPosition position;
        try (JournalReader reader = JournalReader.open(
                file, ReaderConfig.builder().startAtSequence(1_234).build())) {
            position = reader.position();
            assertEquals(1_234, position.sequence());
        }
        try (JournalReader reader = JournalReader.open(
                file, ReaderConfig.builder().startAtPosition(position).build())) {
            assertTrue(reader.next());
            assertEquals(1_234, reader.event().sequence());
        }
        try (JournalReader reader =
                JournalReader.open(file, ReaderConfig.builder().startAtEnd().build())) {
            assertEquals(2_000, reader.sequence());
            assertFalse(reader.next());
        }
        try (JournalReader reader = JournalReader.open(
                file, ReaderConfig.builder().startAtEnd().startAtBeginning().build())) {
            assertEquals(0, reader.sequence());
        }
    }

    @ParameterizedTest
    @CsvSource({"2001, many.evtl: has no sequence 2001", "-1, sequence -1 is below 0"})
    void openingWhereThereIsNothingIsRefused(final long sequence, final String why) {
        final Path file = TestFiles.numbered(directory.resolve("many.evtl"), 2_000);
        final IllegalArgumentException e = assertThrows(
                IllegalArgumentException.class,
                () -> JournalReader.open(
                        file, ReaderConfig.builder().startAtSequence(sequence).build()));
        assertTrue(e.getMessage().contains(why), e.getMessage());
    }
}
