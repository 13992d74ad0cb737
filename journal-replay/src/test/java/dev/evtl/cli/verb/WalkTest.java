package dev.evtl.cli.verb;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.evtl.cli.console.Progress;
import dev.evtl.journal.Journal;
import dev.evtl.journal.exceptions.CorruptJournalException;
import dev.evtl.journal.file.JournalDirectory;
import dev.evtl.replay.EventHandler;
import dev.evtl.replay.JournalReader;
import dev.evtl.replay.TestFiles;
import dev.evtl.torture.ReferenceJournal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WalkTest {
    @TempDir
    Path directory;

    private final List<Long> seen = new ArrayList<>();
    private final EventHandler handler = event -> {
        seen.add(event.sequence());
        return EventHandler.Action.CONTINUE;
    };

    private static Walk walk(final Path journal, final Range sequences) {
        final JournalReader reader = JournalReader.open(journal);
        return walk(journal, reader, sequences);
    }

    private static Walk walk(final Path journal, final JournalReader reader, final Range sequences) {
        return Walk.of(
                reader,
                Extent.of(journal, reader.header()),
                sequences,
                new Progress("read", 0, null, System::nanoTime));
    }

    private void readAll(final Walk walk) {
        while (walk.poll(handler, Long.MAX_VALUE)) {
            // up to the end
        }
    }

    @Test
    void whatIsWrittenAfterOpeningIsLeft() {
        try (Journal journal = Journal.open(directory.resolve("live.evtl"))) {
            for (int i = 0; i < 3; i++) {
                TestFiles.offer(journal.publisher(), 1, i, "before");
            }
            journal.sync();
            try (Walk walk = walk(journal.path(), Range.ALL)) {
                TestFiles.offer(journal.publisher(), 1, 3, "after");
                journal.sync();
                while (walk.poll(handler, Long.MAX_VALUE)) {
                    assertTrue(seen.size() <= 3, seen.toString());
                }
                assertEquals(List.of(0L, 1L, 2L), seen);
                assertEquals(0, walk.batch());
            }
        }
    }

    @Test
    void stretchIsReadWithBothItsEnds() {
        final Path file = TestFiles.numbered(directory.resolve("many.evtl"), 20_000);
        try (Walk walk = walk(file, new Range(6_000, 6_003))) {
            assertTrue(walk.poll(handler, 3));
            assertEquals(List.of(6_000L, 6_001L, 6_002L), seen);
            assertTrue(walk.poll(handler, 3));
            assertFalse(walk.poll(handler, 3));
            assertEquals(List.of(6_000L, 6_001L, 6_002L, 6_003L), seen);
        }
    }

    /** A sequence number has 64 bits, of which Java takes the first for a sign. */
    @Test
    void numbersFrom2To63OnAreReadToo() throws IOException {
        final ReferenceJournal journal = new ReferenceJournal(1, true, Long.MIN_VALUE + 5);
        journal.add(1, 0, 1, new byte[3]).add(1, 0, 2, new byte[4]);
        final Path file = Files.write(directory.resolve("large.evtl"), journal.closed());
        try (Walk walk = walk(file, Range.ALL)) {
            while (walk.poll(handler, 1)) {
                // up to the end
            }
            assertEquals(List.of(Long.MIN_VALUE + 5, Long.MIN_VALUE + 6), seen);
        }
        try (Walk walk = walk(file, new Range(3, 9))) {
            assertEquals(0, walk.batch());
        }
    }

    @Test
    void readerIsClosedWhenItCannotReachTheStretch() throws IOException {
        final Path file = TestFiles.golden("corrupt-payload", directory);
        final JournalReader reader = JournalReader.open(file);
        assertThrows(CorruptJournalException.class, () -> walk(file, reader, new Range(2, 2)));
        assertThrows(IllegalStateException.class, reader::isAtEnd);
    }

    private static List<Long> numbers(final long from, final long to) {
        return LongStream.range(from, to).boxed().toList();
    }

    @ParameterizedTest
    @CsvSource({
        "-9223372036854775808, 9223372036854775807, 0, 5107",
        "3, 3, 3, 4",
        "4, 6, 4, 7",
        "5, 9, 5, 10",
        "7, 5100, 7, 5101",
        "5106, 9223372036854775807, 5106, 5107",
        "5107, 9223372036854775807, 0, 0",
        "9999, 9999, 0, 0"
    })
    void stretchOfAJournalOfSeveralFilesIsReadAcrossThem(
            final long first, final long last, final long from, final long to) {
        TestFiles.rolled(directory, 5, 1, 5000, 101);
        try (Walk walk = walk(directory, new Range(first, last))) {
            readAll(walk);
            assertEquals(numbers(from, to), seen);
        }
    }

    @Test
    void positionIsTheBytesOfAllFilesBefore() throws IOException {
        TestFiles.rolled(directory, 10, 10, 10);
        try (Walk walk = walk(directory, Range.ALL)) {
            assertEquals(3, walk.extent().files());
            final long start = walk.position();
            readAll(walk);
            long bytes = 0;
            for (final long base : new long[] {0, 10, 20}) {
                bytes += Files.size(JournalDirectory.file(directory, base)) - 64;
            }
            assertEquals(bytes, walk.position() - start);
        }
    }

    @Test
    void newestFileThatGetsItsFirstEventsAfterOpeningIsLeft() {
        TestFiles.rolled(directory, 5, 0);
        try (Walk walk = walk(directory, Range.ALL)) {
            try (Journal journal = Journal.open(directory)) {
                TestFiles.offer(journal.publisher(), 1, 5, "after");
            }
            readAll(walk);
            assertEquals(numbers(0, 5), seen);
        }
    }

    @Test
    void filesThatComeAfterOpeningAreLeft() {
        TestFiles.rolled(directory, 5, 5);
        try (Walk walk = walk(directory, Range.ALL)) {
            try (Journal journal = Journal.open(directory)) {
                TestFiles.offer(journal.publisher(), 1, 10, "after");
                assertTrue(journal.roll(Duration.ofMinutes(1)));
                TestFiles.offer(journal.publisher(), 1, 11, "after");
            }
            readAll(walk);
            assertEquals(numbers(0, 10), seen);
        }
    }

    @Test
    void whatLiesBeforeANewestFileWithoutAHeaderIsRead() throws IOException {
        TestFiles.rolled(directory, 5, 5, 0);
        Files.write(JournalDirectory.file(directory, 10), new byte[100]);
        try (Walk walk = walk(directory, Range.ALL)) {
            assertThrows(CorruptJournalException.class, () -> readAll(walk));
            assertEquals(numbers(0, 10), seen);
        }
    }

    @Test
    void overlapIsAnErrorWhereverItEnds(@TempDir final Path other) throws IOException {
        TestFiles.rolled(directory, 5);
        TestFiles.rolledFrom(other, 4, 0);
        Files.move(JournalDirectory.file(other, 4), JournalDirectory.file(directory, 4));
        try (Walk walk = walk(directory, Range.ALL)) {
            assertThrows(CorruptJournalException.class, () -> readAll(walk));
            assertEquals(numbers(0, 4), seen);
        }
        TestFiles.rolledFrom(directory, 5, 5);
        seen.clear();
        try (Walk walk = walk(directory, Range.ALL)) {
            final CorruptJournalException e = assertThrows(CorruptJournalException.class, () -> readAll(walk));
            assertTrue(e.getMessage().contains("offset 132, sequence 4: files overlap: "), e.getMessage());
            assertEquals(numbers(0, 4), seen);
        }
    }
}
