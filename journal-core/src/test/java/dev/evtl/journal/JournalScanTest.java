package dev.evtl.journal;

import static dev.evtl.journal.support.TestJournals.payload;
import static dev.evtl.journal.support.TestJournals.tiny;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.evtl.journal.JournalScan.Condition;
import dev.evtl.journal.exceptions.CorruptJournalException;
import dev.evtl.journal.exceptions.CorruptJournalException.Kind;
import dev.evtl.journal.exceptions.JournalException;
import dev.evtl.journal.file.JournalView;
import dev.evtl.journal.file.WriterLock;
import dev.evtl.journal.support.ChildJvm;
import dev.evtl.journal.support.MemoryDirectory;
import dev.evtl.journal.support.OtherWriter;
import dev.evtl.journal.support.StoredEvent;
import dev.evtl.journal.support.Tmpfs;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A small file of all kinds of events, cut at every byte: an exact prefix is kept, or the right error is given. */
class JournalScanTest {
    private static final int MORE = 0x10;
    private static final int HEADER = 64;

    @TempDir(factory = MemoryDirectory.class)
    Path directory;

    private Path file;
    private byte[] whole;
    private List<StoredEvent> events;

    @BeforeEach
    void writeMixedFile() throws IOException {
        file = directory.resolve("cut.evtl");
        final byte[] bytes = new byte[112];
        new Random(5).nextBytes(bytes);
        try (Journal journal = Journal.open(file, tiny().build())) {
            final EventBatch batch = journal.publisher().newBatch();
            for (int i = 0; i < 12; i++) {
                for (final int length : new int[] {0, 1, 15, 16, 17, 100 + i}) {
                    journal.publisher().offer(1 + i, new UnsafeBuffer(bytes), 0, length);
                }
                batch.tryClaim(3, 30);
                for (int k = 0; k < 3; k++) {
                    batch.next(100 + k, 10).putBytes(0, bytes, 50, 10);
                }
                batch.commit();
                journal.invoker().invoke();
            }
        }
        whole = Files.readAllBytes(file);
        events = StoredEvent.readAll(whole);
        assertEquals(12 * 9, events.size());
    }

    /** The file as its writer would have left it by dying. */
    private byte[] crashed(final long eventCount, final long writeOffset, final long durableOffset) {
        final byte[] bytes = whole.clone();
        ByteBuffer.wrap(bytes)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(16, eventCount)
                .putLong(24, writeOffset)
                .putLong(48, durableOffset)
                .putInt(56, 0);
        return bytes;
    }

    /** How many events a file of this length keeps: all that end in it, and claims only as a whole. */
    private int kept(final int length) {
        int kept = 0;
        for (int i = 0; i < events.size() && events.get(i).end() <= length; i++) {
            if ((events.get(i).flags() & MORE) == 0) {
                kept = i + 1;
            }
        }
        return kept;
    }

    private long endOf(final int kept) {
        return kept == 0 ? HEADER : events.get(kept - 1).end();
    }

    private RecoveryReport appendOne() throws IOException {
        try (Journal journal =
                Journal.open(file, tiny().openMode(OpenMode.APPEND).build())) {
            journal.publisher().offer(200, payload(5), 0, 5);
            return journal.recovery().orElseThrow();
        }
    }

    private void assertKeepsPrefix(final byte[] crashed, final int length, final Condition condition)
            throws IOException {
        final int kept = kept(length);
        Files.write(file, Arrays.copyOf(crashed, length));
        final RecoveryReport report = appendOne();
        assertEquals(condition, report.condition(), report.reason());
        assertEquals(kept, report.events());
        assertEquals(endOf(kept), report.validEnd());
        final byte[] after = Files.readAllBytes(file);
        assertArrayEquals(Arrays.copyOfRange(whole, HEADER, (int) endOf(kept)), Arrays.copyOfRange(after, HEADER, (int)
                endOf(kept)));
        assertEquals(endOf(kept) + 21, after.length);
        assertEquals(kept + 1, StoredEvent.readAll(after).size());
        final JournalScan scan = JournalScan.of(file);
        assertEquals(Condition.CLEAN, scan.condition(), scan.reason());
        assertEquals(kept + 1, scan.events());
    }

