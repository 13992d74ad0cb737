package dev.evtl.torture;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.evtl.journal.BackPressure;
import dev.evtl.journal.Claim;
import dev.evtl.journal.EventBatch;
import dev.evtl.journal.Journal;
import dev.evtl.journal.JournalConfig;
import dev.evtl.journal.JournalStats;
import dev.evtl.journal.Publisher;
import dev.evtl.journal.StorageMode;
import dev.evtl.journal.support.MemoryDirectory;
import dev.evtl.replay.EventHandler;
import dev.evtl.replay.JournalEvent;
import dev.evtl.replay.JournalReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Many threads publish into one journal, each event with its producer's number and that producer's own sequence, while
 * a reader follows: nothing is lost, doubled or out of its producer's order, and what was dropped is accounted for by
 * gaps in the right places.
 */
@Tag(Torture.TAG)
class ProducerOrderTest {
    /** Events in a file, of 24 bytes each, so that no file is longer than a few hundred megabytes. */
    private static final long EVENTS_PER_FILE = 10_000_000;

    private static final int SEQUENCE_BITS = 40;
    private static final int[] RING_SIZES = {1 << 13, 1 << 16, 1 << 20};

    @TempDir(factory = MemoryDirectory.class)
    Path directory;

    private final Random random = Torture.random(ProducerOrderTest.class);

    @ParameterizedTest
    @CsvSource({
        "8, BLOCK",
        "8, REFUSE",
        "8, DROP",
        "50, BLOCK",
        "50, REFUSE",
        "50, DROP",
        "100, BLOCK",
        "100, REFUSE",
        "100, DROP"
    })
    void nothingIsLostDoubledOrOutOfItsProducersOrder(final int threads, final BackPressure policy) throws Exception {
        final long wanted = Torture.rounds(1_120_000, 333_400_000);
        final long start = System.nanoTime();
        long journaled = 0;
        long dropped = 0;
        long refused = 0;
        int files = 0;
        while (journaled < wanted) {
            final JournalStats stats = round(threads, policy, Math.min(wanted - journaled, EVENTS_PER_FILE));
            journaled += stats.getJournaledEvents();
            dropped += stats.getDroppedEvents();
            refused += stats.getRefusedEvents();
            files++;
        }
        Torture.report(
                ProducerOrderTest.class,
                "%d producers, %s: %,d events journaled and read, %,d dropped and in gaps, %,d refused, %d files, %.1f s",
                threads,
                policy,
                journaled,
                dropped,
                refused,
                files,
                (System.nanoTime() - start) / 1e9);
    }

    private JournalStats round(final int threads, final BackPressure policy, final long events) throws Exception {
        final int ringSize = RING_SIZES[random.nextInt(RING_SIZES.length)];
        final boolean checksums = random.nextInt(4) > 0;
        final StorageMode storage = Torture.storage(random.nextInt(4) > 0 ? StorageMode.MAPPED : StorageMode.WRITE);
        final JournalConfig config = Torture.config(storage)
                .backPressure(policy)
                .ringSize(ringSize)
                .maxPayloadLength(512)
                .checksums(checksums)
                .build();
        final Path file = directory.resolve("order.evtl");
        final Journal journal = Journal.open(file, config);
        final List<Producer> producers = new ArrayList<>();
        for (int i = 0; i < threads; i++) {
            producers.add(new Producer(journal.publisher(), i, (events + threads - 1) / threads));
        }
        final Order order = new Order(threads);
        try (JournalReader reader = JournalReader.open(file)) {
            final CompletableFuture<Void> written = CompletableFuture.runAsync(() -> write(journal, producers));
            while (!reader.isAtEnd() && !written.isCompletedExceptionally()) {
                if (reader.poll(order, 10_000) == 0) {
                    Thread.yield();
                }
            }
            written.get();
            assertAccounted(producers, order, reader.droppedEvents(), journal.stats());
        } finally {
            Files.delete(file);
        }
        return journal.stats();
    }

