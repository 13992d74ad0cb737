package dev.evtl.torture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.evtl.journal.AppenderMode;
import dev.evtl.journal.Journal;
import dev.evtl.journal.JournalScan;
import dev.evtl.journal.JournalScan.Condition;
import dev.evtl.journal.exceptions.JournalException;
import dev.evtl.journal.support.ChildJvm;
import dev.evtl.torture.Numbered.Checker;
import dev.evtl.torture.Numbered.Producer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A file system that goes down under a process that writes, without what it had not written to its device. What the
 * process was told is durable is there afterwards.
 */
@Tag(Torture.TAG)
class Ext4PowerLossTest {
    /** Journals that were opened, or closed. */
    private static final int DONE = Traffic.OPENED;

    private static final long IMAGE_LENGTH = 256 << 20;
    private static final long LONGEST_FILE = 16 << 20;
    private static final int ROUNDS_PER_FORMAT = 25;
    private static final int MOST_NEW_FILES = 100;
    private static final int SESSIONS_PER_FILE = 3;
    private static final int EVENTS_PER_SESSION = 50;

    /** What the process does when the power goes. */
    private enum Work {
        SYNCING,
        CREATING,
        CLOSING;

        static Work draw(final Random random) {
            return random.nextInt(5) < 3 ? SYNCING : random.nextBoolean() ? CREATING : CLOSING;
        }
    }

    @TempDir
    Path directory;

    private final Random random = Torture.random(Ext4PowerLossTest.class);
    private final Map<String, Integer> modes = new TreeMap<>();
    private LoopFileSystem files;
    private SharedLongs shared;
    private String what;
    private Path file;
    private Setup setup;
    private long[] kept;
    private long[] told;
    private long acknowledged;
    private long journaled;
    private long survived;
    private int roundsWithLoss;

    @BeforeEach
    void create() throws IOException {
        files = LoopFileSystem.create(directory, IMAGE_LENGTH);
        shared = new SharedLongs(directory.resolve("shared"), Traffic.SHARED);
    }

    @AfterEach
    void remove() throws IOException {
        if (files != null) {
            shared.close();
            files.close();
        }
    }