    private CorruptJournalException refused(final byte[] content) throws IOException {
        Files.write(file, content);
        final CorruptJournalException e = assertThrows(CorruptJournalException.class, this::appendOne);
        assertArrayEquals(content, Files.readAllBytes(file), "left as it was");
        return e;
    }

    @Test
    void unpublishedEventsAreKeptUpToTheCut() throws IOException {
        final byte[] crashed = crashed(0, HEADER, HEADER);
        for (int length = HEADER; length <= whole.length; length++) {
            final boolean exact = endOf(kept(length)) == length;
            // the first bytes of a cut event may happen to be zeros
            final boolean zeros = isZero(crashed, (int) endOf(kept(length)), length);
            assertKeepsPrefix(crashed, length, exact || zeros ? Condition.UNCLOSED : Condition.TORN);
        }
    }

    private static boolean isZero(final byte[] bytes, final int from, final int to) {
        for (int i = from; i < to; i++) {
            if (bytes[i] != 0) {
                return false;
            }
        }
        return true;
    }

    @Test
    void publishedEventsThatAreGoneWithTheMachineAreSaidToBeLost() throws IOException {
        final byte[] crashed = crashed(events.size(), whole.length, HEADER);
        for (int length = HEADER; length < whole.length; length++) {
            assertKeepsPrefix(crashed, length, Condition.LOST);
        }
        assertKeepsPrefix(crashed, whole.length, Condition.UNCLOSED);
    }

    @Test
    void forcedEventsThatAreGoneAreCorruption() throws IOException {
        final int durable = (int) events.get(4 * 9 - 1).end();
        final byte[] crashed = crashed(events.size(), whole.length, durable);
        for (int length = HEADER; length < durable; length++) {
            final CorruptJournalException e = refused(Arrays.copyOf(crashed, length));
            assertEquals(Kind.CORRUPT_EVENT, e.kind(), e.getMessage());
            assertTrue(e.offset() <= length && e.offset() >= endOf(kept(length)), e.getMessage());
        }
        for (int length = durable; length < durable + 300; length++) {
            assertKeepsPrefix(crashed, length, Condition.LOST);
        }
    }

    @Test
    void closedFileThatWasCutHasADamagedHeader() throws IOException {
        for (int length = HEADER; length < whole.length; length++) {
            final CorruptJournalException e = refused(Arrays.copyOf(whole, length));
            assertEquals(Kind.DAMAGED_HEADER, e.kind());
            assertEquals(24, e.offset());
        }
    }

    @Test
    void fileShorterThanItsHeaderIsNoJournal() throws IOException {
        for (int length = 0; length < HEADER; length++) {
            final CorruptJournalException e = refused(Arrays.copyOf(whole, length));
            assertEquals(Kind.NOT_A_JOURNAL, e.kind());
            assertEquals("too short to be a journal: expected at least 64 bytes, found " + length, e.reason());
        }
    }

    /** One flipped bit in a file whose every event was forced: never opened, except where the bit is a live field's. */
    @Test
    void everyFlippedBitIsNoticed() throws IOException {
        for (int bit = 0; bit < whole.length * 8; bit += bit < HEADER * 8 ? 1 : 7) {
            final byte[] flipped = whole.clone();
            flipped[bit / 8] ^= (byte) (1 << bit % 8);
            final int at = bit / 8;
            final boolean live = at >= 16 && at < 24 || at >= 48 && at < HEADER;
            if (!live) {
                final CorruptJournalException e = refused(flipped);
                if (at >= HEADER) {
                    assertEquals(Kind.CORRUPT_EVENT, e.kind());
                    final StoredEvent damaged = events.stream()
                            .filter(event -> event.end() > at)
                            .findFirst()
                            .orElseThrow();
                    assertEquals(damaged.offset(), e.offset());
                    assertEquals(damaged.sequence(), e.sequence());
                }
            }
        }
    }

