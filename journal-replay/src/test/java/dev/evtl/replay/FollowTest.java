package dev.evtl.replay;

import static dev.evtl.replay.Lines.numbered;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.evtl.journal.BackPressure;
import dev.evtl.journal.Growth;
import dev.evtl.journal.Journal;
import dev.evtl.journal.JournalConfig;
import dev.evtl.journal.JournalScan;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FollowTest {
    private static final int EVENTS = 20_000;

    @TempDir
    Path directory;

    private Journal open() {
        return Journal.open(
                directory.resolve("live.evtl"),
                JournalConfig.builder()
                        .backPressure(BackPressure.BLOCK)
                        .initialSize(4096)
                        .growth(Growth.steps(4096))
                        .build());
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void readerAtTheEndGoesOnWhenMoreIsPublished(final boolean verify) {
        final Lines lines = new Lines();
        final Journal journal = open();
        try (JournalReader reader = JournalReader.open(journal.path(), TestFiles.verify(verify))) {
            try (journal) {
                assertEquals(0, reader.poll(lines, 10));
                for (int i = 0; i < 200; i++) {
                    TestFiles.offerNumber(journal.publisher(), i);
                    journal.sync();
                    assertEquals(1, reader.poll(lines, 10));
                    assertEquals(numbered(i), lines.lines.get(i));
                    assertEquals(0, reader.poll(lines, 10));
                    assertFalse(reader.isAtEnd());
                }
            }
            assertTrue(reader.isAtEnd());
            assertEquals(0, reader.poll(lines, 10));
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void pollThatWaitsReturnsWithTheEvent(final boolean verify) throws Exception {
        final ExecutorService thread = Executors.newSingleThreadExecutor();
        final Lines lines = new Lines();
        try (Journal journal = open();
                JournalReader reader = JournalReader.open(journal.path(), TestFiles.verify(verify))) {
            for (int i = 0; i < 20; i++) {
                final Future<Integer> read = thread.submit(() -> reader.poll(lines, 10, Duration.ofDays(100_000)));
                TimeUnit.MILLISECONDS.sleep(i);
                assertFalse(read.isDone());
                TestFiles.offerNumber(journal.publisher(), i);
                assertEquals(1, read.get(10, TimeUnit.SECONDS));
                assertEquals(numbered(i), lines.lines.get(i));
            }
        } finally {
            thread.shutdownNow();
        }
    }

    @Test
    void pollThatWaitsEndsWithItsTime() {
        final Lines lines = new Lines();
        try (Journal journal = open();
                JournalReader reader = JournalReader.open(journal.path())) {
            final long start = System.nanoTime();
            assertEquals(0, reader.poll(lines, 10, Duration.ofMillis(30)));
            assertTrue(System.nanoTime() - start >= TimeUnit.MILLISECONDS.toNanos(30));
            assertEquals(0, reader.poll(lines, 10, Duration.ZERO));
            assertEquals(0, reader.poll(lines, 10, Duration.ofSeconds(Long.MIN_VALUE)));
            assertEquals(0, reader.poll(lines, 0, Duration.ofDays(1)), "there is nothing to wait for");
        }
    }

    @Test
    void pollThatWaitsEndsWithTheJournal() throws Exception {
        final Journal journal = open();
        try (JournalReader reader = JournalReader.open(journal.path())) {
            final Future<Integer> read =
                    CompletableFuture.supplyAsync(() -> reader.poll(new Lines(), 10, Duration.ofDays(1)));
            journal.close();
            assertEquals(0, read.get(10, TimeUnit.SECONDS));
            assertTrue(reader.isAtEnd());
        }
    }

    @Test
    void pollThatWaitsEndsWithAnInterruptAndWithAClose() throws Exception {
        try (Journal journal = open()) {
            final JournalReader reader = JournalReader.open(journal.path());
            Thread.currentThread().interrupt();
            assertEquals(0, reader.poll(new Lines(), 10, Duration.ofDays(1)));
            assertTrue(Thread.interrupted(), "told whoever asks");
            final Future<Integer> read =
                    CompletableFuture.supplyAsync(() -> reader.poll(new Lines(), 10, Duration.ofDays(1)));
            TimeUnit.MILLISECONDS.sleep(20);
            reader.close();
            final ExecutionException e = assertThrows(ExecutionException.class, () -> read.get(10, TimeUnit.SECONDS));
            assertEquals(IllegalStateException.class, e.getCause().getClass());
        }
    }

    @Test
    void severalReadersFollowWhileTheWriterGrowsAndClosesTheFile() throws Exception {
        final List<String> expected =
                IntStream.range(0, EVENTS).mapToObj(Lines::numbered).toList();
        final ExecutorService threads = Executors.newFixedThreadPool(4);
        final List<Future<List<String>>> readers = new ArrayList<>();
        final Journal journal = open();
        try {
            try (journal) {
                for (int i = 0; i < 4; i++) {
                    final JournalReader reader = JournalReader.open(journal.path(), TestFiles.verify(i < 2));
                    readers.add(threads.submit(() -> follow(reader)));
                }
                for (int i = 0; i < EVENTS; i++) {
                    TestFiles.offerNumber(journal.publisher(), i);
                }
            }
            assertTrue(
                    journal.stats().getGrowths() > 50,
                    "growths: " + journal.stats().getGrowths());
            for (final Future<List<String>> reader : readers) {
                assertEquals(expected, result(reader));
            }
        } finally {
            threads.shutdownNow();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void threadThatIsInterruptedOpensSeeksReadsAndCloses(final boolean verify) {
        final Path file = TestFiles.numbered(directory.resolve("many.evtl"), EVENTS);
        final Lines lines = new Lines();
        Thread.currentThread().interrupt();
        try (JournalReader reader = JournalReader.open(file, TestFiles.verify(verify))) {
            reader.seekToEnd();
            assertTrue(reader.isAtEnd());
            reader.seekToStart();
            assertEquals(EVENTS, reader.forEach(lines::onEvent));
        }
        assertEquals(EVENTS, JournalScan.of(file).events());
        assertTrue(Thread.interrupted(), "told whoever asks");
        assertEquals(IntStream.range(0, EVENTS).mapToObj(Lines::numbered).toList(), lines.lines);
    }

    /** An interrupt would close a channel that the thread uses, and the file with it. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void threadThatIsInterruptedReadsOn(final boolean verify) throws InterruptedException {
        final Journal journal = open();
        try (JournalReader reader = JournalReader.open(journal.path(), TestFiles.verify(verify))) {
            final Lines lines = new Lines();
            for (int i = 0; i < 50; i++) {
                for (int k = 0; k < 200; k++) {
                    TestFiles.offerNumber(journal.publisher(), 200 * i + k);
                }
                journal.sync();
                Thread.currentThread().interrupt();
                assertEquals(200, reader.forEach(lines::onEvent));
                assertTrue(Thread.interrupted(), "told whoever asks");
            }
            assertTrue(
                    journal.stats().getGrowths() > 20,
                    "growths: " + journal.stats().getGrowths());
            interruptAgainAndAgain(journal, reader, lines);
            assertEquals(IntStream.range(0, EVENTS).mapToObj(Lines::numbered).toList(), lines.lines);
        } finally {
            journal.close();
        }
    }

    private static void interruptAgainAndAgain(final Journal journal, final JournalReader reader, final Lines lines)
            throws InterruptedException {
        final Thread thread = Thread.currentThread();
        final Thread interrupting = new Thread(() -> {
            while (!Thread.interrupted()) {
                thread.interrupt();
            }
        });
        for (int i = lines.lines.size(); i < EVENTS; i++) {
            TestFiles.offerNumber(journal.publisher(), i);
        }
        journal.sync();
        interrupting.start();
        while (reader.sequence() < EVENTS) {
            reader.poll(lines, 100);
        }
        interrupting.interrupt();
        while (interrupting.isAlive()) {
            Thread.interrupted();
            Thread.onSpinWait();
        }
        Thread.interrupted();
    }

    private static List<String> follow(final JournalReader reader) {
        try (reader) {
            final Lines lines = new Lines();
            while (!reader.isAtEnd()) {
                if (reader.poll(lines, 100) == 0) {
                    Thread.onSpinWait();
                }
            }
            return lines.lines;
        }
    }

    private static List<String> result(final Future<List<String>> future) throws Exception {
        try {
            return future.get();
        } catch (final ExecutionException e) {
            throw new AssertionError("a reader failed", e.getCause());
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void readerOfACrashedWriterFollowsTheNextOne(final boolean verify) throws Exception {
        final Path file = TestFiles.golden("crashed-unpublished", directory);
        final Lines lines = new Lines();
        try (JournalReader reader = JournalReader.open(file, TestFiles.verify(verify))) {
            assertEquals(1, reader.forEach(lines::onEvent));
            try (Journal journal = Journal.open(file)) {
                TestFiles.offer(journal.publisher(), 5, TestFiles.T0 + 3, "next");
            }
            assertEquals(3, reader.forEach(lines::onEvent));
            assertEquals(List.of(Lines.E1, Lines.E2, Lines.E3, "3 3 5 0 next"), lines.lines);
            assertTrue(reader.isAtEnd());
        }
    }
}
