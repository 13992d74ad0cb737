package dev.evtl.torture;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.evtl.journal.AppenderMode;
import dev.evtl.journal.BackPressure;
import dev.evtl.journal.Claim;
import dev.evtl.journal.EventBatch;
import dev.evtl.journal.Growth;
import dev.evtl.journal.Journal;
import dev.evtl.journal.JournalAccess;
import dev.evtl.journal.JournalConfig;
import dev.evtl.journal.JournalListener;
import dev.evtl.journal.JournalScan;
import dev.evtl.journal.JournalScan.Condition;
import dev.evtl.journal.JournalStats;
import dev.evtl.journal.Publisher;
import dev.evtl.journal.RecoveryReport;
import dev.evtl.journal.StorageMode;
import dev.evtl.journal.SyncPolicy;
import dev.evtl.journal.WhenFull;
import dev.evtl.journal.exceptions.CorruptJournalException;
import dev.evtl.journal.exceptions.CorruptJournalException.Kind;
import dev.evtl.journal.exceptions.JournalFailedException;
import dev.evtl.journal.exceptions.JournalFullException;
import dev.evtl.journal.support.MortalStorage;
import dev.evtl.replay.EventHandler;
import dev.evtl.replay.JournalEvent;
import dev.evtl.replay.JournalReader;
import dev.evtl.replay.ReaderConfig;
import dev.evtl.torture.Reference.Walk;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.IdleStrategy;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A journal and what must be in it. One thread does everything, the appender's work too, so that what each step must
 * have done is known exactly; only space is prepared by another one. Where publishing threads append, it is such a thread
 * and the journal's own in turn.
 */
final class JournalModel implements AutoCloseable {
    /** What can be done, and how often. */
    enum Action {
        OFFER(20),
        CLAIM(8),
        ABORT(4),
        OPEN_CLAIM(4),
        END_CLAIM(4),
        BATCH(10),
        APPEND(20),
        SYNC(8),
        READ(6),
        FOLLOW(8),
        GROW(2),
        REOPEN(3),
        KILL(3),
        KILL_LATER(4),
        DAMAGE(4);

        private static final int SUM =
                Arrays.stream(values()).mapToInt(a -> a.weight).sum();
        private final int weight;

        Action(final int weight) {
            this.weight = weight;
        }

        static Action by(final Random random) {
            int left = random.nextInt(SUM);
            for (final Action action : values()) {
                left -= action.weight;
                if (left < 0) {
                    return action;
                }
            }
            throw new AssertionError();
        }
    }

    /** An action, and the seed of all that is left to chance in it. */
    record Step(Action action, long seed) {}

    /**
     * An event that was offered and not refused, or the claim of one that is open.
     *
     * @param number  its timestamp, from which its payload follows
     * @param claim   the same for all events of a claim
     * @param dropped for want of room in the ring
     */
    private record Unit(long number, int type, int flags, int length, long claim, boolean dropped) {}

    private static final int MAX_PAYLOAD_LENGTH = 112;
    private static final int LARGE_FILE = 150_000;

    private final Path directory;
    private final Path file;
    private final StorageMode[] modes;
    private final boolean checksums;
    /** Where what was accepted survives a kill; null where the ring is in memory. */
    private final Path ringFile;

    private final int ringSize;
    private final Random setup;
    /** How often something came out that only some sequences come to. */
    private final Map<String, Long> outcomes;

    private final List<Unit> units = new ArrayList<>();
    private long numbers;
    private long createdAt;

    private MortalStorage.Life life;
    private Publisher publisher;
    private BackPressure backPressure;
    private SyncPolicy syncPolicy;
    private long syncBytes;
    private WhenFull whenFull;
    private long maximum;

    /** Events in the file that the statistics do not count: those from before the ring was new. */
    private long eventsBefore;

    private long sizeAtOpen;
    private long accepted;
    private long dropped;
    private long refused;
    private Claim openClaim;
    private Unit openUnit;

