package dev.evtl.journal.storage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.evtl.journal.Journal;
import dev.evtl.journal.JournalConfig;
import dev.evtl.journal.JournalFailedException;
import dev.evtl.journal.MemoryDirectory;
import dev.evtl.journal.Publisher;
import dev.evtl.journal.TestJournals;
import dev.evtl.journal.storage.FileWatcher.Call;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Calls on the file that fail at a bad moment. */
@Timeout(60)
class FailingCallTest {
    @TempDir(factory = MemoryDirectory.class)
    Path directory;

    private final IOException failure = new IOException("provoked");

    @AfterEach
    void watchNoMore() {
        JournalFiles.watch(FileWatcher.NONE);
    }

    private static boolean isPreallocator() {
        return Thread.currentThread().getName().startsWith("evtl-preallocator");
    }

    @Test
    void failureWhileTheAppenderWaitsForSpaceDoesNotHoldUpTheClose() {
        final JournalConfig config = TestJournals.tiny()
                .storage(StorageMode.WRITE)
                .errorHandler(error -> {})
                .build();
        final Journal journal = Journal.open(directory.resolve("f.evtl"), config);
        final CountDownLatch failed = new CountDownLatch(1);
        JournalFiles.watch((call, file, from, to) -> {
            if (call == Call.WRITE && isPreallocator()) {
                awaitUninterruptibly(failed);
            } else if (call == Call.WRITE && to > 3800) { // of the first batch that does not fit
                throw failure;
            }
        });
        while (journal.failure().isEmpty()) {
            for (int i = 0; i < 4; i++) {
                assertEquals(Publisher.ACCEPTED, journal.publisher().offer(1, TestJournals.payload(100), 0, 100));
            }
            journal.invoker().invoke();
        }
        failed.countDown();
        assertSame(
                failure,
                assertThrows(JournalFailedException.class, journal::close).getCause());
    }

    private static void awaitUninterruptibly(final CountDownLatch latch) {
        try {
            latch.await();
        } catch (final InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
