package dev.evtl.journal.support;

import dev.evtl.journal.AppenderMode;
import dev.evtl.journal.Journal;
import dev.evtl.journal.JournalConfig;
import java.nio.file.Path;
import org.agrona.concurrent.UnsafeBuffer;

/** A process that accepts events into a ring file, leaves one claim open, and is gone before it appended any. */
public final class HaltsBeforeAppending {
    private HaltsBeforeAppending() {}

    public static void main(final String[] args) {
        final Journal journal = Journal.open(
                Path.of(args[0]),
                JournalConfig.builder()
                        .ringFile(Path.of(args[1]))
                        .ringSize(1 << 20)
                        .appenderMode(AppenderMode.INVOKER)
                        .build());
        final UnsafeBuffer payload = new UnsafeBuffer(new byte[Long.BYTES]);
        for (int i = 0; i < Integer.parseInt(args[2]); i++) {
            payload.putLong(0, i);
            if (journal.publisher().offer(1, payload, 0, Long.BYTES) <= 0) {
                throw new IllegalStateException("not accepted: " + i);
            }
        }
        TestJournals.claim(journal.publisher(), 1, Long.BYTES);
        Runtime.getRuntime().halt(0);
    }
}
