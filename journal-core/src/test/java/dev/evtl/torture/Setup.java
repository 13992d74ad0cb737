package dev.evtl.torture;

import dev.evtl.journal.BackPressure;
import dev.evtl.journal.Growth;
import dev.evtl.journal.JournalConfig;
import dev.evtl.journal.JournalListener;
import dev.evtl.journal.StorageMode;
import dev.evtl.journal.SyncPolicy;
import java.time.Duration;
import java.util.List;
import java.util.Random;

/** How a journal is written, drawn by chance, and the same in each process that is given the same seed. */
public final class Setup {
    public static final int MAX_PRODUCERS = 4;

    private static final List<SyncPolicy> POLICIES = List.of(
            SyncPolicy.NONE,
            SyncPolicy.EVERY_BATCH,
            SyncPolicy.bytes(10_000),
            SyncPolicy.interval(Duration.ofMillis(3)));

    final int seed;
    final StorageMode storage;
    final SyncPolicy syncPolicy;
    final int producers;
    final boolean checksums;
    private final Growth growth;
    private final int initialSize;

    public Setup(final int seed) {
        this.seed = seed;
        final Random random = new Random(seed);
        storage = Torture.storage(StorageMode.values()[random.nextInt(3)]);
        syncPolicy = POLICIES.get(random.nextInt(POLICIES.size()));
        producers = 1 + random.nextInt(MAX_PRODUCERS);
        checksums = random.nextInt(4) > 0;
        growth = random.nextInt(4) == 0 ? Growth.DOUBLING : Growth.steps(1 << 12 + random.nextInt(11));
        initialSize = 1 << 12 + random.nextInt(8);
    }

    public int producers() {
        return producers;
    }

    public JournalConfig config() {
        return builder().build();
    }

    JournalConfig.Builder builder() {
        return Torture.config(storage)
                .ringSize(1 << 16)
                .maxPayloadLength(Numbered.MAX_PAYLOAD_LENGTH)
                .backPressure(BackPressure.BLOCK)
                .checksums(checksums)
                .syncPolicy(syncPolicy)
                .initialSize(initialSize)
                .growth(growth)
                .listener(JournalListener.NONE); // the journal's methods tell too
    }

    String mode() {
        return storage + (checksums ? "" : " without checksums");
    }

    @Override
    public String toString() {
        return mode() + ", sync " + syncPolicy + ", " + producers + " producers, " + initialSize + " bytes and "
                + growth + " (setup " + seed + ")";
    }
}
