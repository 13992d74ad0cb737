package dev.evtl.replay;

import static dev.evtl.replay.Lines.numbered;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.evtl.journal.Journal;
import dev.evtl.journal.exceptions.JournalNotFoundException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A reader that is started before there is a journal. */
class EarlyReaderTest {
    private static final ReaderConfig WAITING =
            ReaderConfig.builder().waitFor(Duration.ofDays(100_000)).build();

    @TempDir
    Path directory;

    /** A reader that has read one event. */
    private static List<String> first(final Path path) {
        try (JournalReader reader = JournalReader.open(path, WAITING)) {
            final Lines lines = new Lines();
            reader.poll(lines, 1, Duration.ofSeconds(30));
            return lines.lines;
        }
    }

    @Test
    void readerWaitsForTheFile() throws Exception {
        final Path file = directory.resolve("late.evtl");
        final Future<List<String>> read = CompletableFuture.supplyAsync(() -> first(file));
        TimeUnit.MILLISECONDS.sleep(50);
        assertFalse(read.isDone());
        try (Journal journal = Journal.open(file)) {
            TestFiles.offerNumber(journal.publisher(), 0);
            assertEquals(List.of(numbered(0)), read.get(30, TimeUnit.SECONDS));
        }
    }

    @Test
    void readerWaitsForTheDirectoryAndItsFirstFile() throws Exception {
        final Path late = directory.resolve("late");
        final Future<List<String>> read = CompletableFuture.supplyAsync(() -> first(late));
        TimeUnit.MILLISECONDS.sleep(20);
        Files.createDirectory(late);
        TimeUnit.MILLISECONDS.sleep(20);
        Files.createFile(late.resolve("other"));
        TimeUnit.MILLISECONDS.sleep(20);
        assertFalse(read.isDone());
        try (Journal journal = TestFiles.openFile(late, 0)) {
            TestFiles.offerNumber(journal.publisher(), 0);
            assertEquals(List.of(numbered(0)), read.get(30, TimeUnit.SECONDS));
        }
    }

    @Test
    void waitingEndsWithItsTime() {
        final long start = System.nanoTime();
        final ReaderConfig config =
                ReaderConfig.builder().waitFor(Duration.ofMillis(50)).build();
        for (final Path path : List.of(directory, directory.resolve("none.evtl"))) {
            assertThrows(JournalNotFoundException.class, () -> JournalReader.open(path, config));
        }
        assertTrue(System.nanoTime() - start >= TimeUnit.MILLISECONDS.toNanos(100));
    }

    @Test
    void waitingEndsWithAnInterrupt() {
        Thread.currentThread().interrupt();
        assertThrows(JournalNotFoundException.class, () -> JournalReader.open(directory, WAITING));
        assertTrue(Thread.interrupted(), "told whoever asks");
    }
}
