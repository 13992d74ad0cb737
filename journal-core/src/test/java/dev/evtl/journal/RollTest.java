package dev.evtl.journal;

import static dev.evtl.journal.support.Events.assertHoldsInFiles;
import static dev.evtl.journal.support.Events.files;
import static dev.evtl.journal.support.Events.offer;
import static dev.evtl.journal.support.TestJournals.rolling;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.evtl.journal.exceptions.CorruptJournalException;
import dev.evtl.journal.exceptions.JournalException;
import dev.evtl.journal.exceptions.JournalLockedException;
import dev.evtl.journal.support.MemoryDirectory;
import dev.evtl.journal.support.RingBytes;
import dev.evtl.journal.support.StoredEvent;
import dev.evtl.journal.support.TestJournals;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

@Timeout(120)
class RollTest {
    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);
    /** Longer than it takes a journal to look at the clock and at its files; what has not happened by then does not. */
    private static final long UNNOTICED_MILLIS = 300;

    private static final Duration LONG = Duration.ofSeconds(60);

    @TempDir(factory = MemoryDirectory.class)
    Path parent;

    private Path directory;

    @BeforeEach
    void setDirectory() {
        directory = parent.resolve("trades");
    }

    private Journal open() {
        return Journal.open(directory, rolling().build());
    }

    private static void await(final BooleanSupplier condition) throws InterruptedException {
        final long start = System.nanoTime();
        while (!condition.getAsBoolean()) {
            assertTrue(System.nanoTime() - start < TimeUnit.MINUTES.toNanos(1), "waited for a minute");
            Thread.sleep(5);
        }
    }

    static Stream<Arguments> modes() {
        return Stream.of(
                Arguments.of(AppenderMode.THREAD, StorageMode.MAPPED),
                Arguments.of(AppenderMode.THREAD, StorageMode.WRITE),
                Arguments.of(AppenderMode.THREAD, StorageMode.DIRECT),
                Arguments.of(AppenderMode.PUBLISHERS, StorageMode.MAPPED));
    }

    @ParameterizedTest
    @MethodSource("modes")
    void filesOfTheWantedLengthFollowOneAnother(final AppenderMode mode, final StorageMode storage) throws Exception {
        final int count = 60_000;
        final Path onDisk = storage == StorageMode.DIRECT
                ? Files.createTempDirectory("roll").resolve("j")
                : directory;
        try (Journal journal = Journal.open(
                onDisk,
                rolling().rollSize(1 << 15).appenderMode(mode).storage(storage).build())) {
            for (int i = 0; i < count; i += 5000) {
                final int before = files(onDisk).size();
                offer(journal, i, 5000);
                await(() -> hasMore(onDisk, before));
            }
        }
        final int files = assertHoldsInFiles(onDisk, count);
        assertTrue(files > 3, files + " files");
        for (final Path file : files(onDisk).subList(0, files - 1)) {
            assertTrue(Files.size(file) >= 1 << 15, file + " has " + Files.size(file));
            assertTrue(Files.size(file) < (1 << 15) + 32, file + " has " + Files.size(file));
        }
    }

    @ParameterizedTest
    @EnumSource(
            names = {"THREAD", "PUBLISHERS"},
            value = AppenderMode.class)
    void rollPutsWhatComesAfterItIntoANewFile(final AppenderMode mode) throws IOException {
        try (Journal journal =
                Journal.open(directory, rolling().appenderMode(mode).build())) {
            assertTrue(journal.roll(LONG)); // nothing to leave
            offer(journal, 0, 10);
            assertTrue(journal.roll(LONG));
            offer(journal, 10, 5);
            assertTrue(journal.roll(LONG));
            assertTrue(journal.roll(LONG)); // nothing to leave
            offer(journal, 15, 1);
        }
        assertEquals(
                List.of("00000000000000000000.evtl", "00000000000000000010.evtl", "00000000000000000015.evtl"),
                files(directory).stream()
                        .map(file -> file.getFileName().toString())
                        .toList());
        assertHoldsInFiles(directory, 16);
    }

    @Test
    void rollOfOneFileIsRefused() {
        try (Journal journal = Journal.open(parent.resolve("one.evtl"))) {
            assertThrows(IllegalStateException.class, () -> journal.roll(LONG));
        }
    }

    @Test
    void invokerRolls() throws IOException {
        try (Journal journal = Journal.open(
                directory, rolling().appenderMode(AppenderMode.INVOKER).build())) {
            offer(journal, 0, 10);
            assertTrue(journal.roll(LONG));
            offer(journal, 10, 10);
        }
        assertEquals(2, assertHoldsInFiles(directory, 20));
    }

    @Test
    void whatIsAcknowledgedAfterARollIsDurableInBothFiles() throws IOException {
        try (Journal journal = open()) {
            offer(journal, 0, 10);
            assertTrue(journal.roll(LONG));
            offer(journal, 10, 10);
            journal.sync();
            final byte[] before = Files.readAllBytes(files(directory).get(0));
            final byte[] after = Files.readAllBytes(files(directory).get(1));
            assertEquals(1, StoredEvent.state(before));
            assertEquals(before.length, StoredEvent.durableOffset(before));
            assertEquals(StoredEvent.writeOffset(after), StoredEvent.durableOffset(after));
            assertEquals(64 + 10 * 32, StoredEvent.durableOffset(after));
        }
    }

    @Test
    void journalGoesOnInItsNewestFile() throws IOException {
        for (int i = 0; i < 5; i++) {
            try (Journal journal = open()) {
                offer(journal, i * 20, 10);
                assertTrue(journal.roll(LONG));
                offer(journal, i * 20 + 10, 10);
            }
        }
        assertEquals(6, assertHoldsInFiles(directory, 100));
    }

    @Test
    void directoryNeedsNoConfigOnceItIsAJournal() throws IOException {
        Files.createDirectory(directory);
        try (Journal journal = Journal.open(directory)) {
            offer(journal, 0, 10);
            assertTrue(journal.roll(LONG));
            offer(journal, 10, 1);
        }
        assertEquals(2, assertHoldsInFiles(directory, 11));
    }

    @Test
    void periodThatIsOverEndsAFileAndAnEmptyOneLeavesNone() throws Exception {
        final AtomicLong now = new AtomicLong(100 * SECOND);
        final JournalConfig config = rolling()
                .rollTimes(RollTimes.every(Duration.ofSeconds(10)))
                .clock(now::get)
                .build();
        try (Journal journal = Journal.open(directory, config)) {
            offer(journal, 0, 10);
            now.set(109 * SECOND);
            journal.sync();
            Thread.sleep(UNNOTICED_MILLIS);
            assertEquals(1, files(directory).size());
            now.set(110 * SECOND);
            await(() -> hasFiles(2));
            now.set(150 * SECOND);
            Thread.sleep(UNNOTICED_MILLIS);
            now.set(120 * SECOND);
            Thread.sleep(UNNOTICED_MILLIS);
            now.set(155 * SECOND);
            Thread.sleep(UNNOTICED_MILLIS);
            assertEquals(2, files(directory).size());
            offer(journal, 10, 10);
            journal.sync();
            now.set(160 * SECOND);
            await(() -> hasFiles(3));
        }
        assertHoldsInFiles(directory, 20);
    }

    private static boolean hasMore(final Path directory, final int before) {
        try {
            return files(directory).size() > before;
        } catch (final IOException e) {
            throw new AssertionError(e);
        }
    }

    private boolean hasFiles(final int count) {
        try {
            return files(directory).size() == count;
        } catch (final IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void timesMissedWhileItWasClosedEndOneFile() throws Exception {
        final AtomicLong now = new AtomicLong(100 * SECOND);
        final JournalConfig config = rolling()
                .rollTimes(RollTimes.every(Duration.ofSeconds(10)))
                .clock(now::get)
                .build();
        try (Journal journal = Journal.open(directory, config)) {
            offer(journal, 0, 10);
        }
        now.set(105 * SECOND);
        try (Journal journal = Journal.open(directory, config)) {
            offer(journal, 10, 10);
        }
        assertEquals(1, files(directory).size());
        now.set(190 * SECOND);
        try (Journal journal = Journal.open(directory, config)) {
            await(() -> hasFiles(2));
            offer(journal, 20, 10);
        }
        assertEquals(2, assertHoldsInFiles(directory, 30));
    }

    @Test
    void secondWriterIsRefusedByAnyName() throws IOException {
        try (Journal journal = open()) {
            offer(journal, 0, 10);
            assertTrue(journal.roll(LONG));
            assertThrows(JournalLockedException.class, () -> open());
            assertThrows(
                    JournalLockedException.class,
                    () -> Journal.open(files(directory).get(1)));
            assertThrows(
                    JournalException.class, () -> Journal.open(files(directory).get(0)));
        }
        final JournalException older = assertThrows(
                JournalException.class, () -> Journal.open(files(directory).get(0)));
        assertTrue(older.getMessage().contains("is not the newest file of its journal"), older.getMessage());
    }

    @Test
    void fileCannotBecomeADirectory() throws IOException {
        final Path file = parent.resolve("one.evtl");
        Journal.open(file).close();
        final byte[] before = Files.readAllBytes(file);
        final JournalException refused = assertThrows(
                JournalException.class, () -> Journal.open(file, rolling().build()));
        assertTrue(refused.getMessage().contains("is a file"), refused.getMessage());
        assertEquals(before.length, Files.size(file));
    }

    @Test
    void directoryOfOtherFilesIsNoJournalUnlessTheConfigSaysSo() throws IOException {
        Files.createDirectory(directory);
        Files.writeString(directory.resolve("letter.txt"), "hello");
        final JournalException refused = assertThrows(JournalException.class, () -> Journal.open(directory));
        assertTrue(refused.getMessage().contains("a directory of other files"), refused.getMessage());
        try (Stream<Path> left = Files.list(directory)) {
            assertEquals(1, left.count());
        }
        open().close();
        Journal.open(directory).close();
        assertEquals(1, files(directory).size());
    }

    @Test
    void linkOrPipeOfThatNameIsRefused() throws IOException {
        Files.createDirectory(directory);
        final Path empty = emptyFile();
        Files.createSymbolicLink(directory.resolve("next.evtl"), empty);
        assertThrows(JournalException.class, () -> open());
        assertTrue(Files.exists(empty));
    }

    private void writeThreeFiles() {
        try (Journal journal = open()) {
            for (int i = 0; i < 3; i++) {
                offer(journal, i * 10, 10);
                assertTrue(i == 2 || journal.roll(LONG));
            }
        }
    }

    @Test
    void missingFileInTheMiddleIsRefused() throws IOException {
        writeThreeFiles();
        Files.delete(files(directory).get(1));
        final CorruptJournalException hole = assertThrows(CorruptJournalException.class, () -> open());
        assertTrue(hole.getMessage().contains("a hole"), hole.getMessage());
        assertTrue(hole.getMessage().contains("up to sequence 19"), hole.getMessage());
        assertEquals(2, files(directory).size());
    }

    private static void write(final Path file, final int from, final byte... bytes) throws IOException {
        try (RandomAccessFile out = new RandomAccessFile(file.toFile(), "rw")) {
            out.seek(from);
            out.write(bytes);
        }
    }

    /** Has its header say that nothing in it is durable, and that it is not closed. */
    private static void leaveOpen(final Path file) throws IOException {
        write(file, 48, new byte[] {64, 0, 0, 0, 0, 0, 0, 0, 0});
    }

    /** Of the ten events that it has. */
    private static void loseLastThree(final Path file) throws IOException {
        write(file, 64 + 7 * 32, new byte[3 * 32]);
    }

    /** As where the process died between a roll and the close of the file before. */
    @Test
    void fileThatWasLeftOpenAtARollIsClosedAtTheNextOpening() throws IOException {
        writeThreeFiles();
        final Path second = files(directory).get(1);
        final byte[] whole = Files.readAllBytes(second);
        leaveOpen(second);
        try (RandomAccessFile out = new RandomAccessFile(second.toFile(), "rw")) {
            out.setLength(1 << 15);
        }
        try (Journal journal = open()) {
            offer(journal, 30, 1);
        }
        assertEquals(whole.length, Files.size(second));
        assertEquals(3, assertHoldsInFiles(directory, 31));
    }

    /** As where a crash of the machine took events of a file that was left, so that what came after them follows nothing. */
    @Test
    void journalEndsWhereTheFirstEventIsMissing() throws IOException {
        writeThreeFiles();
        final Path second = files(directory).get(1);
        leaveOpen(second);
        loseLastThree(second);
        final Path third = files(directory).get(2);
        final byte[] after = Files.readAllBytes(third);
        leaveOpen(third);
        try (Journal journal = open()) {
            offer(journal, 17, 3);
        }
        assertEquals(2, assertHoldsInFiles(directory, 20));
        final Path aside = third.resolveSibling(third.getFileName() + ".cut");
        assertEquals(after.length, Files.size(aside));
        assertFalse(Files.exists(third));
    }

    @Test
    void durableEventsAfterMissingOnesAreDamage() throws IOException {
        writeThreeFiles();
        final Path second = files(directory).get(1);
        leaveOpen(second);
        loseLastThree(second);
        assertThrows(CorruptJournalException.class, () -> open());
        assertEquals(3, files(directory).size());
    }

    @Test
    void fileOfWhichOnlyTheNameSurvivedIsLeftOut() throws IOException {
        writeThreeFiles();
        Files.write(directory.resolve(String.format("%020d.evtl", 30)), new byte[4096]);
        try (Journal journal = open()) {
            offer(journal, 30, 1);
        }
        assertEquals(3, assertHoldsInFiles(directory, 31));
    }

    @Test
    void fileThatWasPreparedByAKilledProcessIsDeleted() throws IOException {
        writeThreeFiles();
        Files.copy(emptyFile(), directory.resolve("next.evtl"));
        try (Journal journal = open()) {
            offer(journal, 30, 1);
            assertTrue(journal.roll(LONG));
            offer(journal, 31, 1);
        }
        assertEquals(4, assertHoldsInFiles(directory, 32));
        assertFalse(Files.exists(directory.resolve("next.evtl")));
    }

    private Path emptyFile() {
        final Path file = parent.resolve("empty.evtl");
        Journal.open(file).close();
        return file;
    }

    @Test
    void strangersFileOfThatNameStays() throws IOException {
        Files.createDirectory(directory);
        Files.writeString(directory.resolve("next.evtl"), "not yours");
        assertThrows(JournalException.class, () -> open());
        assertEquals("not yours", Files.readString(directory.resolve("next.evtl")));
    }

    @Test
    void nothingStaysOpenOfFilesThatWereLeft() throws Exception {
        try (Journal journal = open()) {
            for (int i = 0; i < 30; i++) {
                offer(journal, i, 1);
                assertTrue(journal.roll(LONG));
            }
            journal.sync();
            final Path newest = files(directory).get(30);
            await(() -> openFiles().stream()
                    .noneMatch(file ->
                            file.endsWith(".evtl") && !file.equals(newest.toString()) && !file.endsWith("next.evtl")));
        }
        assertTrue(openFiles().stream().noneMatch(file -> file.endsWith(".evtl")));
    }

    private void rollEachEvent(final Journal journal, final int first, final int count) {
        for (int i = first; i < first + count; i++) {
            offer(journal, i, 1);
            assertTrue(journal.roll(LONG));
        }
    }

    private List<Long> bases() throws IOException {
        return files(directory).stream()
                .map(file -> Long.parseLong(file.getFileName().toString().substring(0, 20)))
                .toList();
    }

    private void awaitBases(final Long... bases) throws InterruptedException {
        await(() -> {
            try {
                return bases().equals(List.of(bases));
            } catch (final IOException e) {
                throw new AssertionError(e);
            }
        });
    }

    @Test
    void oldestFilesGoWhereThereAreTooMany() throws Exception {
        try (Journal journal = Journal.open(directory, rolling().retainFiles(3).build())) {
            rollEachEvent(journal, 0, 10);
            awaitBases(8L, 9L, 10L);
        }
        try (Journal journal = Journal.open(directory)) {
            offer(journal, 10, 1);
            journal.sync();
            assertEquals(List.of(8L, 9L, 10L), bases(), "without a limit nothing goes");
        }
    }

    @Test
    void oldestFilesGoWhereTheyTakeTooMuch() throws Exception {
        try (Journal journal = Journal.open(
                directory, rolling().retainBytes((1 << 15) + 3 * 96).build())) {
            rollEachEvent(journal, 0, 10);
            awaitBases(7L, 8L, 9L, 10L);
        }
    }

    @Test
    void filesGoWhenTheyAreOld() throws Exception {
        final AtomicLong now = new AtomicLong(100 * SECOND);
        final JournalConfig config =
                rolling().retainAge(Duration.ofSeconds(60)).clock(now::get).build();
        try (Journal journal = Journal.open(directory, config)) {
            rollEachEvent(journal, 0, 1);
            now.set(130 * SECOND);
            rollEachEvent(journal, 1, 1);
            awaitBases(0L, 1L, 2L);
            now.set(165 * SECOND);
            rollEachEvent(journal, 2, 1);
            awaitBases(1L, 2L, 3L);
        }
    }

    @Test
    void applicationReleasesWhatItNoLongerNeeds() throws Exception {
        final List<Path> told = new CopyOnWriteArrayList<>();
        final List<Path> left = new CopyOnWriteArrayList<>();
        final JournalConfig config = rolling()
                .listener(new JournalListener() {
                    @Override
                    public void onReleased(final Path file) {
                        told.add(file);
                    }

                    @Override
                    public void onRolled(final Path file) {
                        left.add(file);
                    }
                })
                .build();
        try (Journal journal = Journal.open(directory, config)) {
            for (int i = 0; i < 5; i++) {
                offer(journal, i * 10, 10);
                assertTrue(journal.roll(LONG));
            }
            journal.release(29);
            awaitBases(20L, 30L, 40L, 50L);
            journal.release(30);
            awaitBases(30L, 40L, 50L);
            journal.release(Long.MAX_VALUE);
            awaitBases(50L);
            await(() -> told.size() == 5 && left.size() == 5);
            offer(journal, 50, 1);
        }
        assertEquals(left, told);
        assertThrows(IllegalStateException.class, () -> {
            try (Journal one = Journal.open(parent.resolve("one.evtl"))) {
                one.release(1);
            }
        });
    }

    /** As where the process is killed after it has published into a new file, and before the checkpoint says so. */
    @Test
    void whatIsInANewFileAlreadyIsNotTakenFromTheRingAgain() throws Exception {
        final Path ring = parent.resolve("trades.ring");
        final JournalConfig config =
                rolling().ringFile(ring).appenderMode(AppenderMode.INVOKER).build();
        final byte[] ringBefore;
        final Map<Path, byte[]> after = new HashMap<>();
        try (Journal journal = Journal.open(directory, config)) {
            offer(journal, 0, 10);
            assertTrue(journal.roll(LONG));
            offer(journal, 10, 5);
            ringBefore = RingBytes.ofTheDead(Files.readAllBytes(ring));
            TestJournals.drain(journal);
            for (final Path file : files(directory)) {
                after.put(file, Files.readAllBytes(file));
            }
        }
        for (final Map.Entry<Path, byte[]> file : after.entrySet()) {
            Files.write(file.getKey(), file.getValue());
        }
        Files.write(ring, ringBefore);
        try (Journal journal = Journal.open(directory, config)) {
            offer(journal, 15, 1);
        }
        assertEquals(2, assertHoldsInFiles(directory, 16));
    }

    /** Closing what was left comes before anything that follows it is acknowledged, whoever is faster. */
    @Test
    void nothingIsDurableBeforeWhatPrecedesIt() throws IOException {
        try (Journal journal = open()) {
            for (int i = 0; i < 50; i++) {
                offer(journal, i, 1);
                assertTrue(journal.roll(LONG));
                offer(journal, ++i, 1);
                journal.sync();
                final List<Path> all = files(directory);
                assertEquals(1, StoredEvent.state(Files.readAllBytes(all.get(all.size() - 2))));
            }
        }
    }

    private List<String> openFiles() {
        try (Stream<String> maps = Files.lines(Path.of("/proc/self/maps"));
                Stream<Path> handles = Files.list(Path.of("/proc/self/fd"))) {
            final Stream<String> mapped =
                    maps.filter(line -> line.contains("/")).map(line -> line.substring(line.indexOf('/')));
            final Stream<String> opened = handles.map(RollTest::target);
            return Stream.concat(mapped, opened)
                    .filter(path -> path.startsWith(directory.toString()))
                    .toList();
        } catch (final IOException e) {
            throw new AssertionError(e);
        }
    }

    private static String target(final Path link) {
        try {
            return Files.readSymbolicLink(link).toString();
        } catch (final IOException e) {
            return ""; // closed meanwhile
        }
    }
}
