package dev.evtl.journal.support;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.evtl.journal.Claim;
import dev.evtl.journal.EventBatch;
import dev.evtl.journal.Journal;
import dev.evtl.journal.JournalStats;
import dev.evtl.journal.Publisher;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Threads that publish, each event with its producer's number and its own sequence among what that producer offered.
 * Every third by a claim, every third by a batch of two, the others by an offer.
 */
public final class Producers {
    private static final int PAYLOAD_LENGTH = 12;

    public final List<Producer> all = new ArrayList<>();
    private volatile boolean stopped;
    private final CountDownLatch go = new CountDownLatch(1);

    public Producers(final Journal journal, final int threads, final long eventsEach) {
        for (int i = 0; i < threads; i++) {
            all.add(new Producer(journal.publisher(), i, eventsEach));
        }
        all.forEach(Thread::start);
    }

    public void go() {
        go.countDown();
    }

    /** Ends them before they have published all. */
    public void stop() {
        stopped = true;
    }

    public void join() throws InterruptedException {
        for (final Producer producer : all) {
            producer.join();
        }
        for (final Producer producer : all) {
            if (producer.failure != null) {
                throw new AssertionError(producer.getName(), producer.failure);
            }
        }
    }

    public long accepted() {
        return all.stream().mapToLong(p -> p.accepted).sum();
    }

    public long dropped() {
        return all.stream().mapToLong(p -> p.dropped).sum();
    }

    public long refused() {
        return all.stream().mapToLong(p -> p.refused).sum();
    }

    /**
     * What was accepted is in the file once, in the order of its producer; between two events of a producer with drops
     * between them there is a gap; the gaps together count all drops.
     */
    public void assertJournaledExactly(final List<StoredEvent> events) {
        final long[] next = new long[all.size()];
        final long[] gapsSeen = new long[all.size()];
        final long[] taken = new long[all.size()];
        long gaps = 0;
        long missing = 0;
        for (final StoredEvent event : events) {
            if (event.type() == StoredEvent.GAP) {
                gaps++;
                missing += event.data().getLong();
                continue;
            }
            final int producer = event.data().getInt();
            final long sequence = event.data().getLong(4);
            assertTrue(sequence >= next[producer], "producer " + producer + " stepped back to " + sequence);
            if (sequence > next[producer]) {
                assertTrue(gaps > gapsSeen[producer], "no gap before " + sequence + " of producer " + producer);
            }
            next[producer] = sequence + 1;
            gapsSeen[producer] = gaps;
            taken[producer]++;
        }
        for (final Producer producer : all) {
            assertEquals(producer.accepted, taken[producer.number], "accepted and journaled of " + producer.number);
        }
        assertEquals(dropped(), missing, "dropped and in the gaps");
    }

    public void assertAccounted(final JournalStats stats) {
        assertEquals(accepted(), stats.getJournaledEvents());
        assertEquals(accepted(), stats.getAcceptedEvents());
        assertEquals(dropped(), stats.getDroppedEvents());
        assertEquals(refused(), stats.getRefusedEvents());
        assertEquals(accepted() + dropped() + refused(), stats.getOfferedEvents());
        assertEquals(accepted() * (16 + PAYLOAD_LENGTH), stats.getJournaledBytes());
    }

    /** One thread. Drops and accepted events take a sequence; a refused event is offered again with the same. */
    public final class Producer extends Thread {
        private final Publisher publisher;
        private final Claim claim;
        private final EventBatch batch;
        private final int number;
        private final long wanted;
        private final UnsafeBuffer source = new UnsafeBuffer(new byte[PAYLOAD_LENGTH]);
        public long accepted;
        public long dropped;
        public long refused;
        public long end;
        private Throwable failure;

        Producer(final Publisher publisher, final int number, final long wanted) {
            super("producer-" + number);
            this.publisher = publisher;
            this.claim = publisher.newClaim();
            this.batch = publisher.newBatch();
            this.number = number;
            this.wanted = wanted;
        }

        @Override
        public void run() {
            try {
                go.await();
                while (accepted + dropped < wanted && end == 0 && !stopped) {
                    publish();
                }
            } catch (final Throwable t) {
                failure = t;
            }
        }

        private void publish() {
            final long sequence = accepted + dropped;
            final int kind = (int) (sequence % 3);
            final int events = kind == 2 && wanted - sequence > 1 ? 2 : 1;
            final long result;
            if (events == 2) {
                result = publishBatch(sequence);
            } else if (kind == 1) {
                result = publishClaim(sequence);
            } else {
                put(source, sequence);
                result = publisher.offer(1, source, 0, PAYLOAD_LENGTH);
            }
            if (result > 0) {
                accepted += events;
            } else if (result == Publisher.DROPPED) {
                dropped += events;
                Thread.yield();
            } else {
                refused += events;
                if (result == Publisher.BACK_PRESSURED) {
                    Thread.yield();
                } else {
                    end = result;
                }
            }
        }

        private long publishClaim(final long sequence) {
            final long result = publisher.tryClaim(claim, 2, PAYLOAD_LENGTH);
            if (result < 0) {
                return result;
            }
            put(claim.buffer(), sequence);
            return claim.commit();
        }

        private long publishBatch(final long sequence) {
            final long result = batch.tryClaim(2, 2 * PAYLOAD_LENGTH);
            if (result < 0) {
                return result;
            }
            put(batch.next(3, PAYLOAD_LENGTH), sequence);
            put(batch.next(4, PAYLOAD_LENGTH), sequence + 1);
            return batch.commit();
        }

        private void put(final MutableDirectBuffer payload, final long sequence) {
            payload.putInt(0, number);
            payload.putLong(4, sequence);
        }
    }
}
