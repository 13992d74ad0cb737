package dev.evtl.cli.verb;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.evtl.cli.console.Progress;
import dev.evtl.journal.Journal;
import dev.evtl.journal.exceptions.CorruptJournalException;
import dev.evtl.replay.EventHandler;
import dev.evtl.replay.JournalReader;
import dev.evtl.replay.TestFiles;
import dev.evtl.torture.ReferenceJournal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WalkTest {
    @TempDir
    Path directory;

    private final List<Long> seen = new ArrayList<>();
    private final EventHandler handler = event -> {
        seen.add(event.sequence());
        return EventHandler.Action.CONTINUE;
    };

    private static Walk walk(final JournalReader reader, final Range sequences) {
        return Walk.of(reader, sequences, new Progress("read", 0, null, System::nanoTime));
    }

    @Test
    void whatIsWrittenAfterOpeningIsLeft() {
        try (Journal journal = Journal.open(directory.resolve("live.evtl"))) {
            for (int i = 0; i < 3; i++) {
                TestFiles.offer(journal.publisher(), 1, i, "before");
            }
            journal.sync();
            try (Walk walk = walk(JournalReader.open(journal.path()), Range.ALL)) {
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
        final JournalReader reader = JournalReader.open(TestFiles.numbered(directory.resolve("many.evtl"), 20_000));
        try (Walk walk = walk(reader, new Range(6_000, 6_003))) {
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
        try (Walk walk = walk(JournalReader.open(file), Range.ALL)) {
            while (walk.poll(handler, 1)) {
                // up to the end
            }
            assertEquals(List.of(Long.MIN_VALUE + 5, Long.MIN_VALUE + 6), seen);
        }
        try (Walk walk = walk(JournalReader.open(file), new Range(3, 9))) {
            assertEquals(0, walk.batch());
        }
    }

    @Test
    void readerIsClosedWhenItCannotReachTheStretch() throws IOException {
        final JournalReader reader = JournalReader.open(TestFiles.golden("corrupt-payload", directory));
        assertThrows(CorruptJournalException.class, () -> walk(reader, new Range(2, 2)));
        assertThrows(IllegalStateException.class, reader::isAtEnd);
    }
}
