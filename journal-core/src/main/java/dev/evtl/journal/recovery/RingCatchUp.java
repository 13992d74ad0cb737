package dev.evtl.journal.recovery;

import dev.evtl.journal.format.EventHeader;
import dev.evtl.journal.format.GapEvent;
import dev.evtl.journal.io.FileCalls;
import dev.evtl.journal.io.MappedFault;
import dev.evtl.journal.ring.CheckpointState;
import dev.evtl.journal.ring.ClaimOwners;
import dev.evtl.journal.ring.RingFile;
import dev.evtl.journal.ring.RingRecord;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import org.agrona.concurrent.AtomicBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Finds out which records of a ring file the journal file holds already, on the thread that opens, inspects or salvages
 * the journal. They differ when the appender's process was stopped between copying records and writing the checkpoint.
 *
 * <p>The appender appends the records from the checkpoint's ring position on, in order, at the checkpoint's file
 * offset, and nobody else appends. So ring and file are walked side by side, and what is the same in both is in the
 * file. The walk stops at the first difference, at the end of the file, or at a record that is not committed; the rest
 * is still to be appended.
 *
 * <p>If the file ends before the checkpoint's file offset, published events are missing, which cannot happen while the
 * machine runs unless the file was cut or is a copy of an earlier moment. If its content differs, the file was changed.
 * In both cases nothing counts as being in the file, and everything in the ring is appended to what the file holds.
 */
public final class RingCatchUp {
    private final RingFile ring;
    private final FileChannel channel;
    private final long fileEnd;
    private final long missing;
    private final AtomicBuffer records;
    private final RingRecord record;
    private final ByteBuffer fileBytes;
    private final UnsafeBuffer fileEvents;
    private final CheckpointState state;

    private RingCatchUp(
            final RingFile ring,
            final CheckpointState state,
            final FileChannel channel,
            final long fileSequence,
            final long fileEnd) {
        this.ring = ring;
        this.channel = channel;
        this.fileEnd = fileEnd;
        this.records = ring.memory().ring();
        this.record = ring.memory().record();
        this.fileBytes = ByteBuffer.allocate(Math.max(ring.memory().capacity() / 8, GapEvent.LENGTH));
        this.fileEvents = new UnsafeBuffer(fileBytes);
        this.state = state;
        if (state.fileSequence != fileSequence) {
            state.fileOffset =
                    CheckpointState.NOWHERE; // the checkpoint is of another file, so this one holds nothing of the ring
        }
        this.missing = state.fileOffset == CheckpointState.NOWHERE ? 0 : Math.max(0, state.fileOffset - fileEnd);
    }

    /**
     * What a ring holds and the file does not.
     *
     * @param events     number of the application's events that are committed
     * @param abandoned  number of claims that were or will be released because their process has died
     * @param drops      number of events dropped by producers that no gap event in the file records
     * @param unrecorded number of events dropped because the file was full that no gap event in it records
     * @param missing    bytes of events that left the ring when they were published, and that the file does not hold
     */
    public record Found(long events, int abandoned, long drops, long unrecorded, long missing) {
        /** The ring holds nothing that the file does not. */
        public static final Found NOTHING = new Found(0, 0, 0, 0, 0);

        /** Returns whether opening for append brings nothing in. */
        public boolean isNothing() {
            return events == 0 && drops == 0 && unrecorded == 0;
        }
    }

    /**
     * Counts what the ring holds and the file does not, and changes nothing. Events after an uncommitted claim count
     * too, because that claim will be released.
     */
    public static Found look(
            final RingFile ring, final FileChannel channel, final long fileSequence, final long fileEnd)
            throws IOException {
        return look(ring, ring.checkpoint().load(), channel, fileSequence, fileEnd);
    }

    /** Counts as the other does, from another place than the ring's checkpoint says. */
    public static Found look(
            final RingFile ring,
            final CheckpointState from,
            final FileChannel channel,
            final long fileSequence,
            final long fileEnd)
            throws IOException {
        final RingCatchUp catchUp = new RingCatchUp(ring, from, channel, fileSequence, fileEnd);
        catchUp.walk();
        return catchUp.count(false);
    }

    /**
     * Releases the part of the ring that is in the file, moves the checkpoint to the end of the file and releases
     * orphaned claims. Returns what the ring still holds.
     */
    public static Found run(final RingFile ring, final FileChannel channel, final long fileSequence, final long fileEnd)
            throws IOException {
        final RingCatchUp catchUp = new RingCatchUp(ring, ring.checkpoint().load(), channel, fileSequence, fileEnd);
        catchUp.walk();
        catchUp.state.fileSequence = fileSequence;
        catchUp.state.fileOffset = fileEnd;
        ring.checkpoint().store(catchUp.state);
        MappedFault.throwPending(); // what is released is not found again
        ring.memory().release(catchUp.state.ringPosition);
        return catchUp.count(true);
    }

    /**
     * Copies to a new file what the ring holds and the old file does not, in order. Returns the number of events
     * copied.
     */
    public static long copy(
            final RingFile ring,
            final FileChannel channel,
            final long fileSequence,
            final long fileEnd,
            final SalvageWriter out)
            throws IOException {
        final RingCatchUp catchUp = new RingCatchUp(ring, ring.checkpoint().load(), channel, fileSequence, fileEnd);
        catchUp.walk();
        return catchUp.copy(out);
    }

