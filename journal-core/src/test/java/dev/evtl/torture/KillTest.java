package dev.evtl.torture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import dev.evtl.journal.Journal;
import dev.evtl.journal.JournalScan;
import dev.evtl.journal.JournalScan.Condition;
import dev.evtl.journal.support.ChildJvm;
import dev.evtl.journal.support.MemoryDirectory;
import dev.evtl.journal.support.StoredEvent;
import dev.evtl.torture.Numbered.Checker;
import dev.evtl.torture.Numbered.Producer;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A process that is killed with SIGKILL in all that it does with a journal: what it published is there. */
@Tag(Torture.TAG)
class KillTest {
    private static final int PHASE = 0;
    private static final int EVENTS = 1;
    private static final int ALLOCATED = 2;
    private static final int SHARED = 3;
    private static final int KILLS_PER_FILE = 12;
    private static final long LONGEST_FILE = 12 << 20;

    /** What the process was doing. */
    private enum Phase {
        STARTING,
        OPENING,
        RECOVERING,
        WRITING,
        GROWING,
        CLOSING,
        CLOSED
    }

    /** The phases that are short, or that a kill easily misses, more often. */
    private static final Phase[] TARGETS = {
        Phase.OPENING,
        Phase.RECOVERING,
        Phase.RECOVERING,
        Phase.RECOVERING,
        Phase.WRITING,
        Phase.WRITING,
        Phase.GROWING,
        Phase.GROWING,
        Phase.CLOSING,
        Phase.CLOSING
    };

    @TempDir(factory = MemoryDirectory.class)
    Path directory;

    private final Random random = Torture.random(KillTest.class);
    private final Map<Phase, Integer> kills = new EnumMap<>(Phase.class);
    private final Map<String, Integer> modes = new TreeMap<>();
    private SharedLongs shared;
    private long eventsSeen;

