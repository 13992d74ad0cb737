package dev.evtl.journal.ring;

/** Who has made the claims in a ring, and whether they can still end them. For the thread that runs the appender. */
public interface ClaimOwners {
    /** Result of {@link #release}: the claim's owner lives, or it cannot be told yet. */
    int HELD = -1;

    /** Threads of this process, which live as long as the ring. */
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
     * Releases the record at a position, which is before the tail, if it is neither committed nor aborted and nobody will
     * ever do it.
     *
     * @param position in the ring, of a record's start
     * @return events in the released claim, 1 where that is not known, 0 for a gap; {@link #HELD} if it was not released
     */
    int release(long position);

    /** The number of the process that has made a claim, for messages; 0 if it is this one or the record does not say. */
    long process(long position);
}
