package dev.evtl.journal.recovery;

import static dev.evtl.journal.support.TestJournals.tiny;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.evtl.journal.Journal;
import dev.evtl.journal.JournalRecovery;
import dev.evtl.journal.JournalScan;
import dev.evtl.journal.JournalScan.Condition;
import dev.evtl.journal.OpenMode;
import dev.evtl.journal.RecoveryReport;
import dev.evtl.journal.exceptions.DiskFullException;
import dev.evtl.journal.support.Golden;
import dev.evtl.journal.support.MemoryDirectory;
import dev.evtl.journal.support.Tmpfs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a recovery cuts off is kept, whatever stops it; see FORMAT.md, "Where a file ends". */
class CutOffTailTest {
    private static final int VALID_END = 110;
    private static final int TAIL_END = 310;

    @TempDir(factory = MemoryDirectory.class)
    Path directory;

    private RecoveryReport openAndClose(final Path file) {
        try (Journal journal =
                Journal.open(file, tiny().openMode(OpenMode.APPEND).build())) {
            return journal.recovery().orElseThrow();
        }
    }

    private List<String> cutFiles() throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.contains(".cut-"))
                    .sorted()
                    .toList();
        }
    }

    private static byte[] tail(final byte[] file) {
        return Arrays.copyOfRange(file, VALID_END, TAIL_END);
    }

    @Test
    void areKeptBesideTheJournalWithItsPermissions() throws IOException {
        final Path file = Golden.copy("crashed-torn", directory);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-rw-r--"));
        final RecoveryReport report = openAndClose(file);
        final Path cut = directory.resolve("crashed-torn.evtl.cut-110");
        assertEquals(Optional.of(cut), report.cutFile());
        assertEquals(TAIL_END - VALID_END, report.bytesZeroed());
        assertArrayEquals(tail(Golden.bytes("crashed-torn")), Files.readAllBytes(cut));
        assertEquals("rw-rw-r--", PosixFilePermissions.toString(Files.getPosixFilePermissions(cut)));
        assertEquals(List.of("crashed-torn.evtl.cut-110"), cutFiles());
    }

    @Test
    void liesBesideTheFileThatALinkLeadsTo() throws IOException {
        final Path file = Golden.copy("crashed-torn", Files.createDirectory(directory.resolve("real")));
        final Path link = Files.createSymbolicLink(directory.resolve("link"), file);
        assertEquals(
                file.toRealPath().resolveSibling("crashed-torn.evtl.cut-110"),
                openAndClose(link).cutFile().orElseThrow());
        assertEquals(List.of(), cutFiles());
    }

    @ParameterizedTest
    @ValueSource(strings = {"open-preallocated", "crashed-unpublished", "power-loss"})
    void zerosAreNotKept(final String name) throws IOException {
        final RecoveryReport report = openAndClose(Golden.copy(name, directory));
        assertEquals(Optional.empty(), report.cutFile());
        assertEquals(0, report.bytesZeroed());
        assertEquals(List.of(), cutFiles());
    }

    @Test
    void aLongTailIsKeptWithTheZerosInIt() throws IOException {
        final byte[] bytes = Arrays.copyOf(Golden.bytes("crashed-torn"), 400_000);
        final byte[] random = new byte[150_000];
        new Random(1).nextBytes(random);
        System.arraycopy(random, 0, bytes, 200_000, random.length);
        bytes[200_000 + random.length - 1] = 7;
        final Path file = Files.write(directory.resolve("long.evtl"), bytes);
        final RecoveryReport report = openAndClose(file);
        assertEquals(350_000 - VALID_END, report.bytesZeroed());
        assertArrayEquals(
                Arrays.copyOfRange(bytes, VALID_END, 350_000),
                Files.readAllBytes(report.cutFile().orElseThrow()));
        assertEquals(VALID_END, Files.size(file));
    }

    @Test
    void otherBytesAtTheSamePlaceGetANumberAndTheSameBytesDoNot() throws IOException {
        final byte[] golden = Golden.bytes("crashed-torn");
        final byte[] other = golden.clone();
        other[TAIL_END - 1] ^= 0x40;
        final byte[] longer = golden.clone();
        longer[TAIL_END] = 1;
        final Path file = directory.resolve("j.evtl");
        Files.createDirectory(directory.resolve("j.evtl.cut-110.2"));
        for (int round = 0; round < 3; round++) {
            for (final byte[] crashed : List.of(golden, other, longer)) {
                Files.write(file, crashed);
                openAndClose(file);
            }
        }
        assertEquals(List.of("j.evtl.cut-110", "j.evtl.cut-110.2", "j.evtl.cut-110.3", "j.evtl.cut-110.4"), cutFiles());
        assertArrayEquals(tail(golden), Files.readAllBytes(directory.resolve("j.evtl.cut-110")));
        assertArrayEquals(tail(other), Files.readAllBytes(directory.resolve("j.evtl.cut-110.3")));
        assertArrayEquals(
                Arrays.copyOfRange(longer, VALID_END, TAIL_END + 1),
                Files.readAllBytes(directory.resolve("j.evtl.cut-110.4")));
    }

    /** Brings a file into the state of a recovery that was stopped, runs it again and compares the bytes. */
    private final class Stopped {
        private final Path file = directory.resolve("j.evtl");
        private final Path cut = directory.resolve("j.evtl.cut-110");
        private final byte[] crashed = Golden.bytes("crashed-torn");
        private final byte[] recovered;
        private final byte[] closed;
        private int runs;

        Stopped() throws IOException {
            Files.write(file, crashed);
            try (Journal journal =
                    Journal.open(file, tiny().openMode(OpenMode.APPEND).build())) {
                recovered = Files.readAllBytes(file);
                assertEquals(2, journal.recovery().orElseThrow().events());
            }
            closed = Files.readAllBytes(file);
        }

        void assertEndsTheSame(final byte[] journal, final byte[] kept, final byte[] unfinished) throws IOException {
            runs++;
            Files.write(file, journal);
            Files.deleteIfExists(cut);
            if (kept != null) {
                Files.write(cut, kept);
            }
            if (unfinished != null) {
                Files.write(directory.resolve("j.evtl.cut-110.new-0123456789abcdef"), unfinished);
            }
            try (Journal again =
                    Journal.open(file, tiny().openMode(OpenMode.APPEND).build())) {
                assertArrayEquals(recovered, Files.readAllBytes(file), "run " + runs);
                assertEquals(2, again.recovery().orElseThrow().events());
            }
            assertArrayEquals(closed, Files.readAllBytes(file), "run " + runs);
            assertEquals(List.of("j.evtl.cut-110"), cutFiles(), "run " + runs);
            assertArrayEquals(tail(crashed), Files.readAllBytes(cut), "run " + runs);
        }
    }

    @Test
    void recoveryThatIsStoppedAtAnyStepAndRunAgainEndsWithTheSameBytesAndOneCopy() throws IOException {
        final Stopped stopped = new Stopped();
        final byte[] kept = tail(stopped.crashed);
        for (int written = 0; written <= kept.length; written += 10) {
            stopped.assertEndsTheSame(stopped.crashed, null, Arrays.copyOf(kept, written));
        }
        final Random random = new Random(110);
        for (int i = 0; i <= 200; i++) {
            final byte[] inOrder = stopped.crashed.clone();
            Arrays.fill(inOrder, VALID_END, VALID_END + i, (byte) 0);
            stopped.assertEndsTheSame(inOrder, kept, null);
            final byte[] inPieces = stopped.crashed.clone();
            for (int at = VALID_END; at < TAIL_END; at += 20) {
                if (random.nextBoolean()) {
                    Arrays.fill(inPieces, at, at + 20, (byte) 0);
                }
            }
            stopped.assertEndsTheSame(inPieces, kept, null);
        }
        for (int fields = 0; fields < 16; fields++) {
            final byte[] header = stopped.recovered.clone();
            for (int i = 0; i < 4; i++) {
                if ((fields & 1 << i) == 0) {
                    final int at = new int[] {16, 24, 48, 56}[i];
                    System.arraycopy(stopped.crashed, at, header, at, 8);
                }
            }
            stopped.assertEndsTheSame(header, kept, null);
        }
    }

    @Test
    void withoutSpaceForThemNothingIsOpenedOrChanged() throws IOException {
        final Path mounted = Files.createDirectory(directory.resolve("mounted"));
        try (Tmpfs tmpfs = Tmpfs.mount(mounted, 1 << 20)) {
            final byte[] bytes = Arrays.copyOf(Golden.bytes("crashed-torn"), 300_000);
            bytes[bytes.length - 1] = 1;
            final Path file = Files.write(mounted.resolve("full.evtl"), bytes);
            Files.write(mounted.resolve("filler"), new byte[600_000]);
            final long free = Files.getFileStore(mounted).getUsableSpace();
            for (int i = 0; i < 2; i++) {
                final DiskFullException e = assertThrows(DiskFullException.class, () -> openAndClose(file));
                assertEquals(bytes.length - VALID_END, e.needed());
                assertTrue(e.free() > free - 3 * 4096, "all but the lock's page is free again: " + e.free());
                assertTrue(e.getMessage().startsWith(file + ".cut-110: no space for 299890 bytes more"));
                assertArrayEquals(bytes, Files.readAllBytes(file));
                try (Stream<Path> files = Files.list(mounted)) {
                    assertEquals(
                            List.of("filler", "full.evtl", "full.evtl.lock"),
                            files.map(path -> path.getFileName().toString())
                                    .sorted()
                                    .toList());
                }
            }
            assertThrows(DiskFullException.class, () -> JournalRecovery.recover(file, position -> {}));
            assertArrayEquals(bytes, Files.readAllBytes(file));
            tmpfs.remount("size=" + (4 << 20));
            assertEquals(2, openAndClose(file).events());
            assertArrayEquals(
                    Arrays.copyOfRange(bytes, VALID_END, bytes.length),
                    Files.readAllBytes(mounted.resolve("full.evtl.cut-110")));
            assertEquals(Condition.CLEAN, JournalScan.of(file).condition());
        }
    }
}