    @Test
    void everyPublishedEventSurvivesAKillAtAnyMoment() throws Exception {
        final long rounds = Torture.rounds(12, 2_000);
        final long start = System.nanoTime();
        shared = new SharedLongs(directory.resolve("shared"), SHARED);
        int files = 0;
        for (long round = 0; round < rounds; files++) {
            round += killAndGoOn(directory.resolve("k" + files + ".evtl"), random.nextInt(), rounds - round);
        }
        shared.close();
        Torture.report(
                KillTest.class,
                "%d kills in %d files, %d events: none lost, doubled, changed or out of order; killed %s; %s; %d s",
                rounds,
                files,
                eventsSeen,
                kills,
                modes,
                TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - start));
    }

    /** Kills one writer after the other on the same file; returns how many. */
    private int killAndGoOn(final Path file, final int seed, final long mostKills) throws Exception {
        final Setup setup = new Setup(seed);
        int killed = 0;
        Checker found = new Checker(setup.producers, "no kill yet");
        while (killed < Math.min(KILLS_PER_FILE, mostKills) && size(file) < LONGEST_FILE) {
            final Phase target = TARGETS[random.nextInt(TARGETS.length)];
            final Phase phase = kill(file, seed, target, found.eventsByProducer());
            kills.merge(phase, 1, Integer::sum);
            modes.merge(setup.mode(), 1, Integer::sum);
            killed++;
            found = assertAllThere(
                    file, found, String.format("%s, %s, file seed %d, kill %d", setup, phase, seed, killed));
        }
        eventsSeen += LongStream.of(Numbered.goOn(file, setup.config(), found)).sum();
        try (Stream<Path> all = Files.list(directory)) {
            for (final Path path : all.filter(p -> p.getFileName().toString().startsWith(file.getFileName() + ""))
                    .toList()) {
                assertFalse(path.toString().contains(".new-"), path + " was left behind");
                Files.delete(path);
            }
        }
        return killed;
    }

    private static long size(final Path file) throws IOException {
        return Files.exists(file) ? Files.size(file) : 0;
    }

    /** Starts a writer, kills it in a phase, or as near as that works, and tells what it was doing. */
    private Phase kill(final Path file, final int seed, final Phase target, final long[] published) throws Exception {
        if (target == Phase.RECOVERING && random.nextBoolean()) {
            tear(file);
        }
        shared.clear();
        final String[] arguments = Stream.concat(
                        Stream.of(file, directory.resolve("shared"), seed, random.nextInt()),
                        Arrays.stream(published).boxed())
                .map(Object::toString)
                .toArray(String[]::new);
        final Process child = ChildJvm.start(Victim.class, arguments);
        if (target == Phase.GROWING) {
            await(child, Phase.WRITING);
            final long length = Files.size(file);
            while (Files.size(file) <= length && phase() == Phase.WRITING) {
                assertAlive(child);
            }
        } else {
            await(child, target);
        }
        waitAWhile(target == Phase.GROWING ? 1_000_000 : 20_000_000);
        child.destroyForcibly().waitFor();
        final Phase phase = phase();
        final boolean growing = phase == Phase.WRITING && Files.size(file) != shared.get(ALLOCATED);
        return growing ? Phase.GROWING : phase;
    }

    private Phase phase() {
        return Phase.values()[(int) shared.get(PHASE)];
    }

    /** A writer recovers at most once, and soon comes by the other phases again. */
    private void await(final Process child, final Phase target) throws IOException {
        Phase phase = phase();
        while (phase != target && !(target == Phase.RECOVERING && phase != Phase.STARTING)) {
            assertAlive(child);
            phase = phase();
        }
    }

    private static void assertAlive(final Process child) throws IOException {
        if (!child.isAlive()) {
            fail("the child ended by itself: " + ChildJvm.output(child));
        }
        Thread.onSpinWait();
    }

    /** As often a microsecond as the longest time: what is short is hit too. */
    private void waitAWhile(final long longestNanos) {
        final long nanos = (long) Math.pow(longestNanos, random.nextDouble());
        final long start = System.nanoTime();
        while (System.nanoTime() - start < nanos) {
            Thread.onSpinWait();
        }
    }

    /** What a crash of the machine can leave behind the events, so that the recovery has something to do. */
    private void tear(final Path file) throws IOException {
        if (Files.exists(file) && isOpen(file)) {
            final JournalScan scan = JournalScan.of(file);
            try (RandomAccessFile raw = new RandomAccessFile(file.toFile(), "rw")) {
                final byte[] torn = new byte[(int) Math.min(raw.length() - scan.validEnd(), random.nextInt(1 << 20))];
                random.nextBytes(torn);
                raw.seek(scan.validEnd());
                raw.write(torn);
            }
        }
    }

    private Checker assertAllThere(final Path file, final Checker before, final String what) throws IOException {
        if (!Files.exists(file)) {
            assertEquals(0, before.events(), what);
            return before;
        }
        final JournalScan scan = JournalScan.of(file);
        assertNotEquals(Condition.LOST, scan.condition(), () -> what + ": " + scan.reason());
        final long published = StoredEvent.writeOffset(header(file));
        assertTrue(scan.validEnd() >= published, () -> what + ": " + scan.reason());
        final Checker found = Numbered.check(file, before.eventsByProducer().length, what);
        assertTrue(
                found.events() >= shared.get(EVENTS),
                () -> what + ": " + shared.get(EVENTS) + " were journaled, " + scan);
        final long[] earlier = before.eventsByProducer();
        for (int producer = 0; producer < earlier.length; producer++) {
            assertTrue(found.events(producer) >= earlier[producer], what + ": an earlier process's are gone");
        }
        return found;
    }

    private static boolean isOpen(final Path file) throws IOException {
        return Files.exists(file) && StoredEvent.state(header(file)) == 0;
    }

    private static byte[] header(final Path file) throws IOException {
        try (RandomAccessFile raw = new RandomAccessFile(file.toFile(), "r")) {
            final byte[] header = new byte[64];
            raw.readFully(header);
            return header;
        }
    }

    /** The process that is killed: opens the journal, publishes and closes it, again and again. */
    static final class Victim {
        private static SharedLongs shared;

        public static void main(final String[] args) throws Exception {
            ChildJvm.endWithParent();
            final Path file = Path.of(args[0]);
            shared = new SharedLongs(Path.of(args[1]), SHARED);
            final Setup setup = new Setup(Integer.parseInt(args[2]));
            final Random random = new Random(Integer.parseInt(args[3]));
            final long[] published = new long[setup.producers];
            for (int i = 0; i < published.length; i++) {
                published[i] = Long.parseLong(args[4 + i]);
            }
            while (true) {
                enter(isOpen(file) ? Phase.RECOVERING : Phase.OPENING);
                final Journal journal = Journal.open(file, setup.config());
                shared.set(ALLOCATED, journal.stats().getAllocatedBytes());
                enter(Phase.WRITING);
                publish(journal, published, (long) Math.pow(20_000, random.nextDouble()));
                enter(Phase.CLOSING);
                journal.close();
                enter(Phase.CLOSED);
            }
        }

        private static void enter(final Phase phase) {
            shared.set(PHASE, phase.ordinal());
        }

        private static void publish(final Journal journal, final long[] published, final long count)
                throws InterruptedException {
            final long before = LongStream.of(published).sum();
            final Thread[] threads = new Thread[published.length];
            for (int i = 0; i < threads.length; i++) {
                final int producer = i;
                threads[i] = new Thread(() -> {
                    final Producer publisher = new Producer(journal, producer, published[producer]);
                    while (publisher.next() < published[producer] + count) {
                        publisher.publish();
                        if (producer == 0) {
                            shared.set(EVENTS, before + journal.stats().getJournaledEvents());
                            shared.set(ALLOCATED, journal.stats().getAllocatedBytes());
                        }
                    }
                    published[producer] = publisher.next();
                });
                threads[i].start();
            }
            for (final Thread thread : threads) {
                thread.join();
            }
        }
    }
}
