package dev.evtl.journal;

import static dev.evtl.journal.support.TestJournals.tiny;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.evtl.journal.JournalScan.Condition;
import dev.evtl.journal.SalvageReport.LeftOut;
import dev.evtl.journal.SalvageReport.Outcome;
import dev.evtl.journal.exceptions.CorruptJournalException;
import dev.evtl.journal.exceptions.CorruptJournalException.Kind;
import dev.evtl.journal.exceptions.DiskFullException;
import dev.evtl.journal.exceptions.JournalException;
import dev.evtl.journal.exceptions.JournalFailedException;
import dev.evtl.journal.exceptions.JournalLockedException;
import dev.evtl.journal.support.Events;
import dev.evtl.journal.support.FailingStorage;
import dev.evtl.journal.support.FailingStorage.Call;
import dev.evtl.journal.support.Golden;
import dev.evtl.journal.support.MemoryDirectory;
import dev.evtl.journal.support.RingBytes;
import dev.evtl.journal.support.StoredEvent;
import dev.evtl.journal.support.TestJournals;
import dev.evtl.journal.support.Tmpfs;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Damaged files, and what a new journal made of them holds. */
class JournalSalvageTest {
    private static final int MORE = 0x10;

    @TempDir(factory = MemoryDirectory.class)
    Path directory;

    private Path file;
    private Path out;

    @BeforeEach
    void setFiles() {
        file = directory.resolve("damaged.evtl");
        out = directory.resolve("out.evtl");
    }

    /** Salvages bytes and checks what holds whatever the damage. */
    private SalvageReport salvage(final byte[] damaged) throws IOException {
        Files.write(file, damaged);
        final FileTime modified = FileTime.fromMillis(1_000_000_000);
        Files.setLastModifiedTime(file, modified);
        Files.deleteIfExists(out);
        final SalvageReport report = JournalSalvage.salvage(file, out, position -> {});
        assertArrayEquals(damaged, Files.readAllBytes(file), "the damaged file is only read");
        assertEquals(modified, Files.getLastModifiedTime(file));
        assertEquals(List.of("damaged.evtl", "out.evtl"), names());

        final JournalScan scan = JournalScan.of(out);
        assertEquals(Condition.CLEAN, scan.condition(), scan.reason());
        assertTrue(scan.header().hasChecksums());
        assertEquals(report.events() + report.leftOut().size(), scan.events());
        assertEquals(scan.events(), scan.header().eventCount());
        assertEquals(report.baseSequence(), scan.header().baseSequence());
        final List<StoredEvent> salvaged = StoredEvent.readAll(out);
        for (final LeftOut hole : report.leftOut()) {
            final StoredEvent gap = salvaged.get((int) (hole.sequence() - report.baseSequence()));
            assertEquals(StoredEvent.GAP, gap.type());
            assertEquals(0, gap.flags());
            assertEquals(hole.missing(), gap.data().getLong());
            assertTrue(hole.missing() >= 1);
        }
        assertTrue(salvaged.isEmpty() || (salvaged.get(salvaged.size() - 1).flags() & MORE) == 0);
        assertEquals(
                report.missing(),
                report.leftOut().stream().mapToLong(LeftOut::missing).sum());
        return report;
    }

