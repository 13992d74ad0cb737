package dev.evtl.journal.storage;

import static dev.evtl.journal.storage.RingMark.BYTES_DROPPED_BY_APPENDER;
import static dev.evtl.journal.storage.RingMark.BYTES_JOURNALED;
import static dev.evtl.journal.storage.RingMark.DROPPED_BY_APPENDER;
import static dev.evtl.journal.storage.RingMark.DROPS_JOURNALED;
import static dev.evtl.journal.storage.RingMark.FILE_POSITION;
import static dev.evtl.journal.storage.RingMark.FULL_DROPPED;
import static dev.evtl.journal.storage.RingMark.FULL_FIRST_TIMESTAMP;
import static dev.evtl.journal.storage.RingMark.FULL_LAST_TIMESTAMP;
import static dev.evtl.journal.storage.RingMark.JOURNALED;
import static dev.evtl.journal.storage.RingMark.RING_POSITION;

import dev.evtl.journal.format.EventHeader;
import dev.evtl.journal.format.GapEvent;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import org.agrona.BitUtil;
import org.agrona.concurrent.AtomicBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.ringbuffer.RecordDescriptor;

/**
 * Finds out which records of a ring file the journal file holds already, after the appender's process was stopped
 * somewhere between copying them and writing the mark that says so.
 *
 * <p>The appender appends what lies in the ring from the mark's ring position on, in order, from the mark's file
 * position on, and nobody else appends. So both are walked side by side, and what is the same in both is in the file. At
 * the first difference, at the file's end or at a record that is not committed the walk stops: the rest is to be
 * appended. Where the file ends before the mark's file position, events that were published are gone from it, which
 * cannot happen while the machine runs unless somebody cuts the file; or its content is another, somebody has changed
 * it. Then nothing is taken as there, and what the ring holds is appended to what the file holds.
 */
final class RingCatchUp {
    private final RingFile ring;
    private final FileChannel channel;
    private final long fileEnd;
    private final AtomicBuffer records;
    private final ByteBuffer fileBytes;
    private final UnsafeBuffer fileEvents;
    private final long[] fields = new long[FULL_LAST_TIMESTAMP + 1];

    private RingCatchUp(final RingFile ring, final FileChannel channel, final long fileEnd) {
        this.ring = ring;
        this.channel = channel;
        this.fileEnd = fileEnd;
        this.records = ring.ring();
        this.fileBytes = ByteBuffer.allocate(Math.max(ring.capacity() / 8, GapEvent.LENGTH));
        this.fileEvents = new UnsafeBuffer(fileBytes);
        for (int i = 0; i < fields.length; i++) {
            fields[i] = ring.mark().get(i);
        }
    }

    /**
     * What a ring holds that the file does not.
     *
     * @param events     committed, the application's
     * @param claimsLeft that were released because their process has died, or will be
     * @param drops      of producers that no gap event in the file records
     */
    record Found(long events, int claimsLeft, long drops) {
        static final Found NOTHING = new Found(0, 0, 0);
    }

    /** Only looks. What lies behind a claim that is not committed counts too, as it will be released. */
    static Found look(final RingFile ring, final FileChannel channel, final long fileEnd) throws IOException {
        final RingCatchUp catchUp = new RingCatchUp(ring, channel, fileEnd);
        catchUp.walk();
        return catchUp.count(false);
    }

    /** Takes out of the ring what is in the file, moves the mark to the file's end and releases dead claims. */
    static Found run(final RingFile ring, final FileChannel channel, final long fileEnd) throws IOException {
        final RingCatchUp catchUp = new RingCatchUp(ring, channel, fileEnd);
        catchUp.walk();
        catchUp.fields[FILE_POSITION] = fileEnd;
        for (int i = 0; i < catchUp.fields.length; i++) {
            ring.mark().set(i, catchUp.fields[i]);
        }
        ring.mark().publish();
        ring.moveHead(catchUp.fields[RING_POSITION]);
        return catchUp.count(true);
    }

    /** Copies to a new file what the ring holds and the file does not, in its order; returns how many events. */
    static long copy(final RingFile ring, final FileChannel channel, final long fileEnd, final CleanFile out)
            throws IOException {
        final RingCatchUp catchUp = new RingCatchUp(ring, channel, fileEnd);
        catchUp.walk();
        return catchUp.copy(out);
    }

    private void walk() throws IOException {
        if (fields[FULL_DROPPED] > 0
                && isGap(fields[FULL_DROPPED], fields[FULL_FIRST_TIMESTAMP], fields[FULL_LAST_TIMESTAMP])) {
            fields[FILE_POSITION] += GapEvent.LENGTH;
            fields[FULL_DROPPED] = 0;
        }
        final long tail = ring.tail();
        while (fields[RING_POSITION] < tail) {
            final int index = ring.index(fields[RING_POSITION]);
            final int length = records.getIntVolatile(RecordDescriptor.lengthOffset(index));
            final int type = records.getInt(RecordDescriptor.typeOffset(index));
            if (length <= 0 || ClaimType.isClaim(type) && !isThere(type, index, length)) {
                break;
            }
            fields[RING_POSITION] += BitUtil.align(length, RecordDescriptor.ALIGNMENT);
        }
    }

