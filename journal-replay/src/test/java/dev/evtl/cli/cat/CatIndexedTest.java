package dev.evtl.cli.cat;

import static dev.evtl.cli.Ran.evtl;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.evtl.cli.Ran;
import dev.evtl.journal.BackPressure;
import dev.evtl.journal.Journal;
import dev.evtl.journal.JournalConfig;
import dev.evtl.journal.file.EventIndex;
import dev.evtl.journal.file.JournalDirectory;
import dev.evtl.replay.TestFiles;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The options that begin or end within a journal, where files have an index: they show what reading everything shows. */
class CatIndexedTest {
    private static final int EVENT_LENGTH = 16 + 20_000;

    @TempDir
    Path directory;

    private final Random random = new Random(12);

    /**
     * Events of 20 kB, in files of 4 MB or in one; if mixed, every second one is a short one of type 2, so that not all need
     * be shown.
     */
    private Path write(final boolean mixed, final boolean several, final long... timestamps) {
        final int each = several ? 200 : timestamps.length;
        for (int i = 0; i < timestamps.length; i += each) {
            try (Journal journal = Journal.open(
                    several ? JournalDirectory.file(directory, i) : directory.resolve("one.evtl"),
                    JournalConfig.builder()
                            .backPressure(BackPressure.BLOCK)
                            .baseSequence(i)
                            .build())) {
                for (int k = i; k < Math.min(i + each, timestamps.length); k++) {
                    final boolean isShort = mixed && k % 2 == 1;
                    TestFiles.offer(
                            journal.publisher(),
                            isShort ? 2 : 1,
                            timestamps[k],
                            "x".repeat(isShort ? 1 : EVENT_LENGTH - 16));
                }
            }
        }
        return several ? directory : directory.resolve("one.evtl");
    }

    private static List<Long> sequences(final Ran ran) throws IOException {
        assertEquals(0, ran.code(), ran.err());
        final List<Long> sequences = new ArrayList<>();
        for (final String line : ran.lines()) {
            sequences.add((Long) Ran.json(line).get("seq"));
        }
        return sequences;
    }

    private static Ran cat(final Path journal, final String options) {
        return evtl(Stream.concat(Stream.of("cat", "-o", "jsonl", journal), Stream.of(options.split(" ")))
                .toArray());
    }

    private static List<Long> between(final long from, final long to, final long... timestamps) {
        return LongStream.range(0, timestamps.length)
                .filter(i -> i % 2 == 1)
                .filter(i -> timestamps[(int) i] >= from && timestamps[(int) i] <= to)
                .boxed()
                .toList();
    }

    private long[] timestamps(final int count) {
        final long[] timestamps = new long[count];
        for (int i = 0; i < count; i++) {
            timestamps[i] = i - (random.nextInt(50) == 0 ? random.nextInt(400) : 0);
        }
        return timestamps;
    }

    private static void deleteIndexes(final Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            for (final Path file :
                    files.filter(file -> file.toString().endsWith(".index")).toList()) {
                Files.delete(file);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void spanOfTimeIsShownWholeThoughTimestampsStepBack(final boolean several) throws IOException {
        final long[] timestamps = timestamps(1000);
        final Path journal = write(true, several, timestamps);
        assertTrue(Files.exists(EventIndex.path(several ? JournalDirectory.file(directory, 200) : journal)));
        for (int i = 0; i < 20; i++) {
            if (i == 16) {
                deleteIndexes(directory);
            }
            final long from = random.nextInt(1400) - 300;
            final long to = from + random.nextInt(1 << random.nextInt(11));
            final String span = " --from=" + from + " --to=" + to;
            final List<Long> expected = between(from, to, timestamps);
            assertEquals(expected, sequences(cat(journal, "--type 2" + span)), span);
            final List<Long> reversed = new ArrayList<>(expected);
            Collections.reverse(reversed);
            assertEquals(reversed, sequences(cat(journal, "--type 2 --reverse" + span)), span);
            assertEquals(between(from, Long.MAX_VALUE, timestamps), sequences(cat(journal, "--type 2 --from=" + from)));
            assertEquals(between(Long.MIN_VALUE, to, timestamps), sequences(cat(journal, "--type 2 --to=" + to)));
            assertEquals(
                    expected.stream().filter(seq -> seq >= 300 && seq < 700).toList(),
                    sequences(cat(journal, "--type 2 --seq 300..699" + span)),
                    span);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void whatLiesElsewhereIsNotRead(final boolean several) throws IOException {
        final Path journal = write(false, several, LongStream.range(0, 1000).toArray());
        final Path first = several ? JournalDirectory.file(directory, 0) : journal;
        final Path last = several ? JournalDirectory.file(directory, 800) : journal;
        damage(first, 64 + EVENT_LENGTH + 30);
        damage(last, Files.size(last) - 100 * EVENT_LENGTH + 30);
        assertEquals(List.of(995L, 996L), sequences(cat(journal, "--seq 995..996")));
        assertEquals(List.of(998L, 999L), sequences(cat(journal, "--last 2")));
        assertEquals(List.of(999L, 998L), sequences(cat(journal, "--last 2 --reverse")));
        assertEquals(List.of(999L, 998L), sequences(cat(journal, "-n 2 --reverse")));
        if (!several) {
            assertEquals(List.of(500L, 501L), sequences(cat(journal, "--from 500 --to 501")));
        }
        assertEquals(4, cat(journal, "--from 850").code());
        assertEquals(4, cat(journal, "--to 10").code());
        assertEquals(4, cat(journal, "--reverse").code());
    }

    private static void damage(final Path file, final long offset) throws IOException {
        try (RandomAccessFile opened = new RandomAccessFile(file.toFile(), "rw")) {
            opened.seek(offset);
            opened.write(0);
        }
    }

    @Test
    void reverseShowsWhatLiesBehindDamageBeforeItTellsOfIt() throws IOException {
        final Path journal = write(false, false, LongStream.range(0, 1000).toArray());
        damage(journal, 64 + 900L * EVENT_LENGTH + 30);
        final Ran ran = cat(journal, "--reverse");
        assertEquals(4, ran.code());
        assertTrue(ran.lines().get(0).contains("999"), ran.lines().get(0));
        assertTrue(ran.error().contains("sequence 900"), ran.err());
    }
}