    /** What a reader finds half done while a writer comes or goes is no damage. */
    @Test
    void scanOfAFileThatIsOpenedAndClosedAllTheTimeFindsNothingWrong() throws Exception {
        final AtomicBoolean stop = new AtomicBoolean();
        final AtomicInteger rounds = new AtomicInteger();
        try (OtherWriter other = new OtherWriter()) {
            final CompletableFuture<Void> writer = CompletableFuture.runAsync(() -> {
                try {
                    for (; !stop.get(); rounds.incrementAndGet()) {
                        assertEquals(OtherWriter.OPEN, other.openAndClose(file));
                    }
                } catch (final IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
            for (int i = 0; (i < 2000 || rounds.get() < 200) && !writer.isDone(); i++) {
                final JournalScan scan = JournalScan.of(file);
                assertTrue(
                        scan.condition() == Condition.CLEAN
                                || scan.condition() == Condition.UNCLOSED
                                        && scan.reason().equals("a writer has it open"),
                        scan::toString);
                try (JournalView view = new JournalView(file)) {
                    assertTrue(view.writeOffset() >= whole.length);
                }
            }
            stop.set(true);
            writer.join();
        }
    }

    /** Another user, who may read the journal but not its lock file, cannot know of a writer that closed everything. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void lockFileThatMayNotBeReadDoesNotCountAsNoWriter(final boolean lockLost) throws Exception {
        final List<String> asNobody = List.of("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--");
        assumeTrue(
                Tmpfs.run(Stream.concat(asNobody.stream(), Stream.of("true")).toArray(String[]::new)),
                "there is no setpriv, or this user may not become another");
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        final List<String> command = new ArrayList<>();
        for (final Path place : ChildJvm.classPath()) {
            final Path copy = directory.resolve("classes" + command.size());
            assertTrue(Tmpfs.run("cp", "-r", place.toString(), copy.toString()));
            assertTrue(Tmpfs.run("chmod", "-R", "a+rX", copy.toString()));
            command.add(copy.toString());
        }
        final List<String> flags = List.of("-cp", String.join(File.pathSeparator, command), ChildJvm.FLAG);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
        final Path lock = directory.resolve("cut.evtl.lock");
        Files.setPosixFilePermissions(lock, PosixFilePermissions.fromString("rw-------"));
        final Duration limit = Duration.ofMinutes(1);
        final String unknown =
                "it cannot be told whether a writer has it open: " + lock + " is not readable by this user";
        final String refused =
                "JournalException: " + file + ": " + unknown + "; change its permissions, or do this as its owner";
        assertEquals(
                "CLEAN, every event verified, " + refused,
                ChildJvm.output(ChildJvm.start(limit, asNobody, flags, Looks.class, file.toString()))
                        .strip());
        try (Journal journal = Journal.open(file, tiny().build())) {
            journal.publisher().offer(1, payload(5), 0, 5);
            journal.invoker().invoke();
            if (lockLost) {
                Files.readAllBytes(file);
            }
            assertEquals(
                    lockLost
                            ? "UNCLOSED, " + unknown + ", " + refused
                            : "UNCLOSED, a writer has it open, JournalLockedException: " + file
                                    + ": a writer has it open",
                    ChildJvm.output(ChildJvm.start(limit, asNobody, flags, Looks.class, file.toString()))
                            .strip());
        }
    }

    /** Says what a scan finds, and whether a salvage would go ahead. */
    static final class Looks {
        public static void main(final String[] args) throws IOException {
            final Path path = Path.of(args[0]);
            final JournalScan scan = JournalScan.of(path);
            String said = "open";
            try {
                WriterLock.refuseHeld(path, path);
            } catch (final JournalException e) {
                said = e.getClass().getSimpleName() + ": " + e.getMessage();
            }
            System.out.println(scan.condition() + ", " + scan.reason() + ", " + said);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void durableOffsetIsUnsigned(final int state) throws IOException {
        final ByteBuffer bytes = ByteBuffer.wrap(whole.clone()).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putLong(48, Long.MIN_VALUE + whole.length).putInt(56, state);
        Files.write(file, bytes.array());
        final JournalScan scan = JournalScan.of(file);
        assertEquals(Condition.CORRUPT, scan.condition(), scan.reason());
        assertTrue(scan.reason().contains("durable_offset " + Long.toUnsignedString(bytes.getLong(48))), scan.reason());
    }

    @Test
    void numbersOfDroppedEventsAreUnsignedAndAddUpToTheLargestAtMost() {
        try (Journal journal = Journal.open(file, tiny().build())) {
            assertTrue(journal.publisher().offerGap(1, -2, 3, 4) > 0);
        }
        assertEquals(-2, JournalScan.of(file).dropped());
        try (Journal journal = Journal.open(file, tiny().build())) {
            assertTrue(journal.publisher().offerGap(1, 1000, 3, 4) > 0);
        }
        assertEquals(-1, JournalScan.of(file).dropped());
    }
}
