package dev.evtl.journal;

import dev.evtl.journal.format.EventHeader;
import org.agrona.MutableDirectBuffer;

/**
 * A claim of several events that become visible, and survive, as a whole or not at all. For one thread; used again for
 * one claim after the other.
 *
 * <pre>{@code
 * if (batch.tryClaim(2, 8 + 8) > 0) {
 *     batch.buffer().putLong(batch.next(BID, 8), bid);
 *     batch.buffer().putLong(batch.next(ASK, 8), ask);
 *     batch.commit();
 * }
 * }</pre>
 */
public final class EventBatch {
    private final Publisher publisher;
    private final MutableDirectBuffer buffer;
    private int start;
    private int length;
    private int events;
    private int end;
    private int remaining;
    private long timestamp;

    EventBatch(final Publisher publisher) {
        this.publisher = publisher;
        this.buffer = publisher.buffer();
    }

    /**
     * Claims room for several events, at the clock's time.
     *
     * @param eventCount     number of events, at least 1
     * @param payloadLengths bytes of all their payloads together
     * @return as {@link #tryClaim(int, int, long)} does
     * @throws IllegalArgumentException as {@link #tryClaim(int, int, long)} does
     * @throws IllegalStateException    as {@link #tryClaim(int, int, long)} does
     */
    public int tryClaim(final int eventCount, final int payloadLengths) {
        return tryClaim(eventCount, payloadLengths, publisher.now());
    }

    /**
     * Claims room for several events.
     *
     * @param eventCount     number of events, at least 1
     * @param payloadLengths bytes of all their payloads together
     * @param claimTimestamp of events that are not given their own, and of the gap if the claim is dropped
     * @return {@link Publisher#ACCEPTED} if the events can be written now; or {@link Publisher#BACK_PRESSURED},
     *     {@link Publisher#DROPPED}, {@link Publisher#CLOSED} or {@link Publisher#FAILED}
     * @throws IllegalArgumentException if an argument is out of bounds, or all together are longer than
     *     {@link Publisher#maxClaimLength}
     * @throws IllegalStateException    if the claim before was neither committed nor aborted
     */
    public int tryClaim(final int eventCount, final int payloadLengths, final long claimTimestamp) {
        if (events != 0) {
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
        events = eventCount;
        remaining = eventCount;
        return Publisher.ACCEPTED;
    }

    /**
     * Begins the next event, with the time of the claim and no flags.
     *
     * @param type          1..239
     * @param payloadLength in bytes
     * @return index of its payload in {@link #buffer}
     * @throws IllegalArgumentException if an argument is out of bounds
     * @throws IllegalStateException    if the claim has no room for it
     */
    public int next(final int type, final int payloadLength) {
        return next(type, 0, timestamp, payloadLength);
    }

    /**
     * Begins the next event.
     *
     * @param type           1..239
     * @param flags          0..15, the application's own
     * @param eventTimestamp nanoseconds since the Unix epoch, or what the application means by it
     * @param payloadLength  in bytes
     * @return index of its payload in {@link #buffer}
     * @throws IllegalArgumentException if an argument is out of bounds
     * @throws IllegalStateException    if the claim has no room for it
     */
    public int next(final int type, final int flags, final long eventTimestamp, final int payloadLength) {
        publisher.checkEvent(type, flags, payloadLength);
        final int index = end;
        final int next = index + EventHeader.LENGTH + payloadLength;
        if (remaining == 0 || next + (remaining - 1) * EventHeader.LENGTH > start + length) {
            throw new IllegalStateException("the claim of " + events + " events and " + length
                    + " bytes has no room for a payload of " + payloadLength + " bytes after event "
                    + (events - remaining));
        }
        remaining--;
        final int more = remaining > 0 ? EventHeader.FLAG_MORE : 0;
        EventHeader.encode(buffer, index, eventTimestamp, type, flags | more, payloadLength);
        end = next;
        return index + EventHeader.LENGTH;
    }

    /**
     * The memory in which the payloads lie; what {@link Publisher#buffer} says holds here.
     *
     * @return the buffer, owned by the journal
     */
    public MutableDirectBuffer buffer() {
        return buffer;
    }

    /**
     * Gives all events of the claim to the journal.
     *
     * @return {@link Publisher#ACCEPTED}; or {@link Publisher#CLOSED} or {@link Publisher#FAILED} if the journal ended
     *     meanwhile and left the claim
     * @throws IllegalStateException if there is no claim, or not all of its events and bytes were written
     */
    public int commit() {
        if (events == 0 || remaining != 0 || end != start + length) {
            throw new IllegalStateException("of a claim of " + events + " events and " + length + " bytes, "
                    + (events - remaining) + " events and " + (end - start) + " bytes were written");
        }
        final int claimed = events;
        events = 0;
        return publisher.commitRecord(start, claimed, length);
    }

    /**
     * Gives the claim up: nothing is journaled for it.
     *
     * @throws IllegalStateException if there is no claim
     */
    public void abort() {
        if (events == 0) {
            throw new IllegalStateException("there is no claim to abort");
        }
        events = 0;
        remaining = 0;
        publisher.abortRecord(start);
    }
}
