package dev.evtl.bench.compare;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.evtl.bench.BenchDirectory;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ComparisonTest {
    private static final long RATE = 1_000_000;
    private static final long BALLAST = 128 << 20;
    private static final Set<Group> ONE_ROUND = EnumSet.of(Group.STALL, Group.IDLE, Group.SIZE, Group.COLD);

    @TempDir
    private Path directory;

    private Results run(final Set<Group> groups, final List<Contestant> contestants)
            throws IOException, InterruptedException {
        final Settings settings = new Settings(
                groups,
                2,
                2,
                1,
                10_000,
                List.of(RATE),
                List.of(RATE),
                Duration.ofMillis(10),
                Duration.ofMillis(10),
                Duration.ofSeconds(2),
                Duration.ofMillis(10),
                List.of(1L << 20),
                1 << 20,
                false,
                BALLAST,
                Duration.ofMinutes(1));
        try (BenchDirectory files = new BenchDirectory(directory)) {
            return new Comparison(settings, contestants, files, new PrintStream(OutputStream.nullOutputStream())).run();
        }
    }

    private static List<Contestant> contestants(final String... ids) {
        return Stream.of(ids).map(Roster::find).toList();
    }

    @Test
    void everyContestantHasAFigureForEachCountedRound() throws IOException, InterruptedException {
        final Results results = run(
                EnumSet.complementOf(EnumSet.of(Group.SYNC)),
                contestants(Roster.WALL, Roster.EACH, Roster.SIZE, Roster.RAW));

        for (final Series series : results.series()) {
            assertTrue(series.failure().isEmpty(), () -> series.failure().orElseThrow());
            final int rounds = ONE_ROUND.contains(series.group()) ? 1 : 2;
            assertTrue(!series.values().isEmpty());
            series.values().values().forEach(values -> assertEquals(rounds, values.size()));
        }
        assertEquals(3, results.of(Group.WRITE).size());
        assertEquals(3, results.of(Group.FIRST_TOUCH).size());
        assertEquals(2, results.of(Group.BUSY).size(), "beside two neighbours and beside four");
        assertEquals(1, results.of(Group.READ).size());
        assertEquals(4, results.of(Group.CALLER).size());
        assertEquals(1, results.of(Group.VISIBLE).size());
        assertEquals(2, results.of(Group.BESIDE_SYNC).size());
        assertEquals(2, results.of(Group.STALL).size());
        for (final Series stall : results.of(Group.STALL)) {
            assertEquals(2, stall.histogram().orElseThrow().getTotalCount(), "one for each second");
            assertEquals(1, stall.values().get(Figure.GROWING).size());
        }
        assertEquals(1, results.of(Group.IDLE).size());
        assertEquals(
                20_000,
                results.of(Group.VISIBLE).get(0).histogram().orElseThrow().getTotalCount());
        try (Stream<Path> left = Files.list(directory)) {
            assertEquals(0, left.count());
        }
    }

    @Test
    void aContestantThatFailsIsReportedAndTheOthersGoOn() throws IOException, InterruptedException {
        final List<Contestant> contestants = new ArrayList<>(contestants(Roster.WALL));
        contestants.add(new Contestant(
                "nobody", "Nobody", Role.PEER, Set.of(Group.WRITE), 1, List.of(), (d, n) -> null, d -> null));

        final Results results = run(EnumSet.of(Group.WRITE), contestants);

        assertTrue(results.of(Group.WRITE).get(0).failure().isEmpty());
        final String failure = results.of(Group.WRITE).get(1).failure().orElseThrow();
        assertTrue(failure.startsWith("Nobody: "), failure);
    }
}
