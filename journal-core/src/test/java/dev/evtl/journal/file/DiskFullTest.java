package dev.evtl.journal.file;

import static dev.evtl.journal.support.TestJournals.payload;
import static dev.evtl.journal.support.TestJournals.small;
import static dev.evtl.journal.support.TestJournals.tiny;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.evtl.journal.BackPressure;
import dev.evtl.journal.Growth;
import dev.evtl.journal.Journal;
import dev.evtl.journal.JournalConfig;
import dev.evtl.journal.JournalListener;
import dev.evtl.journal.JournalScan;
import dev.evtl.journal.JournalScan.Condition;
import dev.evtl.journal.JournalStats;
import dev.evtl.journal.Publisher;
import dev.evtl.journal.StorageMode;
import dev.evtl.journal.exceptions.DiskFullException;
import dev.evtl.journal.exceptions.JournalException;
import dev.evtl.journal.exceptions.JournalFailedException;
import dev.evtl.journal.io.FileCalls;
import dev.evtl.journal.io.FileWatcher;
import dev.evtl.journal.io.FileWatcher.Call;
import dev.evtl.journal.support.Events;
import dev.evtl.journal.support.Producers;
import dev.evtl.journal.support.Tmpfs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A file system that really is full. */
@Timeout(60)
class DiskFullTest {
    private static final int MIB = 1 << 20;
    /** Of the new file, which is free again once the file is gone. */
    private static final int PAGE = 4096;

    @TempDir
    Path directory;

    private Tmpfs tmpfs;
    private Path file;

    @BeforeEach
    void mount() {
        tmpfs = Tmpfs.mount(directory, MIB);
        file = directory.resolve("d.evtl");
    }

    @AfterEach
    void unmount() {
        FileCalls.watch(FileWatcher.NONE);
        if (tmpfs != null) {
            tmpfs.close();
        }
    }

    private static JournalConfig.Builder config() {
        return small().ringSize(1 << 16).backPressure(BackPressure.BLOCK).listener(JournalListener.NONE);
    }

    private List<String> files() throws IOException {
        try (Stream<Path> list = Files.list(directory)) {
            return list.map(path -> path.getFileName().toString()).sorted().toList();
        }
    }

    private void assertDiskFull(final DiskFullException e, final long needed, final long free) {
        assertEquals(needed, e.needed());
        assertEquals(free, e.free());
        assertEquals(
                file + ": no space for " + needed + " bytes more, " + free
                        + " are free; make space and open the journal again",
                e.getMessage());
    }

    @Test
    void newFileThatFindsNoSpaceIsNotThere() throws IOException {
        final JournalConfig big = config().initialSize(4 * MIB).build();
        final AtomicLong written = new AtomicLong();
        FileCalls.watch((call, called, from, to) -> {
            if (call == Call.WRITE) {
                written.accumulateAndGet(to, Math::max);
            }
        });
        final DiskFullException e = assertThrows(DiskFullException.class, () -> Journal.open(file, big));
        assertTrue(written.get() < PAGE, "others would have found the disk full meanwhile: " + written);
        assertDiskFull(e, 4 * MIB - 64, Files.getFileStore(directory).getUsableSpace() - PAGE);
        assertTrue(e.free() > MIB - 65_536, "what was free before and is free again: " + e.free());
        assertEquals(List.of("d.evtl.lock"), files());
        tmpfs.remount("size=" + 8 * MIB);
        try (Journal journal = Journal.open(file, big)) {
            Events.offer(journal, 0, 10);
        }
        Events.assertHolds(file, 10);
    }

