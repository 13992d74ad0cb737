package dev.evtl.journal;

import static dev.evtl.journal.support.Events.assertHolds;
import static dev.evtl.journal.support.Events.assertHoldsInFiles;
import static dev.evtl.journal.support.Events.files;
import static dev.evtl.journal.support.Events.offer;
import static dev.evtl.journal.support.TestJournals.rolling;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.evtl.journal.JournalScan.Condition;
import dev.evtl.journal.exceptions.CorruptJournalException;
import dev.evtl.journal.exceptions.EventsReleasedException;
import dev.evtl.journal.exceptions.JournalException;
import dev.evtl.journal.exceptions.JournalLockedException;
import dev.evtl.journal.exceptions.JournalNotFoundException;
import dev.evtl.journal.io.FileCalls;
import dev.evtl.journal.io.FileWatcher;
import dev.evtl.journal.support.Golden;
import dev.evtl.journal.support.MemoryDirectory;
import dev.evtl.journal.support.StoredEvent;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongConsumer;
import java.util.stream.Stream;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

@Timeout(120)
class JournalBackupTest {
    private static final Duration LONG = Duration.ofSeconds(60);
    private static final LongConsumer NOBODY = offset -> {};

    @TempDir(factory = MemoryDirectory.class)
    Path parent;

    private Path file;
    private Path directory;
    private Path copy;

    @BeforeEach
    void setPaths() {
        file = parent.resolve("one.evtl");
        directory = parent.resolve("trades");
        copy = parent.resolve("copy");
    }

    private static BackupReport backup(final Path journal, final Path target) {
        return JournalBackup.backup(journal, target, NOBODY);
    }

    private static TreeMap<String, byte[]> content(final Path directory) throws IOException {
        final TreeMap<String, byte[]> content = new TreeMap<>();
        try (Stream<Path> found = Files.list(directory)) {
            for (final Path each : (Iterable<Path>) found::iterator) {
                content.put(each.getFileName().toString(), Files.readAllBytes(each));
            }
        }
        return content;
    }

    private static void assertSame(final TreeMap<String, byte[]> expected, final TreeMap<String, byte[]> found) {
        assertEquals(expected.keySet(), found.keySet());
        expected.forEach((name, bytes) -> assertArrayEquals(bytes, found.get(name), name));
    }

    /** A journal of so many files with ten events each. */
    private void write(final int first, final int count) {
        try (Journal journal = Journal.open(directory, rolling().build())) {
            for (int i = first; i < first + count; i++) {
                assertTrue(i == 0 || journal.roll(LONG));
                offer(journal, i * 10L, 10);
            }
        }
    }

