package dev.evtl.torture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import dev.evtl.journal.AttachedPublisher;
import dev.evtl.journal.BackPressure;
import dev.evtl.journal.EventBatch;
import dev.evtl.journal.Growth;
import dev.evtl.journal.Journal;
import dev.evtl.journal.JournalConfig;
import dev.evtl.journal.JournalListener;
import dev.evtl.journal.JournalScan;
import dev.evtl.journal.JournalScan.Condition;
import dev.evtl.journal.Publisher;
import dev.evtl.journal.StorageMode;
import dev.evtl.journal.support.ChildJvm;
import dev.evtl.journal.support.MemoryDirectory;
import dev.evtl.journal.support.StoredEvent;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Processes with a ring file, killed with SIGKILL while they write and grow the file, open and recover it, and close
 * it. Each tells which events were accepted through memory that it shares with the test, behind the call that said so:
 * these must be in the journal, once, in their producer's order. One event of each producer may be there without having
 * been told of, as the process was killed in between.
 */
@Tag(Torture.TAG)
class KillWithRingFileTest {
    private static final int ROUNDS_PER_FILE = 10;
    private static final int PRODUCERS = 2;
    private static final int MORE = 0x10;

    private static final int RING_SIZE = 1 << 14;
    /** Most events that a producer publishes, so that a file stays small. */
    private static final int MOST = 20_000;

    private static final int RUN_LENGTH = 256;
    private static final int PHASE = 0;
    private static final int ACCEPTED = 64;
    private static final int DROPPED = 128;

    private static final int OPENING = 1;
    private static final int OPEN = 2;
    private static final int CLOSING = 3;

    private enum Kill {
        WRITING,
        OPENING,
        CLOSING
    }

    @TempDir(factory = MemoryDirectory.class)
    Path directory;

    private final Random random = Torture.random(KillWithRingFileTest.class);
    private final long[] kills = new long[Kill.values().length];
    private final List<Process> children = new ArrayList<>();
    private long attachedKilled;
    private long events;
    private long drops;
    private UnsafeBuffer shared;
    private int runs;
    private Process attached;

    @Test
    void everyAcceptedEventSurvivesOnceAndInOrder() throws Exception {
        final long rounds = Torture.rounds(8, 2_000);
        final int bytes = (int) (rounds * 3 + 10) * RUN_LENGTH;
        try (FileChannel channel = FileChannel.open(
                directory.resolve("shared"),
                StandardOpenOption.CREATE,
                StandardOpenOption.READ,
                StandardOpenOption.WRITE)) {
            shared = new UnsafeBuffer(channel.map(MapMode.READ_WRITE, 0, bytes));
        }
        try {
            for (int done = 0, number = 0; done < rounds; done += ROUNDS_PER_FILE, number++) {
                killAndCheck(number, (int) Math.min(ROUNDS_PER_FILE, rounds - done));
            }
        } finally {
            children.forEach(Process::destroyForcibly);
        }
        Torture.report(
                KillWithRingFileTest.class,
                "%d rounds: %d owners killed writing, %d opening, %d closing, %d attached publishers; %d events there,"
                        + " %d drops in gaps",
                rounds,
                kills[0],
                kills[1],
                kills[2],
                attachedKilled,
                events,
                drops);
    }