    /** On a file system of this test alone: without the question it would be filled to the last byte. */
    @ParameterizedTest
    @EnumSource(StorageMode.class)
    void firstSpaceThatDoesNotFitIsRefusedBeforeAnyOfItIsTaken(final StorageMode mode) throws IOException {
        assumeTrue(mode != StorageMode.DIRECT || acceptsDirect(), "this kernel's tmpfs has no direct I/O");
        final JournalConfig huge =
                config().storage(mode).initialSize(Growth.MAX_STEP).build();
        Journal.open(file, config().build()).close();
        final long free = Files.getFileStore(directory).getUsableSpace();
        final AtomicLong end = new AtomicLong();
        FileCalls.watch((call, called, from, to) -> end.accumulateAndGet(call == Call.WRITE ? to : 0, Math::max));
        final DiskFullException e = assertThrows(DiskFullException.class, () -> Journal.open(file, huge));
        assertDiskFull(e, Growth.MAX_STEP - 64, free);
        assertTrue(end.get() < PAGE, "headers and the lock file, no space: " + end);
        assertNull(e.getCause());
    }

    private boolean acceptsDirect() {
        try {
            Journal.open(
                            directory.resolve("probe"),
                            config().storage(StorageMode.DIRECT).build())
                    .close();
            return true;
        } catch (final JournalException e) {
            return false;
        }
    }

    @Test
    void ringFileThatFindsNoSpaceTakesNone() throws IOException {
        final AtomicLong written = new AtomicLong();
        FileCalls.watch((call, called, from, to) -> {
            if (call == Call.WRITE) {
                written.accumulateAndGet(to, Math::max);
            }
        });
        final JournalConfig big =
                config().ringFile(directory.resolve("d.ring")).ringSize(4 * MIB).build();
        assertThrows(DiskFullException.class, () -> Journal.open(file, big));
        assertTrue(written.get() < 8192, "others would have found the disk full meanwhile: " + written);
        assertEquals(
                List.of("d.evtl.lock"),
                files().stream().filter(name -> !name.contains("ring")).toList());
    }

    /** By steps larger than the whole disk, and by doubling, which needs more than is left in the end. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void stepOfGrowthThatDoesNotFitIsMadeSmallerUntilNothingIsLeft(final boolean doubling) throws IOException {
        final Growth growth = doubling ? Growth.DOUBLING : Growth.steps(64L * MIB);
        final Journal journal =
                Journal.open(file, config().initialSize(65_536).growth(growth).build());
        final long free = Files.getFileStore(directory).getUsableSpace();
        Events.offer(journal, 0, 5000);
        while (journal.stats().getGrowths() == 0) {
            Thread.onSpinWait();
        }
        assertTrue(
                Files.getFileStore(directory).getUsableSpace() > free / 8,
                "others find space while the journal does not need it");
        Events.offerUntilFailed(journal, 5000);
        assertInstanceOf(DiskFullException.class, journal.failure().orElseThrow());
        final long journaled = journal.stats().getJournaledEvents();
        assertTrue(journaled * 32 > free - 65_536, "of " + free + " bytes only " + journaled * 32 + " were used");
        assertThrows(JournalFailedException.class, journal::close);
        assertEquals(journaled, JournalScan.of(file).events());
    }

    /** As where another file takes it meanwhile, or where what is free is not all for this user. */
    @Test
    void stepThatFindsLessThanWasFreeIsTriedAgainWithLess() throws IOException {
        final Set<Long> steps = ConcurrentHashMap.newKeySet();
        try (Journal journal = Journal.open(
                file, config().initialSize(65_536).growth(Growth.steps(262_144)).build())) {
            final long opened = Files.size(file);
            FileCalls.watch((call, called, from, to) -> {
                if (call == Call.WRITE && from >= opened) {
                    steps.add(to - from);
                    if (to - from > 131_072) {
                        throw new IOException("No space left on device");
                    }
                }
            });
            Events.offer(journal, 0, 10_000);
        }
        assertEquals(Set.of(262_144L, 131_072L), steps);
        Events.assertHolds(file, 10_000);
    }