    private static void write(final Journal journal, final List<Producer> producers) {
        try (journal) {
            producers.forEach(Thread::start);
            for (final Producer producer : producers) {
                producer.join();
                if (producer.failure != null) {
                    throw new AssertionError(producer.getName(), producer.failure);
                }
            }
        } catch (final InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private static void assertAccounted(
            final List<Producer> producers, final Order order, final long gaps, final JournalStats stats) {
        long accepted = 0;
        long dropped = 0;
        long refused = 0;
        for (final Producer producer : producers) {
            assertEquals(producer.accepted, order.taken[producer.number], producer.getName());
            accepted += producer.accepted;
            dropped += producer.dropped;
            refused += producer.refused;
        }
        assertEquals(dropped, gaps);
        assertEquals(accepted, stats.getJournaledEvents());
        assertEquals(dropped, stats.getDroppedEvents());
        assertEquals(refused, stats.getRefusedEvents());
        assertEquals(accepted + dropped + refused, stats.getOfferedEvents());
    }

    /** The order that each producer had, checked event by event. */
    private static final class Order implements EventHandler {
        private final long[] next;
        private final long[] taken;
        private final long[] gapsSeen;
        private long gaps;

        Order(final int producers) {
            next = new long[producers];
            taken = new long[producers];
            gapsSeen = new long[producers];
        }

        @Override
        public Action onEvent(final JournalEvent event) {
            if (event.isGap()) {
                gaps++;
                return Action.CONTINUE;
            }
            final long value = event.buffer().getLong(event.payloadOffset());
            final int producer = (int) (value >>> SEQUENCE_BITS);
            final long sequence = value & (1L << SEQUENCE_BITS) - 1;
            final boolean inOrder =
                    sequence == next[producer] || sequence > next[producer] && gaps > gapsSeen[producer];
            if (!inOrder || event.timestamp() != sequence || event.payloadLength() != Long.BYTES) {
                throw new AssertionError("event " + event.sequence() + ": producer " + producer + ": expected "
                        + next[producer] + ", found " + sequence + ", " + (gaps - gapsSeen[producer])
                        + " gaps since its last");
            }
            next[producer] = sequence + 1;
            taken[producer]++;
            gapsSeen[producer] = gaps;
            return Action.CONTINUE;
        }
    }

    /** Publishes in every way. What is dropped takes a sequence; what is refused is offered again. */
    private static final class Producer extends Thread {
        private static final int MAX_BATCH = 8;

        private final Publisher publisher;
        private final EventBatch batch;
        private final Claim claim;
        private final int number;
        private final long wanted;
        private final UnsafeBuffer source = new UnsafeBuffer(new byte[Long.BYTES]);
        private long accepted;
        private long dropped;
        private long refused;
        private Throwable failure;

        Producer(final Publisher publisher, final int number, final long wanted) {
            super("producer " + number);
            this.publisher = publisher;
            this.batch = publisher.newBatch();
            this.claim = publisher.newClaim();
            this.number = number;
            this.wanted = wanted;
        }

        @Override
        public void run() {
            try {
                while (accepted < wanted) {
                    publish(accepted + dropped);
                }
            } catch (final Throwable t) {
                failure = t;
            }
        }

        private void publish(final long sequence) {
            final int events = (int) Math.min(1 + sequence % MAX_BATCH, wanted - accepted);
            final long result;
            if (events > 1) {
                result = publishBatch(sequence, events);
            } else if (sequence % (2 * MAX_BATCH) == 0) {
                result = publishClaim(sequence);
            } else {
                put(source, sequence);
                result = publisher.offerAt(sequence, 1, 0, source, 0, Long.BYTES);
            }
            if (result > 0) {
                accepted += events;
            } else {
                if (result == Publisher.DROPPED) {
                    dropped += events;
                } else if (result == Publisher.BACK_PRESSURED) {
                    refused += events;
                } else {
                    throw new AssertionError("result " + result);
                }
                Thread.yield();
            }
        }

        private long publishClaim(final long sequence) {
            final long result = publisher.tryClaimAt(claim, sequence, 2, 0, Long.BYTES);
            if (result < 0) {
                return result;
            }
            put(claim.buffer(), sequence);
            return claim.commit();
        }

        private long publishBatch(final long first, final int events) {
            final long result = batch.tryClaimAt(first, events, events * Long.BYTES);
            if (result <= 0) {
                return result;
            }
            for (long sequence = first; sequence < first + events; sequence++) {
                put(batch.nextAt(sequence, 3, 0, Long.BYTES), sequence);
            }
            return batch.commit();
        }

        private void put(final MutableDirectBuffer buffer, final long sequence) {
            buffer.putLong(0, (long) number << SEQUENCE_BITS | sequence);
        }
    }
}