    /** Whether the file may have been full once, so that events were dropped that had been accepted. */
    private boolean fullFiles;

    private JournalReader follower;
    private Check followed;

    JournalModel(final Path directory, final StorageMode[] modes, final long seed, final Map<String, Long> outcomes) {
        this.directory = directory;
        this.outcomes = outcomes;
        this.modes = modes;
        this.file = directory.resolve("model.evtl");
        this.setup = new Random(~seed);
        this.checksums = setup.nextInt(4) > 0;
        this.ringFile = setup.nextInt(3) == 0 ? directory.resolve("model.ring") : null;
        this.ringSize = 1024 << setup.nextInt(3);
        open();
    }

    private Journal journal() {
        return life.journal();
    }

    private void open() {
        sizeAtOpen = file.toFile().length();
        if (ringFile == null || backPressure == null) {
            // a drop that a ring file has kept from an earlier process comes before the events of this one under DROP
            backPressure = pick(BackPressure.values());
        }
        syncBytes = 1 + setup.nextInt(2000);
        syncPolicy = pick(
                SyncPolicy.NONE,
                SyncPolicy.EVERY_BATCH,
                SyncPolicy.bytes(syncBytes),
                SyncPolicy.interval(Duration.ofNanos(100_000)));
        final JournalConfig.Builder config = JournalConfig.builder()
                .appenderMode(AppenderMode.INVOKER)
                .ringSize(ringSize)
                .maxPayloadLength(MAX_PAYLOAD_LENGTH)
                .singleProducer(ringFile == null && backPressure != BackPressure.DROP && setup.nextInt(4) == 0)
                .backPressure(backPressure)
                .blockIdleStrategy(Appending::new)
                .syncPolicy(syncPolicy)
                .checksums(checksums)
                .storage(Torture.storage(pick(modes)))
                .initialSize(4096 + setup.nextInt(8192))
                .growth(pick(Growth.DOUBLING, Growth.steps(4096), Growth.steps(4096 + setup.nextInt(20_000))))
                .clock(() -> ++createdAt)
                .listener(JournalListener.NONE);
        if (ringFile != null) {
            config.ringFile(ringFile);
        }
        whenFull = setup.nextInt(4) == 0 ? pick(WhenFull.values()) : null;
        fullFiles |= whenFull == WhenFull.DROP;
        maximum = Long.MAX_VALUE;
        if (whenFull != null) {
            maximum = sizeAtOpen + 4096 + setup.nextInt(10_000);
            config.maxSize(maximum, whenFull);
        }
        final JournalConfig built = config.build();
        life = MortalStorage.open(file, built);
        if (Torture.appender(StorageMode.MAPPED, AppenderMode.INVOKER) == AppenderMode.PUBLISHERS) {
            JournalAccess.publishersAppend(journal(), built);
        }
        publisher = journal().publisher();
        accepted = 0;
        dropped = 0;
        refused = 0;
        openUnit = null;
    }

    @SafeVarargs
    private <T> T pick(final T... values) {
        return values[setup.nextInt(values.length)];
    }

    /** Who waits for room under BLOCK makes it, as nobody else runs the appender. */
    private final class Appending implements IdleStrategy {
        @Override
        public void idle(final int workCount) {
            idle();
        }

        @Override
        public void idle() {
            journal().invoker().invoke();
        }

        @Override
        public void reset() {}
    }

    void play(final Step step) throws IOException {
        final Random random = new Random(step.seed());
        switch (step.action()) {
            case OFFER -> offer(random);
            case CLAIM -> claim(random);
            case ABORT -> abort(random);
            case OPEN_CLAIM -> openClaim(random);
            case END_CLAIM -> endClaim(random.nextBoolean());
            case BATCH -> batch(random);
            case APPEND -> append(random);
            case SYNC -> sync();
            case READ -> read(random);
            case FOLLOW -> follow(random);
            case GROW -> grow(random);
            case REOPEN -> reopen();
            case KILL -> life.storage().kill();
            case KILL_LATER -> life.storage().killAfter(random.nextInt(60));
            case DAMAGE -> damage(random);
            default -> throw new AssertionError(step);
        }
        settle();
    }

