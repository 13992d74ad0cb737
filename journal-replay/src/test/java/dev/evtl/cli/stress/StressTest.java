package dev.evtl.cli.stress;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.evtl.cli.Evtl;
import dev.evtl.cli.console.Console;
import dev.evtl.journal.AppenderMode;
import dev.evtl.journal.BackPressure;
import dev.evtl.journal.JournalConfig;
import dev.evtl.journal.StorageMode;
import dev.evtl.journal.WhenFull;
import dev.evtl.replay.JournalReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.agrona.concurrent.IdleStrategy;
import org.agrona.concurrent.SleepingMillisIdleStrategy;
import org.agrona.concurrent.SystemEpochNanoClock;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

class StressTest {
    /** Offset of a byte of the first event that is not one of the last eight, which the journal itself looks at. */
    private static final long DAMAGED = 64 + 80 - 9;

    /** Holds eleven events of 64 bytes, and an appender that sleeps whenever it has nothing to do. */
    private static final UnaryOperator<JournalConfig.Builder> TINY_RING =
            builder -> builder.ringSize(1024).idleStrategy(new SleepingMillisIdleStrategy(1));

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    @TempDir
    Path directory;

    @Test
    void tableShowsThroughputAccountingAndReplay() {
        assertEquals(0, stress("--events", "30000", "--producers", "3"), err::toString);
        final String table = out.toString();
        assertTrue(table.matches("(?s).*\\| offered +\\| +30,000 \\|.*"), table);
        assertTrue(table.matches("(?s).*\\| journaled +\\| +30,000 \\|.*"), table);
        assertTrue(table.matches("(?s).*\\| replayed and compared +\\| +30,000 \\|.*"), table);
        assertTrue(table.matches("(?s).*\\| mismatched +\\| +0 \\|.*"), table);
        assertTrue(table.contains("events/s, until in the file"), table);
        assertEquals("", err.toString());
    }

    @Test
    void jsonIsOneObjectWithAllFigures() throws IOException {
        final Path file = directory.resolve("kept.evtl");
        assertEquals(
                0, stress("--events", "1000", "--producers", "2", "--file", file.toString(), "--json"), err::toString);
        final Map<String, Double> figures = figures();
        assertEquals(1000, figures.get("offered"));
        assertEquals(1000, figures.get("journaled"));
        assertEquals(0, figures.get("dropped"));
        assertEquals(0, figures.get("refused"));
        assertEquals(1000, figures.get("replayed"));
        assertEquals(0, figures.get("mismatched"));
        assertEquals(1000 * 80, figures.get("journaledBytes"));
        assertEquals(64 + 1000 * 80, figures.get("fileBytes"));
        assertEquals(Files.size(file), figures.get("fileBytes").longValue());
        assertTrue(figures.get("eventsPerSecond") > 0);
        assertEquals(80 * figures.get("eventsPerSecond"), figures.get("bytesPerSecond"), 1);
        assertTrue(figures.get("replayEventsPerSecond") > 0);
        assertTrue(figures.containsKey("allocatedBytesPerEvent"));
        assertTrue(figures.get("ringHighWaterMark") > 0);
        assertEquals(0, figures.get("growths"));
        assertEquals(0, figures.get("forces"));
    }

    @ParameterizedTest
    @CsvSource({
        "0, 1",
        "1, 1",
        "15, 1",
        "16, 1",
        "17, 1",
        "65535, 1",
        "0, 7",
        "1, 7",
        "15, 7",
        "16, 7",
        "17, 7",
        "65535, 7"
    })
    void payloadsOfAllSizesComeBack(final int payload, final int batch) throws IOException {
        final String events = payload > 1000 ? "200" : "20000";
        assertEquals(
                0,
                stress(
                        "--events",
                        events,
                        "--producers",
                        "2",
                        "--payload",
                        "" + payload,
                        "--batch",
                        "" + batch,
                        "--json"),
                err::toString);
        assertEquals(Double.parseDouble(events), figures().get("replayed"));
        assertEquals(Double.parseDouble(events) * (16 + payload), figures().get("journaledBytes"));
    }

