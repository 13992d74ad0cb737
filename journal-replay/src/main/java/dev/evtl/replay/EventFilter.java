package dev.evtl.replay;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.BitSet;
import java.util.Objects;

/**
 * Chooses events. Filters compose; those made here are for any number of threads. Gaps are not asked about.
 */
@FunctionalInterface
public interface EventFilter {
    /** Lets every event through. */
    EventFilter ALL = event -> true;

    /**
     * Whether an event passes.
     *
     * @param event valid only during the call; no gap
     * @return true if it passes
     */
    boolean test(JournalEvent event);

    /**
     * Passes events of some types.
     *
     * @param types to pass, each from 0 to 255
     * @return the filter
     * @throws IllegalArgumentException if a type is out of bounds
     */
    static EventFilter types(final int... types) {
        Objects.requireNonNull(types, "types");
        final BitSet passing = new BitSet(256);
        for (final int type : types) {
            if (type < 0 || type > 255) {
                throw new IllegalArgumentException("type " + type + " is not from 0 to 255");
            }
            passing.set(type);
        }
        return event -> passing.get(event.type());
    }

    /**
     * Passes events of a span of time, for timestamps that are nanoseconds since the Unix epoch.
     *
     * @param from earliest time
     * @param to   latest time
     * @return the filter, both ends included
     * @throws ArithmeticException if a time is not from the years 1678 to 2261
     */
    static EventFilter time(final Instant from, final Instant to) {
        Objects.requireNonNull(from, "from");
        Objects.requireNonNull(to, "to");
        return timestamps(ChronoUnit.NANOS.between(Instant.EPOCH, from), ChronoUnit.NANOS.between(Instant.EPOCH, to));
    }

    /**
     * Passes events of a range of timestamps, in whatever unit the journal's are.
     *
     * @param from earliest timestamp
     * @param to   latest timestamp
     * @return the filter, both ends included
     */
    static EventFilter timestamps(final long from, final long to) {
        return event -> event.timestamp() >= from && event.timestamp() <= to;
    }

    /**
     * Passes events of a range of sequence numbers.
     *
     * @param from first
     * @param to   last
     * @return the filter, both ends included
     */
    static EventFilter sequences(final long from, final long to) {
        return event -> event.sequence() >= from && event.sequence() <= to;
    }

    /**
     * Passes what this and another filter pass.
     *
     * @param other filter
     * @return the filter
     */
    default EventFilter and(final EventFilter other) {
        Objects.requireNonNull(other, "other");
        return event -> test(event) && other.test(event);
    }

    /**
     * Passes what this or another filter passes.
     *
     * @param other filter
     * @return the filter
     */
    default EventFilter or(final EventFilter other) {
        Objects.requireNonNull(other, "other");
        return event -> test(event) || other.test(event);
    }

    /**
     * Passes what this filter does not.
     *
     * @return the filter
     */
    default EventFilter negate() {
        return event -> !test(event);
    }

    /**
     * Hands what passes to a handler. Gaps always pass: that events are missing is never filtered out.
     *
     * @param handler of the events that pass
     * @return a handler of all events
     */
    default EventHandler before(final EventHandler handler) {
        Objects.requireNonNull(handler, "handler");
        return event -> event.isGap() || test(event) ? handler.onEvent(event) : EventHandler.Action.CONTINUE;
    }
}
