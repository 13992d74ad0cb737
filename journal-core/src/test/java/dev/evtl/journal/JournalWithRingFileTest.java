package dev.evtl.journal;

import static dev.evtl.journal.support.TestJournals.claim;
import static dev.evtl.journal.support.TestJournals.tryClaim;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.evtl.journal.JournalScan.Condition;
import dev.evtl.journal.exceptions.DiskFullException;
import dev.evtl.journal.exceptions.JournalException;
import dev.evtl.journal.exceptions.JournalFailedException;
import dev.evtl.journal.exceptions.JournalLockedException;
import dev.evtl.journal.file.MappedStorage;
import dev.evtl.journal.io.FileCalls;
import dev.evtl.journal.io.FileWatcher;
import dev.evtl.journal.ring.RingFiles;
import dev.evtl.journal.support.Events;
import dev.evtl.journal.support.FailingStorage;
import dev.evtl.journal.support.FailingStorage.Call;
import dev.evtl.journal.support.MemoryDirectory;
import dev.evtl.journal.support.MortalStorage;
import dev.evtl.journal.support.StoredEvent;
import dev.evtl.journal.support.TestJournals;
import dev.evtl.journal.support.Tmpfs;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A journal with a ring file: made, found again, refused, deleted. What kills do to it is in other tests. */
@Timeout(value = 60, threadMode = ThreadMode.SEPARATE_THREAD)
class JournalWithRingFileTest {
    @TempDir(factory = MemoryDirectory.class)
    Path directory;

    private Path file;
    private Path ring;

    @BeforeEach
    void setPaths() {
        file = directory.resolve("r.evtl");
        ring = directory.resolve("r.ring");
    }

    private JournalConfig.Builder config() {
        return TestJournals.tiny().ringFile(ring).listener(JournalListener.NONE);
    }

    private Journal open() {
        return Journal.open(file, config().build());
    }

    /** Lets the journal go as a failure does, with what was accepted in the ring. */
    private static void fail(final Journal journal) {
        journal.invoker().invoke();
        assertTrue(journal.failure().isPresent());
        assertThrows(JournalFailedException.class, journal::close);
    }

    private Journal openFailing(final Call call) {
        return Journal.open(
                file,
                config().build(),
                storage -> FailingStorage.throwing(storage, call, 1, new IOException("provoked")));
    }

    /** A journal with a ring file in which this many events wait. */
    private void leavePending(final int events) {
        final Journal journal = openFailing(Call.RESERVE);
        Events.offer(journal, 0, events);
        fail(journal);
    }

    @Test
    void syncAfterReopeningForcesWhatOpeningHadToRecord() throws IOException {
        final MortalStorage.Life life =
                MortalStorage.open(file, config().maxSize(4096, WhenFull.DROP).build());
        for (int i = 0; life.journal().stats().getDroppedEvents() < 10; i++) {
            Events.offer(life.journal(), i, 1);
            life.journal().sync();
        }
        life.storage().kill();
        try (Journal journal = open()) {
            final long forced = journal.stats().getDurableOffset();
            journal.sync();
            final byte[] bytes = Files.readAllBytes(file);
            assertEquals(forced + 40, StoredEvent.writeOffset(bytes), "the gap of what was dropped behind the first");
            assertEquals(StoredEvent.writeOffset(bytes), StoredEvent.durableOffset(bytes));
        }
    }

    @Test
    void ringFileIsThereWhileTheJournalIsOpenAndGoneAfterIt() throws IOException {
        final Journal journal = open();
        assertTrue(Files.exists(ring));
        assertEquals(Optional.of(ring), JournalRecovery.notedRingFile(file));
        assertTrue(journal.recovery().isEmpty());
        Events.offer(journal, 0, 5);
        journal.close();
        assertFalse(Files.exists(ring));
        assertEquals(Optional.empty(), JournalRecovery.notedRingFile(file));
        assertEquals(
                List.of(String.valueOf(ProcessHandle.current().pid())),
                Files.readAllLines(directory.resolve("r.evtl.lock")));
        Events.assertHolds(file, 5);
        assertEquals("closed", journal.stats().getState());
        assertEquals(5, journal.stats().getAcceptedEvents());
    }

