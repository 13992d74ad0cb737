package dev.evtl.journal;

import dev.evtl.journal.format.EventChecksum;
import dev.evtl.journal.format.EventHeader;
import dev.evtl.journal.format.GapEvent;
import dev.evtl.journal.storage.ClaimType;
import dev.evtl.journal.storage.JournalStorage;
import dev.evtl.journal.storage.RingMark;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.agrona.LangUtil;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.AtomicBuffer;

/** Copies claims from the ring to the storage and counts what became of them. For the appender. */
final class ClaimCopier {
    private final AtomicBuffer ring;
    private final ByteBuffer ringBytes;
    private final Counters counters;
    private final JournalStorage storage;
    private final EventChecksum checksum;
    private final WhenFull whenFull;
    private final int fullReserve;
    private final GapWriter gaps;
    private final FullFile fullFile;

    private long journaled;
    private long bytesJournaled;
    private long dropsJournaled;
    private long dropped;
    private long bytesDropped;
    private boolean waitingForSpace;
    private Throwable failure;

    /** With null for {@code checksum} in a file without. */
    ClaimCopier(
            final AtomicBuffer ring,
            final Counters counters,
            final JournalStorage storage,
            final EventChecksum checksum,
            final WhenFull whenFull) {
        this.ring = ring;
        this.ringBytes = ring.byteBuffer().duplicate();
        this.counters = counters;
        this.storage = storage;
        this.checksum = checksum;
        this.whenFull = whenFull;
        this.fullReserve = whenFull == WhenFull.DROP ? FullFile.RESERVE : 0;
        this.gaps = new GapWriter(storage, checksum);
        this.fullFile = new FullFile(storage, gaps);
    }

    /** Goes on where the appender before was stopped. */
    void resume(final RingMark mark) {
        journaled = mark.get(RingMark.JOURNALED);
        bytesJournaled = mark.get(RingMark.BYTES_JOURNALED);
        dropsJournaled = mark.get(RingMark.DROPS_JOURNALED);
        dropped = mark.get(RingMark.DROPPED_BY_APPENDER);
        bytesDropped = mark.get(RingMark.BYTES_DROPPED_BY_APPENDER);
        fullFile.resume(mark);
    }

    /** Says in a mark what was counted. */
    void mark(final RingMark mark) {
        mark.set(RingMark.JOURNALED, journaled);
        mark.set(RingMark.BYTES_JOURNALED, bytesJournaled);
        mark.set(RingMark.DROPS_JOURNALED, dropsJournaled);
        mark.set(RingMark.DROPPED_BY_APPENDER, dropped);
        mark.set(RingMark.BYTES_DROPPED_BY_APPENDER, bytesDropped);
        fullFile.mark(mark);
    }

    /** Shows what was counted. */
    void count() {
        counters.set(Counters.BYTES_DROPPED_BY_APPENDER, bytesDropped);
        counters.set(Counters.DROPPED_BY_APPENDER, dropped);
        counters.set(Counters.BYTES_JOURNALED, bytesJournaled);
        counters.set(Counters.JOURNALED, journaled);
    }

    /** Counts anew from what was shown: the rest is in the ring still. */
    void recount() {
        bytesDropped = counters.get(Counters.BYTES_DROPPED_BY_APPENDER);
        dropped = counters.get(Counters.DROPPED_BY_APPENDER);
        bytesJournaled = counters.get(Counters.BYTES_JOURNALED);
        journaled = counters.get(Counters.JOURNALED);
    }

    /**
     * To be called before each batch.
     *
     * @return false if there is no space yet even for what comes before it
     */
    boolean begin() throws IOException {
        waitingForSpace = !fullFile.recordResumed(fullReserve);
        return !waitingForSpace;
    }

    /** Whether the batch ended at a claim for which the space is being prepared. */
    boolean isWaitingForSpace() {
        return waitingForSpace;
    }

    /** Throws what the batch ended with, if it was a failure. */
    void checkFailure() {
        if (failure != null) {
            LangUtil.rethrowUnchecked(failure);
        }
    }

    /** Appends a claim; false if it has to stay in the ring. */
    boolean append(final int type, final int index, final int length) {
        try {
            if (ClaimType.isGap(type)) {
                return appendGap(index + EventHeader.LENGTH);
            }
            final int target = fullFile.isFull() ? JournalStorage.FULL : storage.reserve(length + fullReserve);
            if (target >= 0) {
                storage.buffer().putBytes(target, ring, index, length);
                if (checksum != null) {
                    stamp(index, length, target);
                }
                final int events = ClaimType.events(type);
                storage.append(length, events);
                journaled += events;
                bytesJournaled += length;
            } else if (target == JournalStorage.NOT_READY) {
                waitingForSpace = true;
                return false;
            } else {
                failIfFull();
                fullFile.drop(ClaimType.events(type), ring, index, length);
                discard(type, index, length);
            }
            return true;
        } catch (final Throwable t) {
            failure = t;
            return false;
        }
    }

    /** The gap tells up to where it records; what of that is recorded already came from a gap before it. */
    private boolean appendGap(final int payload) throws IOException {
        final long recorded = GapEvent.dropped(ring, payload);
        final long missing = recorded - dropsJournaled;
        if (missing > 0) {
            final long first = GapEvent.firstTimestamp(ring, payload);
            final long last = GapEvent.lastTimestamp(ring, payload);
            final int target = fullFile.isFull() ? JournalStorage.FULL : gaps.append(missing, first, last, fullReserve);
            if (target == JournalStorage.NOT_READY) {
                waitingForSpace = true;
                return false;
            } else if (target == JournalStorage.FULL) {
                failIfFull();
                fullFile.drop(missing, first, last);
            }
            dropsJournaled = recorded;
        }
        return true;
    }

    /** The checksum is taken from the ring, which nobody cuts short, and stored where the event went. */
    private void stamp(final int index, final int length, final int target) {
        final MutableDirectBuffer buffer = storage.buffer();
        final long position = storage.position();
        int offset = 0;
        while (offset < length) {
            final int eventLength = EventHeader.eventLength(ring, index + offset);
            buffer.putInt(
                    target + offset + EventHeader.CHECKSUM_OFFSET,
                    checksum.compute(ringBytes, index + offset, eventLength, position + offset));
            offset += eventLength;
        }
    }

    private void failIfFull() {
        if (whenFull == WhenFull.FAIL) {
            throw new JournalFullException(storage.path() + ": has reached its maximum, " + storage.allocated()
                    + " bytes; open another file, or this one with a larger maxSize");
        }
    }

    /** Drops of the producers of which a gap has told. */
    long dropsJournaled() {
        return dropsJournaled;
    }

    /** Counts a claim as dropped. */
    boolean discard(final int type, final int index, final int length) {
        if (!ClaimType.isGap(type)) {
            dropped += ClaimType.events(type);
            bytesDropped += length;
        }
        return true;
    }

    /** Appends what is still to be recorded of a full file. */
    void end() throws IOException {
        fullFile.record();
    }
}