    @Test
    void copyOfAFileIsTheSameAndIsNotMadeAgain() throws IOException {
        try (Journal journal = Journal.open(file)) {
            offer(journal, 0, 1000);
        }
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("r--r-----"));
        final BackupReport first = backup(file, copy);
        assertEquals(new BackupReport(1, 1, 1000, 32_000, 0, 1000), first);
        assertArrayEquals(Files.readAllBytes(file), Files.readAllBytes(copy));
        assertEquals("rw-r-----", PosixFilePermissions.toString(Files.getPosixFilePermissions(copy)));
        final var time = Files.getLastModifiedTime(copy);
        assertEquals(new BackupReport(1, 0, 0, 0, 0, 1000), backup(file, copy));
        assertEquals(time, Files.getLastModifiedTime(copy));
    }

    @ParameterizedTest
    @EnumSource(StorageMode.class)
    void eventsOfALiveFileThatAreNewAreAppended(final StorageMode storage) throws IOException {
        final Path onDisk = storage == StorageMode.DIRECT
                ? Files.createTempDirectory("backup").resolve("j")
                : file;
        try (Journal journal =
                Journal.open(onDisk, JournalConfig.builder().storage(storage).build())) {
            for (int i = 0; i < 20; i++) {
                offer(journal, i * 100L, 100);
                journal.sync();
                assertEquals(100, backup(onDisk, copy).eventsCopied());
                assertHolds(copy, (i + 1) * 100L);
            }
        }
        assertArrayEquals(Files.readAllBytes(onDisk), Files.readAllBytes(copy));
    }

    @Test
    void copyOpensAsAJournalOfItsOwn() throws IOException {
        write(0, 3);
        backup(directory, copy);
        try (Journal journal = Journal.open(copy, rolling().build())) {
            assertTrue(journal.recovery().isEmpty());
            offer(journal, 30, 5);
        }
        assertHoldsInFiles(copy, 35);
        final TreeMap<String, byte[]> before = content(copy);
        final JournalException e = assertThrows(JournalException.class, () -> backup(directory, copy));
        assertTrue(e.getMessage().contains("holds other events"), e.getMessage());
        assertSame(before, content(copy));
    }

    @Test
    void sourceIsNeverTouched() throws IOException {
        write(0, 3);
        final TreeMap<String, byte[]> before = content(directory);
        backup(directory, copy);
        write(3, 1);
        final TreeMap<String, byte[]> after = content(directory);
        backup(directory, copy);
        assertSame(after, content(directory));
        before.keySet().forEach(name -> assertTrue(after.containsKey(name)));
        assertFalse(Files.exists(parent.resolve("trades.lock")));
    }

    @Test
    void closedFilesThatAreThereAreNotCopiedAgain() throws IOException {
        write(0, 3);
        assertEquals(new BackupReport(3, 3, 30, 960, 0, 30), backup(directory, copy));
        final var time = Files.getLastModifiedTime(files(copy).get(2));
        write(3, 2);
        assertEquals(new BackupReport(5, 2, 20, 640, 0, 50), backup(directory, copy));
        assertEquals(time, Files.getLastModifiedTime(files(copy).get(2)));
        assertHoldsInFiles(copy, 50);
    }

    @Test
    void newestFileGrowsAndIsLeftInTheCopyToo() throws IOException {
        try (Journal journal = Journal.open(directory, rolling().build())) {
            offer(journal, 0, 10);
            journal.sync();
            backup(directory, copy);
            assertHoldsInFiles(copy, 10);
            offer(journal, 10, 10);
            assertTrue(journal.roll(LONG));
            journal.sync();
            assertEquals(2, backup(directory, copy).files());
            assertHoldsInFiles(copy, 20);
            offer(journal, 20, 10);
            journal.sync();
            assertEquals(new BackupReport(2, 1, 10, 320, 0, 30), backup(directory, copy));
        }
        assertHoldsInFiles(copy, 30);
    }

    @Test
    void copiesOfAJournalThatGrowsAndRollsAreJournals() throws Exception {
        final ExecutorService thread = Executors.newSingleThreadExecutor();
        final AtomicBoolean running = new AtomicBoolean(true);
        try (Journal journal =
                Journal.open(directory, rolling().rollSize(1 << 15).build())) {
            final Future<Long> written = thread.submit(() -> {
                long next = 0;
                while (running.get() || next < 20_000) {
                    offer(journal, next, 100);
                    next += 100;
                }
                return next;
            });
            long last = 0;
            for (int i = 0; i < 30; i++) {
                final BackupReport report;
                try {
                    report = backup(directory, copy);
                } catch (final JournalNotFoundException e) {
                    continue;
                }
                assertTrue(report.nextSequence() >= last);
                last = report.nextSequence();
                assertEquals(report.files(), assertHoldsInFiles(copy, last));
            }
            running.set(false);
            final long count = written.get();
            journal.sync();
            assertEquals(count, backup(directory, copy).nextSequence());
        } finally {
            running.set(false);
            thread.shutdownNow();
        }
        backup(directory, copy);
        assertEquals(files(directory).size(), files(copy).size());
        for (final Path each : files(directory)) {
            assertArrayEquals(
                    Files.readAllBytes(each), Files.readAllBytes(copy.resolve(each.getFileName())), each.toString());
        }
    }

    /** What it is told of comes after a step was confirmed. */
    private static final class Interrupted extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }

    @Test
    void interruptedBackupGoesOnWhereItWas() throws IOException {
        final UnsafeBuffer payload = new UnsafeBuffer(new byte[60_000]);
        final int count = 3500; // three steps
        try (Journal journal = Journal.open(
                file, JournalConfig.builder().backPressure(BackPressure.BLOCK).build())) {
            for (int i = 0; i < count; i++) {
                assertTrue(journal.publisher().offer(1, payload, 0, payload.capacity()) > 0);
            }
        }
        assertThrows(
                Interrupted.class,
                () -> JournalBackup.backup(file, copy, offset -> {
                    throw new Interrupted();
                }));
        final long there = JournalScan.of(copy).header().eventCount();
        assertTrue(there > 1000 && there < 2000, there + " events");
        assertEquals(Condition.UNCLOSED, JournalScan.of(copy).condition());
        try (RandomAccessFile torn = new RandomAccessFile(copy.toFile(), "rw")) {
            torn.seek(Files.size(copy));
            torn.write(new byte[] {1, 2, 3}); // of a step that was not finished
        }
        assertEquals(count - there, backup(file, copy).eventsCopied());
        assertEquals(-1, Files.mismatch(file, copy));
    }

    @Test
    void interruptedBackupOfADirectoryGoesOn() throws IOException {
        write(0, 5);
        for (int i = 1; i < 5; i++) {
            final long bytes = i * (64 + 10 * 32L);
            assertThrows(
                    Interrupted.class,
                    () -> JournalBackup.backup(directory, copy, behind -> {
                        if (behind >= bytes) {
                            throw new Interrupted();
                        }
                    }));
            assertHoldsInFiles(copy, i * 10L);
        }
        assertEquals(50, backup(directory, copy).nextSequence());
        assertHoldsInFiles(copy, 50);
    }

    /** As where it is killed there: no call after it is made either. */
    @Test
    void backupThatEndsAtAnyCallLeavesAJournalWithWhichTheNextGoesOn() throws IOException {
        write(0, 2);
        backup(directory, copy);
        final TreeMap<String, byte[]> before = content(copy);
        try (Journal journal = Journal.open(directory, rolling().build())) {
            offer(journal, 20, 5);
            assertTrue(journal.roll(LONG));
            offer(journal, 25, 10);
        }
        int calls = 0;
        for (boolean ended = true; ended; calls++) {
            for (final Path each : files(copy)) {
                Files.delete(each);
            }
            for (final String name : before.keySet()) {
                Files.write(copy.resolve(name), before.get(name));
            }
            final AtomicInteger left = new AtomicInteger(calls);
            FileCalls.watch((call, called, from, to) -> {
                if (left.getAndDecrement() <= 0) {
                    throw new IOException("ended");
                }
            });
            try {
                backup(directory, copy);
                ended = false;
            } catch (final JournalException e) {
                // as it is to be
            } finally {
                FileCalls.watch(FileWatcher.NONE);
            }
            JournalRecovery.plan(copy, NOBODY);
            assertEquals(35, backup(directory, copy).nextSequence());
            for (final Path each : files(directory)) {
                assertEquals(-1, Files.mismatch(each, copy.resolve(each.getFileName())), each + " after " + calls);
            }
        }
        assertTrue(calls > 20, calls + " calls");
    }

    @ParameterizedTest
    @CsvSource({
        "open-preallocated, 3",
        "crashed-unpublished, 3",
        "crashed-torn, 2",
        "power-loss, 2",
        "crashed-group, 1",
        "no-checksums, 3",
        "empty, 0",
        "second-file, 3"
    })
    void copyHoldsWhatOpeningWouldKeep(final String name, final long events) throws IOException {
        final Path source = Golden.copy(name, parent);
        final byte[] before = Files.readAllBytes(source);
        final BackupReport report = backup(source, copy);
        assertEquals(events, report.eventsCopied());
        assertEquals(events, report.nextSequence() - report.firstSequence());
        final JournalScan scan = JournalScan.of(copy);
        assertEquals(Condition.CLEAN, scan.condition());
        assertEquals(events, scan.events());
        assertArrayEquals(before, Files.readAllBytes(source));
        assertFalse(Files.exists(source.resolveSibling(source.getFileName() + ".lock")));
    }

    @Test
    void damageEndsItBeforeTheClaimAndTheCopyIsClosedThere() throws IOException {
        write(0, 3);
        final Path second = files(directory).get(1);
        final byte[] bytes = Files.readAllBytes(second);
        bytes[64 + 4 * 32 + 20] ^= 1;
        Files.write(second, bytes);
        final CorruptJournalException e = assertThrows(CorruptJournalException.class, () -> backup(directory, copy));
        assertEquals(second.toRealPath(), e.file());
        assertEquals(14, e.sequence());
        assertHoldsInFiles(copy, 14);
    }

    @Test
    void copyOfADamagedClaimEndsBeforeIt() throws IOException {
        final Path source = Golden.copy("group", parent); // one event, then a claim of three
        final byte[] bytes = Files.readAllBytes(source);
        bytes[64 + 21 + 30 + 22 + 18] ^= 1;
        Files.write(source, bytes);
        final CorruptJournalException e = assertThrows(CorruptJournalException.class, () -> backup(source, copy));
        assertEquals(3, e.sequence());
        assertEquals(1, StoredEvent.readAll(copy).size());
        assertEquals(Condition.CLEAN, JournalScan.of(copy).condition());
    }

    @Test
    void targetOfAnotherJournalIsRefusedAndLeft() throws IOException {
        write(0, 3);
        for (final Path other : List.of(parent.resolve("a"), parent.resolve("b"))) {
            try (Journal journal = Journal.open(other, rolling().build())) {
                offer(journal, 0, other.endsWith("a") ? 10 : 7);
                assertTrue(journal.roll(LONG));
                offer(journal, 10, 5);
            }
            final TreeMap<String, byte[]> before = content(other);
            final JournalException e = assertThrows(JournalException.class, () -> backup(directory, other));
            assertTrue(e.getMessage().contains("back up to another place"), e.getMessage());
            assertSame(before, content(other));
        }
        Files.write(copy, new byte[100]);
        assertThrows(JournalException.class, () -> backup(directory, copy));
        assertThrows(
                CorruptJournalException.class, () -> backup(files(directory).get(0), copy));
        assertArrayEquals(new byte[100], Files.readAllBytes(copy));
    }

    @Test
    void journalThatLostWhatTheCopyHasIsRefused() throws IOException {
        try (Journal journal = Journal.open(file)) {
            offer(journal, 0, 10);
        }
        final byte[] before = Files.readAllBytes(file);
        try (Journal journal = Journal.open(file)) {
            offer(journal, 10, 1);
        }
        backup(file, copy);
        Files.write(file, before);
        final JournalException shorter = assertThrows(JournalException.class, () -> backup(file, copy));
        assertTrue(shorter.getMessage().contains("holds other events"), shorter.getMessage());
        try (Journal journal = Journal.open(file)) {
            offer(journal, 99, 5);
        }
        final JournalException other = assertThrows(JournalException.class, () -> backup(file, copy));
        assertTrue(other.getMessage().contains("holds other events"), other.getMessage());
        assertHolds(copy, 11);
    }

    @Test
    void filesThatWereReleasedStayInTheCopy() throws IOException {
        write(0, 3);
        backup(directory, copy);
        Files.delete(files(directory).get(0));
        Files.delete(files(directory).get(0));
        write(3, 1);
        assertEquals(new BackupReport(4, 1, 10, 320, 0, 40), backup(directory, copy));
        assertHoldsInFiles(copy, 40);
    }

    @Test
    void filesThatWereReleasedBeforeTheyWereCopiedAreMissed() throws IOException {
        write(0, 2);
        backup(directory, copy);
        write(2, 2);
        for (int i = 0; i < 3; i++) {
            Files.delete(files(directory).get(0));
        }
        final EventsReleasedException e = assertThrows(EventsReleasedException.class, () -> backup(directory, copy));
        assertEquals(20, e.firstMissing());
        assertEquals(30, e.firstAvailable());
        assertHoldsInFiles(copy, 20);
    }

    @Test
    void filesThatWereDeletedFromTheCopyAreNotCopiedAgain() throws IOException {
        write(0, 3);
        backup(directory, copy);
        Files.delete(files(copy).get(0));
        write(3, 1);
        assertEquals(new BackupReport(3, 1, 10, 320, 10, 40), backup(directory, copy));
    }

    @Test
    void holeInTheJournalIsToldAndNotCopied() throws IOException {
        write(0, 3);
        Files.delete(files(directory).get(1));
        assertThrows(CorruptJournalException.class, () -> backup(directory, copy));
        assertFalse(Files.exists(copy));
    }

    @Test
    void whatACrashLostIsNotInTheCopy() throws IOException {
        write(0, 3);
        final Path second = files(directory).get(1);
        for (final Path each : files(directory).subList(1, 3)) {
            try (RandomAccessFile out = new RandomAccessFile(each.toFile(), "rw")) {
                out.seek(48);
                out.write(new byte[] {64, 0, 0, 0, 0, 0, 0, 0, 0});
            }
        }
        try (RandomAccessFile out = new RandomAccessFile(second.toFile(), "rw")) {
            out.seek(64 + 7 * 32);
            out.write(new byte[3 * 32]);
        }
        final TreeMap<String, byte[]> before = content(directory);
        assertEquals(17, backup(directory, copy).nextSequence());
        assertHoldsInFiles(copy, 17);
        assertSame(before, content(directory));
    }

    @Test
    void copyThatIsOpenIsRefusedAndSoIsTheJournalItself() throws IOException {
        write(0, 1);
        backup(directory, copy);
        try (Journal journal = Journal.open(copy, rolling().build())) {
            assertThrows(JournalLockedException.class, () -> backup(directory, copy));
            offer(journal, 10, 1);
        }
        assertThrows(JournalException.class, () -> backup(directory, directory));
        assertThrows(JournalException.class, () -> backup(directory, Files.createFile(file)));
        assertThrows(JournalNotFoundException.class, () -> backup(Files.createDirectory(parent.resolve("e")), copy));
        assertThrows(JournalNotFoundException.class, () -> backup(parent.resolve("none"), copy));
    }

    @Test
    void claimsAreWholeInEachCopy() throws IOException {
        try (Journal journal = Journal.open(file)) {
            final EventBatch batch = journal.publisher().newBatch();
            for (int i = 0; i < 50; i++) {
                assertTrue(batch.tryClaim(3, 30) > 0);
                for (int member = 0; member < 3; member++) {
                    batch.next(1, 10);
                }
                assertTrue(batch.commit() > 0);
                if (i % 10 == 0) {
                    journal.sync();
                    backup(file, copy);
                    assertEquals(0, StoredEvent.readAll(copy).size() % 3);
                    assertEquals(Condition.CLEAN, JournalScan.of(copy).condition());
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = StorageMode.class,
            names = {"MAPPED", "WRITE"})
    void plainCopiesOfALiveFileNeverReadAsCorrupt(final StorageMode storage) throws Exception {
        final ExecutorService thread = Executors.newSingleThreadExecutor();
        final AtomicBoolean running = new AtomicBoolean(true);
        try (Journal journal = Journal.open(
                file,
                JournalConfig.builder()
                        .storage(storage)
                        .initialSize(1 << 15)
                        .growth(Growth.steps(1 << 18))
                        .build())) {
            final Future<?> written = thread.submit(() -> {
                for (long next = 0; running.get(); next += 20) {
                    offer(journal, next, 20);
                    if (next % 1000 == 0) {
                        journal.sync();
                    }
                    LockSupport.parkNanos(200_000);
                }
            });
            long last = 0;
            for (int i = 0; i < 500; i++) {
                final Process cp = new ProcessBuilder("cp", file.toString(), copy.toString()).start();
                assertEquals(0, cp.waitFor());
                final JournalScan scan = JournalScan.of(copy);
                assertTrue(
                        scan.condition() == Condition.UNCLOSED || scan.condition() == Condition.TORN, scan.toString());
                assertTrue(
                        scan.events() >= last
                                && scan.validEnd() >= scan.header().writeOffset(),
                        scan.toString());
                last = scan.header().eventCount();
            }
            running.set(false);
            written.get();
            assertTrue(last > 500, last + " events");
        } finally {
            running.set(false);
            thread.shutdownNow();
        }
    }
}
