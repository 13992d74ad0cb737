package dev.evtl.journal.appender;

import dev.evtl.journal.exceptions.JournalFullException;
import dev.evtl.journal.file.EventMemory;
import dev.evtl.journal.file.JournalStorage;
import dev.evtl.journal.format.GapEvent;
import dev.evtl.journal.ring.CheckpointState;
import dev.evtl.journal.ring.JournalRing;
import dev.evtl.journal.ring.RingRecord;
import java.io.IOException;
import org.agrona.LangUtil;

/** Copies claims from the ring to the storage and counts what became of them, on the appender's thread. */
final class ClaimCopier {
    private final EventMemory ring;
    private final JournalStorage storage;
    private final boolean dropsWhenFull;
    private final int fullReserve;
    private final CheckpointState state;
    private final GapWriter gaps;
    private final FullFileDrops fullFile;

    private boolean waitingForSpace;
    private Throwable failure;

    ClaimCopier(
            final JournalRing ring,
            final JournalStorage storage,
            final boolean dropsWhenFull,
            final CheckpointState state) {
        this.ring = new EventMemory(ring.buffer().buffer());
        this.storage = storage;
        this.dropsWhenFull = dropsWhenFull;
        this.fullReserve = dropsWhenFull ? FullFileDrops.RESERVE : 0;
        this.state = state;
        this.gaps = new GapWriter(storage);
        this.fullFile = new FullFileDrops(storage, gaps, state, ring.outlivesProcess());
    }

    /**
     * Prepares a batch.
     *
     * @return false if space is still being prepared for the gap event that must come first
     */
    boolean begin() throws IOException {
        waitingForSpace = !storage.begin() || !fullFile.recordResumed(fullReserve);
        return !waitingForSpace;
    }

    /** Returns whether the batch ended because space is being prepared. */
    boolean isWaitingForSpace() {
        return waitingForSpace;
    }

    /** Throws the failure with which the batch ended, if any. */
    void checkFailure() {
        if (failure != null) {
            LangUtil.rethrowUnchecked(failure);
        }
    }

    /** Appends a claim. Returns false if the claim has to stay in the ring. */
    boolean append(final RingRecord claim) {
        try {
            return claim.isGap() ? appendGap(claim.gapPayload()) : appendEvents(claim);
        } catch (final Throwable t) {
            failure = t;
            return false;
        }
    }

    private boolean appendEvents(final RingRecord claim) throws IOException {
        final int length = claim.eventsLength();
        final int room = fullFile.isFull() ? JournalStorage.FULL : storage.reserve(length + fullReserve);
        if (room == JournalStorage.READY) {
            storage.append(ring, claim.eventsIndex(), length, claim.events());
            state.journaled += claim.events();
            state.bytesJournaled += length;
        } else if (room == JournalStorage.NOT_READY) {
            waitingForSpace = true;
            return false;
        } else {
            failIfFull();
            fullFile.drop(claim.events(), ring.buffer(), claim.eventsIndex(), length);
            discard(claim);
        }
        return true;
    }

    /** Appends a gap. The gap says up to which drop it records, so drops that earlier gaps recorded are subtracted. */
    private boolean appendGap(final int payload) throws IOException {
        final long recorded = GapEvent.dropped(ring.buffer(), payload);
        final long missing = recorded - state.dropsJournaled;
        if (missing > 0) {
            final long first = GapEvent.firstTimestamp(ring.buffer(), payload);
            final long last = GapEvent.lastTimestamp(ring.buffer(), payload);
            final int room = fullFile.isFull() ? JournalStorage.FULL : gaps.append(missing, first, last, fullReserve);
            if (room == JournalStorage.NOT_READY) {
                waitingForSpace = true;
                return false;
            } else if (room == JournalStorage.FULL) {
                failIfFull();
                fullFile.drop(missing, first, last);
            }
            state.dropsJournaled = recorded;
        }
        return true;
    }

    private void failIfFull() {
        if (!dropsWhenFull) {
            throw new JournalFullException(storage.name() + ": has reached its maximum, " + storage.allocated()
                    + " bytes; open another file, or this one with a larger maxSize");
        }
    }

    /** Counts a claim as dropped. */
    boolean discard(final RingRecord claim) {
        if (!claim.isGap()) {
            state.dropped += claim.events();
            state.bytesDropped += claim.eventsLength();
        }
        return true;
    }

    /** Records the drops of a full file that no gap event records yet. */
    void end() throws IOException {
        fullFile.record();
    }
}
