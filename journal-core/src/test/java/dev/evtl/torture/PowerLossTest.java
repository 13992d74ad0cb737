package dev.evtl.torture;

import static dev.evtl.torture.ReferenceJournal.HEADER;
import static dev.evtl.torture.ReferenceJournal.MORE;
import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.evtl.journal.AppenderMode;
import dev.evtl.journal.EventBatch;
import dev.evtl.journal.Growth;
import dev.evtl.journal.Journal;
import dev.evtl.journal.JournalAccess;
import dev.evtl.journal.JournalConfig;
import dev.evtl.journal.JournalListener;
import dev.evtl.journal.JournalScan;
import dev.evtl.journal.Publisher;
import dev.evtl.journal.StorageMode;
import dev.evtl.journal.SyncPolicy;
import dev.evtl.journal.WhenFull;
import dev.evtl.journal.exceptions.JournalException;
import dev.evtl.journal.io.FileCalls;
import dev.evtl.journal.io.FileWatcher;
import dev.evtl.journal.support.MemoryDirectory;
import java.io.File;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Files that a power loss could have left, made from what real journals stored and forced: all that was acknowledged is
 * there after a recovery, and what follows is a prefix of what was offered, in whole claims.
 */
@Tag(Torture.TAG)
class PowerLossTest {
    private static final int MAX_LENGTH = 60_000;
    private static final int IMAGES_OF_A_RUN = 200;
    private static final int NOW = -1;
    private static final int APPEND_EVERY = 50;

    @TempDir(factory = MemoryDirectory.class)
    Path directory;

    private Random random;
    private DiskLog log;
    private Path file;
    private JournalConfig.Builder config;
    private AppenderMode appender;
    private String how;
    private boolean checksums;
    private ReferenceJournal reference;
    private final List<Epoch> epochs = new ArrayList<>();
    private final List<Acknowledged> acknowledgements = new ArrayList<>();
    private final Map<JournalScan.Condition, Long> found = new EnumMap<>(JournalScan.Condition.class);
    private long absent;
    private long images;
    private long sessions;

    /** From a time on, the journal may hold these events and no others. */
    private record Epoch(int time, ReferenceJournal journal) {}

    private record Acknowledged(int time, int events) {}

    @AfterEach
    void watchNoMore() {
        FileCalls.watch(FileWatcher.NONE);
    }

    @Test
    void acknowledgedEventsSurviveAndAPrefixFollows() throws IOException {
        random = Torture.random(PowerLossTest.class);
        final long wanted = Torture.rounds(1500, 1_000_000);
        final long start = System.nanoTime();
        while (images < wanted) {
            run((int) Math.min(IMAGES_OF_A_RUN, wanted - images));
        }
        Torture.report(
                PowerLossTest.class,
                "%d images of %d sessions, recovered as %s; %d times the file was not there; %d s",
                images,
                sessions,
                found,
                absent,
                (System.nanoTime() - start) / 1_000_000_000);
    }

    /** A journal that is written, ends in one way or another, and is opened again, a few times. */
    private void run(final int count) throws IOException {
        final int ends = 1 + random.nextInt(4);
        file = directory.resolve("written.evtl");
        clear();
        checksums = random.nextInt(8) > 0;
        final long createdAt = random.nextLong();
        config = config(createdAt);
        reference = new ReferenceJournal(createdAt, checksums, 0);
        restart(0);
        for (int end = 1; end <= ends; end++) {
            final int before = log.time();
            session();
            check(count / ends, before);
            if (end < ends && checksums && random.nextInt(3) == 0) {
                losePower();
            }
        }
    }

    private JournalConfig.Builder config(final long createdAt) {
        final SyncPolicy policy = switch (random.nextInt(5)) {
            case 0 -> SyncPolicy.EVERY_BATCH;
            case 1 -> SyncPolicy.bytes(1 + random.nextInt(10_000));
            case 2 -> SyncPolicy.interval(Duration.ofNanos(100_000));
            default -> SyncPolicy.NONE;
        };
        final StorageMode storage = Torture.storage(StorageMode.values()[random.nextInt(3)]);
        appender = Torture.appender(storage, AppenderMode.INVOKER);
        how = storage + ", force " + policy + (checksums ? "" : ", no checksums");
        return JournalConfig.builder()
                .clock(() -> createdAt)
                .checksums(checksums)
                .storage(storage)
                .syncPolicy(policy)
                .appenderMode(appender)
                .ringSize(1 << 16)
                .maxPayloadLength(6000)
                .initialSize(4096 << random.nextInt(4))
                .growth(random.nextBoolean() ? Growth.steps(4096 + random.nextInt(9000)) : Growth.DOUBLING)
                .maxSize(DiskLog.CAPACITY, WhenFull.FAIL)
                .listener(JournalListener.NONE);
    }

