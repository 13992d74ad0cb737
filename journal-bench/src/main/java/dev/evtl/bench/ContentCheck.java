package dev.evtl.bench;

/** Holds what is read against what was written: every event of every producer once, in its order, and whole. */
public final class ContentCheck implements EventVisitor {
    private static final int MAX_PRODUCERS = 64;

    private final int payloadLength;
    private final boolean timestampsAreIndexes;
    private final long[] next = new long[MAX_PRODUCERS];
    private long events;
    private long mismatched;

    /**
     * For one reading.
     *
     * @param payloadLength        of every event
     * @param timestampsAreIndexes whether every timestamp must be the event's index
     */
    public ContentCheck(final int payloadLength, final boolean timestampsAreIndexes) {
        this.payloadLength = payloadLength;
        this.timestampsAreIndexes = timestampsAreIndexes;
    }

    @Override
    public void onEvent(final long timestamp, final int type, final long sum) {
        final int producer = type - Content.FIRST_TYPE & MAX_PRODUCERS - 1;
        final long index = next[producer]++;
        if (sum != Content.expectedSum(Content.seed(producer, index), payloadLength)
                || timestampsAreIndexes && timestamp != index) {
            mismatched++;
        }
        events++;
    }

    /**
     * Events read so far.
     *
     * @return number of events
     */
    public long events() {
        return events;
    }

    /**
     * Fails unless all was read and nothing else. As each producer's events were checked to come in their order and
     * without holes, the number of all tells it.
     *
     * @param written events that all producers wrote
     * @throws IllegalStateException naming what is wrong
     */
    public void requireAll(final long written) {
        if (events != written || mismatched != 0) {
            throw new IllegalStateException("of " + written + " events written, " + events + " were read, of which "
                    + mismatched + " are not as written");
        }
    }
}
