package dev.evtl.journal.ring;

/**
 * Tells which process made a claim in the ring and whether it can still end it. For the thread that runs the appender.
 */
public interface ClaimOwners {
    /**
     * Result of {@link #release}: the record was not released. Its owner is or may be alive, or the claim has ended.
     */
    int HELD = -1;

    /** Owners of a ring in memory: threads of this process, which lives as long as the ring. */
    ClaimOwners THIS_PROCESS = new ClaimOwners() {
        @Override
        public int release(final long position) {
            return HELD;
        }

        @Override
        public long process(final long position) {
            return 0;
        }
    };

    /**
     * Releases the record at a position if it is neither committed nor aborted and nobody will ever do either.
     *
     * @param position start of a record before the tail
     * @return number of events in the released claim, 1 if that is not known, 0 for a gap; {@link #HELD} if the record
     *     was not released
     */
    int release(long position);

    /**
     * Returns the number of the process that made a claim, for messages; 0 if it is this process or the record does not
     * say.
     */
    long process(long position);
}
