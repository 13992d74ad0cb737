package dev.evtl.replay;

import org.agrona.ErrorHandler;
import org.agrona.LangUtil;

/** What one consumer of a {@link Dispatcher} took and did not take. */
public final class Delivery {
    private final EventConsumer consumer;
    private final ErrorHandler errorHandler;
    private long delivered;
    private long failed;
    private Throwable error;

    Delivery(final EventConsumer consumer, final ErrorHandler errorHandler) {
        this.consumer = consumer;
        this.errorHandler = errorHandler;
    }

    /** Returns whether the consumer took the event. */
    boolean deliver(final JournalEvent event) {
        try {
            if (consumer.consume(event)) {
                delivered++;
                return true;
            }
            failed++;
        } catch (final Throwable t) {
            failed++;
            report("consume of event " + event.sequence(), t);
        }
        return false;
    }

    void flush() {
        try {
            consumer.flush();
        } catch (final Throwable t) {
            report("flush", t);
        }
    }

    private void report(final String what, final Throwable thrown) {
        if (thrown instanceof VirtualMachineError) {
            error = thrown;
        }
        try {
            errorHandler.onError(
                    new ConsumerException("consumer " + consumer.name() + ": " + what + ": " + thrown, thrown));
        } catch (final Throwable t) {
            error = t; // for who drains, once the others have what this one had
        }
    }

    /** Throws what is not the consumer's alone, once the others have what it had. */
    void throwError() {
        if (error != null) {
            final Throwable thrown = error;
            error = null;
            LangUtil.rethrowUnchecked(thrown);
        }
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
     * Events and gaps that the consumer took.
     *
     * @return number of events
     */
    public long delivered() {
        return delivered;
    }

    /**
     * Events and gaps that the consumer did not take, or at which it threw.
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