    @Test
    void whatWasAcknowledgedSurvivesTheLossOfPower() throws Exception {
        final long rounds = Torture.rounds(2, 200);
        final long start = System.nanoTime();
        for (int round = 0; round < rounds; round++) {
            if (round % ROUNDS_PER_FORMAT == 0) {
                files.format();
                file = null;
            }
            final Work work = Work.draw(random);
            loseThePower(round, work);
        }
        Torture.report(
                Ext4PowerLossTest.class,
                "%d losses of power; of %d events journaled %d were acknowledged and %d survived, some were lost in %d"
                        + " rounds; none that was acknowledged, none out of order; %s; %d s",
                rounds,
                journaled,
                acknowledged,
                survived,
                roundsWithLoss,
                modes,
                TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - start));
    }

    private void loseThePower(final int round, final Work work) throws Exception {
        final String options = "noauto_da_alloc,commit=300,data=" + (random.nextBoolean() ? "writeback" : "ordered")
                + (random.nextBoolean() ? ",nodelalloc" : "");
        files.mount(options);
        if (file == null || work == Work.CREATING || work == Work.CLOSING || Files.size(file) > LONGEST_FILE) {
            startOver(round, work);
        }
        what = String.format("round %d, %s, %s, %s", round, work, setup, options);
        modes.merge(work.toString(), 1, Integer::sum);
        modes.merge(setup.storage.toString(), 1, Integer::sum);
        modes.merge(setup.syncPolicy.toString(), 1, Integer::sum);
        final Process shutdown = files.shutdown();
        shared.clear();
        final Process child = ChildJvm.start(
                Writer.class,
                Stream.concat(
                                Stream.of(work, file, directory.resolve("shared"), setup.seed, random.nextInt()),
                                Arrays.stream(kept).boxed())
                        .map(Object::toString)
                        .toArray(String[]::new));
        if (random.nextInt(8) > 0) {
            while (shared.get(DONE) == 0) {
                assertTrue(child.isAlive(), () -> what + ": the child ended by itself");
                Thread.onSpinWait();
            }
        }
        LockSupport.parkNanos(
                random.nextBoolean() ? random.nextInt(400_000_000) : (long) Math.pow(400_000_000, random.nextDouble()));
        // a sync that is under way when the file system goes down may succeed, as an msync of any other program may
        told = IntStream.range(0, Traffic.SHARED).mapToLong(shared::get).toArray();
        LoopFileSystem.shutDown(shutdown);
        shared.set(Traffic.GONE, 1);
        LockSupport.parkNanos((long) Math.pow(50_000_000, random.nextDouble())); // the process may notice, or not
        child.destroyForcibly().waitFor();
        shutdown.waitFor();
        assertEquals(0, shared.get(Traffic.LIE), () -> what + ": was told so after the file system was gone");
        files.unmount();
        files.mount("defaults");
        switch (work) {
            case CREATING -> assertCreated();
            case CLOSING -> assertClosed();
            default -> assertSynced();
        }
        files.unmount();
    }

    private void startOver(final int round, final Work work) throws IOException {
        try (Stream<Path> all = Files.list(files.root())) {
            for (final Path path : all.filter(Files::isRegularFile).toList()) {
                Files.delete(path);
            }
        }
        file = files.root().resolve("p" + round + ".evtl");
        setup = new Setup(random.nextInt());
        kept = new long[work == Work.CREATING || work == Work.CLOSING ? 1 : setup.producers];
    }

    private void assertSynced() throws IOException {
        final long before = LongStream.of(kept).sum();
        if (told[DONE] == 0 && Files.notExists(file)) {
            file = null;
            return;
        }
        final Checker found = Numbered.check(file, kept.length, what);
        for (int producer = 0; producer < kept.length; producer++) {
            final long wanted = Math.max(kept[producer], told[Traffic.ACKNOWLEDGED + producer]);
            assertTrue(
                    found.events(producer) >= wanted,
                    what + ": producer " + producer + " was told that " + wanted + " are durable, found "
                            + found.events(producer));
            acknowledged += wanted - kept[producer];
        }
        final long durable = told[Traffic.DURABLE];
        final long validEnd = JournalScan.of(file).validEnd();
        assertTrue(validEnd >= durable, what + ": durable up to " + durable + ", found up to " + validEnd);
        count(shared.get(Traffic.JOURNALED), found.events() - before);
        kept = Numbered.goOn(file, setup.config(), found);
    }

    private void count(final long published, final long found) {
        journaled += published;
        survived += found;
        roundsWithLoss += found < published ? 1 : 0;
    }

    /** Each file whose opening returned is there, with what was synced. */
    private void assertCreated() throws IOException {
        final long created = told[DONE];
        for (int i = 0; i < created; i++) {
            final Path path = numbered(file, i);
            assertTrue(
                    Files.exists(path), () -> what + ": of " + created + " files that were opened there is no " + path);
            final Checker found = Numbered.check(path, 1, what);
            assertTrue(found.events() >= eventsSynced(i), () -> what + ": " + path + " holds " + found.events());
            acknowledged += eventsSynced(i);
            count(eventsSynced(i), found.events());
            Numbered.goOn(path, setup.config(), found);
        }
        file = null;
    }

    private static Path numbered(final Path path, final int number) {
        return path.resolveSibling(number + "-" + path.getFileName());
    }

    private static int eventsSynced(final int fileNumber) {
        return fileNumber % 3 == 1 ? fileNumber : 0;
    }

    /** Each session whose close returned is there. */
    private void assertClosed() throws IOException {
        final long closed = told[DONE];
        for (int i = 0; i * SESSIONS_PER_FILE < closed; i++) {
            final Path path = numbered(file, i);
            final int sessions = (int) Math.min(SESSIONS_PER_FILE, closed - (long) i * SESSIONS_PER_FILE);
            final Checker found = Numbered.check(path, 1, what);
            assertTrue(
                    found.events() >= sessions * EVENTS_PER_SESSION,
                    () -> what + ": " + path + " holds " + found.events() + " after " + sessions + " sessions");
            if (sessions == SESSIONS_PER_FILE) {
                assertEquals(Condition.CLEAN, JournalScan.of(path).condition(), what);
            }
            acknowledged += sessions * EVENTS_PER_SESSION;
            count(sessions * EVENTS_PER_SESSION, found.events());
            Numbered.goOn(path, setup.config(), found);
        }
        file = null;
    }

    /** The process that does not know what comes. It says what it was told by setting shared numbers. */
    static final class Writer {
        private static SharedLongs shared;

        public static void main(final String[] args) throws Exception {
            ChildJvm.endWithParent();
            final Work work = Work.valueOf(args[0]);
            final Path path = Path.of(args[1]);
            shared = new SharedLongs(Path.of(args[2]), Traffic.SHARED);
            final Setup setup = new Setup(Integer.parseInt(args[3]));
            final Random random = new Random(Integer.parseInt(args[4]));
            final long[] next =
                    Stream.of(args).skip(5).mapToLong(Long::parseLong).toArray();
            try {
                switch (work) {
                    case CREATING -> create(path, setup);
                    case CLOSING -> close(path, setup);
                    default -> sync(path, setup, random, next);
                }
            } catch (final JournalException e) {
                // the file system is down
            }
            Thread.sleep(60_000);
        }

        private static void create(final Path path, final Setup setup) {
            final List<Journal> open = new ArrayList<>();
            for (int i = 0; i < MOST_NEW_FILES; i++) {
                final int slot = slot();
                final Journal journal = Journal.open(
                        numbered(path, i),
                        setup.builder()
                                .appenderMode(Torture.appender(setup.storage, AppenderMode.INVOKER))
                                .build());
                open.add(journal);
                if (eventsSynced(i) > 0) {
                    new Producer(journal, 0, 0).publish(eventsSynced(i));
                    journal.sync();
                }
                shared.set(slot, open.size());
            }
        }

        /** Where to say that something was done which begins now. */
        private static int slot() {
            return shared.get(Traffic.GONE) == 0 ? DONE : Traffic.LIE;
        }

        private static void close(final Path path, final Setup setup) {
            long next = 0;
            for (int i = 0; i < MOST_NEW_FILES; i++) {
                final int slot = slot();
                final int session = i % SESSIONS_PER_FILE;
                try (Journal journal = Journal.open(numbered(path, i / SESSIONS_PER_FILE), setup.config())) {
                    final Producer producer = new Producer(journal, 0, session == 0 ? 0 : next);
                    if (producer.publish(EVENTS_PER_SESSION) <= 0) {
                        return;
                    }
                    next = producer.next();
                }
                shared.set(slot, i + 1);
            }
        }

        private static void sync(final Path path, final Setup setup, final Random random, final long[] next)
                throws InterruptedException {
            final Journal journal = Journal.open(path, setup.config());
            shared.set(DONE, 1);
            new Traffic(journal, shared, next, random).join();
        }
    }
}
