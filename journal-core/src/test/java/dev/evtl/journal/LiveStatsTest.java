package dev.evtl.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.evtl.journal.ring.JournalRing;
import dev.evtl.journal.ring.RecordType;
import dev.evtl.journal.ring.RingAccess;
import dev.evtl.journal.ring.RingCounters;
import java.lang.reflect.Proxy;
import org.agrona.concurrent.ringbuffer.RingBuffer;
import org.junit.jupiter.api.Test;

class LiveStatsTest {
    private static final int CAPACITY = 1024;

    private final JournalRing journalRing = JournalRing.inMemory(CAPACITY, false);
    private final RingBuffer ring = journalRing.buffer();

    private static LiveStats stats(final JournalRing seen) {
        return new LiveStats(seen, null, null, Long.MAX_VALUE);
    }

    /** The reader's view of the head is old each time: where it looks, others have written payloads meanwhile. */
    @Test
    void walkThatWasOvertakenDoesNotCountPayloadsAsEvents() {
        final int claim = ring.tryClaim(1, 24);
        ring.buffer().putInt(claim, 16);
        ring.buffer().putInt(claim + 4, 400_000_000);
        ring.commit(claim);
        final long[] asked = new long[1];
        final RingBuffer overtaking = (RingBuffer) Proxy.newProxyInstance(
                RingBuffer.class.getClassLoader(),
                new Class<?>[] {RingBuffer.class},
                (proxy, method, args) -> method.getName().equals("consumerPosition")
                        ? Long.valueOf(8 + 8 * (asked[0]++ & 1)) // in the middle of the record, and never the same
                        : method.invoke(ring, args));
        final LiveStats stats = stats(RingAccess.seenBy(journalRing, overtaking));
        assertTrue(stats.getAcceptedEvents() <= CAPACITY / 16, stats.getAcceptedEvents() + " events");
        assertTrue(stats.getAcceptedBytes() <= CAPACITY, stats.getAcceptedBytes() + " bytes");
    }

    @Test
    void whatIsInTheRingCountsAsAcceptedAndGapsDoNot() {
        ring.commit(ring.tryClaim(8, 8 * 16));
        ring.commit(ring.tryClaim(RecordType.gap(0), 40));
        ring.abort(ring.tryClaim(3, 48));
        ring.commit(ring.tryClaim(1, 20));
        final RingCounters counters = journalRing.counters();
        counters.set(RingCounters.JOURNALED, 100);
        counters.set(RingCounters.DROPPED_BY_APPENDER, 10);
        assertEquals(119, stats(journalRing).getAcceptedEvents());
        assertEquals(8 * 16 + 20, stats(journalRing).getAcceptedBytes());
    }
}
