package dev.evtl.replay;

import static dev.evtl.replay.Lines.numbered;
import static dev.evtl.replay.TestFiles.rolled;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.evtl.journal.Journal;
import dev.evtl.journal.exceptions.EventsReleasedException;
import dev.evtl.journal.exceptions.JournalException;
import dev.evtl.journal.exceptions.JournalLockedException;
import dev.evtl.journal.exceptions.JournalNotFoundException;
import dev.evtl.journal.exceptions.JournalReplacedException;
import dev.evtl.journal.exceptions.StalePositionException;
import dev.evtl.journal.file.JournalDirectory;
import dev.evtl.journal.file.PositionsFile;
import dev.evtl.journal.io.FileCalls;
import dev.evtl.journal.io.FileWatcher;
import dev.evtl.journal.support.ChildJvm;
import dev.evtl.replay.EventHandler.Action;
import dev.evtl.replay.Readers.NamedReader;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Readers whose positions are kept beside the journal. */
class NamedReaderTest {
    private static final EventHandler PASS_OVER = event -> Action.CONTINUE;

    @TempDir
    Path directory;

    @AfterEach
    void watchNoLonger() {
        FileCalls.watch(FileWatcher.NONE);
    }

    private static ReaderConfig named(final String name) {
        return ReaderConfig.builder().name(name).build();
    }

    private static List<String> read(final JournalReader reader) {
        final Lines lines = new Lines();
        reader.forEach(lines::onEvent);
        return lines.lines;
    }

    private static List<String> numbers(final int from, final int to) {
        return IntStream.range(from, to).mapToObj(Lines::numbered).toList();
    }

    private Path positions() {
        return PositionsFile.of(directory);
    }