    /** After a death or a failure the journal is opened again. */
    private void settle() throws IOException {
        if (life.storage().isDead()) {
            recover();
        } else if (journal().failure().isPresent()) {
            assertFull();
            recover();
        }
    }

    // publishing

    private void offer(final Random random) {
        makeRoomForBlocked();
        for (int i = 1 + random.nextInt(10); i > 0; i--) {
            final Unit unit = unit(random, numbers);
            final long result = publisher.offerAt(
                    unit.number(), unit.type(), unit.flags(), new UnsafeBuffer(payload(unit)), 0, unit.length());
            note(result, List.of(unit));
        }
    }

    private void claim(final Random random) {
        makeRoomForBlocked();
        final Unit unit = unit(random, numbers);
        final Claim claim = publisher.newClaim();
        long result = publisher.tryClaimAt(claim, unit.number(), unit.type(), unit.flags(), unit.length());
        if (result > 0) {
            fill(claim.buffer(), unit);
            result = claim.commit();
        }
        note(result, List.of(unit));
    }

    private void abort(final Random random) {
        makeRoomForBlocked();
        final Unit unit = unit(random, numbers);
        final Claim claim = publisher.newClaim();
        final long result = publisher.tryClaimAt(claim, unit.number(), unit.type(), unit.flags(), unit.length());
        if (result > 0) {
            claim.abort();
        } else {
            note(result, List.of(unit));
        }
    }

    private void batch(final Random random) {
        makeRoomForBlocked();
        final List<Unit> claimed = new ArrayList<>();
        int payloads = 0;
        final long first = numbers;
        final int events = 1 + random.nextInt(4);
        for (int i = 0; i < events; i++) {
            final Unit unit = unit(random, first);
            final int length = Math.min(unit.length(), 112 / events - 16);
            claimed.add(new Unit(unit.number(), unit.type(), unit.flags(), length, first, false));
            payloads += length;
        }
        final EventBatch batch = publisher.newBatch();
        long result = batch.tryClaimAt(first, events, payloads);
        if (result > 0) {
            for (final Unit unit : claimed) {
                fill(batch.nextAt(unit.number(), unit.type(), unit.flags(), unit.length()), unit);
            }
            if (random.nextInt(5) == 0) {
                batch.abort();
                return;
            }
            result = batch.commit();
        }
        note(result, claimed);
    }

    private void openClaim(final Random random) {
        makeRoomForBlocked();
        if (openUnit == null) {
            final Unit unit = unit(random, numbers);
            final Claim claim = publisher.newClaim();
            final long result = publisher.tryClaimAt(claim, unit.number(), unit.type(), unit.flags(), unit.length());
            if (result > 0) {
                fill(claim.buffer(), unit);
                openClaim = claim;
                openUnit = unit;
                units.add(unit);
            } else {
                note(result, List.of(unit));
            }
        }
    }

    private void endClaim(final boolean commit) {
        if (openUnit != null) {
            final Unit unit = openUnit;
            openUnit = null;
            if (!commit) {
                openClaim.abort();
                units.remove(unit);
            } else if (openClaim.commit() > 0) {
                accepted++;
            } else {
                refused++;
                units.remove(unit);
                assertTrue(journal().failure().isPresent());
            }
        }
    }

    /** Behind an open claim nobody makes room. */
    private void makeRoomForBlocked() {
        if (backPressure == BackPressure.BLOCK) {
            endClaim(true);
        }
    }

    private Unit unit(final Random random, final long claim) {
        final int length = random.nextInt(4) == 0 ? MAX_PAYLOAD_LENGTH : random.nextInt(MAX_PAYLOAD_LENGTH + 1);
        return new Unit(numbers++, 1 + random.nextInt(239), random.nextInt(16), length, claim, false);
    }

