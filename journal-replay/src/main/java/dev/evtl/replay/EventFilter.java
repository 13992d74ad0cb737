package dev.evtl.replay;

import java.util.BitSet;

/** Chooses events by what their headers say. Filters compose; for any number of threads. */
@FunctionalInterface
public interface EventFilter {
    /** Lets every event through. */
    EventFilter ALL = (sequence, timestamp, type) -> true;

    /**
     * Whether an event passes.
     *
     * @param sequence  of the event
     * @param timestamp of the event
     * @param type      of the event
     * @return true if it passes
     */
    boolean test(long sequence, long timestamp, int type);

    /**
     * Passes events of some types.
     *
     * @param types to pass
     * @return the filter
     */
    static EventFilter types(final int... types) {
        final BitSet passing = new BitSet(256);
        for (final int type : types) {
            passing.set(type);
        }
        return (sequence, timestamp, type) -> passing.get(type);
    }

    /**
     * Passes events of a span of time.
     *
     * @param from earliest timestamp
     * @param to   latest timestamp
     * @return the filter, both ends included
     */
    static EventFilter time(final long from, final long to) {
        return (sequence, timestamp, type) -> timestamp >= from && timestamp <= to;
    }

    /**
     * Passes events of a range of sequence numbers.
     *
     * @param from first
     * @param to   last
     * @return the filter, both ends included
     */
    static EventFilter sequence(final long from, final long to) {
        return (sequence, timestamp, type) -> sequence >= from && sequence <= to;
    }

    /**
     * Passes what this and another filter pass.
     *
     * @param other filter
     * @return the filter
     */
    default EventFilter and(final EventFilter other) {
        return (sequence, timestamp, type) -> test(sequence, timestamp, type) && other.test(sequence, timestamp, type);
    }

    /**
     * Passes what this or another filter passes.
     *
     * @param other filter
     * @return the filter
     */
    default EventFilter or(final EventFilter other) {
        return (sequence, timestamp, type) -> test(sequence, timestamp, type) || other.test(sequence, timestamp, type);
    }

    /**
     * Passes what this filter does not.
     *
     * @return the filter
     */
    default EventFilter negate() {
        return (sequence, timestamp, type) -> !test(sequence, timestamp, type);
    }

    /**
     * Hands what passes to a handler. Gaps always pass: that events are missing is never filtered out.
     *
     * @param handler of the events that pass
     * @return a handler of all events
     */
    default EventHandler before(final EventHandler handler) {
        return new FilteringHandler(this, handler);
    }
}
