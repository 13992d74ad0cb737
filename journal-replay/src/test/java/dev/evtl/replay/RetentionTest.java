package dev.evtl.replay;

import static dev.evtl.replay.Lines.numbered;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.evtl.journal.Journal;
import dev.evtl.journal.JournalConfig;
import dev.evtl.journal.exceptions.EventsReleasedException;
import dev.evtl.journal.file.JournalDirectory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What is deleted of a journal while it is read. */
@Timeout(120)
class RetentionTest {
    /** Longer than it takes a journal to look at the clock and at its files; what has not happened by then does not. */
    private static final long UNNOTICED_MILLIS = 300;

    private static final ReaderConfig RISK = ReaderConfig.builder().name("risk").build();

    @TempDir
    Path directory;

    private static JournalConfig.Builder keepingTwo() {
        return JournalConfig.builder().initialSize(4096).rollSize(1 << 30).retainFiles(2);
    }

    private static void rollEachEvent(final Journal journal, final int first, final int count) {
        for (int i = first; i < first + count; i++) {
            TestFiles.offerNumber(journal.publisher(), i);
            journal.sync();
            assertTrue(journal.roll(Duration.ofMinutes(1)));
        }
    }

    private void awaitFirst(final long base) throws InterruptedException {
        while (JournalDirectory.baseSequences(directory)[0] != base) {
            Thread.sleep(5);
        }
    }

    private static void commitAt(final JournalReader reader, final long sequence) {
        reader.seekSequence(sequence);
        assertTrue(reader.commit());
    }

    @Test
    void fileThatANamedReaderNeedsIsKept() throws Exception {
        try (Journal journal = Journal.open(directory, keepingTwo().build())) {
            rollEachEvent(journal, 0, 2);
            try (JournalReader reader = JournalReader.open(directory, RISK)) {
                rollEachEvent(journal, 2, 8);
                Thread.sleep(UNNOTICED_MILLIS);
                final long first = JournalDirectory.baseSequences(directory)[0];
                assertTrue(first <= 1, "begins with " + first);
                commitAt(reader, 5);
                rollEachEvent(journal, 10, 1);
                awaitFirst(5);
            }
            rollEachEvent(journal, 11, 3);
            Thread.sleep(UNNOTICED_MILLIS);
            assertEquals(5, JournalDirectory.baseSequences(directory)[0], "it may come back");
            try (JournalReader reader = JournalReader.open(directory, RISK)) {
                assertEquals(5, reader.sequence());
                commitAt(reader, 14);
                rollEachEvent(journal, 14, 1);
                awaitFirst(14);
            }
        }
    }

    @Test
    void namedReaderLearnsWhatItMissedWhereTheConfigLetsItMiss() throws Exception {
        try (Journal journal =
                Journal.open(directory, keepingTwo().releaseUnread(true).build())) {
            rollEachEvent(journal, 0, 1);
            JournalReader.open(directory, RISK).close();
            rollEachEvent(journal, 1, 9);
            awaitFirst(9);
            final EventsReleasedException missed =
                    assertThrows(EventsReleasedException.class, () -> JournalReader.open(directory, RISK));
            assertTrue(missed.getMessage().contains("8"), missed.getMessage());
        }
    }

    @Test
    void readerGoesOnOverFilesThatAreDeletedUnderIt() throws Exception {
        try (Journal journal = Journal.open(directory, keepingTwo().build())) {
            TestFiles.offerNumber(journal.publisher(), 0);
            TestFiles.offerNumber(journal.publisher(), 1);
            journal.sync();
            try (JournalReader reader = JournalReader.open(directory)) {
                final Lines lines = new Lines();
                assertEquals(1, reader.poll(lines, 1));
                assertTrue(journal.roll(Duration.ofMinutes(1)));
                rollEachEvent(journal, 2, 1);
                awaitFirst(2);
                reader.forEach(lines::onEvent);
                assertEquals(IntStream.range(0, 3).mapToObj(i -> numbered(i)).toList(), lines.lines);
                rollEachEvent(journal, 3, 5);
                awaitFirst(7);
                final EventsReleasedException missed =
                        assertThrows(EventsReleasedException.class, () -> reader.forEach(lines::onEvent));
                assertTrue(missed.getMessage().contains("sequences 4 to 6"), missed.getMessage());
            }
        }
        assertEquals(2, Arrays.stream(JournalDirectory.baseSequences(directory)).count());
    }
}
