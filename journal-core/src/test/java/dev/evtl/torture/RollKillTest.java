package dev.evtl.torture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import dev.evtl.journal.AppenderMode;
import dev.evtl.journal.BackPressure;
import dev.evtl.journal.Growth;
import dev.evtl.journal.Journal;
import dev.evtl.journal.JournalConfig;
import dev.evtl.journal.JournalListener;
import dev.evtl.journal.JournalScan;
import dev.evtl.journal.JournalScan.Condition;
import dev.evtl.journal.StorageMode;
import dev.evtl.journal.SyncPolicy;
import dev.evtl.journal.support.ChildJvm;
import dev.evtl.journal.support.Events;
import dev.evtl.journal.support.MemoryDirectory;
import dev.evtl.torture.Numbered.Checker;
import dev.evtl.torture.Numbered.Producer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.agrona.IoUtil;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A process that writes a journal of several files is killed with SIGKILL, again and again, in rolls above all: what it
 * published is there once and in order, and with a ring file what was accepted.
 */
@Tag(Torture.TAG)
class RollKillTest {
    private static final int OPENED = 0;
    private static final int ROLLS = 1;
    private static final int JOURNALED = 2;
    private static final int ACCEPTED = 3;
    private static final int PRODUCERS = 2;
    private static final int SHARED = ACCEPTED + PRODUCERS;
    private static final int KILLS_PER_JOURNAL = 10;

    @TempDir(factory = MemoryDirectory.class)
    Path parent;

    private final Random random = Torture.random(RollKillTest.class);
    private SharedLongs shared;
    private long events;
    private long files;
    private long unclosed;

    /** How a journal is written, the same in each process that is given the same seed. */
    private record Rolling(Path directory, int seed) {
        boolean ring() {
            return (seed & 1) != 0;
        }

        JournalConfig config() {
            final Random drawn = new Random(seed);
            final StorageMode storage = StorageMode.values()[drawn.nextInt(3)];
            final boolean publishers = storage == StorageMode.MAPPED && drawn.nextBoolean();
            final JournalConfig.Builder config = JournalConfig.builder()
                    .ringSize(1 << 16)
                    .maxPayloadLength(Numbered.MAX_PAYLOAD_LENGTH)
                    .backPressure(BackPressure.BLOCK)
                    .storage(storage)
                    .appenderMode(publishers ? AppenderMode.PUBLISHERS : AppenderMode.THREAD)
                    .checksums(drawn.nextInt(4) > 0)
                    .syncPolicy(drawn.nextBoolean() ? SyncPolicy.NONE : SyncPolicy.EVERY_BATCH)
                    .initialSize(1 << 14 + drawn.nextInt(4))
                    .growth(Growth.steps(1 << 14))
                    .rollSize(1 << 13 + drawn.nextInt(6))
                    .listener(JournalListener.NONE);
            if (ring()) {
                config.ringFile(directory.resolveSibling(directory.getFileName() + ".ring"));
            }
            return config.build();
        }

        @Override
        public String toString() {
            return config() + " (seed " + seed + ")";
        }
    }