    private void killAndCheck(final int number, final int rounds) throws Exception {
        final StorageMode mode = Torture.storage(StorageMode.values()[random.nextInt(StorageMode.values().length)]);
        final boolean checksums = random.nextBoolean();
        final BackPressure policy = random.nextInt(4) == 0 ? BackPressure.DROP : BackPressure.BLOCK;
        final Path file = directory.resolve("k" + number + ".evtl");
        final Path ring = directory.resolve("k" + number + ".ring");
        final String[] settings = {
            file.toString(), ring.toString(), mode.name(), Boolean.toString(checksums), policy.name()
        };
        final int firstRun = runs;
        attached = null;
        for (int round = 0; round < rounds; round++) {
            if (attached != null && !attached.isAlive()) {
                attached = null; // its journal was closed
            }
            final int run = runs++;
            final Kill kill = Kill.values()[random.nextInt(Kill.values().length)];
            final int before = random.nextInt(MOST / 2);
            final Process owner = start("own", run, kill == Kill.CLOSING ? before : Integer.MAX_VALUE, settings);
            if (attached == null && random.nextBoolean()) {
                awaitPhase(owner, run, OPEN);
                attached = start("attach", runs++, Integer.MAX_VALUE, settings);
            }
            final boolean killAttached = attached != null && random.nextInt(3) == 0;
            switch (kill) {
                case WRITING -> awaitOffered(owner, run, before);
                case OPENING -> awaitPhase(owner, run, OPENING);
                case CLOSING -> awaitPhase(owner, run, CLOSING);
            }
            if (killAttached) {
                attached.destroyForcibly().waitFor();
                attached = null;
                attachedKilled++;
            }
            if (kill != Kill.WRITING) {
                LockSupport.parkNanos(random.nextInt(kill == Kill.OPENING ? 40_000_000 : 2_000_000));
            }
            if (owner.isAlive()) {
                kills[kill.ordinal()]++;
            }
            owner.destroyForcibly().waitFor();
        }
        if (attached != null) {
            attached.destroyForcibly().waitFor();
        }
        try (Journal journal = Journal.open(file, config(settings).build())) {
            journal.sync();
        }
        assertTrue(Files.notExists(ring));
        check(file, firstRun, "file " + number + ' ' + String.join(" ", settings));
        Files.delete(file);
    }

    private Process start(final String role, final int run, final int closeAfter, final String... settings)
            throws IOException {
        final List<String> arguments = new ArrayList<>(List.of(
                role, directory.resolve("shared").toString(), Integer.toString(run), Integer.toString(closeAfter)));
        arguments.addAll(List.of(settings));
        final Process child = ChildJvm.start(Main.class, arguments.toArray(String[]::new));
        children.add(child);
        return child;
    }

    private void awaitPhase(final Process child, final int run, final int phase) throws IOException {
        while (shared.getLongVolatile(run * RUN_LENGTH + PHASE) < phase) {
            assertAlive(child);
        }
    }

    private void awaitOffered(final Process child, final int run, final int count) throws IOException {
        while (offered(shared, run * RUN_LENGTH) < count) {
            assertAlive(child);
        }
    }

    /** By the first producer of a run. */
    private static long offered(final UnsafeBuffer shared, final int base) {
        return shared.getLongVolatile(base + ACCEPTED) + shared.getLongVolatile(base + DROPPED);
    }

    private static void assertAlive(final Process child) throws IOException {
        if (!child.isAlive()) {
            fail("the child ended by itself: " + ChildJvm.output(child));
        }
        Thread.yield();
    }

    private void check(final Path file, final int firstRun, final String what) throws IOException {
        assertEquals(Condition.CLEAN, JournalScan.of(file).condition(), what);
        final boolean dropping = what.endsWith("DROP");
        final long[] next = new long[(runs - firstRun) * PRODUCERS];
        final long[] count = new long[next.length];
        long inGaps = 0;
        boolean more = false;
        for (final StoredEvent event : StoredEvent.readAll(file)) {
            if (event.type() == StoredEvent.GAP) {
                inGaps += event.data().getLong();
                continue;
            }
            final int producer = ((int) event.data().getLong() - firstRun) * PRODUCERS + event.type() - 1;
            final long sequence = event.data().getLong(8);
            final String where = what + ", run " + event.data().getLong() + ", event " + event.sequence();
            if (sequence != next[producer] && !(dropping && sequence > next[producer])) {
                fail(where + ": expected " + next[producer] + " found " + sequence);
            }
            assertTrue(!more || (event.flags() & MORE) == 0, where);
            more = (event.flags() & MORE) != 0;
            next[producer] = sequence + 1;
            count[producer]++;
        }
        long dropped = 0;
        for (int i = 0; i < next.length; i++) {
            final int base = (firstRun + i / PRODUCERS) * RUN_LENGTH + i % PRODUCERS * Long.BYTES;
            final long accepted = shared.getLongVolatile(base + ACCEPTED);
            // a claim is of two events at most
            assertTrue(
                    count[i] >= accepted && count[i] <= accepted + 2,
                    what + ", run " + (firstRun + i / PRODUCERS) + ", producer " + i % PRODUCERS + ": " + accepted
                            + " accepted, " + count[i] + " there");
            dropped += shared.getLongVolatile(base + DROPPED);
            events += count[i];
        }
        assertTrue(
                inGaps >= dropped && inGaps <= dropped + 2L * next.length,
                what + ": " + dropped + " dropped, " + inGaps + " in gaps");
        drops += inGaps;
    }

