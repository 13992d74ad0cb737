package dev.evtl.journal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.evtl.journal.JournalScan.Condition;
import dev.evtl.journal.support.StoredIndex;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Whatever way events take into the file, the file is the same. */
class StorageModeTest {
    private static final int SEED = 7;
    private static final int[] LENGTHS = {0, 1, 15, 16, 17, 64, 4_079, 4_080, 4_081, 4_097, 65_535};

    @TempDir
    Path directory;

    private long durable;

    @ParameterizedTest
    @EnumSource(StorageMode.class)
    void fileIsTheSameWhicheverWayEventsTake(final StorageMode mode) throws IOException {
        final byte[] expected = write(StorageMode.MAPPED, SyncPolicy.NONE, "expected.evtl");
        assertArrayEquals(expected, write(mode, SyncPolicy.NONE, "none.evtl"));
        assertArrayEquals(expected, write(mode, SyncPolicy.bytes(100_000), "bytes.evtl"));
        assertArrayEquals(expected, write(mode, SyncPolicy.EVERY_BATCH, "batch.evtl"));
        final JournalScan scan = JournalScan.of(directory.resolve("batch.evtl"));
        assertEquals(Condition.CLEAN, scan.condition(), scan.reason());
        assertEquals(600, scan.events());
    }

    /** In two sessions, so that the second starts within a block. */
    private byte[] write(final StorageMode mode, final SyncPolicy policy, final String name) throws IOException {
        final Path file = directory.resolve(name);
        final Random random = new Random(SEED);
        publish(file, mode, policy, random);
        publish(file, mode, policy, random);
        assertEquals(Files.size(file), durable);
        assertFalse(StoredIndex.assertFits(file).isEmpty());
        return Files.readAllBytes(file);
    }

    private void publish(final Path file, final StorageMode mode, final SyncPolicy policy, final Random random) {
        final JournalConfig config = JournalConfig.builder()
                .storage(mode)
                .syncPolicy(policy)
                .backPressure(BackPressure.BLOCK)
                .clock(() -> 1)
                .initialSize(8192)
                .growth(Growth.steps(70_001))
                .build();
        try (Journal journal = Journal.open(file, config)) {
            final byte[] payload = new byte[65_535];
            for (int i = 0; i < 300; i++) {
                random.nextBytes(payload);
                final int length = LENGTHS[random.nextInt(LENGTHS.length)];
                assertTrue(journal.publisher().offer(1, new UnsafeBuffer(payload), 0, length) > 0);
                if (i % 100 == 50) {
                    durable = journal.sync();
                    assertTrue(durable >= journal.stats().getFileOffset());
                }
            }
            durable = journal.sync();
        }
    }

    @ParameterizedTest
    @EnumSource(StorageMode.class)
    void publishedEventsAreInTheFileBeforeItIsClosed(final StorageMode mode) {
        final Path file = directory.resolve("live.evtl");
        final JournalConfig config = JournalConfig.builder()
                .storage(mode)
                .appenderMode(AppenderMode.INVOKER)
                .build();
        try (Journal journal = Journal.open(file, config)) {
            final UnsafeBuffer payload = new UnsafeBuffer(new byte[100]);
            for (int i = 1; i <= 200; i++) {
                assertTrue(journal.publisher().offer(1, payload, 0, 100) > 0);
                journal.invoker().invoke();
                final JournalScan scan = JournalScan.of(file);
                assertEquals(Condition.UNCLOSED, scan.condition(), scan.reason());
                assertEquals(i, scan.events());
            }
        }
    }
}