    @ParameterizedTest
    @EnumSource(
            value = Call.class,
            names = {"RESERVE", "APPEND", "PUBLISH", "FORCE"})
    void reopeningAfterAFailureGoesOnWithoutLoss(final Call call) throws IOException {
        final Journal journal = openFailing(call);
        Events.offer(journal, 0, 7);
        if (call == Call.FORCE) {
            assertThrows(JournalFailedException.class, journal::sync);
        }
        fail(journal);
        assertEquals("failed", journal.stats().getState());
        assertEquals(0, journal.stats().getDroppedEvents());
        assertEquals(Publisher.FAILED, tryClaim(journal.publisher(), 1, 8));

        try (Journal reopened = open()) {
            final RecoveryReport report = reopened.recovery().orElseThrow();
            // what was in the file and not published was taken back, and is still in the ring
            assertEquals(call == Call.FORCE ? 0 : 7, report.ringEvents());
            assertEquals(7, reopened.stats().getAcceptedEvents());
            Events.offer(reopened, 7, 3);
            reopened.sync();
            assertEquals(10, reopened.stats().getJournaledEvents());
        }
        Events.assertHolds(file, 10);
    }

    /** Its thread was stopped between claim and commit, and does not know of the failure. */
    @Test
    void roomOfAnOpenClaimIsNotUsedAgainWhileItsProcessLives() throws IOException {
        final Journal journal = openFailing(Call.RESERVE);
        Events.offer(journal, 0, 1);
        final Claim claim = claim(journal.publisher(), 1, 16);
        fail(journal);

        final Journal reopened = open();
        assertEquals(0, reopened.recovery().orElseThrow().claimsAbandoned());
        Events.offer(reopened, 1, 3);
        do {
            reopened.invoker().invoke();
        } while (reopened.stats().getHeadStuckNanos() < 5_000_000);
        assertEquals(1, reopened.stats().getJournaledEvents());
        claim.buffer().putLong(0, 7);
        assertEquals(Publisher.FAILED, claim.commit());
        TestJournals.drain(reopened);
        reopened.close();
        Events.assertHolds(file, 4);
    }

    @Test
    void fullFileGoesOnWithALargerMaximum() throws IOException {
        final Journal journal =
                Journal.open(file, config().maxSize(4096, WhenFull.FAIL).build());
        long offered = 0;
        while (journal.failure().isEmpty()) {
            if (journal.stats().getRingUsed() == 0) {
                Events.offer(journal, offered, 5);
                offered += 5;
            }
            journal.invoker().invoke();
        }
        assertThrows(JournalFailedException.class, journal::close);
        try (Journal larger = open()) {
            assertTrue(larger.recovery().orElseThrow().ringEvents() > 0);
            assertEquals(offered, larger.stats().getAcceptedEvents());
        }
        Events.assertHolds(file, offered);
    }

    @Test
    void syncRightAfterOpeningCoversWhatTheRingHeld() throws IOException {
        leavePending(7);
        final Journal journal =
                Journal.open(file, TestJournals.small().ringFile(ring).build());
        assertEquals(7, journal.recovery().orElseThrow().ringEvents());
        assertEquals(64 + 7 * 32, journal.sync());
        assertEquals(7, StoredEvent.readAll(file).size());
        journal.close();
        Events.assertHolds(file, 7);
    }

