package dev.evtl.replay;

import org.agrona.DirectBuffer;
import org.agrona.ErrorHandler;

/** What one consumer of a {@link Dispatcher} took and did not take. */
public final class Delivery {
    private final EventConsumer consumer;
    private final ErrorHandler errorHandler;
    private long delivered;
    private long failed;

    Delivery(final EventConsumer consumer, final ErrorHandler errorHandler) {
        this.consumer = consumer;
        this.errorHandler = errorHandler;
    }

    /** Returns whether the consumer took the event. */
    boolean deliver(
            final long sequence,
            final long timestamp,
            final int type,
            final int flags,
            final DirectBuffer buffer,
            final int offset,
            final int length) {
        boolean taken = false;
        try {
            taken = consumer.consume(sequence, timestamp, type, flags, buffer, offset, length);
        } catch (final Exception e) {
            report("consume of event " + sequence, e);
        }
        if (taken) {
            delivered++;
        } else {
            failed++;
        }
        return taken;
    }

    void gap(
            final long sequence,
            final long timestamp,
            final long dropped,
            final long firstTimestamp,
            final long lastTimestamp) {
        try {
            consumer.gap(sequence, timestamp, dropped, firstTimestamp, lastTimestamp);
        } catch (final Exception e) {
            report("gap " + sequence, e);
        }
    }

    void flush() {
        try {
            consumer.flush();
        } catch (final Exception e) {
            report("flush", e);
        }
    }

    private void report(final String what, final Exception e) {
        errorHandler.onError(new ConsumerException("consumer " + consumer.name() + ": " + what + ": " + e, e));
    }

    /**
     * The consumer's name.
     *
     * @return as {@link EventConsumer#name} gives it
     */
    public String name() {
        return consumer.name();
    }

    /**
     * Events that the consumer took.
     *
     * @return number of events
     */
    public long delivered() {
        return delivered;
    }

    /**
     * Events that the consumer did not take, or at which it threw.
     *
     * @return number of events
     */
    public long failed() {
        return failed;
    }

    /**
     * Share of the events that the consumer took.
     *
     * @return 0 to 1; 1 if there was no event
     */
    public double successRate() {
        return rate(delivered, failed);
    }

    static double rate(final long delivered, final long failed) {
        return delivered + failed == 0 ? 1 : (double) delivered / (delivered + failed);
    }
}