    /** Overwrites bytes of the positions file. */
    private void damage(final long offset) throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(positions().toFile(), "rw")) {
            file.seek(offset);
            file.write(0xA5);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void readerOfANameGoesOnWhereItCommitted(final boolean inDirectory) throws IOException {
        final Path journal;
        if (inDirectory) {
            journal = rolled(directory, 10, 20, 30);
        } else {
            journal = TestFiles.numbered(directory.resolve("a.evtl"), 60);
        }
        try (JournalReader reader = JournalReader.open(journal, named("risk"))) {
            assertEquals(Optional.of(reader.position()), reader.committedPosition(), "where it begins is kept");
        }
        for (final int until : new int[] {0, 1, 10, 11, 29, 30, 55, 60}) {
            final JournalPosition kept;
            try (JournalReader reader = JournalReader.open(journal, named("risk"))) {
                while (reader.sequence() < until) {
                    assertEquals(1, reader.poll(PASS_OVER, 1));
                }
                assertTrue(reader.commit());
                kept = reader.position();
                reader.poll(PASS_OVER, 5); // not committed
            }
            try (JournalReader reader = JournalReader.open(journal, named("risk"))) {
                assertEquals(kept, reader.position());
                assertEquals(Optional.of(kept), reader.committedPosition());
                assertEquals(numbers(until, 60), read(reader));
            }
        }
        assertTrue(Files.exists(
                inDirectory ? directory.resolve("readers.positions") : directory.resolve("a.evtl.positions")));
        assertEquals(
                Files.getPosixFilePermissions(inDirectory ? JournalDirectory.file(directory, 0) : journal),
                Files.getPosixFilePermissions(PositionsFile.of(journal)));
    }

    @Test
    void onlyTheFirstReaderOfANameBeginsWhereTheConfigSays() {
        rolled(directory, 10);
        final ReaderConfig config =
                ReaderConfig.builder().name("a").startAtSequence(7).build();
        try (JournalReader reader = JournalReader.open(directory, config)) {
            assertEquals(7, reader.sequence());
            reader.poll(PASS_OVER, 1);
            reader.commit();
        }
        try (JournalReader reader = JournalReader.open(directory, config)) {
            assertEquals(8, reader.sequence());
        }
    }

    @Test
    void pollsCommitWhenToldTo() {
        rolled(directory, 10);
        final ReaderConfig config =
                ReaderConfig.builder().name("a").commitEachPoll(true).build();
        try (JournalReader reader = JournalReader.open(directory, config)) {
            reader.poll(PASS_OVER, 4);
            assertThrows(
                    IllegalStateException.class,
                    () -> reader.poll(
                            event -> {
                                throw new IllegalStateException();
                            },
                            1));
        }
        try (JournalReader reader = JournalReader.open(directory, config)) {
            assertEquals(4, reader.sequence());
        }
    }

    @Test
    void readerWithoutANameCommitsNothing() {
        rolled(directory, 1);
        try (JournalReader reader = JournalReader.open(directory)) {
            assertThrows(IllegalStateException.class, reader::commit);
            assertEquals(Optional.empty(), reader.committedPosition());
        }
        assertFalse(Files.exists(positions()));
    }

    @Test
    void nothingIsCommittedPastWhatIsOnTheDevice() {
        try (Journal journal = TestFiles.openFile(directory, 0);
                JournalReader reader = JournalReader.open(directory, named("a"))) {
            final JournalPosition start = reader.position();
            publish(journal, 0);
            reader.forEach(event -> {});
            final JournalPosition first = reader.position();
            assertFalse(reader.commit());
            assertEquals(Optional.of(start), reader.committedPosition());
            journal.sync();
            publish(journal, 1);
            reader.forEach(event -> {});
            assertFalse(reader.commit());
            assertEquals(Optional.of(first), reader.committedPosition(), "that is on the device now");
            journal.sync();
            assertTrue(reader.commit());
            assertEquals(Optional.of(reader.position()), reader.committedPosition());
        }
    }

    private static void publish(final Journal journal, final int number) {
        final byte[] none = new byte[0];
        final long position = journal.publisher().offer(1, new UnsafeBuffer(none), 0, 0);
        assertTrue(position > 0);
        assertTrue(journal.awaitJournaled(position, Duration.ofSeconds(30)), "event " + number);
    }

    @Test
    void whoAsksForItCommitsPastWhatIsOnTheDevice() {
        final ReaderConfig config =
                ReaderConfig.builder().name("a").commitBeforeDurable(true).build();
        try (Journal journal = TestFiles.openFile(directory, 0);
                JournalReader reader = JournalReader.open(directory, config)) {
            publish(journal, 0);
            reader.forEach(event -> {});
            assertTrue(reader.commit());
            assertEquals(1, Readers.list(directory).get(0).sequence());
        }
    }

    /** As between a roll and the close of the file before. */
    @Test
    void positionInANewFileWaitsForTheFileBefore() throws IOException {
        rolled(directory, 1, 1);
        final Path before = JournalDirectory.file(directory, 0);
        final byte[] closed = Files.readAllBytes(before);
        final byte[] open = closed.clone();
        ByteBuffer.wrap(open).order(ByteOrder.LITTLE_ENDIAN).putLong(48, 64).putInt(56, 0);
        Files.write(before, open);
        try (JournalReader reader = JournalReader.open(directory, named("a"))) {
            assertEquals(2, reader.forEach(event -> {}));
            assertEquals(1, reader.header().baseSequence());
            assertFalse(reader.commit());
            Files.write(before, closed);
            assertTrue(reader.commit());
        }
    }

    @Test
    void nameIsForOneReaderAtATime() {
        rolled(directory, 10);
        try (JournalReader reader = JournalReader.open(directory, named("a"))) {
            final JournalLockedException e =
                    assertThrows(JournalLockedException.class, () -> JournalReader.open(directory, named("a")));
            assertTrue(e.getMessage().contains("the reader a is in use"), e.getMessage());
            try (JournalReader other = JournalReader.open(directory, named("b"))) {
                other.poll(PASS_OVER, 3);
                other.commit();
            }
            assertThrows(JournalLockedException.class, () -> JournalReader.open(directory, named("a")));
            assertThrows(JournalLockedException.class, () -> Readers.remove(directory, "a"));
            assertThrows(
                    JournalLockedException.class,
                    () -> Readers.move(directory, "a", ReaderConfig.builder().build()));
            reader.poll(PASS_OVER, 5);
            assertTrue(reader.commit());
        }
        try (JournalReader reader = JournalReader.open(directory, named("a"));
                JournalReader other = JournalReader.open(directory, named("b"))) {
            assertEquals(5, reader.sequence());
            assertEquals(3, other.sequence());
        }
    }

    /** Reads one event after the other and commits each, and says so. */
    static final class OtherProcess {
        private OtherProcess() {}

        public static void main(final String... args) {
            ChildJvm.endWithParent();
            try (JournalReader reader = JournalReader.open(Path.of(args[0]), named(args[1]))) {
                System.out.println("opened " + reader.sequence());
                while (reader.poll(PASS_OVER, 1) > 0) {
                    reader.commit();
                    System.out.println("committed " + reader.sequence());
                }
                Thread.sleep(Duration.ofMinutes(1).toMillis());
            } catch (final JournalLockedException e) {
                System.out.println("locked");
            } catch (final InterruptedException e) {
                System.out.println("interrupted");
            }
        }
    }

    private Process start(final String name) throws IOException {
        return ChildJvm.start(OtherProcess.class, directory.toString(), name);
    }

    private static BufferedReader output(final Process process) {
        return new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    }

    @Test
    void nameIsForOneReaderInAllProcesses() throws Exception {
        rolled(directory, 3);
        final JournalReader reader = JournalReader.open(directory, named("a"));
        JournalReader.open(directory, named("b")).close();
        Readers.list(directory); // none of this loses the lock
        assertEquals("locked", output(start("a")).readLine());
        reader.close();
        final Process other = start("a");
        final BufferedReader said = output(other);
        assertEquals("opened 0", said.readLine());
        assertThrows(JournalLockedException.class, () -> JournalReader.open(directory, named("a")));
        for (int i = 1; i <= 3; i++) {
            assertEquals("committed " + i, said.readLine());
        }
        other.destroyForcibly().waitFor();
        try (JournalReader next = JournalReader.open(directory, named("a"))) {
            assertEquals(3, next.sequence());
        }
    }

    @Test
    void killedReaderGoesOnWhereItCommitted() throws Exception {
        final int events = 20_000;
        rolled(directory, events / 2, events / 2);
        long committed = 0;
        for (int round = 0; round < 5; round++) {
            final Process process = start("a");
            final BufferedReader said = output(process);
            final String opened = said.readLine();
            final long from = Long.parseLong(opened.substring("opened ".length()));
            assertTrue(from == committed || from == committed + 1, opened + ", said was " + committed);
            committed = from;
            for (int i = 0; i < 50 + round; i++) {
                committed = Long.parseLong(said.readLine().substring("committed ".length()));
            }
            process.toHandle().destroyForcibly(); // which leaves what it said
            String line;
            while ((line = said.readLine()) != null) {
                if (line.matches("committed \\d+")) {
                    committed = Long.parseLong(line.substring("committed ".length()));
                }
            }
            process.waitFor();
        }
    }

    @Test
    void listTellsNamePositionAndLag() throws IOException {
        rolled(directory, 10, 20, 30);
        assertEquals(List.of(), Readers.list(directory));
        final Instant before = Instant.now().minusSeconds(1);
        for (final String name : List.of("b", "a", "\u00e4\u0001")) {
            try (JournalReader reader = JournalReader.open(directory, named(name))) {
                if (!name.equals("b")) {
                    reader.seekSequence(35);
                    reader.commit();
                }
            }
        }
        final List<NamedReader> readers = Readers.list(directory);
        assertEquals(
                List.of("a", "b", "\u00e4\u0001"),
                readers.stream().map(NamedReader::name).toList());
        assertEquals(35, readers.get(0).sequence());
        long bytes = 0;
        for (final int base : new int[] {0, 10, 30}) {
            bytes += Files.size(JournalDirectory.file(directory, base)) - 64;
        }
        assertEquals(new Lag(60, bytes), readers.get(1).lag());
        assertEquals(25, readers.get(0).lag().events());
        assertTrue(readers.get(0).committedAt().isAfter(before));
        final Path single = TestFiles.numbered(directory.resolve("a.evtl"), 10);
        try (JournalReader reader = JournalReader.open(single, named("x"))) {
            reader.poll(PASS_OVER, 4);
            reader.commit();
            assertEquals(
                    new Lag(6, Files.size(single) - reader.offset()),
                    Readers.list(single).get(0).lag());
        }
        assertThrows(JournalNotFoundException.class, () -> Readers.list(directory.resolve("none")));
    }

    @Test
    void readersAreMovedAndRemoved() {
        rolled(directory, 10, 20);
        JournalReader.open(directory, named("a")).close();
        JournalReader.open(directory, named("b")).close();
        Readers.move(directory, "a", ReaderConfig.builder().startAtSequence(12).build());
        assertEquals(12, Readers.list(directory).get(0).sequence());
        Readers.move(directory, "a", ReaderConfig.builder().startAtEnd().build());
        assertEquals(30, Readers.list(directory).get(0).sequence());
        assertThrows(
                IllegalArgumentException.class,
                () -> Readers.move(
                        directory,
                        "a",
                        ReaderConfig.builder().startAtSequence(31).build()));
        Readers.remove(directory, "a");
        assertEquals(
                List.of("b"),
                Readers.list(directory).stream().map(NamedReader::name).toList());
        assertThrows(JournalException.class, () -> Readers.remove(directory, "a"));
        assertThrows(
                JournalException.class,
                () -> Readers.move(directory, "a", ReaderConfig.builder().build()));
        try (JournalReader again = JournalReader.open(directory, named("a"))) {
            assertEquals(0, again.sequence());
        }
    }

    @Test
    void slotsOfRemovedNamesAreUsedAgain() throws IOException {
        rolled(directory, 3);
        for (int i = 0; i < 30; i++) {
            JournalReader.open(directory, named("reader " + i)).close();
            if (i % 3 != 0) {
                Readers.remove(directory, "reader " + i);
            }
        }
        assertEquals(10, Readers.list(directory).size());
        assertEquals(4096 + 11 * 8192, Files.size(positions()));
    }

    @Test
    void tornCommitLeavesThePositionBefore() throws IOException {
        rolled(directory, 10);
        for (int i = 1; i <= 4; i++) {
            try (JournalReader reader = JournalReader.open(directory, named("a"))) {
                reader.seekSequence(i);
                reader.commit();
                reader.seekSequence(i + 1);
                reader.commit();
            }
            final boolean odd = newest() == 4096;
            damage(odd ? 4096 + 24 : 8192 + 24);
            try (JournalReader reader = JournalReader.open(directory, named("a"))) {
                assertEquals(i, reader.sequence());
            }
        }
    }

    /** Where the copy of the first slot is that counts. */
    private long newest() throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(positions().toFile(), "r")) {
            file.seek(4096 + 8);
            final long first = Long.reverseBytes(file.readLong());
            file.seek(8192 + 8);
            return first > Long.reverseBytes(file.readLong()) ? 4096 : 8192;
        }
    }

    @Test
    void slotOfWhichBothCopiesAreDamagedIsRefused() throws IOException {
        rolled(directory, 10);
        try (JournalReader reader = JournalReader.open(directory, named("a"))) {
            reader.poll(PASS_OVER, 1);
            reader.commit();
        }
        damage(4096 + 24);
        damage(8192 + 24);
        for (final String name : List.of("a", "b")) {
            final JournalException e =
                    assertThrows(JournalException.class, () -> JournalReader.open(directory, named(name)));
            assertTrue(e.getMessage().contains("the slot at offset 4096 is damaged"), e.getMessage());
        }
        assertThrows(JournalException.class, () -> Readers.list(directory));
    }

    @Test
    void fileOfSomethingElseIsRefusedAndLeftAlone() throws IOException {
        rolled(directory, 10);
        Files.writeString(positions(), "not of readers");
        assertThrows(JournalException.class, () -> JournalReader.open(directory, named("a")));
        assertThrows(JournalException.class, () -> Readers.list(directory));
        assertEquals("not of readers", Files.readString(positions()));
    }

    @Test
    void positionsFileThatIsReplacedUnderAReaderIsTold() throws IOException {
        rolled(directory, 10);
        try (JournalReader reader = JournalReader.open(directory, named("a"))) {
            Files.delete(positions());
            reader.poll(PASS_OVER, 1);
            assertThrows(JournalReplacedException.class, reader::commit);
        }
        try (JournalReader reader = JournalReader.open(directory, named("a"))) {
            assertEquals(0, reader.sequence());
        }
    }

    @Test
    void commitWhoseForceFailsCanBeTriedAgain() {
        rolled(directory, 10);
        try (JournalReader reader = JournalReader.open(directory, named("a"))) {
            reader.poll(PASS_OVER, 1);
            assertTrue(reader.commit());
            FileCalls.watch(new FileWatcher() {
                @Override
                public void before(final Call call, final Path file, final long from, final long to)
                        throws IOException {
                    if (call == Call.FORCE) {
                        throw new IOException("refused by the test");
                    }
                }
            });
            for (int i = 0; i < 3; i++) {
                reader.poll(PASS_OVER, 1);
                assertThrows(JournalException.class, reader::commit);
                assertEquals(1, reader.committedPosition().orElseThrow().sequence());
            }
            FileCalls.watch(FileWatcher.NONE);
            assertTrue(reader.commit());
            assertEquals(4, Readers.list(directory).get(0).sequence());
        }
    }

    @Test
    void committedPositionIsHeldAgainstTheJournal() throws IOException {
        rolled(directory, 10, 10, 10);
        for (final String name : List.of("early", "late")) {
            try (JournalReader reader = JournalReader.open(directory, named(name))) {
                reader.seekSequence(name.equals("early") ? 5 : 25);
                reader.commit();
            }
        }
        Files.delete(JournalDirectory.file(directory, 0));
        final EventsReleasedException e =
                assertThrows(EventsReleasedException.class, () -> JournalReader.open(directory, named("early")));
        assertEquals(5, e.firstMissing());
        assertEquals(10, e.firstAvailable());
        Readers.move(directory, "early", ReaderConfig.builder().build());
        try (JournalReader reader = JournalReader.open(directory, named("early"))) {
            assertEquals(10, reader.sequence());
        }
        Files.delete(JournalDirectory.file(directory, 20));
        assertThrows(StalePositionException.class, () -> JournalReader.open(directory, named("late")));
        assertEquals(-5, Readers.list(directory).get(1).lag().events());
        try (JournalReader reader = JournalReader.open(directory)) {
            assertEquals(numbered(10), read(reader).get(0));
        }
    }

    @Test
    void namesAreOneTo255Bytes() {
        rolled(directory, 1);
        for (final String name : List.of("", "x".repeat(256), "\u00e4".repeat(128))) {
            assertThrows(IllegalArgumentException.class, () -> JournalReader.open(directory, named(name)));
        }
        JournalReader.open(directory, named("x".repeat(255))).close();
        assertEquals("x".repeat(255), Readers.list(directory).get(0).name());
    }

    @Test
    void threadsOpenTheirReadersAtOnce() throws Exception {
        rolled(directory, 10);
        final List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            final String name = "reader " + i;
            final Thread thread = new Thread(() -> {
                for (int k = 0; k < 10; k++) {
                    try (JournalReader reader = JournalReader.open(directory, named(name))) {
                        assertEquals(k, reader.sequence());
                        reader.poll(PASS_OVER, 1);
                        reader.commit();
                    }
                }
            });
            threads.add(thread);
            thread.start();
        }
        for (final Thread thread : threads) {
            thread.join();
        }
        assertEquals(
                8,
                Readers.list(directory).stream()
                        .filter(reader -> reader.sequence() == 10)
                        .count());
    }
}