    /** More than a storage stages is written in the middle of a batch. */
    @Test
    void writeWithinABatchThatFindsNoSpaceSaysSo() throws IOException {
        tmpfs.remount("size=" + 8 * MIB);
        final Journal journal = Journal.open(
                file,
                tiny().storage(StorageMode.WRITE)
                        .initialSize(4 * MIB)
                        .ringSize(4 * MIB)
                        .maxPayloadLength(50_000)
                        .listener(JournalListener.NONE)
                        .build());
        for (int i = 0; i < 40; i++) {
            assertTrue(journal.publisher().offer(1, payload(50_000), 0, 50_000) > 0);
        }
        FileCalls.watch((call, called, from, to) -> {
            if (call == Call.WRITE && to < 2 * MIB) {
                throw new IOException("No space left on device");
            }
        });
        journal.invoker().invoke();
        assertInstanceOf(DiskFullException.class, journal.failure().orElseThrow());
        assertThrows(JournalFailedException.class, journal::close);
    }

    @Test
    void diskWithoutAByteLeftIsADiskFullToo() throws IOException {
        final Path filler = directory.resolve("filler");
        Events.fillDisk(filler);
        for (int i = 0; i < 2; i++) {
            final DiskFullException e =
                    assertThrows(DiskFullException.class, () -> Journal.open(file, config().build()));
            assertEquals(0, e.free());
        }
        Files.delete(filler);
        try (Journal journal = Journal.open(file, config().build())) {
            Events.offer(journal, 0, 10);
        }
        Events.assertHolds(file, 10);
    }

    @Test
    void journalThatFindsNoSpaceToGrowKeepsWhatItHoldsAndGoesOnWithSpace() throws IOException {
        final Path filler = directory.resolve("filler");
        Files.write(filler, new byte[MIB / 2]);
        final Journal journal =
                Journal.open(file, config().growth(Growth.steps(65_536)).build());
        final long accepted = Events.offerUntilFailed(journal);

        final DiskFullException cause =
                assertInstanceOf(DiskFullException.class, journal.failure().orElseThrow());
        assertEquals(4096, cause.needed(), "the least that it asks for");
        assertTrue(cause.free() < 4096, "free " + cause.free());
        assertThrows(JournalFailedException.class, journal::sync);
        assertThrows(JournalFailedException.class, journal::close);
        final JournalStats stats = journal.stats();
        assertEquals("failed", stats.getState());
        assertEquals(accepted, stats.getJournaledEvents() + stats.getDroppedEvents());
        final long journaled = stats.getJournaledEvents();
        assertTrue(journaled * 32 > 300_000, "journaled " + journaled);
        final JournalScan scan = JournalScan.of(file);
        assertEquals(Condition.UNCLOSED, scan.condition(), scan.reason());
        assertEquals(journaled, scan.events());
        assertEquals(List.of("d.evtl", "d.evtl.lock", "filler"), files());

        assertThrows(
                DiskFullException.class,
                () -> Journal.open(file, config().initialSize(MIB).build()),
                "there still is no space");
        assertEquals(journaled, JournalScan.of(file).events());
        Files.delete(filler);
        try (Journal reopened = Journal.open(file, config().build())) {
            assertEquals(journaled, reopened.recovery().orElseThrow().events());
            assertEquals(
                    Optional.of(cause.toString()),
                    reopened.recovery().orElseThrow().failure(),
                    "the opening that was refused has not used it up");
            Events.offer(reopened, journaled, 1000);
        }
        Events.assertHolds(file, journaled + 1000);
    }

    @Test
    void publishersThatWaitForRoomAreToldWhenTheDiskIsFull() throws Exception {
        final Journal journal =
                Journal.open(file, config().growth(Growth.DOUBLING).build());
        final Producers producers = new Producers(journal, 8, Long.MAX_VALUE);
        producers.go();
        producers.join();
        producers.all.forEach(p -> assertEquals(Publisher.FAILED, p.end));
        assertInstanceOf(DiskFullException.class, journal.failure().orElseThrow());
        assertThrows(JournalFailedException.class, journal::close);
        final JournalStats stats = journal.stats();
        assertEquals(producers.accepted() + producers.refused(), stats.getOfferedEvents());
        assertEquals(producers.accepted(), stats.getJournaledEvents() + stats.getDroppedEvents());
        assertEquals(stats.getJournaledEvents(), JournalScan.of(file).events());
    }
}
