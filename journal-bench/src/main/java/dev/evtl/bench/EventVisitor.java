package dev.evtl.bench;

/** Told of each event that an {@link EventSource} reads. */
@FunctionalInterface
public interface EventVisitor {
    /**
     * An event was read.
     *
     * @param timestamp that its producer gave it
     * @param type      {@link Content#FIRST_TYPE} and up, by producer
     * @param sum       of its payload, as {@link Content#sum} finds it
     */
    void onEvent(long timestamp, int type, long sum);
}
