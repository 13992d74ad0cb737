package dev.evtl.replay;

import dev.evtl.replay.EventHandler.Action;
import java.util.List;
import java.util.Objects;
import org.agrona.ErrorHandler;
import org.agrona.LangUtil;

/**
 * Hands each event and each gap of a reader to several consumers. One that does not take an event, or throws, does not
 * keep it from the others: whatever it throws is counted and reported. A {@link VirtualMachineError}, which may have
 * nothing to do with the consumer, ends the drain too, after the others have got the event; a stack overflow counts as
 * one. So does what the error handler throws. Where several throw so at once, the first is thrown and has the others as
 * suppressed. For the reader's thread.
 */
public final class Dispatcher {
    /** Events after which consumers flush. */
    private static final int BATCH_LENGTH = 4096;

    private final JournalReader reader;
    private final Delivery[] deliveries;
    private final boolean stopOnFailure;
    private final EventHandler handler;
    private boolean stopped;
    private Throwable kept;

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
        this.reader = Objects.requireNonNull(reader, "reader");
        Objects.requireNonNull(filter, "filter");
        Objects.requireNonNull(errorHandler, "errorHandler");
        Objects.requireNonNull(consumers, "consumers");
        this.stopOnFailure = stopOnFailure;
        this.deliveries = consumers.stream()
                .map(c -> new Delivery(c, errorHandler, this::keep))
                .toArray(Delivery[]::new);
        this.handler = filter == EventFilter.ALL ? this::dispatch : filter.before(this::dispatch);
    }

    private Action dispatch(final JournalEvent event) {
        boolean taken = true;
        for (final Delivery delivery : deliveries) {
            taken &= delivery.deliver(event);
        }
        if (taken) {
            return Action.CONTINUE;
        }
        throwKept();
        stopped = stopOnFailure;
        return stopped ? Action.STOP : Action.CONTINUE;
    }

    /** Keeps what is to be thrown, once all consumers have what they are to have. */
    private void keep(final Throwable error) {
        if (kept == null) {
            kept = error;
        } else if (kept != error) {
            kept.addSuppressed(error);
        }
    }

    private void throwKept() {
        if (kept != null) {
            final Throwable error = kept;
            kept = null;
            LangUtil.rethrowUnchecked(error);
        }
    }

    /**
     * Dispatches all events that are there when this is called.
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
     * @param limit most events to read, 0 or more
     * @return number of events read, those that the filter kept back included
     * @throws IllegalArgumentException if the limit is below 0
     * @throws dev.evtl.journal.exceptions.CorruptJournalException as {@link JournalReader#poll} does; the events before
     *     the damage were delivered and flushed
     */
    public long drain(final long limit) {
        if (limit < 0) {
            throw new IllegalArgumentException("limit " + limit + " is below 0");
        }
        long read = 0;
        int unflushed = 0;
        stopped = false;
        try {
            reader.markEnd(); // once: what consumers themselves bring about is not there yet
            while (read < limit && !stopped && reader.isBeforeMark()) {
                final int polled = reader.poll(handler, (int) Math.min(BATCH_LENGTH, limit - read));
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
        } catch (final Throwable t) {
            keep(t);
        }
        flush();
        return read;
    }

    private void flush() {
        for (final Delivery delivery : deliveries) {
            delivery.flush();
        }
        throwKept();
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