    private static byte[] payload(final Unit unit) {
        final byte[] payload = new byte[unit.length()];
        for (int i = 0; i < payload.length; i++) {
            payload[i] = (byte) (unit.number() * 31 + i);
        }
        return payload;
    }

    private static void fill(final MutableDirectBuffer buffer, final Unit unit) {
        buffer.putBytes(0, payload(unit));
    }

    private void note(final long result, final List<Unit> offered) {
        if (result > 0) {
            units.addAll(offered);
            accepted += offered.size();
            return;
        }
        switch ((int) result) {
            case (int) Publisher.DROPPED -> {
                assertEquals(BackPressure.DROP, backPressure);
                offered.forEach(unit -> units.add(
                        new Unit(unit.number(), unit.type(), unit.flags(), unit.length(), unit.claim(), true)));
                dropped += offered.size();
            }
            case (int) Publisher.BACK_PRESSURED -> {
                assertEquals(BackPressure.REFUSE, backPressure);
                refused += offered.size();
            }
            case (int) Publisher.FAILED -> {
                assertTrue(journal().failure().isPresent());
                refused += offered.size();
            }
            default -> throw new AssertionError("result " + result);
        }
    }

    // appending

    private void append(final Random random) throws IOException {
        for (int i = 1 + random.nextInt(3); i > 0; i--) {
            journal().invoker().invoke();
        }
        if (journal().failure().isEmpty()) {
            final ByteBuffer header = header();
            final long unforced = header.getLong(24) - header.getLong(48);
            if (syncPolicy == SyncPolicy.EVERY_BATCH) {
                assertEquals(0, unforced, "published and not forced");
            } else if (syncPolicy.toString().endsWith("bytes")) {
                assertTrue(unforced < syncBytes, "published and not forced: " + unforced);
            }
        }
    }

    private void sync() throws IOException {
        endClaim(true);
        final long durable;
        try {
            durable = journal().sync();
        } catch (final JournalFailedException e) {
            assertTrue(journal().failure().isPresent());
            return;
        }
        final ByteBuffer header = header();
        assertEquals(durable, header.getLong(24), "write_offset");
        assertEquals(durable, header.getLong(48), "durable_offset");
        assertEquals(accepted, journal().stats().getJournaledEvents() + droppedByFullFile(), "synced");
    }

    private long droppedByFullFile() {
        final long byAppender = journal().stats().getDroppedEvents() - dropped;
        final boolean full = whenFull == WhenFull.DROP || ringFile != null && fullFiles; // a ring file keeps the count
        assertTrue(byAppender == 0 || full, "dropped by the appender: " + byAppender);
        return byAppender;
    }

    private ByteBuffer header() throws IOException {
        try (var channel = Files.newByteChannel(file)) {
            final ByteBuffer header = ByteBuffer.allocate(64).order(ByteOrder.LITTLE_ENDIAN);
            channel.read(header);
            return header;
        }
    }

    private void grow(final Random random) {
        makeRoomForBlocked();
        final long before = journal().stats().getGrowths();
        for (int i = 0; i < 200 && openUnit == null && journal().failure().isEmpty(); i++) {
            if (journal().stats().getGrowths() > before || journal().stats().getFileOffset() > LARGE_FILE) {
                return;
            }
            claim(random);
            journal().invoker().invoke();
        }
    }

    // reading

    /** Events and gaps as they are read, against the units, from the first one. */
    private final class Check implements EventHandler {
        private int unit;
        private long items;
        private long events;

        @Override
        public Action onEvent(final JournalEvent event) {
            assertEquals(items++, event.sequence());
            if (event.isGap()) {
                takeGap(event.dropped());
            } else {
                takeEvent(event);
            }
            return Action.CONTINUE;
        }

        private void takeEvent(final JournalEvent event) {
            assertTrue(unit < units.size(), event + " was never offered or had been given up");
            final Unit expected = units.get(unit++);
            final byte[] payload = new byte[event.payloadLength()];
            event.buffer().getBytes(event.payloadOffset(), payload);
            assertEquals(
                    expected,
                    new Unit(event.timestamp(), event.type(), event.flags(), payload.length, expected.claim(), false));
            assertArrayEquals(payload(expected), payload);
            events++;
        }