    /** The figures of a run that offers more than a tiny ring takes. */
    private Map<String, Double> overloaded(final String policy, final int batch) throws IOException {
        assertEquals(
                0,
                stress(
                        TINY_RING,
                        "--events",
                        "20000",
                        "--policy",
                        policy,
                        "--batch",
                        "" + batch,
                        "--json",
                        "--payload",
                        batch == 1 ? "64" : "16"),
                err::toString);
        return figures();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3})
    void refusedEventsAreCountedAndNotRetried(final int batch) throws IOException {
        final Map<String, Double> figures = overloaded("refuse", batch);
        assertTrue(figures.get("refused") > 0);
        assertEquals(0, figures.get("dropped"));
        assertEquals(20000, figures.get("offered"));
        assertEquals(20000, figures.get("journaled") + figures.get("refused"));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3})
    void droppedEventsAreCountedAndRecordedInGaps(final int batch) throws IOException {
        final Map<String, Double> figures = overloaded("drop", batch);
        assertTrue(figures.get("dropped") > 0);
        assertEquals(figures.get("dropped"), figures.get("droppedInGaps"));
        assertEquals(0, figures.get("refused"));
        assertEquals(20000, figures.get("journaled") + figures.get("dropped"));
    }

    @Test
    void blockedEventsAreAllJournaled() throws IOException {
        assertEquals(0, stress(TINY_RING, "--events", "5000", "--producers", "3", "--json"), err::toString);
        assertEquals(5000, figures().get("journaled"));
    }

    @Test
    void eventsAreSharedOutToTheLastOne() throws IOException {
        assertEquals(0, stress("--events", "5", "--producers", "3", "--batch", "2", "--json"), err::toString);
        assertEquals(5, figures().get("replayed"));
    }

    @Test
    void moreProducersThanEvents() throws IOException {
        assertEquals(0, stress("--events", "2", "--producers", "5", "--json"), err::toString);
        assertEquals(2, figures().get("replayed"));
    }

    @Test
    void withoutChecksumsTheFileHasNone() throws IOException {
        final Path file = directory.resolve("plain.evtl");
        assertEquals(0, stress("--events", "1000", "--no-checksums", "--file", file.toString()), err::toString);
        try (JournalReader reader = JournalReader.open(file)) {
            assertFalse(reader.header().hasChecksums());
        }
    }

    @Test
    void everyRoundIsListedBehindTheWarmUpAndTheFileOfTheLastIsKept() throws IOException {
        final Path file = directory.resolve("rounds.evtl");
        final List<Long> created = new ArrayList<>();
        final UnaryOperator<JournalConfig.Builder> spy = builder -> builder.clock(() -> {
            final long now = SystemEpochNanoClock.INSTANCE.nanoTime();
            created.add(now);
            return now;
        });
        assertEquals(
                0,
                stress(
                        spy,
                        "--warm-up",
                        "500",
                        "--events",
                        "1000",
                        "--rounds",
                        "3",
                        "--json",
                        "--file",
                        file.toString()),
                err::toString);

        final List<Map<String, Double>> rounds = rounds();
        assertEquals(
                List.of(1.0, 0.0, 0.0, 0.0),
                rounds.stream().map(round -> round.get("warmUp")).toList());
        assertEquals(
                List.of(500.0, 1000.0, 1000.0, 1000.0),
                rounds.stream().map(round -> round.get("replayed")).toList());
        final List<Double> counted = rounds.stream()
                .skip(1)
                .map(round -> round.get("eventsPerSecond"))
                .sorted()
                .toList();
        assertEquals(counted.get(1), figures().get("eventsPerSecond"));
        assertEquals(4, created.size(), "a file each");
        try (JournalReader reader = JournalReader.open(file)) {
            assertEquals(created.get(3), reader.header().createdAt());
        }
    }

    @Test
    void tableListsEveryRound() {
        assertEquals(0, stress("--warm-up", "500", "--events", "1000", "--rounds", "3"), err::toString);
        assertTrue(
                out.toString().matches("(?s).*\\| warm-up \\|.*\\| 1 +\\|.*\\| 2 +\\|.*\\| 3 +\\|.*"), out::toString);
    }

    @Test
    void warmsUpByItselfAsFastAsItCanAndSaysSo() throws IOException {
        assertEquals(
                0,
                stress("--warm-up-by-default", "--payload", "65535", "--events", "10", "--rate", "1000"),
                err::toString);
        assertTrue(out.toString().matches("(?s).*\\| events before, to warm up +\\| +2,047 \\|.*"), out::toString);
        assertTrue(out.toString().matches("(?s).*\\| offered +\\| +10 \\|.*"), out::toString);
        assertFalse(out.toString().contains("| round"), out::toString);
    }

    @Test
    void whatIsWrongInTheWarmUpFailsTheRunAndNothingOfItStays() throws IOException {
        final Path file = directory.resolve("damaged.evtl");
        assertEquals(
                4,
                stress(
                        builder -> builder.idleStrategy(damageFirstEvent(this::warmUpFile)),
                        "--warm-up",
                        "20000",
                        "--events",
                        "50",
                        "--no-checksums",
                        "--file",
                        file.toString()));
        assertTrue(err.toString().startsWith("warm-up: mismatched 1: sequence 0: "), err::toString);
        assertEquals(List.of(), list(directory));
    }

    private Path warmUpFile() {
        try {
            return list(directory).get(0).resolve("warm-up.evtl");
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void nothingOfTheWarmUpStaysWhereTheCommandIsInterrupted() throws IOException, InterruptedException {
        assertInterruptedLeavesNothing(
                "warm-up.evtl",
                "--warm-up",
                "1000000000",
                "--file",
                directory.resolve("kept.evtl").toString());
    }

    @Test
    void rateIsNotExceeded() throws IOException {
        assertEquals(0, stress("--events", "101", "--producers", "2", "--rate", "1000", "--json"), err::toString);
        assertTrue(figures().get("seconds") >= 0.1, "the 101st event is due after 100 ms");
    }

    @Test
    void timeEndsARunWithoutANumberOfEvents() throws IOException {
        assertEquals(0, stress("--seconds", "0.5", "--json"), err::toString);
        assertTrue(figures().get("offered") > 0);
        assertEquals(figures().get("offered"), figures().get("replayed"));
    }

    @Test
    void timeEndsARunThatWaitsForItsRate() throws IOException {
        assertEquals(0, stress("--seconds", "0.05", "--rate", "1", "--events", "1000000", "--json"), err::toString);
        assertTrue(figures().get("offered") < 1_000_000);
    }

    @Test
    void nothingIsAllocatedForAnEvent() throws IOException {
        assertEquals(0, stress("--events", "500000", "--producers", "2", "--rounds", "2", "--json"), err::toString);
        assertTrue(figures().get("publisherBytesPerEvent") < 0.1, out::toString);
        assertTrue(figures().get("appenderBytesPerEvent") < 0.1, out::toString);
        assertTrue(figures().get("replayBytesPerEvent") < 0.1, out::toString);
    }

    @Test
    void existingFileIsRefusedAndLeftAsItWas() throws IOException {
        final Path file = Files.writeString(directory.resolve("precious.evtl"), "mine");
        assertEquals(1, stress("--events", "10", "--file", file.toString()));
        assertEquals("mine", Files.readString(file));
        assertTrue(err.toString().contains(file.toString()), err::toString);
        assertEquals("", out.toString());
    }

    @Test
    void fileInADirectoryThatIsMissingIsRefused() {
        final Path missing = directory.resolve("missing");
        assertEquals(
                1, stress("--events", "10", "--file", missing.resolve("f.evtl").toString()));
        assertTrue(
                err.toString().contains("its directory " + missing + " does not exist; create it first"),
                err::toString);
    }

    @Test
    void damagedEventIsFoundAndFailsTheRun() throws IOException {
        final Path file = directory.resolve("damaged.evtl");
        assertEquals(
                4,
                stress(
                        builder -> builder.idleStrategy(damageFirstEvent(() -> file)),
                        "--events",
                        "50",
                        "--rate",
                        "1000",
                        "--rounds",
                        "3",
                        "--no-checksums",
                        "--json",
                        "--file",
                        file.toString()));
        assertEquals(1, figures().get("mismatched"));
        assertEquals(50, figures().get("replayed"));
        assertEquals(1, rounds().size(), "the file in which something is wrong is kept");
        assertEquals(
                "round 1: mismatched 1: sequence 0: event 0 of producer 0 is not what its producer wrote",
                err.toString().strip());
    }

    /** Damages a byte of the first event's payload once it is in the file. */
    private static IdleStrategy damageFirstEvent(final Supplier<Path> file) {
        return new IdleStrategy() {
            private boolean done;

            @Override
            public void idle(final int workCount) {
                idle();
            }

            @Override
            public void idle() {
                Thread.yield();
                if (!done) {
                    try (RandomAccessFile damaged =
                            new RandomAccessFile(file.get().toFile(), "rw")) {
                        done = flipByteOfFirstEvent(damaged);
                    } catch (final IOException e) {
                        throw new UncheckedIOException(e);
                    }
                }
            }

            @Override
            public void reset() {
                // has no state of waiting
            }
        };
    }

    private static boolean flipByteOfFirstEvent(final RandomAccessFile file) throws IOException {
        file.seek(24);
        final long writeOffset = Long.reverseBytes(file.readLong());
        if (writeOffset == 64) {
            return false;
        }
        file.seek(DAMAGED);
        final int before = file.read();
        file.seek(DAMAGED);
        file.write(before ^ 1);
        return true;
    }

    @Test
    void eventsThatTheAppenderLosesFailTheRun() throws IOException {
        assertEquals(
                4,
                stress(
                        builder -> builder.initialSize(8192).maxSize(8192, WhenFull.DROP),
                        "--events",
                        "1000",
                        "--json"));
        assertTrue(figures().get("mismatched") > 0);
        assertEquals(1000, figures().get("replayed") + figures().get("mismatched"));
    }

    @Test
    void journalThatFailsFailsTheRun() {
        assertEquals(
                1, stress(builder -> builder.initialSize(8192).maxSize(8192, WhenFull.FAIL), "--events", "100000"));
        assertTrue(err.toString().contains("maximum"), err::toString);
        assertEquals("", out.toString());
    }

    @Test
    void producerThatThrowsFailsTheRun() {
        final AtomicInteger calls = new AtomicInteger();
        assertEquals(
                1,
                stress(
                        builder -> builder.clock(() -> {
                            if (calls.incrementAndGet() > 100) {
                                throw new IllegalStateException("clock has stopped");
                            }
                            return calls.get();
                        }),
                        "--events",
                        "100000",
                        "--producers",
                        "2",
                        "--batch",
                        "2"));
        assertTrue(
                err.toString().contains("failed: java.lang.IllegalStateException: clock has stopped"), err::toString);
        assertEquals("", out.toString());
    }

    @ParameterizedTest
    @CsvSource({
        "--events, 0",
        "--events, many",
        "--seconds, 0",
        "--seconds, NaN",
        "--producers, 0",
        "--producers, 240",
        "--payload, -1",
        "--payload, 65536",
        "--batch, 0",
        "--batch, 1677722",
        "--rate, 0",
        "--policy, wait",
        "--rounds, 0",
        "--warm-up, -1",
        "--unknown, 1"
    })
    void wrongUsageIsRefused(final String option, final String value) {
        assertEquals(2, stress(option, value));
        assertTrue(err.toString().contains(option), err::toString);
        assertEquals("", out.toString());
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 64, 65535})
    void largestBatchHasARing(final int payload) {
        final StressSettings settings = new StressSettings(
                1,
                1,
                1,
                payload,
                StressSettings.maxBatch(payload),
                0,
                BackPressure.BLOCK,
                StorageMode.MAPPED,
                AppenderMode.THREAD,
                0,
                true,
                UnaryOperator.identity());
        assertDoesNotThrow(() -> settings.config().build());
    }

    @Test
    void temporaryFileIsDeleted() throws IOException, InterruptedException {
        assertEquals(0, child("--warm-up", "0", "--events", "1000").waitFor());
        assertEquals(List.of(), list(directory));
    }

    @Test
    void temporaryFileIsDeletedWhenTheCommandIsInterrupted() throws IOException, InterruptedException {
        assertInterruptedLeavesNothing("stress.evtl", "--seconds", "240", "--rate", "1000");
    }

    /** Interrupts the command when it has begun to write a temporary file of this name. */
    private void assertInterruptedLeavesNothing(final String name, final String... args)
            throws IOException, InterruptedException {
        final Process child = child(args);
        try {
            while (list(directory).stream().noneMatch(temporary -> Files.exists(temporary.resolve(name)))) {
                assertFalse(child.waitFor(10, TimeUnit.MILLISECONDS));
            }
            child.destroy();
            child.waitFor();
            assertEquals(List.of(), list(directory));
        } finally {
            child.destroyForcibly();
        }
    }

    private Process child(final String... args) throws IOException {
        final List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--add-opens",
                "java.base/jdk.internal.misc=ALL-UNNAMED",
                "-Djava.io.tmpdir=" + directory,
                "-cp",
                System.getProperty("java.class.path"),
                Evtl.class.getName(),
                "stress"));
        command.addAll(List.of(args));
        return new ProcessBuilder(command)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    private static List<Path> list(final Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.toList();
        }
    }

    /** Without a warm-up, unless the arguments ask for one. */
    private int stress(final String... args) {
        return stress(UnaryOperator.identity(), args);
    }

    private int stress(final UnaryOperator<JournalConfig.Builder> tuning, final String... given) {
        final List<String> args = new ArrayList<>(List.of(given));
        if (!args.remove("--warm-up-by-default") && !args.contains("--warm-up")) {
            args.addAll(List.of("--warm-up", "0"));
        }
        final Console console = new Console(InputStream.nullInputStream(), out, err);
        final int code = new CommandLine(new Stress(console, tuning))
                .setOut(console.out())
                .setErr(console.err())
                .execute(args.toArray(String[]::new));
        console.out().flush();
        return code;
    }

    private Map<String, Double> figures() throws IOException {
        return objects().get(0);
    }

    private List<Map<String, Double>> rounds() throws IOException {
        return objects().subList(1, objects().size());
    }

    /** The numbers, and truths as 0 and 1, of the object printed and of those in its array of rounds. */
    private List<Map<String, Double>> objects() throws IOException {
        final List<Map<String, Double>> objects = new ArrayList<>();
        try (JsonParser json = new JsonFactory().createParser(out.toByteArray())) {
            Map<String, Double> object = null;
            for (JsonToken token = json.nextToken(); token != null; token = json.nextToken()) {
                if (token == JsonToken.START_OBJECT) {
                    object = new HashMap<>();
                    objects.add(object);
                } else if (token.isNumeric()) {
                    object.put(json.currentName(), json.getDoubleValue());
                } else if (token.isBoolean()) {
                    object.put(json.currentName(), token == JsonToken.VALUE_TRUE ? 1.0 : 0.0);
                }
            }
        }
        return objects;
    }
}