    private boolean isThere(final int type, final int record, final int recordLength) throws IOException {
        final int index = record + RecordDescriptor.HEADER_LENGTH;
        final int length = recordLength - RecordDescriptor.HEADER_LENGTH;
        if (ClaimType.isGap(type)) {
            return isGapThere(index + EventHeader.LENGTH);
        }
        if (isSame(index, length)) {
            fields[FILE_POSITION] += length;
            fields[JOURNALED] += ClaimType.events(type);
            fields[BYTES_JOURNALED] += length;
            return true;
        }
        if (isGap(
                ClaimType.events(type),
                EventHeader.timestamp(records, index),
                EventHeader.lastTimestamp(records, index, length))) {
            fields[FILE_POSITION] += GapEvent.LENGTH; // the file is full, and this was the first to be dropped
            fields[DROPPED_BY_APPENDER] += ClaimType.events(type);
            fields[BYTES_DROPPED_BY_APPENDER] += length;
            return true;
        }
        return false;
    }

    private boolean isGapThere(final int payload) throws IOException {
        final long drops = GapEvent.dropped(records, payload) - fields[DROPS_JOURNALED];
        final boolean there = drops <= 0 // another gap has recorded them
                || isGap(drops, GapEvent.firstTimestamp(records, payload), GapEvent.lastTimestamp(records, payload));
        if (there && drops > 0) {
            fields[FILE_POSITION] += GapEvent.LENGTH;
            fields[DROPS_JOURNALED] += drops;
        }
        return there;
    }

    /** Reads the file's next bytes; false if it has not so many. */
    private boolean read(final int length) throws IOException {
        if (length > fileBytes.capacity() || length > fileEnd - fields[FILE_POSITION]) {
            return false;
        }
        fileBytes.clear().limit(length);
        JournalFiles.read(channel, fileBytes, fields[FILE_POSITION]);
        return !fileBytes.hasRemaining();
    }

    private boolean isGap(final long dropped, final long first, final long last) throws IOException {
        if (!read(GapEvent.LENGTH)) {
            return false;
        }
        final long word = EventHeader.word(fileEvents, 0);
        return EventHeader.type(word) == EventHeader.TYPE_GAP
                && EventHeader.payloadLength(word) == GapEvent.PAYLOAD_LENGTH
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
        int claimsLeft = 0;
        boolean inHole = false;
        final long tail = ring.tail();
        for (long position = fields[RING_POSITION]; position < tail; ) {
            final int index = ring.index(position);
            if (release && ring.deadClaims().release(position) != DeadClaims.HELD) {
                claimsLeft++;
            }
            final int length = records.getIntVolatile(RecordDescriptor.lengthOffset(index));
            if (!release && (length < 0 || length == 0 && (index == 0 || !inHole))) {
                claimsLeft++; // as a release will, which takes zeros at once up to the next record or the ring's end
            }
            inHole = length == 0;
            if (length == 0 && release) {
                break;
            }
            if (length > 0) {
                events += ClaimType.events(records.getInt(RecordDescriptor.typeOffset(index)));
            }
            position = ring.next(position);
        }
        return new Found(events, claimsLeft, ring.dropped() - fields[DROPS_JOURNALED]);
    }

    /** Appends what was committed, and a gap for what was dropped and is in none yet. */
    private long copy(final CleanFile out) throws IOException {
        long events = 0;
        long lastTimestamp = 0;
        final long tail = ring.tail();
        for (long position = fields[RING_POSITION]; position < tail; position = ring.next(position)) {
            final int index = ring.index(position);
            final int end = index + records.getIntVolatile(RecordDescriptor.lengthOffset(index));
            final int type = records.getInt(RecordDescriptor.typeOffset(index));
            final int claim = index + RecordDescriptor.HEADER_LENGTH;
            if (end > claim && ClaimType.isGap(type)) {
                final int payload = claim + EventHeader.LENGTH;
                copyGap(
                        GapEvent.dropped(records, payload),
                        GapEvent.firstTimestamp(records, payload),
                        GapEvent.lastTimestamp(records, payload),
                        out);
            } else if (end > claim && ClaimType.isClaim(type)) {
                events += ClaimType.events(type);
                for (int i = claim; i < end; ) {
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

    private void copyGap(final long dropped, final long first, final long last, final CleanFile out)
            throws IOException {
        final long missing = dropped - fields[DROPS_JOURNALED];
        if (missing > 0) {
            out.appendGap(missing, first, last);
            fields[DROPS_JOURNALED] = dropped;
        }
    }
}