    private static JournalConfig.Builder config(final String... settings) {
        return Torture.config(StorageMode.valueOf(settings[2]))
                .ringSize(RING_SIZE)
                .maxPayloadLength(1024)
                .ringFile(Path.of(settings[1]))
                .checksums(Boolean.parseBoolean(settings[3]))
                .backPressure(BackPressure.valueOf(settings[4]))
                .initialSize(1 << 16)
                .growth(Growth.steps(1 << 16))
                .listener(JournalListener.NONE);
    }

    /** The process that is killed: owner or attached publisher. */
    static final class Main {
        public static void main(final String[] args) throws IOException {
            ChildJvm.endWithParent();
            final int run = Integer.parseInt(args[2]);
            final int base = run * RUN_LENGTH;
            final UnsafeBuffer shared;
            try (FileChannel channel =
                    FileChannel.open(Path.of(args[1]), StandardOpenOption.READ, StandardOpenOption.WRITE)) {
                shared = new UnsafeBuffer(channel.map(MapMode.READ_WRITE, 0, channel.size()));
            }
            final String[] settings = {args[4], args[5], args[6], args[7], args[8]};
            final JournalConfig config = config(settings).build();
            shared.putLongRelease(base + PHASE, OPENING);
            final Journal journal = args[0].equals("own") ? Journal.open(Path.of(args[4]), config) : null;
            final AttachedPublisher attached = journal == null ? Journal.attach(Path.of(args[5]), config) : null;
            final Publisher publisher = journal == null ? attached.publisher() : journal.publisher();
            shared.putLongRelease(base + PHASE, OPEN);
            final Thread[] threads = new Thread[PRODUCERS];
            for (int i = 0; i < PRODUCERS; i++) {
                final int producer = i;
                threads[i] = new Thread(() -> publish(publisher, shared, base + producer * Long.BYTES, run, producer));
                threads[i].start();
            }
            final int closeAfter = Integer.parseInt(args[3]);
            while (offered(shared, base) < closeAfter) {
                LockSupport.parkNanos(100_000);
            }
            shared.putLongRelease(base + PHASE, CLOSING);
            journal.close();
        }

        /** Single events, and every third a claim of two, told of when they are accepted. */
        private static void publish(
                final Publisher publisher, final UnsafeBuffer shared, final int at, final int run, final int producer) {
            final EventBatch batch = publisher.newBatch();
            final UnsafeBuffer source = new UnsafeBuffer(new byte[1024]);
            long sequence = 0;
            while (sequence < MOST) {
                final int length = 16 + (int) (sequence * 7919 % 200);
                final int count = sequence % 3 == 1 ? 2 : 1;
                source.putLong(0, run);
                source.putLong(8, sequence);
                long result;
                if (count == 1) {
                    result = publisher.offer(producer + 1, source, 0, length);
                } else {
                    result = batch.tryClaim(2, 2 * length);
                    if (result > 0) {
                        batch.next(producer + 1, length).putBytes(0, source, 0, length);
                        source.putLong(8, sequence + 1);
                        batch.next(producer + 1, length).putBytes(0, source, 0, length);
                        result = batch.commit();
                    }
                }
                if (result > 0) {
                    shared.putLongRelease(at + ACCEPTED, shared.getLong(at + ACCEPTED) + count);
                } else if (result == Publisher.DROPPED) {
                    shared.putLongRelease(at + DROPPED, shared.getLong(at + DROPPED) + count);
                } else {
                    return;
                }
                sequence += count;
            }
        }
    }
}
