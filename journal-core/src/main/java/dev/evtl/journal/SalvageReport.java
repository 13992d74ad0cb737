package dev.evtl.journal;

import java.util.List;

/**
 * What a salvage kept, and all that it left out.
 *
 * @param outcome      whether anything is missing
 * @param events       events kept, gaps that were in the damaged file included, those that stand for its holes not
 * @param ringEvents   events that were accepted into the ring file and are not in the damaged one, added at the end
 * @param missing      events missing in all holes
 * @param missingKnown whether the file's header confirms that number; without, each hole counts as one event, and there
 *     may have been more
 * @param brokenClaims claims that are known to have lost a member behind others that were kept
 * @param baseSequence sequence number of the new journal's first event
 * @param leftOut      the holes, in the order of the file
 * @param remarks      what else there is to know, a line each
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
        /** Every event that the file ever held, as far as it can tell. */
        COMPLETE,
        /** All but a torn tail, or but unsynced data that went with the machine: what a recovery would keep. */
        TAIL_MISSING,
        /** Events are missing, or their number or their sequence numbers could not be saved. */
        INCOMPLETE
    }

    /**
     * A stretch of the damaged file that is not in the new one.
     *
     * @param offset   where it begins
     * @param length   bytes; 0 where the file ends before events that it should hold
     * @param missing  how many events the gap in its place says are missing
     * @param sequence of that gap in the new journal
     * @param reason   why what begins there is no event
     */
    public record LeftOut(long offset, long length, long missing, long sequence, String reason) {}

    /**
     * Keeps copies of the lists.
     *
     * @param outcome      whether anything is missing
     * @param events       events kept
     * @param ringEvents   events from the ring file
     * @param missing      events missing
     * @param missingKnown whether the header confirms that
     * @param brokenClaims claims that lost a member
     * @param baseSequence of the new journal
     * @param leftOut      the holes
     * @param remarks      a line each
     */
    public SalvageReport {
        leftOut = List.copyOf(leftOut);
        remarks = List.copyOf(remarks);
    }

    /**
     * Bytes of all holes.
     *
     * @return number of bytes
     */
    public long bytesLeftOut() {
        return leftOut.stream().mapToLong(LeftOut::length).sum();
    }
}
