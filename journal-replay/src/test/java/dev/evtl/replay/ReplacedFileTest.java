package dev.evtl.replay;

import static java.nio.file.StandardCopyOption.ATOMIC_MOVE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.evtl.journal.Journal;
import dev.evtl.journal.JournalConfig;
import dev.evtl.journal.StorageMode;
import dev.evtl.journal.exceptions.JournalReplacedException;
import dev.evtl.journal.exceptions.StalePositionException;
import dev.evtl.journal.support.Tmpfs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a reader says when the file at its path is another one than the file that it has. */
class ReplacedFileTest {
    private static final int EVENTS = 100;
    private static final Duration LIMIT = Duration.ofSeconds(30);

    @TempDir
    Path directory;

    /** How another file comes to a path. */
    private enum Way {
        MOVED_OVER {
            @Override
            void replace(final Path file, final Path other) throws IOException {
                Files.move(other, file, ATOMIC_MOVE);
            }
        },
        CREATED_ANEW {
            @Override
            void replace(final Path file, final Path other) throws IOException {
                Files.delete(file);
                Files.copy(other, file);
            }
        },
        LINKED {
            @Override
            void replace(final Path file, final Path other) throws IOException {
                Files.delete(file);
                Files.createSymbolicLink(file, other);
            }
        },
        MOVED_AWAY {
            @Override
            void replace(final Path file, final Path other) throws IOException {
                Files.move(file, file.resolveSibling("away.evtl"));
            }
        };

        abstract void replace(Path file, Path other) throws IOException;
    }

    /** Calls until the exception comes, as a follower would. */
    private static JournalReplacedException await(final String what, final Executable call) throws Throwable {
        final long start = System.nanoTime();
        while (System.nanoTime() - start < LIMIT.toNanos()) {
            try {
                call.execute();
                Thread.onSpinWait();
            } catch (final JournalReplacedException e) {
                return e;
            }
        }
        throw new AssertionError("goes unnoticed by " + what);
    }

    private static int poll(final JournalReader reader, final Lines lines) {
        return reader.poll(lines, Integer.MAX_VALUE);
    }

    @ParameterizedTest
    @EnumSource
    void everyCallAtTheEndSaysThatThePathLeadsElsewhere(final Way way) throws Throwable {
        final Path file = TestFiles.numbered(directory.resolve("a.evtl"), EVENTS);
        final Path other = TestFiles.numbered(directory.resolve("b.evtl"), EVENTS);
        final Map<String, JournalReader> readers = new TreeMap<>();
        for (final String call : List.of("poll", "next", "forEach", "isAtEnd", "endOffset", "seekToEnd", "drain")) {
            readers.put(call, JournalReader.open(file));
        }
        final Map<String, Executable> calls = Map.of(
                "poll", () -> poll(readers.get("poll"), new Lines()),
                "next", () -> readers.get("next").next(),
                "forEach", () -> readers.get("forEach").forEach(event -> {}),
                "isAtEnd", () -> readers.get("isAtEnd").isAtEnd(),
                "endOffset", () -> readers.get("endOffset").endOffset(),
                "seekToEnd", () -> readers.get("seekToEnd").seekToEnd(),
                "drain",
                        () -> new Dispatcher(readers.get("drain"), EventFilter.ALL, e -> {}, List.of(new TypeCounter()))
                                .drain());
        readers.values().forEach(reader -> assertEquals(EVENTS, reader.forEach(event -> {})));
        way.replace(file, other);
        for (final Map.Entry<String, Executable> call : calls.entrySet()) {
            final JournalReplacedException e = await(call.getKey(), call.getValue());
            final String reason = way == Way.MOVED_AWAY ? ": is gone: " : ": is another file than the one that was ";
            assertTrue(e.getMessage().startsWith(file + reason), e.getMessage());
            assertEquals(e.getMessage(), await(call.getKey(), call.getValue()).getMessage());
        }
        readers.values().forEach(JournalReader::close);
    }

