package dev.evtl.torture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.evtl.journal.BackPressure;
import dev.evtl.journal.Journal;
import dev.evtl.journal.JournalConfig;
import dev.evtl.journal.JournalListener;
import dev.evtl.journal.JournalRecovery;
import dev.evtl.journal.JournalScan;
import dev.evtl.journal.RecoveryReport;
import dev.evtl.journal.StorageMode;
import dev.evtl.journal.exceptions.JournalException;
import dev.evtl.journal.exceptions.JournalFailedException;
import dev.evtl.journal.support.Events;
import dev.evtl.journal.support.MemoryDirectory;
import dev.evtl.journal.support.Tmpfs;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A device that cannot be written for a while. After the force that failed, the system takes what the device never got
 * for written: it is in the file for every reader, and gone with the next power loss.
 */
@Tag(Torture.TAG)
class FailedForceTest {
    private static final int MIB = 1 << 20;
    /** To a boundary of the pages, however large: a loop device calls a write that ends early a success. */
    private static final int BEFORE = 4 * MIB / 32;

    private static final int ALL = BEFORE + 20_000;

    @TempDir(factory = MemoryDirectory.class)
    Path directory;

    /** The image is on a full memory file system and has holes, so the device cannot take what is written there. */
    @ParameterizedTest
    @CsvSource({"MAPPED, open", "WRITE, open", "MAPPED, recover"})
    void whatTheDeviceDidNotTakeIsWrittenAgainBeforeItIsPromised(final StorageMode mode, final String way)
            throws Exception {
        final Path memory = Files.createDirectory(directory.resolve("memory"));
        final Tmpfs tmpfs = Tmpfs.mount(memory, 64 * MIB);
        try (LoopFileSystem files = LoopFileSystem.create(memory, 48 * MIB)) {
            files.format("mkfs.ext4", "-q", "-F", "-b", "4096", "-E", "nodiscard");
            files.allocate();
            files.mount("defaults,errors=continue");
            final Path file = files.root().resolve("f.evtl");
            final JournalConfig config = Torture.config(mode)
                    .backPressure(BackPressure.BLOCK)
                    .initialSize(8 * MIB)
                    .listener(JournalListener.NONE)
                    .build();
            final Journal journal = Journal.open(file, config);
            Events.offer(journal, 0, BEFORE);
            journal.sync();
            assertTrue(Tmpfs.run("sync", "--file-system", file.toString()), "all space is on the device");
            files.loseBlocks(file, 4 * MIB / 4096);
            final Path filler = memory.resolve("filler");
            Events.fillDisk(filler);
            Events.offer(journal, BEFORE, ALL - BEFORE);
            final JournalFailedException e = assertThrows(JournalFailedException.class, journal::sync);
            assertTrue(e.getCause() instanceof JournalException, () -> "not named: " + e.getCause());
            assertThrows(JournalFailedException.class, journal::close);
            Files.delete(filler);

            final long promised = JournalScan.of(file).events();
            assertEquals(ALL, promised, "all that was published is there to see");
            final RecoveryReport report;
            if (way.equals("open")) {
                final Journal opened = Journal.open(file, config);
                report = opened.recovery().orElseThrow();
                opened.sync();
                assertPromised(files, promised);
                opened.close();
            } else {
                report = JournalRecovery.recover(file, offset -> {});
                assertPromised(files, promised);
            }
            assertEquals(promised, report.events());
            assertEquals(e.getCause().toString(), report.failure().orElseThrow());
            try (Journal opened = Journal.open(file, config)) {
                assertTrue(opened.recovery().isEmpty(), "the failure is told once: " + opened.recovery());
            }
            files.unmount();
        } finally {
            tmpfs.close();
        }
    }

    private void assertPromised(final LoopFileSystem files, final long events) throws Exception {
        final Path elsewhere = Files.createDirectory(directory.resolve("elsewhere"));
        try (LoopFileSystem left = files.afterPowerLoss(elsewhere)) {
            left.mount("defaults");
            final JournalScan scan = JournalScan.of(left.root().resolve("f.evtl"));
            assertEquals(events, scan.events(), scan.reason());
            left.unmount();
        }
    }
}
