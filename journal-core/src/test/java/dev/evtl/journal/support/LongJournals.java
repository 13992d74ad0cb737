package dev.evtl.journal.support;

import dev.evtl.journal.AppenderMode;
import dev.evtl.journal.EventBatch;
import dev.evtl.journal.Growth;
import dev.evtl.journal.Journal;
import dev.evtl.journal.JournalConfig;
import java.nio.file.Path;
import java.util.Random;
import org.agrona.concurrent.UnsafeBuffer;

/** Journals that are long enough to have an index, of few and large events whose timestamps repeat and step back. */
public final class LongJournals {
    private static final int MOST_EVENTS_OF_A_CLAIM = 4;
    private static final int LONGEST_PAYLOAD = 30_000;
    private static final int LONG_AGO = 5_000;

    private final Random random;
    private final UnsafeBuffer source = new UnsafeBuffer(new byte[LONGEST_PAYLOAD]);
    private long timestamp = LONG_AGO;

    public LongJournals(final Random random) {
        this.random = random;
    }

    public static JournalConfig.Builder config() {
        return JournalConfig.builder()
                .appenderMode(AppenderMode.INVOKER)
                .ringSize(1 << 20)
                .initialSize(1 << 20)
                .growth(Growth.steps(1 << 20));
    }

    /** Writes a journal and closes it. */
    public static void write(final Path file, final long seed, final long bytes) {
        write(file, config().build(), seed, bytes);
    }

    public static void write(final Path file, final JournalConfig config, final long seed, final long bytes) {
        try (Journal journal = Journal.open(file, config)) {
            new LongJournals(new Random(seed)).append(journal, bytes);
        }
    }

    /** Appends claims of one and of several events, and gaps, up to so many bytes or a little more. */
    public void append(final Journal journal, final long bytes) {
        final long end = journal.stats().getFileOffset() + bytes;
        final EventBatch batch = journal.publisher().newBatch();
        while (journal.stats().getFileOffset() < end) {
            random.nextBytes(source.byteArray());
            switch (random.nextInt(8)) {
                case 0 -> {
                    final int events = 1 + random.nextInt(MOST_EVENTS_OF_A_CLAIM);
                    accepted(batch.tryClaim(events, events * LONGEST_PAYLOAD));
                    for (int i = 0; i < events; i++) {
                        final int length = random.nextInt(LONGEST_PAYLOAD);
                        batch.nextAt(next(), 2, 0, length).putBytes(0, source, 0, length);
                    }
                    accepted(batch.commit());
                }
                case 1 -> accepted(journal.publisher().offerGap(next(), 1 + random.nextInt(9), 1, 2));
                default ->
                    accepted(journal.publisher().offerAt(next(), 1, 0, source, 0, random.nextInt(LONGEST_PAYLOAD)));
            }
            if (random.nextInt(4) > 0) {
                TestJournals.drain(journal);
            }
        }
        TestJournals.drain(journal);
    }

    /** With nothing of JUnit, which a child process does not have. */
    private static void accepted(final long position) {
        if (position <= 0) {
            throw new IllegalStateException("not accepted: " + position);
        }
    }

    private long next() {
        switch (random.nextInt(20)) {
            case 0 -> timestamp -= random.nextInt(LONG_AGO);
            case 1, 2, 3 -> timestamp += random.nextInt(LONG_AGO / 10);
            default -> timestamp += random.nextInt(2);
        }
        return timestamp;
    }
}
