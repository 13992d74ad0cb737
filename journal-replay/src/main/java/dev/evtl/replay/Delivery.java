package dev.evtl.replay;

import java.util.Objects;
import java.util.function.Consumer;
import org.agrona.ErrorHandler;

/** What one consumer of a {@link Dispatcher} took and did not take. */
public final class Delivery {
    private final EventConsumer consumer;
    private final String name;
    private final ErrorHandler errorHandler;
    private final Consumer<Throwable> thrower;
    private long delivered;
    private long failed;

    /**
     * Delivers to one consumer.
     *
     * @param thrower keeps what is not the consumer's alone, to be thrown once the others have what this one had
     */
    Delivery(final EventConsumer consumer, final ErrorHandler errorHandler, final Consumer<Throwable> thrower) {
        this.consumer = Objects.requireNonNull(consumer, "consumer");
        this.name = consumer.name(); // once: a name that throws must not keep a failure from being told
        this.errorHandler = errorHandler;
        this.thrower = thrower;
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
            thrower.accept(thrown);
        }
        try {
            errorHandler.onError(new ConsumerException("consumer " + name + ": " + what + ": " + thrown, thrown));
        } catch (final Throwable t) {
            thrower.accept(t);
        }
    }

    /**
     * The consumer's name.
     *
     * @return as {@link EventConsumer#name} gave it when the {@link Dispatcher} was made
     */
    public String name() {
        return name;
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
