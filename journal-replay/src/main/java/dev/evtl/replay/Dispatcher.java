package dev.evtl.replay;

import java.util.List;
import org.agrona.DirectBuffer;
import org.agrona.ErrorHandler;

/**
 * Hands each event of a reader to several consumers. One that does not take an event, or throws, does not keep it from
 * the others. For the reader's thread.
 */
public final class Dispatcher {
    /** Events after which consumers flush. */
    private static final int BATCH_LENGTH = 4096;

    private final JournalReader reader;
    private final Delivery[] deliveries;
    private final boolean stopOnFailure;
    private final EventHandler handler;
    private boolean stopped;

    /**
     * Goes on after failures, which are counted and reported.
     *
     * @param reader       to drain
     * @param filter       of the events that are dispatched
     * @param errorHandler told what a consumer throws, as a {@link ConsumerException}
     * @param consumers    to dispatch to, in this order
     */
    public Dispatcher(
            final JournalReader reader,
            final EventFilter filter,
            final ErrorHandler errorHandler,
            final List<EventConsumer> consumers) {
        this(reader, filter, errorHandler, false, consumers);
    }

    /**
     * Lets the application choose whether to go on.
     *
     * @param reader        to drain
     * @param filter        of the events that are dispatched
     * @param errorHandler  told what a consumer throws, as a {@link ConsumerException}
     * @param stopOnFailure whether a drain ends after an event that a consumer did not take; the next one goes on
     * @param consumers     to dispatch to, in this order
     */
    public Dispatcher(
            final JournalReader reader,
            final EventFilter filter,
            final ErrorHandler errorHandler,
            final boolean stopOnFailure,
            final List<EventConsumer> consumers) {
        this.reader = reader;
        this.stopOnFailure = stopOnFailure;
        this.deliveries =
                consumers.stream().map(c -> new Delivery(c, errorHandler)).toArray(Delivery[]::new);
        final EventHandler fanOut = new FanOut();
        this.handler = filter == EventFilter.ALL ? fanOut : filter.before(fanOut);
    }

    private final class FanOut implements EventHandler {
        @Override
        public void onEvent(
                final long sequence,
                final long timestamp,
                final int type,
                final int flags,
                final DirectBuffer buffer,
                final int offset,
                final int length) {
            for (final Delivery delivery : deliveries) {
                if (!delivery.deliver(sequence, timestamp, type, flags, buffer, offset, length)) {
                    stopped = stopOnFailure;
                }
            }
        }

        @Override
        public void onGap(
                final long sequence,
                final long timestamp,
                final long dropped,
                final long firstTimestamp,
                final long lastTimestamp) {
            for (final Delivery delivery : deliveries) {
                delivery.gap(sequence, timestamp, dropped, firstTimestamp, lastTimestamp);
            }
        }
    }

    /**
     * Dispatches all events that are there now.
     *
     * @return number of events read, those that the filter kept back included
     * @throws dev.evtl.journal.exceptions.CorruptJournalException as {@link JournalReader#poll} does; the events before
     *     the damage were delivered and flushed
     */
    public long drain() {
        return drain(Long.MAX_VALUE);
    }

    /**
     * Dispatches events that are there now.
     *
     * @param limit most events to read
     * @return number of events read, those that the filter kept back included
     * @throws dev.evtl.journal.exceptions.CorruptJournalException as {@link JournalReader#poll} does; the events before
     *     the damage were delivered and flushed
     */
    public long drain(final long limit) {
        final int step = stopOnFailure ? 1 : BATCH_LENGTH; // a poll cannot be ended from within
        long read = 0;
        int unflushed = 0;
        stopped = false;
        try {
            while (read < limit && !stopped) {
                final int polled = reader.poll(handler, (int) Math.min(step, limit - read));
                if (polled == 0) {
                    break;
                }
                read += polled;
                unflushed += polled;
                if (unflushed >= BATCH_LENGTH) {
                    flush();
                    unflushed = 0;
                }
            }
        } finally {
            flush();
        }
        return read;
    }

    private void flush() {
        for (final Delivery delivery : deliveries) {
            delivery.flush();
        }
    }

    /**
     * Whether the last drain ended because a consumer did not take an event.
     *
     * @return true if it was stopped
     */
    public boolean isStopped() {
        return stopped;
    }

    /**
     * What each consumer took.
     *
     * @return one for each consumer, in their order, always current
     */
    public List<Delivery> deliveries() {
        return List.of(deliveries);
    }

    /**
     * Events that consumers took, added up over all of them.
     *
     * @return number of deliveries
     */
    public long delivered() {
        return sum(true);
    }

    /**
     * Events that consumers did not take, added up over all of them.
     *
     * @return number of deliveries that failed
     */
    public long failed() {
        return sum(false);
    }

    private long sum(final boolean delivered) {
        long sum = 0;
        for (final Delivery delivery : deliveries) {
            sum += delivered ? delivery.delivered() : delivery.failed();
        }
        return sum;
    }

    /**
     * Share of all deliveries that succeeded.
     *
     * @return 0 to 1; 1 if there was none
     */
    public double successRate() {
        return Delivery.rate(delivered(), failed());
    }
}