        private void takeGap(final long count) {
            for (long i = 0; i < count; i++) {
                assertTrue(unit < units.size(), "a gap for more than was dropped");
                final Unit missing = units.get(unit++);
                assertTrue(missing.dropped() || fullFiles, "a gap for " + missing + ", which was accepted");
            }
        }
    }

    private Check readAll(final boolean verify) {
        final Check check = new Check();
        try (JournalReader reader =
                JournalReader.open(file, ReaderConfig.builder().verify(verify).build())) {
            reader.forEach(check::onEvent);
        }
        return check;
    }

    private void read(final Random random) throws IOException {
        final Check check = readAll(random.nextBoolean());
        assertEquals(eventsBefore + journal().stats().getJournaledEvents(), check.events, "events that can be read");
        final JournalScan scan = JournalScan.of(file);
        assertEquals(Condition.UNCLOSED, scan.condition(), scan.reason());
        assertEquals(check.items, scan.events());
        assertTrue(
                Files.size(file) <= Math.max(sizeAtOpen, maximum),
                "of " + Files.size(file) + " bytes, maximum " + maximum + ", when opened " + sizeAtOpen);
    }

    /** One that was there before the writer died and goes on with the next one. */
    private void follow(final Random random) {
        if (follower == null) {
            follower = JournalReader.open(
                    file, ReaderConfig.builder().verify(random.nextBoolean()).build());
            followed = new Check();
        }
        final int limit = 1 + random.nextInt(100);
        final int polled = follower.poll(followed, limit);
        if (polled < limit) {
            assertEquals(eventsBefore + journal().stats().getJournaledEvents(), followed.events, "events followed");
        }
    }

    private void closeFollower() {
        if (follower != null) {
            follower.close();
            follower = null;
        }
    }

    // ends

    /** Closes cleanly, unless the process dies on the way. */
    private boolean closeJournal() throws IOException {
        endClaim(true);
        try {
            journal().close();
        } catch (final JournalFailedException e) {
            assertTrue(journal().failure().isPresent());
            return false;
        }
        final JournalStats stats = journal().stats();
        assertEquals(accepted + dropped + refused, stats.getOfferedEvents(), "offered");
        assertEquals(refused, stats.getRefusedEvents(), "refused");
        assertEquals(accepted, stats.getJournaledEvents() + droppedByFullFile(), "accepted");
        final JournalScan scan = JournalScan.of(file);
        assertEquals(Condition.CLEAN, scan.condition(), scan.reason());
        final Check check = readAll(true);
        assertEquals(units.size(), check.unit, "all that was accepted or dropped");
        assertEquals(eventsBefore + stats.getJournaledEvents(), check.events);
        return true;
    }

    private void reopen() throws IOException {
        if (closeJournal()) {
            open();
            assertTrue(journal().recovery().isEmpty(), "it had been closed");
            eventsBefore = readAll(true).events;
        }
    }

    /** The maximum is the one reason for a failure here, and the failure is final. */
    private void assertFull() {
        outcomes.merge("full", 1L, Long::sum);
        if (ringFile != null) {
            endClaim(numbers % 2 == 0); // of a process that lives nobody else ends it
        }
        assertEquals(
                JournalFullException.class, journal().failure().orElseThrow().getClass());
        assertEquals(WhenFull.FAIL, whenFull);
        assertEquals(Publisher.FAILED, publisher.tryClaim(publisher.newClaim(), 1, 0));
        refused++;
        assertThrows(JournalFailedException.class, journal()::sync);
        assertThrows(JournalFailedException.class, journal()::close);
        final JournalStats stats = journal().stats();
        assertEquals(refused, stats.getRefusedEvents());
        assertEquals(accepted + dropped + refused, stats.getOfferedEvents());
        if (ringFile == null) {
            assertEquals(accepted + dropped, stats.getJournaledEvents() + stats.getDroppedEvents());
        }
    }

