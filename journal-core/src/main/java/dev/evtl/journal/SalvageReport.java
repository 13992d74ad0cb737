package dev.evtl.journal;

import java.util.List;

/**
 * What a salvage kept, and everything that it left out.
 *
 * @param outcome      whether anything is missing
 * @param events       number of events kept, including gap events of the damaged file, without those that stand for its
 *     holes
 * @param ringEvents   number of events that were accepted into the ring file, are not in the damaged file, and were
 *     added at the end
 * @param missing      number of events missing in all holes
 * @param missingKnown whether the file's header confirms that number; if not, each hole counts as one event, and more
 *     may be missing
 * @param brokenClaims number of claims that are known to have lost an event after others that were kept
 * @param baseSequence sequence number of the new journal's first event
 * @param leftOut      the holes, in the order of the file
 * @param remarks      what else there is to know, one line each
 */
public record SalvageReport(
        Outcome outcome,
        long events,
        long ringEvents,
        long missing,
        boolean missingKnown,
        long brokenClaims,
        long baseSequence,
        List<LeftOut> leftOut,
        List<String> remarks) {

    /** Whether anything is missing. */
    public enum Outcome {
        /** Every event that the file ever held is there, as far as the file shows. */
        COMPLETE,
        /**
         * Only a torn tail is missing, or unsynced data that was lost in a crash of the machine; a recovery would keep
         * the same events.
         */
        TAIL_MISSING,
        /** Events are missing, or their number or their sequence numbers could not be saved. */
        INCOMPLETE
    }

    /**
     * A stretch of the damaged file that is not in the new one.
     *
     * @param offset   where it begins
     * @param length   number of bytes; 0 if the file ends before events that it should hold
     * @param missing  number of events that the gap event in its place says are missing
     * @param sequence sequence number of that gap event in the new journal
     * @param reason   why there is no event where the stretch begins
     */
    public record LeftOut(long offset, long length, long missing, long sequence, String reason) {}

    /**
     * Copies the lists.
     *
     * @param outcome      whether anything is missing
     * @param events       number of events kept
     * @param ringEvents   number of events from the ring file
     * @param missing      number of events missing
     * @param missingKnown whether the header confirms that number
     * @param brokenClaims number of claims that lost an event
     * @param baseSequence of the new journal
     * @param leftOut      the holes
     * @param remarks      one line each
     */
    public SalvageReport {
        leftOut = List.copyOf(leftOut);
        remarks = List.copyOf(remarks);
    }

    /**
     * Returns the length of all holes.
     *
     * @return number of bytes
     */
    public long bytesLeftOut() {
        return leftOut.stream().mapToLong(LeftOut::length).sum();
    }
}
