package dev.evtl.bench;

import dev.evtl.journal.Claim;
import dev.evtl.journal.EventBatch;
import dev.evtl.journal.Journal;
import dev.evtl.journal.Publisher;

/** The journal, through its API. */
public final class JournalTarget implements EventTarget {
    private final Journal journal;
    private final int payloadLength;
    private final int eventsPerClaim;

    /**
     * Takes over an open journal.
     *
     * @param journal        opened with back-pressure that blocks
     * @param payloadLength  of every event
     * @param eventsPerClaim 1 for claims of single events, otherwise for batches
     */
    public JournalTarget(final Journal journal, final int payloadLength, final int eventsPerClaim) {
        this.journal = journal;
        this.payloadLength = payloadLength;
        this.eventsPerClaim = eventsPerClaim;
    }

    @Override
    public EventProducer producer(final int number) {
        final Publisher publisher = journal.publisher();
        return eventsPerClaim == 1
                ? new SingleProducer(publisher, number, payloadLength)
                : new BatchProducer(publisher, number, payloadLength, eventsPerClaim);
    }

    @Override
    public void awaitWritten(final long events) {
        while (journal.stats().getJournaledEvents() < events) {
            if (journal.failure().isPresent()) {
                throw new IllegalStateException(
                        "the journal has failed", journal.failure().get());
            }
            Thread.yield();
        }
    }

    @Override
    public void sync() {
        journal.sync();
    }

    @Override
    public long forces() {
        return journal.stats().getForces();
    }

    @Override
    public void close() {
        journal.close();
    }

    private static void requireAccepted(final long result) {
        if (result <= 0) {
            throw new IllegalStateException("not accepted: " + result);
        }
    }

    private static final class SingleProducer implements EventProducer {
        private final Publisher publisher;
        private final Claim claim;
        private final int number;
        private final int payloadLength;

        SingleProducer(final Publisher publisher, final int number, final int payloadLength) {
            this.publisher = publisher;
            this.claim = publisher.newClaim();
            this.number = number;
            this.payloadLength = payloadLength;
        }

        @Override
        public void publish(final long index, final long timestamp) {
            requireAccepted(publisher.tryClaimAt(claim, timestamp, Content.FIRST_TYPE + number, 0, payloadLength));
            Content.fill(claim.buffer(), 0, payloadLength, Content.seed(number, index));
            claim.commit();
        }
    }

    private static final class BatchProducer implements EventProducer {
        private final EventBatch batch;
        private final int number;
        private final int payloadLength;
        private final int eventsPerClaim;

        BatchProducer(final Publisher publisher, final int number, final int payloadLength, final int eventsPerClaim) {
            this.batch = publisher.newBatch();
            this.number = number;
            this.payloadLength = payloadLength;
            this.eventsPerClaim = eventsPerClaim;
        }

        @Override
        public void publish(final long index, final long timestamp) {
            requireAccepted(batch.tryClaim(1, payloadLength));
            put(index, timestamp);
            batch.commit();
        }

        @Override
        public void publishAll(final long from, final long to) {
            for (long i = from; i < to; ) {
                final int events = (int) Math.min(eventsPerClaim, to - i);
                requireAccepted(batch.tryClaim(events, events * payloadLength));
                for (int j = 0; j < events; j++, i++) {
                    put(i, i);
                }
                batch.commit();
            }
        }

        private void put(final long index, final long timestamp) {
            Content.fill(
                    batch.nextAt(timestamp, Content.FIRST_TYPE + number, 0, payloadLength),
                    0,
                    payloadLength,
                    Content.seed(number, index));
        }
    }
}