    /**
     * Opens what a dead process has left: all that was published is there, and nothing but what was accepted; with a
     * ring file all that was accepted is there or comes.
     */
    private void recover() throws IOException {
        final long published = eventsBefore + journal().stats().getJournaledEvents();
        final long acceptedBefore = accepted;
        final long droppedBefore = dropped;
        final long refusedBefore = refused;
        final Unit neverCommitted = openUnit;
        open();
        final RecoveryReport report = journal().recovery().orElseThrow();
        outcomes.merge("recovered", 1L, Long::sum);
        assertTrue(
                report.condition() == Condition.UNCLOSED || report.condition() == Condition.TORN,
                report.condition() + ": " + report.reason());
        if (ringFile == null) {
            final Check check = keepWhatIsThere();
            assertTrue(check.events >= published, "published " + published + ", kept " + check.events);
            assertEquals(report.events(), check.items);
        } else {
            accepted = acceptedBefore;
            dropped = droppedBefore;
            refused = refusedBefore;
            units.remove(neverCommitted);
            assertBroughtIn(report, published, neverCommitted == null ? 0 : 1);
        }
    }

    private void assertBroughtIn(final RecoveryReport report, final long published, final int left) throws IOException {
        final Check check = whatIsThere();
        final JournalStats stats = journal().stats();
        assertTrue(check.events >= published, "published " + published + ", kept " + check.events);
        assertEquals(eventsBefore + stats.getJournaledEvents(), check.events, "journaled");
        assertEquals(accepted, stats.getAcceptedEvents(), "accepted");
        assertEquals(refused, stats.getRefusedEvents(), "refused");
        assertEquals(left, report.claimsAbandoned());
        if (!fullFiles) {
            assertEquals(
                    units.subList(check.unit, units.size()).stream()
                            .filter(unit -> !unit.dropped())
                            .count(),
                    report.ringEvents());
        }
        outcomes.merge("events brought in", report.ringEvents(), Long::sum);
    }

    /** What is not in the file is gone. */
    private Check keepWhatIsThere() throws IOException {
        final Check check = whatIsThere();
        eventsBefore = check.events;
        units.subList(check.unit, units.size()).clear();
        return check;
    }

    /** Whole claims, and zeros behind them. */
    private Check whatIsThere() throws IOException {
        final Check check = readAll(true);
        if (check.unit > 0 && check.unit < units.size()) {
            final Unit last = units.get(check.unit - 1);
            final Unit next = units.get(check.unit);
            assertTrue(last.dropped() || last.claim() != next.claim(), "half a claim was kept");
        }
        final Reference reference = new Reference(Files.readAllBytes(file));
        final int end = Math.toIntExact(reference.writeOffset());
        assertEquals(end, reference.tailEnd(end), "after the events are zeros");
        assertEquals(end, reference.durableOffset());
        return check;
    }

    // damage

    private void damage(final Random random) throws IOException {
        closeFollower();
        final long published = eventsBefore + journal().stats().getJournaledEvents();
        if (ringFile != null && !closeJournal()) {
            return; // what a ring file brings in behind damage is another test's matter
        }
        if (ringFile == null && (random.nextBoolean() || !closeJournal())) {
            life.storage().kill();
        }
        final byte[] image = Files.readAllBytes(file);
        final byte[] damaged = Damage.to(image, random);
        Files.write(file, damaged);
        final Reference reference = new Reference(damaged);
        assertReads(reference, damaged);
        final boolean opened = recovers(reference, damaged);
        outcomes.merge(opened ? "damaged file opened" : "damaged file refused", 1L, Long::sum);
        if (opened && checksums) {
            final Check kept = keepWhatIsThere();
            outcomes.merge("events lost by damage", Math.max(0, published - kept.events), Long::sum);
        } else {
            life.storage().kill();
            Files.write(file, image);
            open();
            assertTrue(keepWhatIsThere().events >= published);
        }
    }

