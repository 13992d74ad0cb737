package dev.evtl.journal.file;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.evtl.journal.Journal;
import dev.evtl.journal.JournalAccess;
import dev.evtl.journal.JournalConfig;
import dev.evtl.journal.JournalListener;
import dev.evtl.journal.JournalScan;
import dev.evtl.journal.JournalScan.Condition;
import dev.evtl.journal.StorageMode;
import dev.evtl.journal.SyncPolicy;
import dev.evtl.journal.exceptions.DiskFullException;
import dev.evtl.journal.exceptions.JournalException;
import dev.evtl.journal.exceptions.JournalFailedException;
import dev.evtl.journal.io.FileCalls;
import dev.evtl.journal.io.FileWatcher;
import dev.evtl.journal.io.FileWatcher.Call;
import dev.evtl.journal.support.MemoryDirectory;
import dev.evtl.journal.support.TestJournals;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.agrona.LangUtil;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Calls on the file that fail at a bad moment. */
@Timeout(60)
class FailingCallTest {
    @TempDir(factory = MemoryDirectory.class)
    Path directory;

    private final IOException failure = new IOException("provoked");

    @AfterEach
    void watchNoMore() {
        FileCalls.watch(FileWatcher.NONE);
    }

    private static boolean isPreallocator() {
        return Thread.currentThread().getName().startsWith("evtl-preallocator");
    }

    @Test
    void failureWhileTheAppenderWaitsForSpaceDoesNotHoldUpTheClose() {
        final JournalConfig config = TestJournals.tiny()
                .storage(StorageMode.WRITE)
                .listener(JournalListener.NONE)
                .build();
        final Journal journal = Journal.open(directory.resolve("f.evtl"), config);
        final CountDownLatch failed = new CountDownLatch(1);
        FileCalls.watch((call, file, from, to) -> {
            if (call == Call.WRITE && isPreallocator()) {
                awaitUninterruptibly(failed);
            } else if (call == Call.WRITE && to > 3800) { // of the first batch that does not fit
                throw failure;
            }
        });
        while (journal.failure().isEmpty()) {
            for (int i = 0; i < 4; i++) {
                assertTrue(journal.publisher().offer(1, TestJournals.payload(100), 0, 100) > 0);
            }
            journal.invoker().invoke();
        }
        failed.countDown();
        assertSame(
                failure,
                assertThrows(JournalFailedException.class, journal::close)
                        .getCause()
                        .getCause());
    }

    /** A file system may find only then that it has no room, as ext4 does for what it took without allocating it. */
    @ParameterizedTest
    @CsvSource({"WRITE, WRITE", "DIRECT, WRITE", "DIRECT, WRITE_THROUGH", "MAPPED, FORCE", "WRITE, FORCE"})
    void fullDiskIsNamedAlsoWhereSpaceWasPrepared(final StorageMode mode, final Call refused) {
        final Path file = directory.resolve("f.evtl");
        final JournalConfig config = TestJournals.tiny()
                .storage(mode)
                .syncPolicy(SyncPolicy.EVERY_BATCH)
                .listener(JournalListener.NONE)
                .build();
        final Journal journal = Journal.open(file, config);
        FileCalls.watch((call, called, from, to) -> {
            if (call == refused && !isPreallocator()) {
                throw new IOException("No space left on device");
            }
        });
        for (int i = 0; i < 60 && journal.failure().isEmpty(); i++) { // past the page that is never written directly
            assertTrue(journal.publisher().offer(1, TestJournals.payload(100), 0, 100) > 0);
            journal.invoker().invoke();
        }
        final Throwable cause = journal.failure().orElseThrow();
        assertInstanceOf(DiskFullException.class, cause);
        assertTrue(cause.getMessage().startsWith(file + ": no space for "), cause.getMessage());
        FileCalls.watch(FileWatcher.NONE);
        assertThrows(JournalFailedException.class, journal::close);
    }

    /** A full disk takes some blocks of a write that it refuses, and does not say which. */
    @ParameterizedTest
    @CsvSource({"WRITE, WRITE", "DIRECT, WRITE", "DIRECT, WRITE_THROUGH"})
    void eventsOfAWriteThatFailedAlthoughItArrivedAreDroppedAndNotInTheFile(
            final StorageMode mode, final Call refused) {
        final Journal journal = failAfterAWrite(mode, refused, false);
        assertEquals(0, journal.failure().orElseThrow().getSuppressed().length);
        final JournalScan scan = JournalScan.of(journal.path());
        assertEquals(journal.stats().getJournaledEvents(), scan.events());
        assertEquals(Condition.UNCLOSED, scan.condition(), scan.reason());
    }