    /** From here on what the file holds, if there is one, is on the device, and nothing else is known of the time before. */
    private void restart(final int acknowledged) throws IOException {
        log = new DiskLog(file);
        epochs.clear();
        epochs.add(new Epoch(0, reference.copy()));
        acknowledgements.clear();
        acknowledge(acknowledged);
    }

    private void session() throws IOException {
        sessions++;
        final int kept = Files.exists(file) ? intact() : 0;
        log.dieAfter(random.nextBoolean() ? random.nextInt(1 + random.nextInt(50)) : Long.MAX_VALUE);
        FileCalls.watch(log);
        try {
            write(kept);
        } catch (final JournalException e) {
            assertTrue(log.isDead(), e::toString);
        }
        FileCalls.watch(FileWatcher.NONE);
        log.look();
    }

    private void write(final int kept) {
        final Journal journal = Journal.open(file, config.build());
        log.look();
        reference = reference.copy();
        reference.truncate(kept);
        epochs.add(new Epoch(log.time(), reference));
        acknowledge(kept);
        final int[] palette = IntStream.range(0, 1 + random.nextInt(4))
                .map(i -> random.nextInt(random.nextInt(6) == 0 ? 5000 : 300))
                .toArray();
        try (journal) {
            for (int steps = random.nextInt(60); steps > 0 && reference.end() < MAX_LENGTH; steps--) {
                step(journal, palette);
            }
            if (random.nextBoolean()) {
                log.dieAfter(NOW);
            }
        }
        acknowledge(reference.events());
    }

    /** What a recovery keeps of the file as it is now. */
    private int intact() throws IOException {
        final byte[] content = Files.readAllBytes(file);
        final Expected expected = Expected.of(content, content.length, reference);
        // without checksums the events before write_offset are what they are
        return checksums ? expected.kept() : reference.eventsBefore(writeOffset(content));
    }

    private static long writeOffset(final byte[] content) {
        return ByteBuffer.wrap(content).order(LITTLE_ENDIAN).getLong(24);
    }

    private void step(final Journal journal, final int... palette) {
        for (int claims = random.nextInt(6); claims > 0; claims--) {
            offer(journal, 1 + (random.nextInt(3) == 0 ? random.nextInt(5) : 0), palette);
        }
        if (random.nextInt(4) > 0) {
            invoke(journal);
        }
        if (random.nextBoolean()) {
            log.look();
        }
        if (random.nextInt(8) == 0) {
            final int accepted = reference.events();
            final long durable = journal.sync();
            assertTrue(durable >= reference.end(accepted), "sync said " + durable);
            acknowledge(accepted);
        }
        acknowledge(reference.eventsBefore(journal.stats().getDurableOffset()));
    }

    /** Unless the journal appends by itself. */
    private void invoke(final Journal journal) {
        if (appender == AppenderMode.INVOKER) {
            journal.invoker().invoke();
        }
    }

    private void offer(final Journal journal, final int events, final int... palette) {
        final int[] lengths = IntStream.range(0, events)
                .map(i -> Math.min(palette[random.nextInt(palette.length)], 7000 / events))
                .toArray();
        final EventBatch batch = journal.publisher().newBatch();
        long result;
        while ((result = batch.tryClaim(events, IntStream.of(lengths).sum())) == Publisher.BACK_PRESSURED) {
            invoke(journal);
        }
        if (result <= 0) {
            assertTrue(log.isDead(), () -> how + ": " + journal.failure());
            return;
        }
        for (int i = 0; i < events; i++) {
            final byte[] payload = new byte[lengths[i]];
            random.nextBytes(payload);
            final int type = 1 + random.nextInt(239);
            final long timestamp = random.nextLong();
            batch.nextAt(timestamp, type, 5, payload.length).putBytes(0, payload);
            reference.add(type, 5 | (i < events - 1 ? MORE : 0), timestamp, payload);
        }
        batch.commit(); // or it is refused, and in the reference what never was offered
    }

    private void acknowledge(final int events) {
        acknowledgements.add(new Acknowledged(log.time(), events));
    }

    private int acknowledged(final int time) {
        return acknowledgements.stream()
                .filter(acknowledged -> acknowledged.time <= time)
                .mapToInt(Acknowledged::events)
                .max()
                .orElseThrow();
    }