    @Test
    void whatTheOldFileHasIsReadFirst() throws Throwable {
        final Path file = TestFiles.numbered(directory.resolve("a.evtl"), EVENTS);
        final Path other = TestFiles.numbered(directory.resolve("b.evtl"), 2 * EVENTS);
        final Lines lines = new Lines();
        try (JournalReader reader = JournalReader.open(file);
                JournalReader witness = JournalReader.open(file)) {
            witness.forEach(event -> {});
            Way.MOVED_OVER.replace(file, other);
            await("the witness", witness::isAtEnd);
            while (reader.sequence() < EVENTS) {
                assertEquals(1, reader.poll(lines, 1));
            }
            await("the reader", () -> reader.poll(lines, 1));
            final ReaderConfig config =
                    ReaderConfig.builder().startAtPosition(reader.position()).build();
            assertThrows(StalePositionException.class, () -> JournalReader.open(file, config), "it is another journal");
            try (JournalReader next = JournalReader.open(
                    file,
                    ReaderConfig.builder().startAtSequence(reader.sequence()).build())) {
                next.forEach(lines::onEvent);
            }
        }
        assertEquals(IntStream.range(0, 2 * EVENTS).mapToObj(Lines::numbered).toList(), lines.lines);
    }

    @Test
    void fileThatIsWrittenAndClosedAtItsPathIsNoOther() throws IOException {
        final Path link = Files.createSymbolicLink(directory.resolve("link.evtl"), directory.resolve("a.evtl"));
        final Journal journal = Journal.open(directory.resolve("a.evtl"));
        final Lines lines = new Lines();
        try (JournalReader reader = JournalReader.open(link)) {
            final long start = System.nanoTime();
            int published = 0;
            while (System.nanoTime() - start < Duration.ofMillis(2500).toNanos()) { // it looks twice meanwhile
                TestFiles.offerNumber(journal.publisher(), published++);
                journal.sync();
                assertEquals(1, poll(reader, lines));
                assertEquals(0, poll(reader, lines));
            }
            journal.close();
            assertTrue(reader.isAtEnd());
            assertEquals(IntStream.range(0, published).mapToObj(Lines::numbered).toList(), lines.lines);
        }
    }

    /** As in a container: the image holds the journal, and the first store of a writer copies it. */
    @ParameterizedTest
    @EnumSource
    void readerInALowerLayerSaysThatAWriterHasACopy(final StorageMode storage) throws Throwable {
        for (final String name : List.of("lower", "upper", "work", "merged")) {
            Files.createDirectory(directory.resolve(name));
        }
        TestFiles.numbered(directory.resolve("lower/a.evtl"), EVENTS);
        final Path merged = directory.resolve("merged");
        final String layers = "lowerdir=" + directory.resolve("lower") + ",upperdir=" + directory.resolve("upper")
                + ",workdir=" + directory.resolve("work");
        assumeTrue(
                Tmpfs.run("mount", "-t", "overlay", "-o", layers, "evtl-test", merged.toString()),
                "this user may not mount an overlay");
        final Path file = merged.resolve("a.evtl");
        final Lines lines = new Lines();
        try (JournalReader reader = JournalReader.open(file)) {
            assertEquals(EVENTS, reader.forEach(lines::onEvent));
            assertTrue(reader.isAtEnd());
            final JournalConfig config =
                    JournalConfig.builder().storage(storage).build();
            try (Journal journal = Journal.open(file, config)) {
                for (int i = EVENTS; i < 2 * EVENTS; i++) {
                    TestFiles.offerNumber(journal.publisher(), i);
                }
                journal.sync();
                await("a poll", () -> poll(reader, lines));
                try (JournalReader next = JournalReader.open(
                        file,
                        ReaderConfig.builder()
                                .startAtPosition(reader.position())
                                .build())) {
                    assertEquals(EVENTS, next.forEach(lines::onEvent));
                }
            }
        } finally {
            assertTrue(Tmpfs.run("umount", "--lazy", merged.toString()));
        }
        assertEquals(IntStream.range(0, 2 * EVENTS).mapToObj(Lines::numbered).toList(), lines.lines);
    }
}
