package dev.evtl.cli.stress;

import dev.evtl.replay.EventHandler;
import dev.evtl.replay.JournalEvent;
import java.util.List;

/**
 * Compares every event read with what its producer wrote: each producer's events must come in its order, none twice,
 * each whole, and in the end exactly those that were accepted.
 */
final class StressChecker implements EventHandler {
    private final int payload;
    private final long[] offered;
    private final long[] accepted;
    private final long[] acceptedDigest;
    private final long[] next;
    private final long[] seen;
    private final long[] digest;
    private long replayed;
    private long mismatched;
    private String firstMismatch;

    StressChecker(final int payload, final List<StressProducer.Written> producers) {
        this.payload = payload;
        this.offered =
                producers.stream().mapToLong(StressProducer.Written::offered).toArray();
        this.accepted =
                producers.stream().mapToLong(StressProducer.Written::accepted).toArray();
        this.acceptedDigest =
                producers.stream().mapToLong(StressProducer.Written::digest).toArray();
        this.next = new long[offered.length];
        this.seen = new long[offered.length];
        this.digest = new long[offered.length];
    }

    @Override
    public Action onEvent(final JournalEvent event) {
        if (!event.isGap()) {
            check(event, event.sequence(), event.timestamp());
        }
        return Action.CONTINUE;
    }

    private void check(final JournalEvent event, final long sequence, final long timestamp) {
        replayed++;
        final int producer = StressPayload.producer(event.type());
        if (producer >= offered.length || timestamp < 0 || timestamp >= offered[producer]) {
            mismatch("sequence " + sequence + ": event " + timestamp + " of type " + event.type()
                    + " was never offered");
            return;
        }
        if (timestamp < next[producer]) {
            mismatch("sequence " + sequence + ": event " + timestamp + " of producer " + producer
                    + " comes twice or out of its order, expected at least " + next[producer]);
            return;
        }
        next[producer] = timestamp + 1;
        seen[producer]++;
        digest[producer] += StressPayload.key(producer, timestamp);
        if (event.flags() != StressPayload.flags(timestamp)
                || event.payloadLength() != payload
                || !StressPayload.matches(event.buffer(), event.payloadOffset(), payload, producer, timestamp)) {
            mismatch("sequence " + sequence + ": event " + timestamp + " of producer " + producer
                    + " is not what its producer wrote");
        }
    }

    /** Looks for what is missing, when all was read. */
    void finish() {
        for (int producer = 0; producer < offered.length; producer++) {
            final long missing = Math.abs(accepted[producer] - seen[producer]);
            if (missing != 0 || digest[producer] != acceptedDigest[producer]) {
                mismatch("producer " + producer + ": " + seen[producer] + " of " + accepted[producer]
                        + " events accepted were read" + (missing != 0 ? "" : ", but not all of the same"));
                mismatched += Math.max(0, missing - 1);
            }
        }
    }

    private void mismatch(final String what) {
        mismatched++;
        if (firstMismatch == null) {
            firstMismatch = what;
        }
    }

    long replayed() {
        return replayed;
    }

    /** Events read that are not what was written there, and events written that were not read. */
    long mismatched() {
        return mismatched;
    }

    /** What is wrong first, null if nothing is. */
    String firstMismatch() {
        return firstMismatch;
    }
}