    private void walk() throws IOException {
        if (state.unrecorded > 0 && isGap(state.unrecorded, state.firstUnrecorded, state.lastUnrecorded)) {
            state.fileOffset += GapEvent.LENGTH;
            state.unrecorded = 0;
        }
        final long tail = ring.memory().tail();
        while (state.ringPosition < tail) {
            record.at(state.ringPosition);
            if (!record.isCommitted() || record.isClaim() && !isThere()) {
                break;
            }
            state.ringPosition = record.end();
        }
    }

    private boolean isThere() throws IOException {
        if (record.isGap()) {
            return isGapThere(record.gapPayload());
        }
        final int index = record.eventsIndex();
        final int length = record.eventsLength();
        if (isSame(index, length)) {
            state.fileOffset += length;
            state.journaled += record.events();
            state.bytesJournaled += length;
            return true;
        }
        if (isGap(
                record.events(),
                EventHeader.timestamp(records, index),
                EventHeader.lastTimestamp(records, index, length))) {
            state.fileOffset += GapEvent.LENGTH; // the file is full, and this claim was the first to be dropped
            state.dropped += record.events();
            state.bytesDropped += length;
            return true;
        }
        return false;
    }

    private boolean isGapThere(final int payload) throws IOException {
        final long drops = GapEvent.dropped(records, payload) - state.dropsJournaled;
        final boolean there = drops <= 0 // an earlier gap event in the file records them
                || isGap(drops, GapEvent.firstTimestamp(records, payload), GapEvent.lastTimestamp(records, payload));
        if (there && drops > 0) {
            state.fileOffset += GapEvent.LENGTH;
            state.dropsJournaled += drops;
        }
        return there;
    }

    /** Reads the next bytes of the file. Returns false if fewer are left or the buffer is too small. */
    private boolean read(final int length) throws IOException {
        if (length > fileBytes.capacity() || length > fileEnd - state.fileOffset) {
            return false;
        }
        fileBytes.clear().limit(length);
        FileCalls.read(channel, fileBytes, state.fileOffset);
        return !fileBytes.hasRemaining();
    }

    private boolean isGap(final long dropped, final long first, final long last) throws IOException {
        return read(GapEvent.LENGTH)
                && GapEvent.isGap(EventHeader.word(fileEvents, 0))
                && GapEvent.dropped(fileEvents, EventHeader.LENGTH) == dropped
                && GapEvent.firstTimestamp(fileEvents, EventHeader.LENGTH) == first
                && GapEvent.lastTimestamp(fileEvents, EventHeader.LENGTH) == last;
    }

    /**
     * Returns whether the claim's events are the next in the file, without comparing the checksums, which only the file
     * has.
     */
    private boolean isSame(final int index, final int length) throws IOException {
        if (!read(length)) {
            return false;
        }
        int offset = 0;
        while (offset + EventHeader.LENGTH <= length) {
            fileEvents.putInt(
                    offset + EventHeader.CHECKSUM_OFFSET, records.getInt(index + offset + EventHeader.CHECKSUM_OFFSET));
            offset += EventHeader.eventLength(records, index + offset);
        }
        for (int i = 0; i < length; i++) {
            if (records.getByte(index + i) != fileBytes.get(i)) {
                return false;
            }
        }
        return true;
    }

    /**
     * Counts what the ring holds from here on. With release, orphaned claims are released, and the count stops at a
     * hole, where a living process may be about to claim. Without release the caller has all locks, no process is
     * alive, and holes are passed.
     */
    private Found count(final boolean release) {
        long events = 0;
        int abandoned = 0;
        boolean inHole = false;
        final long tail = ring.memory().tail();
        long position = state.ringPosition;
        while (position < tail) {
            if (release && ring.orphans().release(position) != ClaimOwners.HELD) {
                abandoned++;
            }
            record.at(position);
            final boolean hole = record.isHole();
            if (!release && !record.isCommitted() && !(hole && inHole && !record.isAtRingStart())) {
                abandoned++; // a release takes all zeros up to the next record or the ring's end as one claim
            }
            if (hole && release) {
                break;
            }
            inHole = hole;
            if (record.isCommitted()) {
                events += record.events();
            }
            position = record.end();
        }
        return new Found(events, abandoned, ring.dropped() - state.dropsJournaled, state.unrecorded, missing);
    }

    /** Appends the committed claims, and gap events for drops that no gap records yet, each at its place. */
    private long copy(final SalvageWriter out) throws IOException {
        if (state.unrecorded > 0) { // by a full file, before anything that is still in the ring
            out.appendGap(state.unrecorded, state.firstUnrecorded, state.lastUnrecorded);
        }
        long events = 0;
        long lastTimestamp = 0;
        final long tail = ring.memory().tail();
        for (record.at(state.ringPosition); record.position() < tail; record.next()) {
            if (!record.isCommitted()) {
                continue;
            }
            if (record.isGap()) {
                final int payload = record.gapPayload();
                copyGap(
                        GapEvent.dropped(records, payload),
                        GapEvent.firstTimestamp(records, payload),
                        GapEvent.lastTimestamp(records, payload),
                        out);
            } else if (record.isClaim()) {
                events += record.events();
                final int end = record.eventsIndex() + record.eventsLength();
                for (int i = record.eventsIndex(); i < end; ) {
                    final int length = EventHeader.eventLength(records, i);
                    out.append(records, i, length);
                    lastTimestamp = EventHeader.timestamp(records, i);
                    i += length;
                }
            }
        }
        copyGap(ring.dropped(), lastTimestamp, lastTimestamp, out);
        return events;
    }

    private void copyGap(final long dropped, final long first, final long last, final SalvageWriter out)
            throws IOException {
        final long missing = dropped - state.dropsJournaled;
        if (missing > 0) {
            out.appendGap(missing, first, last);
            state.dropsJournaled = dropped;
        }
    }
}