    @Test
    void openingWithoutTheRingFileIsRefusedWhileItHoldsEvents() throws IOException {
        leavePending(3);
        final byte[] before = Files.readAllBytes(file);
        final Path other = directory.resolve("other.ring");
        for (final JournalConfig.Builder config :
                List.of(TestJournals.tiny(), TestJournals.tiny().ringFile(other))) {
            final JournalException e = assertThrows(JournalException.class, () -> Journal.open(file, config.build()));
            assertEquals(
                    file + ": its ring file " + ring + " holds 3 events that were accepted and are not in the file yet;"
                            + " open it with ringFile(" + ring + ") or run evtl recover",
                    e.getMessage());
        }
        assertEquals(ByteBuffer.wrap(before), ByteBuffer.wrap(Files.readAllBytes(file)));
        assertFalse(Files.exists(other));
        assertEquals(
                3,
                JournalRecovery.pendingEvents(
                        JournalRecovery.notedRingFile(file).orElseThrow(), file));
        open().close();
        Events.assertHolds(file, 3);
        Journal.open(file).close();
    }

    @Test
    void ringFileThatHoldsNothingDoesNotKeepTheJournalShut() throws IOException {
        final Journal journal = openFailing(Call.CLOSE);
        Events.offer(journal, 0, 3);
        assertThrows(JournalFailedException.class, journal::close);
        assertTrue(Files.exists(ring));
        Journal.open(file).close();
        assertFalse(Files.exists(ring));
        Events.assertHolds(file, 3);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void openingWithoutTheRingFileIsRefusedWhileOnlyItTellsOfDrops(final boolean gapInTheRing) throws IOException {
        final JournalConfig dropping = config().backPressure(BackPressure.DROP).build();
        final Journal journal = Journal.open(
                file,
                dropping,
                storage -> gapInTheRing
                        ? FailingStorage.throwing(storage, Call.RESERVE, 1024 / 40 + 1, new IOException("provoked"))
                        : FailingStorage.throwing(storage, Call.PUBLISH, 1, new IOException("provoked")));
        Events.offer(journal, 0, 1024 / 40);
        assertEquals(Publisher.DROPPED, journal.publisher().offer(1, TestJournals.payload(16), 0, 16));
        while (journal.failure().isEmpty()) {
            journal.invoker().invoke();
        }
        assertThrows(JournalFailedException.class, journal::close);
        final JournalException e = assertThrows(JournalException.class, () -> Journal.open(file));
        assertTrue(e.getMessage().contains("1 drops"), e.getMessage());
        Journal.open(file, dropping).close();
        final List<StoredEvent> events = StoredEvent.readAll(file);
        assertEquals(1024 / 40 + 1, events.size());
        assertEquals(StoredEvent.GAP, events.get(events.size() - 1).type());
    }

    @Test
    void anotherJournalsRingFileIsRefusedAndUntouched() throws IOException {
        leavePending(3);
        final byte[] before = Files.readAllBytes(ring);
        final Path other = directory.resolve("other.evtl");
        final JournalException e = assertThrows(JournalException.class, () -> Journal.open(other, config().build()));
        assertTrue(e.getMessage().startsWith(ring + ": is the ring file of another journal"), e.getMessage());
        assertTrue(e.getMessage().contains(other.toString()), e.getMessage());
        assertFalse(Files.exists(other), "nothing was made");
        assertEquals(ByteBuffer.wrap(before), ByteBuffer.wrap(Files.readAllBytes(ring)));
    }

    @Test
    void ringFileInUseIsRefusedForACopyOfItsJournal() throws IOException {
        final Path copy = directory.resolve("copy.evtl");
        try (Journal journal = open()) {
            Files.copy(journal.path(), copy);
            assertThrows(JournalLockedException.class, () -> Journal.open(copy, config().build()));
        }
    }

    @Test
    void anotherSizeIsRefusedNamingBoth() {
        leavePending(3);
        final JournalException e = assertThrows(
                JournalException.class,
                () -> Journal.open(file, config().ringSize(2048).build()));
        assertEquals(
                ring
                        + ": this ring file has a ring of 1024 bytes, ringSize is 2048; open the journal with ringSize 1024",
                e.getMessage());
    }

    @ParameterizedTest
    @EnumSource
    void damagedRingFileIsRefused(final Damage damage) throws IOException {
        leavePending(3);
        try (FileChannel channel = FileChannel.open(ring, StandardOpenOption.WRITE)) {
            switch (damage) {
                case MAGIC -> channel.write(ByteBuffer.allocate(1), 0);
                case CAPACITY -> channel.write(ByteBuffer.allocate(1), 25);
                case BOOT_ID -> channel.write(ByteBuffer.wrap(new byte[] {1, 2, 3, 4}), 32);
                case CUT -> channel.truncate(channel.size() - 1);
            }
        }
        final byte[] before = Files.readAllBytes(ring);
        assertThrows(JournalException.class, this::open);
        assertThrows(JournalException.class, () -> Journal.attach(ring));
        assertEquals(ByteBuffer.wrap(before), ByteBuffer.wrap(Files.readAllBytes(ring)));
    }

    /** Of a ring of 1024 bytes with three claims of an event; its bytes begin at 24576, its marks at 128 and 256. */
    @ParameterizedTest
    @CsvSource({
        "a record's length,        24576,       4, 24576, a length of 8 to",
        "a record's length,        24576,    2000, 24576, a length of 8 to",
        "an open record's length,  24576,   -2000, 24576, a length of 8 to",
        "a record's length,        24576,      30, 24584, 1 events of 22 bytes",
        "a record's type,          24580,       0, 24576, 'padding, or a claim'",
        "a record's count,         24580,       2, 24616, 2 events of 32 bytes",
        "a gap,                    24580, 0xFFFFFF, 24584, a gap event",
        "an event's type,          24592,       0, 24584, 1 events of 32 bytes",
        "an event's length,        24594,      17, 24584, 1 events of 32 bytes",
        "an event's checksum,      24596,       7, 24584, 1 events of 32 bytes",
        "what is free,             24696,       1, 24696, '0, as nothing lies here'",
        "what is free,             25592,       1, 25592, '0, as nothing lies here'",
        "the head,                 25984,       8, 256, a multiple of 8 from 8 to 120",
        "the head,                 25984,       4, 25984, a multiple of 8 from 0 to",
        "the cached head,          25856,       8, 25856, a multiple of 8 from 0 to 0",
        "the tail,                 25728,    2048, 25728, a multiple of 8 from 0 to 1024",
        "the tail,                 25728,     100, 25728, a multiple of 8 from 0 to 1024",
        "the mark's ring position,   256,     512, 256, a multiple of 8 from 0 to 120",
        "the mark's file position,   264,      63, 264, at least 64",
        "drops recorded,           20736,       1, 20736, a number from 0 to 0",
        "drops journaled,            288,       1, 288, a number from 0 to 0",
        "drops journaled,            292, -2147483648, 288, a number from 0 to 0",
        "events journaled,           276, -2147483648, 272, a number from 0 to",
        "bytes journaled,            284, -2147483648, 280, a number from 0 to",
        "events dropped,             300, -2147483648, 296, a number from 0 to",
        "bytes dropped,              308, -2147483648, 304, a number from 0 to",
        "drops not recorded,         316, -2147483648, 312, a number from 0 to"
    })
    void damagedRingIsRefusedWithTheOffset(
            final String what, final int offset, final String value, final int named, final String expected)
            throws IOException {
        leavePending(3);
        try (FileChannel channel = FileChannel.open(ring, StandardOpenOption.WRITE)) {
            final ByteBuffer bytes = ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN);
            channel.write(bytes.putInt(0, Integer.decode(value)), offset);
        }
        final byte[] before = Files.readAllBytes(ring);
        final byte[] journal = Files.readAllBytes(file);
        final JournalException e = assertThrows(JournalException.class, this::open);
        assertTrue(
                e.getMessage()
                        .startsWith(ring + ": this ring file is damaged at offset " + named + ": expected " + expected),
                e.getMessage());
        assertEquals(ByteBuffer.wrap(before), ByteBuffer.wrap(Files.readAllBytes(ring)));
        assertEquals(ByteBuffer.wrap(journal), ByteBuffer.wrap(Files.readAllBytes(file)));
        Files.move(ring, directory.resolve("away"));
        Files.delete(directory.resolve("away"));
        open().close();
    }