    @Test
    void failureSaysThatWhatArrivedCouldNotBeTakenBack() {
        final Journal journal = failAfterAWrite(StorageMode.WRITE, Call.WRITE, true);
        assertSame(failure, journal.failure().orElseThrow().getSuppressed()[0]);
    }

    private Journal failAfterAWrite(final StorageMode mode, final Call refused, final boolean forGood) {
        final JournalConfig config = TestJournals.tiny()
                .storage(mode)
                .syncPolicy(refused == Call.WRITE_THROUGH ? SyncPolicy.EVERY_BATCH : SyncPolicy.NONE)
                .initialSize(1 << 16)
                .listener(JournalListener.NONE)
                .build();
        final Journal journal = Journal.open(directory.resolve("f.evtl"), config);
        final AtomicBoolean refuses = new AtomicBoolean();
        FileCalls.watch(new FileWatcher() {
            @Override
            public void before(final Call call, final Path file, final long from, final long to) throws IOException {
                if (forGood && refuses.get()) {
                    throw failure;
                }
            }

            @Override
            public void after(final Call call, final Path file, final long from, final long to) {
                // past the page that is never written directly
                if (call == refused && !isPreallocator() && to > 4096 && refuses.compareAndSet(false, true)) {
                    LangUtil.rethrowUnchecked(new IOException("No space left on device"));
                }
            }
        });
        long offered = 0;
        while (journal.failure().isEmpty()) {
            for (int i = 0; i < 4; i++) {
                assertTrue(journal.publisher().offer(1, TestJournals.payload(100), 0, 100) > 0);
                offered++;
            }
            journal.invoker().invoke();
        }
        assertInstanceOf(DiskFullException.class, journal.failure().orElseThrow());
        assertThrows(JournalFailedException.class, journal::close);
        assertEquals(4, journal.stats().getDroppedEvents());
        assertEquals(offered, journal.stats().getJournaledEvents() + 4);
        return journal;
    }

    @Test
    void fileWhoseNameCouldNotBeForcedIsNotThere() {
        final Path file = directory.resolve("f.evtl");
        failAt(Call.FORCE_DIRECTORY);
        final JournalException e = assertThrows(JournalException.class, () -> Journal.open(file));
        assertEquals(file + ": could not be created: provoked", e.getMessage());
        assertFalse(Files.exists(file));
    }

    @Test
    void diskFullIsSaidAlsoWhereCleaningUpFails() {
        final Path file = directory.resolve("f.evtl");
        FileCalls.watch((call, called, from, to) -> {
            if (call == Call.DELETE && called.equals(file)) {
                throw failure;
            } else if (call == Call.WRITE && from > 0) {
                throw new IOException("No space left on device");
            }
        });
        assertThrows(DiskFullException.class, () -> Journal.open(file));
        assertTrue(Files.exists(file));
    }

    /** A process that dies deletes nothing. */
    @Test
    void nameOfAFileWhoseMakerDiedBeforeItForcedItIsForcedBeforeAnythingIsAcknowledged() throws IOException {
        final Path file = directory.resolve("f.evtl");
        failAt(Call.FORCE_DIRECTORY, Call.DELETE);
        assertThrows(JournalException.class, () -> Journal.open(file));
        final Set<Call> made = EnumSet.noneOf(Call.class);
        FileCalls.watch((call, called, from, to) -> made.add(call));
        final JournalAccess.Opened opened = JournalAccess.recoverAndLeave(file);
        assertTrue(made.contains(Call.FORCE_DIRECTORY));
        assertEquals(0, opened.header().eventCount());
    }

    /** The first call of a kind after a rename fails, and all of that kind after it. */
    private void failAt(final Call... calls) {
        final AtomicBoolean renamed = new AtomicBoolean();
        FileCalls.watch((call, called, from, to) -> {
            if (call == Call.RENAME) {
                renamed.set(true);
            } else if (renamed.get() && List.of(calls).contains(call)) {
                throw failure;
            }
        });
    }

    private static void awaitUninterruptibly(final CountDownLatch latch) {
        try {
            latch.await();
        } catch (final InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
