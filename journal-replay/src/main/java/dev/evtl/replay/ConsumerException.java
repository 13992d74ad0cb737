package dev.evtl.replay;

/** An {@link EventConsumer} threw; names the consumer and the event. */
public final class ConsumerException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    ConsumerException(final String message, final Throwable cause) {
        super(message, cause);
    }
}