    enum Damage {
        MAGIC,
        CAPACITY,
        BOOT_ID,
        CUT
    }

    @Test
    void fullMemoryFileSystemIsAnErrorAtOpeningAndLeavesNothing() throws IOException {
        final Path small = Files.createDirectory(directory.resolve("small"));
        final Tmpfs tmpfs = Tmpfs.mount(small, 64 << 10);
        try {
            final JournalConfig tooLarge = JournalConfig.builder()
                    .ringSize(1 << 20)
                    .ringFile(small.resolve("x.ring"))
                    .build();
            final AtomicLong written = new AtomicLong();
            FileCalls.watch(
                    (call, called, from, to) -> written.addAndGet(call == FileWatcher.Call.WRITE ? to - from : 0));
            final DiskFullException e = assertThrows(DiskFullException.class, () -> Journal.open(file, tooLarge));
            assertTrue(written.get() < 4096, "headers and lock files, nothing of the ring: " + written);
            assertTrue(e.getMessage().startsWith(small.resolve("x.ring") + ": no space"), e.getMessage());
            assertFalse(Files.exists(file));
            try (Stream<Path> left = Files.list(small)) {
                assertEquals(List.of(small.resolve("x.ring.lock")), left.toList());
            }
        } finally {
            FileCalls.watch(FileWatcher.NONE);
            tmpfs.close();
        }
        open().close();
    }

