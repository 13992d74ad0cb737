package dev.evtl.journal.recovery;

import dev.evtl.journal.format.EventHeader;
import dev.evtl.journal.format.GapEvent;
import dev.evtl.journal.io.FileCalls;
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
 * Finds out which records of a ring file the journal file holds already, after the appender's process was stopped
 * somewhere between copying them and writing the checkpoint that says so.
 *
 * <p>The appender appends what lies in the ring from the checkpoint's ring position on, in order, from its file
 * offset on, and nobody else appends. So both are walked side by side, and what is the same in both is in the file. At
 * the first difference, at the file's end or at a record that is not committed the walk stops: the rest is to be
 * appended. Where the file ends before that offset, events that were published are gone from it, which
 * cannot happen while the machine runs unless somebody cuts the file; or its content is another, somebody has changed
 * it. Then nothing is taken as there, and what the ring holds is appended to what the file holds.
 */
public final class RingCatchUp {
    private final RingFile ring;
    private final FileChannel channel;
    private final long fileEnd;
    private final AtomicBuffer records;
    private final RingRecord record;
    private final ByteBuffer fileBytes;
    private final UnsafeBuffer fileEvents;
    private final CheckpointState state;

    private RingCatchUp(final RingFile ring, final FileChannel channel, final long fileSequence, final long fileEnd) {
        this.ring = ring;
        this.channel = channel;
        this.fileEnd = fileEnd;
        this.records = ring.memory().ring();
        this.record = ring.memory().record();
        this.fileBytes = ByteBuffer.allocate(Math.max(ring.memory().capacity() / 8, GapEvent.LENGTH));
        this.fileEvents = new UnsafeBuffer(fileBytes);
        this.state = ring.checkpoint().load();
        if (state.fileSequence != fileSequence) {
            state.fileOffset =
                    CheckpointState.NOWHERE; // it speaks of another file, and nothing of the ring is in this one
        }
    }

    /**
     * What a ring holds that the file does not.
     *
     * @param events     committed, the application's
     * @param abandoned  claims that were released because their process has died, or will be
     * @param drops      of producers that no gap event in the file records
     * @param unrecorded drops of a full file that no gap event in it records
     */
    public record Found(long events, int abandoned, long drops, long unrecorded) {
        /** Nothing that the file does not hold. */
        public static final Found NOTHING = new Found(0, 0, 0, 0);

        /** Whether an open for append brings nothing in. */
        public boolean isNothing() {
            return events == 0 && drops == 0 && unrecorded == 0;
        }
    }

    /** Only looks. What lies behind a claim that is not committed counts too, as it will be released. */
    public static Found look(
            final RingFile ring, final FileChannel channel, final long fileSequence, final long fileEnd)
            throws IOException {
        final RingCatchUp catchUp = new RingCatchUp(ring, channel, fileSequence, fileEnd);
        catchUp.walk();
        return catchUp.count(false);
    }

    /** Takes out of the ring what is in the file, moves the checkpoint to the file's end and releases orphaned claims. */
    public static Found run(final RingFile ring, final FileChannel channel, final long fileSequence, final long fileEnd)
            throws IOException {
        final RingCatchUp catchUp = new RingCatchUp(ring, channel, fileSequence, fileEnd);
        catchUp.walk();
        catchUp.state.fileSequence = fileSequence;
        catchUp.state.fileOffset = fileEnd;
        ring.checkpoint().store(catchUp.state);
        ring.memory().release(catchUp.state.ringPosition);
        return catchUp.count(true);
    }

    /** Copies to a new file what the ring holds and the file does not, in its order; returns how many events. */
    public static long copy(
            final RingFile ring,
            final FileChannel channel,
            final long fileSequence,
            final long fileEnd,
            final SalvageWriter out)
            throws IOException {
        final RingCatchUp catchUp = new RingCatchUp(ring, channel, fileSequence, fileEnd);
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
            state.fileOffset += GapEvent.LENGTH; // the file is full, and this was the first to be dropped
            state.dropped += record.events();
            state.bytesDropped += length;
            return true;
        }
        return false;
    }

    private boolean isGapThere(final int payload) throws IOException {
        final long drops = GapEvent.dropped(records, payload) - state.dropsJournaled;
        final boolean there = drops <= 0 // another gap has recorded them
                || isGap(drops, GapEvent.firstTimestamp(records, payload), GapEvent.lastTimestamp(records, payload));
        if (there && drops > 0) {
            state.fileOffset += GapEvent.LENGTH;
            state.dropsJournaled += drops;
        }
        return there;
    }

    /** Reads the file's next bytes; false if it has not so many. */
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

    /** Whether the claim's events are the file's next, but for their checksums, which only the file has. */
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

    /** Up to where a living process may be about to claim, if any lives: who has all locks may pass over that. */
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
                abandoned++; // as a release will, which takes zeros at once up to the next record or the ring's end
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
        return new Found(events, abandoned, ring.dropped() - state.dropsJournaled, state.unrecorded);
    }

    /** Appends what was committed, and a gap for what was dropped and is in none yet. */
    private long copy(final SalvageWriter out) throws IOException {
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