    @Test
    void everyPublishedEventSurvivesAKillAtAnyRoll() throws Exception {
        final long rounds = Torture.rounds(10, 300);
        final long start = System.nanoTime();
        shared = new SharedLongs(parent.resolve("shared"), SHARED);
        for (long done = 0, number = 0; done < rounds; done += KILLS_PER_JOURNAL, number++) {
            final Rolling rolling = new Rolling(parent.resolve("j" + number), random.nextInt());
            killAndGoOn(rolling, Math.min(KILLS_PER_JOURNAL, rounds - done));
            IoUtil.delete(rolling.directory().toFile(), false);
        }
        shared.close();
        Torture.report(
                RollKillTest.class,
                "%d kills: %d events in %d files, %d times a file that was left was not closed yet; %d s",
                rounds,
                events,
                files,
                unclosed,
                TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - start));
    }

    private void killAndGoOn(final Rolling rolling, final long kills) throws Exception {
        long[] next = new long[PRODUCERS];
        for (long kill = 0; kill < kills; kill++) {
            final String what = rolling + ", kill " + kill;
            kill(rolling, next);
            final Checker found = check(rolling, what, true);
            final long before = next[0] + next[1];
            assertTrue(
                    found.events() >= before + shared.get(JOURNALED),
                    () -> what + ": " + found.events() + " events there, published were " + before + " and "
                            + shared.get(JOURNALED));
            next = goOn(rolling, what);
        }
        events += next[0] + next[1];
        files += Events.files(rolling.directory()).size();
    }

    private void kill(final Rolling rolling, final long... next) throws Exception {
        shared.clear();
        final Process child = ChildJvm.start(
                Victim.class,
                Stream.of(rolling.directory(), parent.resolve("shared"), rolling.seed(), next[0], next[1])
                        .map(Object::toString)
                        .toArray(String[]::new));
        final long rolls = 1 + random.nextInt(6);
        while (shared.get(ROLLS) < rolls) {
            if (!child.isAlive()) {
                fail("the child ended by itself: " + ChildJvm.output(child));
            }
            Thread.onSpinWait();
        }
        final long nanos = (long) Math.pow(3_000_000, random.nextDouble());
        final long start = System.nanoTime();
        while (System.nanoTime() - start < nanos) {
            Thread.onSpinWait();
        }
        child.destroyForcibly().waitFor();
    }

    /** Reads all files as they are; after a kill the last ones may be open. */
    private Checker check(final Rolling rolling, final String what, final boolean killed) throws IOException {
        final Checker checker = new Checker(PRODUCERS, what);
        final List<Path> all = Events.files(rolling.directory());
        for (int i = 0; i < all.size(); i++) {
            final Path file = all.get(i);
            assertEquals(
                    String.format("%020d.evtl", checker.events()),
                    file.getFileName().toString(),
                    what);
            final JournalScan scan = JournalScan.of(file);
            assertNotEquals(Condition.CORRUPT, scan.condition(), () -> what + ": " + file + ": " + scan.reason());
            assertNotEquals(Condition.LOST, scan.condition(), () -> what + ": " + file + ": " + scan.reason());
            assertTrue(killed || scan.condition() == Condition.CLEAN, () -> what + ": " + file + ": " + scan.reason());
            unclosed += i < all.size() - 1 && scan.condition() != Condition.CLEAN ? 1 : 0;
            checker.checkFile(Files.readAllBytes(file), scan.validEnd());
        }
        return checker;
    }

    /** The next owner goes on where the one that was killed was, and brings in what is in a ring file. */
    private long[] goOn(final Rolling rolling, final String what) throws IOException {
        try (Journal journal = Journal.open(rolling.directory(), rolling.config())) {
            journal.sync();
        }
        final Checker found = check(rolling, what, false);
        for (int producer = 0; producer < PRODUCERS; producer++) {
            final long there = found.events(producer);
            final long accepted = shared.get(ACCEPTED + producer);
            if (rolling.ring()) {
                assertTrue(there >= accepted, what + ": accepted " + accepted + ", there " + there);
            }
        }
        assertTrue(Files.notExists(rolling.directory().resolve("next.evtl")), what);
        return found.eventsByProducer();
    }

    /** The process that is killed: writes and rolls. */
    static final class Victim {
        public static void main(final String[] args) throws Exception {
            ChildJvm.endWithParent();
            final SharedLongs shared = new SharedLongs(Path.of(args[1]), SHARED);
            final Rolling rolling = new Rolling(Path.of(args[0]), Integer.parseInt(args[2]));
            final Journal journal = Journal.open(rolling.directory(), rolling.config());
            shared.set(OPENED, 1);
            for (int i = 0; i < PRODUCERS; i++) {
                final Producer producer = new Producer(journal, i, Long.parseLong(args[3 + i]));
                final int index = ACCEPTED + i;
                new Thread(() -> {
                            while (producer.publish() > 0) {
                                shared.set(index, producer.next());
                                shared.set(JOURNALED, journal.stats().getJournaledEvents());
                            }
                        })
                        .start();
            }
            while (true) {
                if (journal.roll(Duration.ofSeconds(20))) {
                    shared.set(ROLLS, shared.get(ROLLS) + 1);
                }
            }
        }
    }
}