    /** Locks go by name: under another one nobody would know that the others live. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void secondNameOfARingFileIsRefused(final boolean symbolic) throws IOException {
        final Path second = directory.resolve("second.ring");
        try (Journal journal = open()) {
            if (symbolic) {
                Files.createSymbolicLink(second, ring);
            } else {
                Files.createLink(second, ring);
            }
            final JournalException e = assertThrows(JournalException.class, () -> Journal.attach(second));
            assertTrue(e.getMessage().startsWith(second + (symbolic ? ": is a symbolic link" : ": has 2 names")));
            final Path copy = directory.resolve("copy.evtl");
            Files.copy(journal.path(), copy);
            assertThrows(
                    JournalException.class,
                    () -> Journal.open(
                            copy, TestJournals.tiny().ringFile(second).build()));
            assertFalse(Files.exists(directory.resolve("second.ring.lock")));
            Files.delete(second);
        }
    }

    private RingFiles.Wanted wanted(final JournalConfig config) {
        return new RingFiles.Wanted(ring, config.ringSize, config.maxPayloadLength);
    }

    /** Or it would be gone with the ring file. */
    @Test
    void nothingIsAcceptedBeforeTheJournalIsOpen() throws IOException {
        final JournalConfig config = config().build();
        final JournalOpener opening = JournalAccess.opener(file, OpenMode.CREATE, Optional.of(wanted(config)));
        try (AttachedPublisher attached = Journal.attach(ring)) {
            assertEquals(Publisher.CLOSED, tryClaim(attached.publisher(), 1, 8));
            opening.file().channel().close(); // so that the next step fails
            assertThrows(
                    JournalException.class,
                    () -> new MappedStorage(opening.file(), opening.header(), config.space, 1024));
            opening.discard();
            assertFalse(Files.exists(ring));
        }
        open().close();
    }