    private void check(final int count, final int from) throws IOException {
        for (int i = 0; i < count; i++) { // of which some are no images, as the file's name may be lost
            check(log.image(from + random.nextInt(log.time() - from + 1), random));
        }
    }

    private void check(final DiskLog.Image image) throws IOException {
        final byte[] content = Arrays.copyOf(image.content(), Math.max(0, image.length()));
        try {
            check(image, content);
        } catch (final AssertionError | RuntimeException e) {
            final Path kept = Files.write(Path.of("target", "power-loss.evtl"), content);
            throw new AssertionError(
                    "image " + images + " (" + kept.toAbsolutePath() + "), " + image.how() + ", " + how + ": "
                            + e.getMessage(),
                    e);
        }
    }

    private void check(final DiskLog.Image image, final byte[] content) throws IOException {
        final int acknowledged = acknowledged(image.time());
        if (image.isAbsent()) {
            assertEquals(0, acknowledged, "acknowledged, and the file is not there");
            absent++;
            return;
        }
        images++;
        ReferenceJournal journal = null;
        for (final Epoch epoch : epochs) {
            journal = epoch.time <= image.time() ? epoch.journal : journal;
        }
        final Path left = directory.resolve("left.evtl");
        Files.write(left, content);
        if (journal.hasChecksums()) {
            recover(left, content, journal, acknowledged);
        } else {
            recoverUnverified(left, content, journal, acknowledged);
        }
        if (images % APPEND_EVERY == 0) {
            append(left);
        }
        Files.delete(left);
    }

    private void recover(final Path left, final byte[] content, final ReferenceJournal journal, final int acknowledged)
            throws IOException {
        final Expected expected = Expected.of(content, content.length, journal);
        assertTrue(
                expected.refusal() == null && expected.kept() >= acknowledged,
                "acknowledged " + acknowledged + ", left: " + expected);
        final JournalAccess.Opened opened = JournalAccess.recoverAndLeave(left);
        final JournalScan.Condition condition = opened.report().condition();
        assertEquals(expected.condition(), condition);
        found.merge(condition, 1L, Long::sum);
        assertEquals(journal.end(expected.kept()), opened.header().writeOffset());
        assertEquals(expected.kept(), opened.header().eventCount());
        final byte[] after = Files.readAllBytes(left);
        assertArrayEquals(
                journal.file(
                        expected.kept(),
                        journal.end(expected.kept()),
                        journal.end(expected.kept()),
                        ReferenceJournal.OPEN,
                        journal.end(expected.kept())),
                Arrays.copyOf(after, journal.end(expected.kept())));
        for (int i = journal.end(expected.kept()); i < after.length; i++) {
            assertEquals(0, after[i]);
        }
    }

    /** Without checksums nobody can tell what follows the acknowledged events. */
    private void recoverUnverified(
            final Path left, final byte[] content, final ReferenceJournal journal, final int acknowledged)
            throws IOException {
        final int end = journal.end(acknowledged);
        final JournalAccess.Opened opened = JournalAccess.recoverAndLeave(left);
        found.merge(opened.report().condition(), 1L, Long::sum);
        assertTrue(opened.header().writeOffset() >= end);
        assertTrue(Arrays.equals(Files.readAllBytes(left), HEADER, end, journal.bytes(), HEADER, end));
        assertTrue(Arrays.equals(content, HEADER, end, journal.bytes(), HEADER, end));
    }

    private void append(final Path left) throws IOException {
        final long events;
        try (Journal journal = Journal.open(left, config.build())) {
            events = journal.recovery().orElseThrow().events();
            assertTrue(journal.publisher().offer(1, new UnsafeBuffer(new byte[9]), 0, 9) > 0);
        }
        final JournalScan scan = JournalScan.of(left);
        assertEquals(JournalScan.Condition.CLEAN, scan.condition(), scan.reason());
        assertEquals(events + 1, scan.events());
    }

    /** One of the files that the power loss could have left is what there is from now on. */
    private void losePower() throws IOException {
        final int time = random.nextInt(log.time() + 1);
        final DiskLog.Image image = log.image(time, random);
        check(image);
        clear();
        for (final Epoch epoch : epochs) {
            reference = epoch.time <= time ? epoch.journal : reference;
        }
        if (image.isAbsent()) {
            reference.truncate(0);
        } else {
            Files.write(file, Arrays.copyOf(image.content(), image.length()));
        }
        restart(acknowledged(time));
    }

    private void clear() throws IOException {
        for (final File left : directory.toFile().listFiles()) {
            Files.delete(left.toPath());
        }
    }
}
