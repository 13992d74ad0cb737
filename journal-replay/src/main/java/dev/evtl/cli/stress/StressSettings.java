package dev.evtl.cli.stress;

import dev.evtl.journal.AppenderMode;
import dev.evtl.journal.BackPressure;
import dev.evtl.journal.JournalConfig;
import dev.evtl.journal.OpenMode;
import dev.evtl.journal.StorageMode;
import dev.evtl.journal.format.EventHeader;
import java.util.function.UnaryOperator;
import org.agrona.BitUtil;

/**
 * What a round of {@link Stress} does.
 *
 * @param events     offered at the most, by all producers together
 * @param nanos      for which they offer at the most
 * @param producers  number of threads
 * @param payload    bytes of each event's payload
 * @param batch      events in a claim
 * @param rate       events a second of all producers together, 0 for as fast as they can
 * @param policy     what happens when the ring is full
 * @param storage    how events get into the file
 * @param appender   which threads move events from the ring to the file
 * @param rollSize   bytes from which on a file of a journal of several takes no more; 0 for a journal of one file
 * @param checksums  whether every event carries a checksum
 * @param tuning     applied last to the journal's config
 */
record StressSettings(
        long events,
        long nanos,
        int producers,
        int payload,
        int batch,
        long rate,
        BackPressure policy,
        StorageMode storage,
        AppenderMode appender,
        long rollSize,
        boolean checksums,
        UnaryOperator<JournalConfig.Builder> tuning) {
    private static final int MAX_RING_SIZE = 1 << 30;
    private static final int DEFAULT_RING_SIZE = 4 << 20;
    private static final int CLAIMS_IN_RING = 8;

    /** Most events of a length that one claim can hold. */
    static int maxBatch(final int payload) {
        return MAX_RING_SIZE / CLAIMS_IN_RING / (EventHeader.LENGTH + payload);
    }

    JournalConfig.Builder config() {
        final int needed = BitUtil.findNextPositivePowerOfTwo(CLAIMS_IN_RING * batch * (EventHeader.LENGTH + payload));
        final JournalConfig.Builder config = JournalConfig.builder()
                .openMode(OpenMode.CREATE)
                .ringSize(Math.max(DEFAULT_RING_SIZE, needed))
                .maxPayloadLength(payload)
                .backPressure(policy)
                .storage(storage)
                .appenderMode(appender)
                .checksums(checksums);
        if (rollSize > 0) {
            config.rollSize(rollSize);
        }
        return tuning.apply(config);
    }

    /** The same for a number of events, without a limit of time or a rate. */
    StressSettings asFastAsTheyCan(final long number) {
        return new StressSettings(
                number,
                Long.MAX_VALUE,
                producers,
                payload,
                batch,
                0,
                policy,
                storage,
                appender,
                rollSize,
                checksums,
                tuning);
    }

    /** What one of the producers offers of all events. */
    long eventsOf(final int producer) {
        return events / producers + (producer < events % producers ? 1 : 0);
    }
}