    @Test
    void publisherThatAttachedWhileTheJournalWasOpenedGoesOnThen() throws Exception {
        final JournalConfig config = config().build();
        final JournalOpener opening = JournalAccess.opener(file, OpenMode.CREATE, Optional.of(wanted(config)));
        opening.release();
        opening.file().close();
        try (AttachedPublisher attached = Journal.attach(ring)) {
            assertEquals(Publisher.CLOSED, tryClaim(attached.publisher(), 1, 8));
            final Journal journal = open();
            assertTrue(attached.publisher().offer(1, TestJournals.payload(8), 0, 8) > 0);
            journal.close();
        }
        assertEquals(1, StoredEvent.readAll(file).size());
    }

    @Test
    void missingDirectoryIsNamed() {
        final Path missing = directory.resolve("missing/x.ring");
        final JournalException e = assertThrows(
                JournalException.class,
                () -> Journal.open(file, TestJournals.tiny().ringFile(missing).build()));
        assertEquals(missing + ": the ring file's directory does not exist; create it first", e.getMessage());
        assertFalse(Files.exists(file));
    }

    @Test
    void singleProducerIsRefused() {
        final IllegalArgumentException e = assertThrows(
                IllegalArgumentException.class,
                () -> config().singleProducer(true).build());
        assertTrue(e.getMessage().startsWith("singleProducer does not go with ringFile"), e.getMessage());
    }

    @ParameterizedTest
    @EnumSource
    void everyStorageGoesOnFromTheRing(final StorageMode mode) throws IOException {
        final Path onDisk = Files.createTempDirectory("evtl-ring");
        assumeTrue(Files.isWritable(onDisk));
        final Path journalFile = onDisk.resolve("r.evtl");
        try {
            final JournalConfig config = config().storage(mode).build();
            final Journal journal = Journal.open(
                    journalFile,
                    config,
                    storage -> FailingStorage.throwing(storage, Call.PUBLISH, 2, new IOException("provoked")));
            Events.offer(journal, 0, 5);
            journal.invoker().invoke();
            Events.offer(journal, 5, 5);
            fail(journal);
            try (Journal reopened = Journal.open(journalFile, config)) {
                Events.offer(reopened, 10, 5);
            }
            Events.assertHolds(journalFile, 15);
        } finally {
            Files.deleteIfExists(journalFile);
            Files.deleteIfExists(onDisk.resolve("r.evtl.lock"));
            Files.deleteIfExists(onDisk);
        }
    }

    @Test
    void statisticsGoOnOverAFailure() throws IOException {
        final Journal journal = Journal.open(
                file,
                config().build(),
                storage -> FailingStorage.throwing(storage, Call.PUBLISH, 2, new IOException("provoked")));
        Events.offer(journal, 0, 5);
        journal.invoker().invoke();
        Events.offer(journal, 5, 5);
        fail(journal);
        try (Journal reopened = open()) {
            assertEquals(10, reopened.stats().getAcceptedEvents());
            TestJournals.drain(reopened);
            assertEquals(10, reopened.stats().getJournaledEvents());
            assertEquals(320, reopened.stats().getJournaledBytes());
            assertEquals(0, reopened.stats().getDroppedEvents());
        }
        assertEquals(Condition.CLEAN, JournalScan.of(file).condition());
    }

    /** Who looks holds all locks for an instant. */
    @Test
    void openingAndAttachingSucceedWhileOthersLookWhatIsPending() throws Exception {
        leavePending(3);
        final AtomicBoolean done = new AtomicBoolean();
        final Thread looker = new Thread(() -> {
            while (!done.get()) {
                try {
                    JournalRecovery.pendingEvents(ring, file);
                } catch (final JournalException e) {
                    // somebody has it open now
                }
            }
        });
        looker.start();
        try {
            for (int i = 0; i < 20; i++) {
                try (AttachedPublisher attached = Journal.attach(ring)) {
                    assertEquals(ring, attached.ringFile());
                }
                fail(openFailing(Call.RESERVE));
            }
        } finally {
            done.set(true);
            looker.join();
        }
        open().close();
        Events.assertHolds(file, 3);
    }
}
