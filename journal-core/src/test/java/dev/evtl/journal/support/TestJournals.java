package dev.evtl.journal.support;

import dev.evtl.journal.AppenderMode;
import dev.evtl.journal.BackPressure;
import dev.evtl.journal.Claim;
import dev.evtl.journal.Growth;
import dev.evtl.journal.Journal;
import dev.evtl.journal.JournalConfig;
import dev.evtl.journal.Publisher;
import java.util.concurrent.TimeUnit;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** The smallest journals, driven by the test itself, in which nothing happens by chance. */
public final class TestJournals {
    /** Payload with which an event takes 128 bytes of the ring: eight of them fill it. */
    public static final int EIGHTH_OF_RING = 104;

    private TestJournals() {}

    public static JournalConfig.Builder tiny() {
        return small().appenderMode(AppenderMode.INVOKER);
    }

    /** The same with a thread of its own. */
    public static JournalConfig.Builder small() {
        return JournalConfig.builder()
                .ringSize(1024)
                .maxPayloadLength(112)
                .initialSize(4096)
                .growth(Growth.steps(4096));
    }

    /** A journal of several files that goes on in another on request only, with a thread of its own. */
    public static JournalConfig.Builder rolling() {
        return JournalConfig.builder()
                .ringSize(1 << 14)
                .maxPayloadLength(112)
                .backPressure(BackPressure.BLOCK)
                .initialSize(1 << 15)
                .growth(Growth.steps(1 << 14))
                .rollSize(1 << 30);
    }

    public static DirectBuffer payload(final int length) {
        return new UnsafeBuffer(new byte[length]);
    }

    /** An event's claim, open. */
    public static Claim claim(final Publisher publisher, final int type, final int payloadLength) {
        final Claim claim = publisher.newClaim();
        final long result = publisher.tryClaim(claim, type, payloadLength);
        if (result <= 0) {
            throw new IllegalStateException("not claimed: " + result);
        }
        return claim;
    }

    /** What the publisher says to a new claim of an event. */
    public static long tryClaim(final Publisher publisher, final int type, final int payloadLength) {
        return publisher.tryClaim(publisher.newClaim(), type, payloadLength);
    }

    /** Runs the appender until it has taken all that was committed; fails if that takes longer than a minute. */
    public static void drain(final Journal journal) {
        final long start = System.nanoTime();
        while (journal.stats().getRingUsed() > 0) {
            if (System.nanoTime() - start > TimeUnit.MINUTES.toNanos(1)) {
                throw new AssertionError(journal.stats().getRingUsed() + " bytes stay in the ring");
            }
            journal.invoker().invoke();
        }
    }
}
