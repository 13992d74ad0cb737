package dev.evtl.torture;

import dev.evtl.journal.Journal;
import dev.evtl.journal.JournalConfig;
import dev.evtl.journal.StorageMode;
import dev.evtl.journal.exceptions.JournalException;
import dev.evtl.journal.support.MemoryDirectory;
import dev.evtl.torture.JournalModel.Action;
import dev.evtl.torture.JournalModel.Step;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Random sequences of what can be done to a journal, against a model that says what must be in it.
 * {@code -Devtl.seed=S -Devtl.rounds=1} repeats the sequence of which a failure says the seed.
 */
@Tag(Torture.TAG)
class RandomSequencesTest {
    private static final int STEPS = 200;

    @TempDir(factory = MemoryDirectory.class)
    Path directory;

    private final Map<Action, Long> played = new EnumMap<>(Action.class);
    private final Map<String, Long> outcomes = new TreeMap<>();
    private StorageMode[] modes;

    @Test
    void everySequenceAgreesWithTheModel() {
        final long first = Long.getLong("evtl.seed", System.nanoTime());
        Torture.report(RandomSequencesTest.class, "-Devtl.seed=%d", first);
        final long sequences = Torture.rounds(100, 20_000);
        final long start = System.nanoTime();
        long events = 0;
        for (long seed = first; seed < first + sequences; seed++) {
            final List<Step> steps = steps(seed);
            try {
                events += play(seed, steps);
            } catch (final Throwable t) {
                throw new AssertionError(describe(seed, shortest(seed, steps)), t);
            }
            steps.forEach(step -> played.merge(step.action(), 1L, Long::sum));
        }
        Torture.report(
                RandomSequencesTest.class,
                "%,d sequences of %d steps, %,d events in the journals at their ends, %.1f s; steps: %s; %s",
                sequences,
                STEPS,
                events,
                (System.nanoTime() - start) / 1e9,
                played,
                outcomes);
    }

    private static List<Step> steps(final long seed) {
        final Random random = new Random(seed);
        final List<Step> steps = new ArrayList<>();
        for (int i = 0; i < STEPS; i++) {
            steps.add(new Step(Action.by(random), random.nextLong()));
        }
        return steps;
    }

    private long play(final long seed, final List<Step> steps) throws Exception {
        try (JournalModel model = new JournalModel(directory, modes(), seed, outcomes)) {
            for (final Step step : steps) {
                model.play(step);
            }
            return model.end();
        }
    }

    /** Not every file system has direct I/O. */
    private StorageMode[] modes() {
        if (modes == null) {
            final Path probe = directory.resolve("probe.evtl");
            try {
                Journal.open(
                                probe,
                                JournalConfig.builder()
                                        .storage(StorageMode.DIRECT)
                                        .build())
                        .close();
                modes = StorageMode.values();
            } catch (final JournalException e) {
                Torture.report(RandomSequencesTest.class, "without StorageMode.DIRECT: %s", e.getMessage());
                modes = new StorageMode[] {StorageMode.MAPPED, StorageMode.WRITE};
            }
        }
        return modes;
    }

    /** The first steps of a sequence that already fail, or that fail when the journal is looked at after them. */
    private List<Step> shortest(final long seed, final List<Step> steps) {
        for (int length = 0; length < steps.size(); length++) {
            try {
                play(seed, steps.subList(0, length));
            } catch (final Throwable t) {
                return steps.subList(0, length);
            }
        }
        return steps;
    }

    private static String describe(final long seed, final List<Step> steps) {
        return "-Devtl.seed=" + seed + " -Devtl.rounds=1 fails after " + steps.size() + " steps: "
                + steps.stream().map(Step::toString).collect(Collectors.joining(", "));
    }
}