    private List<String> names() throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(path -> path.getFileName().toString()).sorted().toList();
        }
    }

    /** All that makes an event the same in another file. */
    private static String content(final StoredEvent event) {
        return event.timestamp() + " " + event.type() + " " + event.flags() + " " + Arrays.toString(event.payload());
    }

    private static List<String> content(final List<StoredEvent> events) {
        return events.stream().map(JournalSalvageTest::content).toList();
    }

    private List<String> kept() throws IOException {
        return content(StoredEvent.readAll(out));
    }

    private static byte[] with(final byte[] bytes, final int at, final long value) {
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putLong(at, value);
        return bytes;
    }

    /** Events of which each is told by its payload; timestamps 1000, 1001 and so on. */
    private byte[] journal(final int events, final int payloadLength) throws IOException {
        final Path path = directory.resolve("written.evtl");
        final JournalConfig config =
                JournalConfig.builder().backPressure(BackPressure.BLOCK).build();
        try (Journal journal = Journal.open(path, config)) {
            for (int i = 0; i < events; i++) {
                final UnsafeBuffer payload = new UnsafeBuffer(new byte[payloadLength]);
                payload.putInt(0, i);
                journal.publisher().offerAt(1000 + i, 1 + i % 9, i % 16, payload, 0, payloadLength);
            }
        }
        final byte[] bytes = Files.readAllBytes(path);
        Files.delete(path);
        Files.delete(directory.resolve("written.evtl.lock"));
        assertEquals(64 + (long) events * (16 + payloadLength), bytes.length);
        return bytes;
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"empty", "closed", "second-file", "gap", "group", "open-preallocated", "crashed-unpublished"})
    void whatIsNotDamagedIsKeptWhole(final String name) throws IOException {
        final byte[] golden = Golden.bytes(name);
        final SalvageReport report = salvage(golden);
        final long end = JournalScan.of(file).validEnd();
        assertEquals(Outcome.COMPLETE, report.outcome());
        assertEquals(0, report.missing());
        assertTrue(report.missingKnown());
        assertEquals(List.of(), report.leftOut());
        assertEquals(List.of(), report.remarks());
        assertEquals(name.equals("second-file") ? 1_048_576 : 0, report.baseSequence());
        assertEquals(end, Files.size(out));
        assertEquals(content(StoredEvent.readAll(with(golden.clone(), 24, end))), kept());
        assertNotEquals(
                ByteBuffer.wrap(golden).getLong(8),
                ByteBuffer.wrap(Files.readAllBytes(out)).getLong(8),
                "created_at");
    }

    @Test
    void aDamagedEventBecomesAGapWithTheTimesAroundIt() throws IOException {
        final SalvageReport report = salvage(Golden.bytes("corrupt-payload"));
        assertEquals(Outcome.INCOMPLETE, report.outcome());
        assertEquals(2, report.events());
        assertEquals(1, report.missing());
        assertTrue(report.missingKnown());
        assertEquals(30, report.bytesLeftOut());
        final LeftOut hole = report.leftOut().get(0);
        assertEquals(80, hole.offset());
        assertEquals(30, hole.length());
        assertEquals(1, hole.sequence());
        assertTrue(hole.reason().matches("checksum: expected 0x[0-9a-f]{8}, found 0x[0-9a-f]{8}"), hole.reason());
        final List<StoredEvent> events = StoredEvent.readAll(out);
        final List<StoredEvent> whole = StoredEvent.readAll(Golden.bytes("closed"));
        assertEquals(content(whole.get(0)), content(events.get(0)));
        assertEquals(content(whole.get(2)), content(events.get(2)));
        final StoredEvent gap = events.get(1);
        assertEquals(whole.get(2).timestamp(), gap.timestamp());
        assertEquals(1, gap.data().getLong(0));
        assertEquals(whole.get(0).timestamp(), gap.data().getLong(8));
        assertEquals(whole.get(2).timestamp(), gap.data().getLong(16));
    }

    @ParameterizedTest
    @CsvSource({
        "crashed-torn, 2, 110, 200, 1, false, TAIL_MISSING",
        "power-loss, 2, 110, 785, 1, true, TAIL_MISSING",
        "crashed-group, 3, 137, 21, 1, true, TAIL_MISSING"
    })
    void aTailThatIsTornOrLostBecomesAGapAtTheEnd(
            final String name,
            final long events,
            final long offset,
            final long length,
            final long missing,
            final boolean known,
            final Outcome outcome)
            throws IOException {
        final SalvageReport report = salvage(Golden.bytes(name));
        assertEquals(outcome, report.outcome());
        assertEquals(events, report.events());
        assertEquals(missing, report.missing());
        assertEquals(known, report.missingKnown());
        assertEquals(
                List.of(offset, length),
                List.of(
                        report.leftOut().get(0).offset(),
                        report.leftOut().get(0).length()));
    }

    @Test
    void countOfTheHeaderIsSpreadOverTheHolesByTheirLengths() throws IOException {
        final byte[] bytes = journal(100, 24);
        Arrays.fill(bytes, 64 + 10 * 40, 64 + 20 * 40, (byte) 0xFF);
        Arrays.fill(bytes, 64 + 30 * 40, 64 + 31 * 40, (byte) 0);
        Arrays.fill(bytes, 64 + 50 * 40, 64 + 80 * 40, (byte) 0xFF);
        final SalvageReport report = salvage(bytes);
        assertEquals(Outcome.INCOMPLETE, report.outcome());
        assertEquals(59, report.events());
        assertEquals(41, report.missing());
        assertTrue(report.missingKnown());
        final List<LeftOut> holes = report.leftOut();
        assertEquals(
                List.of(64L + 400, 64L + 1200, 64L + 2000),
                holes.stream().map(LeftOut::offset).toList());
        assertEquals(
                List.of(400L, 40L, 1200L), holes.stream().map(LeftOut::length).toList());
        assertEquals(1, holes.get(1).missing());
        assertTrue(Math.abs(holes.get(0).missing() - 10) <= 1, "" + holes);
        assertEquals(
                List.of(10L, 21L, 41L), holes.stream().map(LeftOut::sequence).toList());
        final List<StoredEvent> salvaged = StoredEvent.readAll(out);
        assertEquals(1009, salvaged.get(10).data().getLong(8));
        assertEquals(1020, salvaged.get(10).data().getLong(16));
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 98, 100_000, -1, Long.MIN_VALUE, Long.MAX_VALUE})
    void countThatCannotBeRightIsNotBelieved(final long count) throws IOException {
        final byte[] bytes = with(journal(100, 24), 16, count);
        bytes[64 + 40 * 10 + 20] ^= 1;
        bytes[64 + 40 * 20 + 20] ^= 1;
        bytes[64 + 40 * 30 + 20] ^= 1;
        final SalvageReport report = salvage(bytes);
        assertEquals(97, report.events());
        assertEquals(3, report.missing());
        assertFalse(report.missingKnown());
        assertEquals(Outcome.INCOMPLETE, report.outcome());
        assertEquals(
                List.of("event_count " + Long.toUnsignedString(count)
                        + " and write_offset 4064 in the header do not fit the 97 events that" + " are there"),
                report.remarks());
    }

    @Test
    void damageAtBothEndsOfTheFileIsKeptApart() throws IOException {
        final byte[] bytes = journal(50, 24);
        bytes[64 + 8] = 0;
        bytes[bytes.length - 1] ^= 1;
        final SalvageReport report = salvage(bytes);
        assertEquals(48, report.events());
        assertEquals(2, report.missing());
        assertTrue(report.missingKnown());
        final List<StoredEvent> salvaged = StoredEvent.readAll(out);
        assertEquals(1001, salvaged.get(0).timestamp(), "nothing is before it");
        assertEquals(1001, salvaged.get(0).data().getLong(8));
        assertEquals(1048, salvaged.get(49).timestamp(), "nothing is behind it");
        assertEquals(1048, salvaged.get(49).data().getLong(16));
    }

    @Test
    void ofABrokenClaimAllOthersAreKeptAndNoneClaimsTheGap() throws IOException {
        final byte[] golden = Golden.bytes("group");
        final List<StoredEvent> whole = StoredEvent.readAll(golden);
        for (int damaged = 1; damaged <= 3; damaged++) {
            final byte[] bytes = golden.clone();
            bytes[(int) whole.get(damaged).offset()] ^= 1;
            final SalvageReport report = salvage(bytes);
            assertEquals(4, report.events());
            assertEquals(1, report.missing());
            assertEquals(damaged == 1 ? 0 : 1, report.brokenClaims());
            final List<StoredEvent> salvaged = StoredEvent.readAll(out);
            for (int i = 0; i < 5; i++) {
                final StoredEvent event = salvaged.get(i);
                assertEquals(i == damaged ? StoredEvent.GAP : i + 1, event.type());
                if (i != damaged) {
                    assertArrayEquals(whole.get(i).payload(), event.payload());
                    assertEquals(
                            i + 1 == damaged
                                    ? whole.get(i).flags() & ~MORE
                                    : whole.get(i).flags(),
                            event.flags());
                }
            }
        }
    }

    @Test
    void claimThatTheFileEndsInHasAGapOfNoBytes() throws IOException {
        final byte[] golden = Golden.bytes("group");
        final StoredEvent third = StoredEvent.readAll(golden).get(2);
        final byte[] bytes = Arrays.copyOf(golden, (int) third.end());
        with(bytes, 56, 0);
        with(with(with(bytes, 16, 1), 24, 85), 48, 85);
        final SalvageReport report = salvage(bytes);
        assertEquals(Outcome.TAIL_MISSING, report.outcome());
        assertEquals(3, report.events());
        assertEquals(1, report.brokenClaims());
        assertEquals(
                List.of(new LeftOut(third.end(), 0, 1, 3, "expected the rest of a claim, found the end")),
                report.leftOut());
    }

    @ParameterizedTest
    @CsvSource({
        "16, 7, 1",
        "16, -1, 1",
        "24, 0, 0",
        "24, 70, 0",
        "24, 9223372036854775807, 1",
        "48, 0, 0",
        "48, 9223372036854775807, 1",
        "56, 9, 0"
    })
    void liveFieldOfAnyValueLosesNoEvent(final int at, final long value, final int remarks) throws IOException {
        final SalvageReport report = salvage(with(Golden.bytes("closed"), at, value));
        assertEquals(Outcome.COMPLETE, report.outcome());
        assertEquals(content(StoredEvent.readAll(Golden.bytes("closed"))), kept());
        assertEquals(remarks, report.remarks().size());
    }

    @Test
    void everyBitOfAHeaderMayFlip() throws IOException {
        final byte[] golden = Golden.bytes("second-file");
        for (int bit = 0; bit < 64 * 8; bit++) {
            final byte[] bytes = golden.clone();
            bytes[bit / 8] ^= (byte) (1 << bit % 8);
            final SalvageReport report = salvage(bytes);
            assertEquals(Outcome.COMPLETE, report.outcome(), "bit " + bit);
            assertEquals(1_048_576, report.baseSequence(), "bit " + bit);
            assertEquals(content(StoredEvent.readAll(golden)), kept(), "bit " + bit);
        }
    }

    @Test
    void eventsBehindAFirstPageThatIsGoneAreSaved() throws IOException {
        final byte[] bytes = journal(400, 24);
        final List<StoredEvent> whole = StoredEvent.readAll(bytes);
        Arrays.fill(bytes, 0, 4096, (byte) 0);
        final SalvageReport report = salvage(bytes);
        final int lost = (4096 - 64 + 39) / 40;
        assertEquals(Outcome.INCOMPLETE, report.outcome());
        assertEquals(400 - lost, report.events());
        assertFalse(report.missingKnown());
        assertEquals(content(whole.subList(lost, 400)), kept().subList(1, 400 - lost + 1));
        assertEquals(64, report.leftOut().get(0).offset());
        assertTrue(
                report.remarks().get(0).startsWith("header damaged: "),
                report.remarks().toString());
        assertEquals(
                "base_sequence could not be saved: the damaged header says 0, the new journal begins with 0",
                report.remarks().get(1));
    }

    @Test
    void headerOfOtherBytesIsMadeUpForByTheEventsExceptForItsBaseSequence() throws IOException {
        final byte[] bytes = Golden.bytes("second-file");
        final byte[] random = new byte[64];
        new Random(3).nextBytes(random);
        System.arraycopy(random, 0, bytes, 0, 64);
        final SalvageReport report = salvage(bytes);
        assertEquals(Outcome.INCOMPLETE, report.outcome());
        assertEquals(0, report.baseSequence());
        assertEquals(content(StoredEvent.readAll(Golden.bytes("second-file"))), kept().subList(0, 3));
    }

    @Test
    void fileWithoutChecksumsIsKeptUpToTheDamage() throws IOException {
        final SalvageReport whole = salvage(Golden.bytes("no-checksums"));
        assertEquals(Outcome.COMPLETE, whole.outcome());
        assertEquals(content(StoredEvent.readAll(Golden.bytes("no-checksums"))), kept());
        final String remark =
                "no checksums: events are kept up to the first that cannot be one, and none could be verified";
        assertEquals(List.of(remark), whole.remarks());

        for (final int at : new int[] {80 + 8, 80 + 9, 80 + 12}) {
            final byte[] bytes = Golden.bytes("no-checksums");
            bytes[at] = (byte) (at == 88 ? 0 : 0xE0);
            final SalvageReport report = salvage(bytes);
            assertEquals(Outcome.INCOMPLETE, report.outcome());
            assertEquals(1, report.events());
            assertEquals(2, report.missing());
            assertTrue(report.missingKnown());
            assertEquals(815, report.bytesLeftOut());
            assertTrue(report.leftOut().get(0).reason().contains("expected "));
            assertEquals(List.of(remark), report.remarks());
        }
    }

    @Test
    void everyBitOfAHeaderMayFlipAlsoWithoutChecksums() throws IOException {
        final byte[] golden = Golden.bytes("no-checksums");
        for (int bit = 0; bit < 64 * 8; bit++) {
            final byte[] bytes = golden.clone();
            bytes[bit / 8] ^= (byte) (1 << bit % 8);
            final SalvageReport report = salvage(bytes);
            final boolean sequenceUnknown = bit / 32 == 9;
            assertEquals(
                    sequenceUnknown ? Outcome.INCOMPLETE : Outcome.COMPLETE,
                    report.outcome(),
                    "bit " + bit + ": without its checksum nothing confirms the header");
            assertEquals(content(StoredEvent.readAll(golden)), kept(), "bit " + bit);
        }
    }

    /** Any damage at all: what comes out is what went in, in order, with something at every place that is missing. */
    @Test
    void whateverIsDamagedOnlyEventsOfTheFileAreKeptAndInTheirOrder() throws IOException {
        final byte[] whole = journal(150, 24);
        final List<String> before = content(StoredEvent.readAll(whole));
        final Random random = new Random(4);
        for (int round = 0; round < 300; round++) {
            final byte[] bytes = whole.clone();
            final int pieces = 1 + random.nextInt(6);
            for (int i = 0; i < pieces; i++) {
                final int from = 64 + random.nextInt(bytes.length - 64);
                final int to = Math.min(bytes.length, from + 1 + random.nextInt(300));
                final byte[] damage = new byte[to - from];
                if (random.nextBoolean()) {
                    random.nextBytes(damage);
                } else if (random.nextBoolean()) {
                    System.arraycopy(
                            whole, 64 + random.nextInt(whole.length - 64 - damage.length), damage, 0, to - from);
                }
                System.arraycopy(damage, 0, bytes, from, damage.length);
            }
            final List<String> intact = new ArrayList<>();
            for (int i = 0; i < before.size(); i++) {
                final int from = 64 + 40 * i;
                if (Arrays.equals(whole, from, from + 40, bytes, from, from + 40)) {
                    intact.add(before.get(i));
                }
            }
            final SalvageReport report = salvage(bytes);
            final List<StoredEvent> salvaged = StoredEvent.readAll(out);
            assertEquals(
                    intact,
                    content(salvaged.stream()
                            .filter(event -> event.type() != StoredEvent.GAP)
                            .toList()));
            assertEquals(before.size() - intact.size(), report.missing());
            assertTrue(report.missingKnown());
        }
    }

    @Test
    void partOfAnEventThatLooksLikeOneIsNotTakenForOne() throws IOException {
        final byte[] inner = Golden.bytes("closed");
        final Path path = directory.resolve("written.evtl");
        try (Journal journal = Journal.open(path)) {
            journal.publisher().offer(1, new UnsafeBuffer(inner), 0, inner.length);
            journal.publisher().offer(2, new UnsafeBuffer(inner), 0, 10);
        }
        final byte[] bytes = Files.readAllBytes(path);
        Files.delete(path);
        Files.delete(directory.resolve("written.evtl.lock"));
        bytes[64] ^= 1;
        final SalvageReport report = salvage(bytes);
        assertEquals(1, report.events());
        assertEquals(1, report.missing());
        assertEquals(2, StoredEvent.readAll(out).get(1).type());
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 63, 64, 5000, 700_000})
    void whatIsNoJournalIsRefused(final int length) throws IOException {
        for (int i = 0; i < 2; i++) {
            final byte[] bytes = new byte[length];
            if (i == 1) {
                new Random(7).nextBytes(bytes);
            }
            Files.write(file, bytes);
            final CorruptJournalException e = assertThrows(
                    CorruptJournalException.class, () -> JournalSalvage.salvage(file, out, position -> {}));
            assertEquals(Kind.NOT_A_JOURNAL, e.kind());
            assertEquals(List.of("damaged.evtl"), names());
        }
    }

    @Test
    void anotherVersionIsRefused() throws IOException {
        final byte[] bytes = with(Golden.bytes("closed"), 0, 0x2_4C54_5645L);
        final CRC32C crc = new CRC32C();
        crc.update(bytes, 0, 16);
        crc.update(bytes, 32, 4);
        crc.update(bytes, 40, 8);
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putInt(36, (int) crc.getValue());
        Files.write(file, bytes);
        final CorruptJournalException e =
                assertThrows(CorruptJournalException.class, () -> JournalSalvage.salvage(file, out, position -> {}));
        assertTrue(e.reason().startsWith("a version this does not read"), e.reason());
    }

    @Test
    void readOnlyFileIsReadAndTheNewOneIsItsOwnersToWrite() throws IOException {
        Files.write(file, Golden.bytes("corrupt-payload"));
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("r--r-----"));
        JournalSalvage.salvage(file, out, position -> {});
        assertEquals("rw-r-----", PosixFilePermissions.toString(Files.getPosixFilePermissions(out)));
        Journal.open(out, tiny().build()).close();
    }

    @Test
    void readOnlyFileSystemOfTheDamagedFileIsEnough() throws IOException {
        final Path mounted = Files.createDirectory(directory.resolve("mounted"));
        try (Tmpfs tmpfs = Tmpfs.mount(mounted, 1 << 20)) {
            final Path damaged = Golden.copy("corrupt-payload", mounted);
            tmpfs.remount("ro");
            assertEquals(2, JournalSalvage.salvage(damaged, out, position -> {}).events());
        }
    }

    @Test
    void fullDiskLeavesNothingOfTheNewFile() throws IOException {
        final byte[] bytes = journal(20_000, 84);
        bytes[1000] ^= 1;
        Files.write(file, bytes);
        final Path mounted = Files.createDirectory(directory.resolve("mounted"));
        try (Tmpfs tmpfs = Tmpfs.mount(mounted, 1 << 20)) {
            final Path target = mounted.resolve("out.evtl");
            final DiskFullException e =
                    assertThrows(DiskFullException.class, () -> JournalSalvage.salvage(file, target, position -> {}));
            assertTrue(e.getMessage().startsWith(target + ": no space for "), e.getMessage());
            try (Stream<Path> files = Files.list(mounted)) {
                assertEquals(0, files.count());
            }
            tmpfs.remount("size=" + (8 << 20));
            assertEquals(
                    19_999, JournalSalvage.salvage(file, target, position -> {}).events());
        }
    }

    @Test
    void newFileMustNotExist() throws IOException {
        Files.write(file, Golden.bytes("corrupt-payload"));
        for (final Path taken : List.of(file, Files.writeString(out, "kept"))) {
            final JournalException e =
                    assertThrows(JournalException.class, () -> JournalSalvage.salvage(file, taken, position -> {}));
            assertEquals(taken + ": exists; give another name", e.getMessage());
        }
        assertEquals("kept", Files.readString(out));
        final Path nowhere = directory.resolve("no/out.evtl");
        assertTrue(assertThrows(JournalException.class, () -> JournalSalvage.salvage(file, nowhere, position -> {}))
                .getMessage()
                .contains("does not exist; create it first"));
    }

    /** What such a file holds changes meanwhile, and needs no salvage: its writer knows nothing of damage. */
    @Test
    void fileOfALiveWriterIsRefused() throws IOException {
        try (Journal journal = Journal.open(file, tiny().build())) {
            Events.offer(journal, 0, 2);
            journal.sync();
            final JournalLockedException e =
                    assertThrows(JournalLockedException.class, () -> JournalSalvage.salvage(file, out, position -> {}));
            assertEquals(file + ": a writer has it open", e.getMessage());
            assertFalse(Files.exists(out));
            Events.offer(journal, 2, 1);
        }
        Events.assertHolds(file, 3);
    }

    @Test
    void writerThatComesMeanwhileEndsIt() throws IOException {
        Files.write(file, Golden.bytes("open-preallocated"));
        final List<Journal> writers = new ArrayList<>();
        assertThrows(
                JournalLockedException.class,
                () -> JournalSalvage.salvage(file, out, position -> {
                    if (writers.isEmpty()) {
                        writers.add(Journal.open(file, tiny().build()));
                    }
                }));
        writers.get(0).close();
        assertEquals(List.of("damaged.evtl", "damaged.evtl.lock"), names());
    }

    /** Events of 32 bytes of which some are in the file, and the others in the ring file of a journal that failed. */
    private void leaveInARingFile(final int journaled, final int pending) {
        final JournalConfig config = TestJournals.tiny()
                .ringFile(directory.resolve("r.ring"))
                .listener(JournalListener.NONE)
                .build();
        final Journal journal = Journal.open(
                file,
                config,
                storage -> FailingStorage.throwing(storage, Call.RESERVE, journaled + 1, new IOException("provoked")));
        Events.offer(journal, 0, journaled);
        journal.sync();
        Events.offer(journal, journaled, pending);
        journal.invoker().invoke();
        assertThrows(JournalFailedException.class, journal::close);
    }

    @Test
    void whatOnlyTheRingFileHoldsFollowsWhatWasSaved() throws IOException {
        leaveInARingFile(5, 3);
        final byte[] damaged = Files.readAllBytes(file);
        damaged[64 + 2 * 32 + 20] ^= 1;
        Files.write(file, damaged);
        final byte[] ring = Files.readAllBytes(directory.resolve("r.ring"));
        assertEquals(Condition.CORRUPT, JournalScan.of(file).condition());

        final SalvageReport report = JournalSalvage.salvage(file, out, position -> {});
        assertEquals(4, report.events());
        assertEquals(3, report.ringEvents());
        assertEquals(1, report.missing());
        assertArrayEquals(ring, Files.readAllBytes(directory.resolve("r.ring")));
        final List<Long> numbers = StoredEvent.readAll(out).stream()
                .map(event ->
                        event.type() == StoredEvent.GAP ? -1 : event.data().getLong())
                .toList();
        assertEquals(List.of(0L, 1L, -1L, 3L, 4L, 5L, 6L, 7L), numbers);
        assertEquals(Condition.CLEAN, JournalScan.of(out).condition());
    }

    @Test
    void ringFileThatAProcessHasOpenIsLeftAndSaid() throws IOException {
        leaveInARingFile(2, 1);
        try (AttachedPublisher attached = Journal.attach(directory.resolve("r.ring"))) {
            final JournalException e =
                    assertThrows(JournalException.class, () -> JournalSalvage.salvage(file, out, position -> {}));
            assertTrue(
                    e.getMessage().startsWith(attached.ringFile() + ": a process has this ring file"), e.getMessage());
        }
        assertFalse(Files.exists(out));
    }

    @Test
    void ringFileOfAnotherJournalIsRemarked() throws IOException {
        leaveInARingFile(2, 1);
        final Path ring = directory.resolve("r.ring");
        RingBytes.ofAnotherJournal(ring);
        final SalvageReport report = JournalSalvage.salvage(file, out, position -> {});
        assertEquals(0, report.ringEvents());
        assertTrue(report.remarks().get(0).startsWith("its ring file " + ring + " was not used"));
    }
}
