package dev.evtl.journal;

import dev.evtl.journal.format.EventHeader;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A claim of several events that become visible, and survive, together or not at all. Made by {@link
 * Publisher#newBatch}, for one thread, which uses it again for one claim after the other.
 *
 * <pre>{@code
 * final EventBatch batch = publisher.newBatch(); // once
 *
 * if (batch.tryClaim(2, 8 + 8) > 0) { // at the most
 *     try (batch) { // aborts, if what is between throws
 *         batch.next(BID, 8).putLong(0, bid);
 *         batch.next(ASK, 8).putLong(0, ask);
 *         batch.commit();
 *     }
 * }
 * }</pre>
 */
public final class EventBatch implements AutoCloseable {
    private final Publisher publisher;
    private final MutableDirectBuffer memory;
    private final UnsafeBuffer payload = new UnsafeBuffer(0, 0);
    private int start;
    private int length;
    private int last;
    private int end;
    private int events;
    private int maxEvents;
    private long timestamp;
    private long position;
    private boolean open;

    EventBatch(final Publisher publisher) {
        this.publisher = publisher;
        this.memory = publisher.memory();
        Claim.showNothing(payload);
    }

    /**
     * Claims room for several events, with the clock's time.
     *
     * @param eventCount     largest number of events, at least 1
     * @param payloadLengths largest total length of their payloads in bytes
     * @return as {@link #tryClaimAt}
     * @throws IllegalArgumentException as {@link #tryClaimAt}
     * @throws IllegalStateException    as {@link #tryClaimAt}
     */
    public long tryClaim(final int eventCount, final int payloadLengths) {
        return tryClaimAt(publisher.now(), eventCount, payloadLengths);
    }

    /**
     * Claims room for several events.
     *
     * @param claimTimestamp of events without a timestamp of their own, and of the gap event if the claim is dropped:
     *     nanoseconds since the Unix epoch, or what the application means by it
     * @param eventCount     largest number of events, at least 1
     * @param payloadLengths largest total length of their payloads in bytes
     * @return above 0 if the events can be written now; or {@link Publisher#BACK_PRESSURED}, {@link Publisher#DROPPED},
     *     {@link Publisher#CLOSED} or {@link Publisher#FAILED}
     * @throws IllegalArgumentException if an argument is out of bounds, or all events together are longer than {@link
     *     Publisher#maxClaimLength}
     * @throws IllegalStateException    if the previous claim is still open
     */
    public long tryClaimAt(final long claimTimestamp, final int eventCount, final int payloadLengths) {
        if (open) {
            throw new IllegalStateException("the claim before was neither committed nor aborted");
        }
        final long claimLength = (long) eventCount * EventHeader.LENGTH + payloadLengths;
        if (eventCount < 1 || payloadLengths < 0 || claimLength > publisher.maxClaimLength()) {
            throw new IllegalArgumentException(eventCount + " events with " + payloadLengths
                    + " bytes of payload are not from 1 event to " + publisher.maxClaimLength()
                    + " bytes, headers included");
        }
        final int index = publisher.claim(eventCount, (int) claimLength, claimTimestamp);
        if (index < 0) {
            return index;
        }
        timestamp = claimTimestamp;
        start = index;
        end = index;
        length = (int) claimLength;
        events = 0;
        maxEvents = eventCount;
        position = publisher.end(index, length);
        open = true;
        return position;
    }

    /**
     * Begins the next event, with the timestamp of the claim and no flags.
     *
     * @param type          1..239
     * @param payloadLength in bytes
     * @return the room for its payload, as {@link #nextAt} returns it
     * @throws IllegalArgumentException if an argument is out of bounds
     * @throws IllegalStateException    if there is no claim, or it has no room for the event
     */
    public MutableDirectBuffer next(final int type, final int payloadLength) {
        return nextAt(timestamp, type, 0, payloadLength);
    }

    /**
     * Begins the next event.
     *
     * @param eventTimestamp nanoseconds since the Unix epoch, or what the application means by it
     * @param type           1..239
     * @param flags          0..15, the application's own
     * @param payloadLength  in bytes
     * @return the room for its payload, with its first byte at index 0; owned by the batch, valid until the next call
     * @throws IllegalArgumentException if an argument is out of bounds
     * @throws IllegalStateException    if there is no claim, or it has no room for the event
     */
    public MutableDirectBuffer nextAt(
            final long eventTimestamp, final int type, final int flags, final int payloadLength) {
        publisher.checkEvent(type, flags, payloadLength);
        final int eventLength = EventHeader.LENGTH + payloadLength;
        final int laterHeaders = (maxEvents - events - 1) * EventHeader.LENGTH;
        if (!open || events == maxEvents || eventLength > start + length - end - laterHeaders) {
            throw new IllegalStateException(
                    open
                            ? "the claim of " + maxEvents + " events and " + length
                                    + " bytes has no room for a payload of " + payloadLength + " bytes after event "
                                    + events
                            : "there is no claim");
        }
        // whether another event follows is not known yet, so the commit removes the flag from the last event
        EventHeader.encode(memory, end, eventTimestamp, type, flags | EventHeader.FLAG_MORE, payloadLength);
        Claim.show(payload, memory, end + EventHeader.LENGTH, payloadLength);
        last = end;
        end += eventLength;
        events++;
        return payload;
    }

    /**
     * Commits the events that were written, as one claim. They may be fewer and shorter than what was claimed.
     *
     * @return the position of the last event, above 0, see {@link Publisher}; or {@link Publisher#CLOSED} or {@link
     *     Publisher#FAILED} if the journal ended meanwhile and left the claim out
     * @throws IllegalStateException if there is no claim, or if no event was written; in that case the claim stays open
     */
    public long commit() {
        if (!open || events == 0) {
            throw new IllegalStateException(open ? "no event of the claim was written" : "there is no claim");
        }
        EventHeader.endClaim(memory, last);
        leave();
        return events == maxEvents && end == start + length
                ? publisher.commit(start, events, length, position)
                : publisher.commitShorter(start, events, end - start, position);
    }

    /**
     * Aborts the claim: nothing is journaled for it.
     *
     * @throws IllegalStateException if there is no claim
     */
    public void abort() {
        if (!open) {
            throw new IllegalStateException("there is no claim to abort");
        }
        leave();
        publisher.abort(start);
    }

    /** Aborts the claim, unless it was committed or aborted. */
    @Override
    public void close() {
        if (open) {
            abort();
        }
    }

    void leave() {
        open = false;
        Claim.showNothing(payload);
    }

    /** Returns a short text for a log. */
    @Override
    public String toString() {
        return open
                ? "EventBatch[" + events + " of " + maxEvents + " events, " + (end - start) + " of " + length
                        + " bytes]"
                : "EventBatch[none]";
    }
}
