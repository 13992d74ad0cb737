package dev.evtl.torture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.evtl.journal.BackPressure;
import dev.evtl.journal.Journal;
import dev.evtl.journal.JournalConfig;
import dev.evtl.journal.JournalListener;
import dev.evtl.journal.JournalScan;
import dev.evtl.journal.JournalScan.Condition;
import dev.evtl.journal.StorageMode;
import dev.evtl.journal.support.ChildJvm;
import dev.evtl.journal.support.Events;
import dev.evtl.journal.support.MemoryDirectory;
import dev.evtl.journal.support.Tmpfs;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A file that keeps its length, and whose file system no longer takes stores into it: what was accepted into the ring
 * file is there in the end, once and in order, and nothing says before that it is in the file.
 */
@Tag(Torture.TAG)
class LostStoresTest {
    private static final int MIB = 1 << 20;
    private static final int FORCED = 100_000;

    @TempDir
    Path disk;

    @TempDir(factory = MemoryDirectory.class)
    Path memory;

    private Path file;
    private String compiler = "-XX:TieredStopAtLevel=4";
    private StorageMode storage = StorageMode.MAPPED;

    /** How a page comes to need new space, with the file system given. */
    private interface Unbacking {
        void unback(LoopFileSystem files) throws IOException;
    }

    @ParameterizedTest
    @CsvSource({
        "MAPPED, -Xint",
        "MAPPED, -XX:TieredStopAtLevel=1",
        "MAPPED, -XX:TieredStopAtLevel=4",
        "WRITE, -XX:TieredStopAtLevel=4"
    })
    void pagesOfAnExt4ThatWerePunchedOut(final StorageMode mode, final String flag) throws Exception {
        storage = mode;
        compiler = flag;
        try (LoopFileSystem files = LoopFileSystem.create(disk, 48 * MIB)) {
            files.format();
            nothingIsLost(files, this::punchOut);
        }
    }

    private void punchOut(final LoopFileSystem files) throws IOException {
        final long hole = (JournalScan.of(file).header().durableOffset() & -4096) + 4096;
        final String length = Long.toString(Files.size(file) - hole);
        assumeTrue(
                Tmpfs.run("fallocate", "--punch-hole", "--offset=" + hole, "--length=" + length, file.toString()),
                "there is no fallocate");
    }

    @Test
    void pagesOfAnXfsThatACopyShares() throws Exception {
        assumeTrue(Torture.rounds(0, 1) > 0, "writes half a gigabyte: in the profile only");
        assumeTrue(Tmpfs.run("sh", "-c", "command -v mkfs.xfs"), "there is no mkfs.xfs");
        try (LoopFileSystem files = LoopFileSystem.create(disk, 512L * MIB)) {
            files.format("mkfs.xfs", "-q", "-f");
            nothingIsLost(
                    files,
                    shared -> assertTrue(Tmpfs.run(
                            "cp",
                            "--reflink=always",
                            file.toString(),
                            shared.root().resolve("copy").toString())));
        }
    }

    @Test
    void pagesOfABtrfsThatIsFull() throws Exception {
        assumeTrue(Torture.rounds(0, 1) > 0, "writes half a gigabyte: in the profile only");
        assumeTrue(Tmpfs.run("sh", "-c", "command -v mkfs.btrfs"), "there is no mkfs.btrfs");
        try (LoopFileSystem files = LoopFileSystem.create(disk, 512L * MIB)) {
            files.format("mkfs.btrfs", "-q", "-f");
            nothingIsLost(files, full -> {});
        }
    }

    private void nothingIsLost(final LoopFileSystem files, final Unbacking unbacking) throws Exception {
        files.mount("defaults");
        file = files.root().resolve("l.evtl");
        final Path ring = memory.resolve("l.ring");
        final Process child = ChildJvm.start(
                Duration.ofMinutes(3),
                List.of(),
                List.of(ChildJvm.FLAG, compiler),
                Owner.class,
                file.toString(),
                ring.toString(),
                storage.toString());
        try (BufferedReader said =
                new BufferedReader(new InputStreamReader(child.getInputStream(), StandardCharsets.UTF_8))) {
            assertEquals("forced", said.readLine());
            assertTrue(Tmpfs.run("sync", "--file-system", file.toString()));
            unbacking.unback(files);
            final Path filler = files.root().resolve("filler");
            fill(filler);
            child.getOutputStream().write('\n');
            child.getOutputStream().flush();
            final long accepted = Long.parseLong(said.readLine());
            final String failure = said.readLine();
            assertEquals(0, child.waitFor());
            assertTrue(failure.contains("DiskFullException"), failure);
            final JournalScan scan = JournalScan.of(file);
            assertNotEquals(Condition.LOST, scan.condition(), scan.reason());
            assertNotEquals(Condition.CORRUPT, scan.condition(), scan.reason());
            assertTrue(scan.events() >= FORCED, scan.toString());
            Files.delete(filler);
            Tmpfs.run("sync", "--file-system", file.toString());
            Journal.open(file, config(ring, storage)).close();
            Events.assertHolds(file, accepted);
        }
        files.unmount();
    }

    /** Takes all the space, and what the file system finds when it has written that. */
    private static void fill(final Path filler) {
        for (int i = 0; i < 3; i++) {
            Tmpfs.run("sh", "-c", "dd if=/dev/urandom bs=1M of=" + filler + " oflag=append conv=notrunc");
            Tmpfs.run("sh", "-c", "dd if=/dev/urandom bs=4k of=" + filler + " oflag=append conv=notrunc");
            Tmpfs.run("sync", "--file-system", filler.toString());
        }
    }

    private static JournalConfig config(final Path ring, final StorageMode storage) {
        return Torture.config(storage)
                .ringFile(ring)
                .ringSize(1 << 20)
                .maxPayloadLength(1024)
                .backPressure(BackPressure.BLOCK)
                .initialSize(16 * MIB)
                .listener(JournalListener.NONE)
                .build();
    }

    /** Publishes until its journal fails, and ends without closing it. */
    static final class Owner {
        public static void main(final String[] args) throws Exception {
            final Journal journal =
                    Journal.open(Path.of(args[0]), config(Path.of(args[1]), StorageMode.valueOf(args[2])));
            long accepted = 0;
            while (accepted < FORCED && Events.offer(journal, accepted) > 0) {
                accepted++;
            }
            journal.sync();
            System.out.println("forced");
            System.in.read();
            while (Events.offer(journal, accepted) > 0) {
                accepted++;
            }
            System.out.println(accepted);
            System.out.println(journal.failure().orElseThrow());
            System.out.flush();
            Runtime.getRuntime().halt(0);
        }
    }
}