    private void assertReads(final Reference reference, final byte[] damaged) {
        final Check check = new Check();
        final EventHandler handler = checksums ? check : event -> EventHandler.Action.CONTINUE;
        JournalReader reader = null;
        try {
            reader = JournalReader.open(file);
            assertNull(refusedBy(reference, damaged), "a reader opened it");
            reader.forEach(handler::onEvent);
            final Walk walk = reference.read();
            assertTrue(walk.complete(), "a reader passed over " + walk);
            assertEquals(walk.events(), walk.whole(), "a reader delivered a part of a claim");
            assertEquals(walk.events(), reader.sequence());
        } catch (final CorruptJournalException e) {
            if (reader == null) {
                assertEquals(refusedBy(reference, damaged), e.kind(), e.getMessage());
            } else {
                final Walk walk = reference.read();
                assertEquals(walk.complete() ? walk.validEnd() : walk.end(), e.offset(), e.getMessage());
                assertEquals(walk.complete() ? walk.whole() : walk.events(), e.sequence(), e.getMessage());
                assertEquals(walk.whole(), reader.sequence(), "claims whole");
                final boolean lost = !reference.isClosed() && reference.coversDurable(walk.validEnd());
                assertEquals(lost ? Kind.UNSYNCED_DATA_LOST : Kind.CORRUPT_EVENT, e.kind(), e.getMessage());
            }
        } finally {
            if (reader != null) {
                reader.close();
            }
        }
    }

    private static Kind refusedBy(final Reference reference, final byte[] damaged) {
        if (reference.isNoJournal()) {
            return Kind.NOT_A_JOURNAL;
        }
        return reference.isHeaderDamaged() || reference.writeOffset() > damaged.length ? Kind.DAMAGED_HEADER : null;
    }

    /** Opens a damaged file for append; false if it was refused, and left as it was. */
    private boolean recovers(final Reference reference, final byte[] damaged) throws IOException {
        try {
            open();
        } catch (final CorruptJournalException e) {
            final Kind expected = reference.isNoJournal()
                    ? Kind.NOT_A_JOURNAL
                    : reference.isHeaderDamaged() ? Kind.DAMAGED_HEADER : Kind.CORRUPT_EVENT;
            assertEquals(expected, e.kind(), e.getMessage());
            if (expected == Kind.CORRUPT_EVENT) {
                assertTrue(reference.isCorrupt(reference.recover()), e.getMessage());
            }
            assertArrayEquals(damaged, Files.readAllBytes(file), "a file that is refused is left as it was");
            return false;
        }
        assertTrue(!reference.isNoJournal() && !reference.isHeaderDamaged());
        final Walk walk = reference.recover();
        assertTrue(!reference.isCorrupt(walk), "a corrupt file was opened");
        assertEquals(reference.isClosed(), journal().recovery().isEmpty());
        if (!reference.isClosed()) {
            final RecoveryReport report = journal().recovery().orElseThrow();
            final int tailEnd = reference.tailEnd(walk.validEnd());
            assertEquals(
                    reference.writeOffset() > walk.validEnd()
                            ? Condition.LOST
                            : tailEnd > walk.validEnd() ? Condition.TORN : Condition.UNCLOSED,
                    report.condition());
            assertEquals(walk.whole(), report.events());
            assertEquals(walk.validEnd(), report.validEnd());
            assertEquals(tailEnd - walk.validEnd(), report.bytesZeroed());
        }
        return true;
    }

    /** Closes the journal, looks at all of it, and says how many events it holds. */
    long end() throws IOException {
        while (!closeJournal()) {
            settle();
        }
        return readAll(false).events;
    }

    /** Leaves nothing behind. */
    @Override
    public void close() throws IOException {
        closeFollower();
        life.storage().kill();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
            for (final Path left : files) {
                Files.delete(left);
            }
        }
    }
}
