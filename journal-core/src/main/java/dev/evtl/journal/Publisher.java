package dev.evtl.journal;

import dev.evtl.journal.format.EventHeader;
import dev.evtl.journal.ring.Drops;
import dev.evtl.journal.ring.JournalRing;
import dev.evtl.journal.ring.RingCounters;
import dev.evtl.journal.ring.RingProducer;
import java.lang.invoke.VarHandle;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.EpochNanoClock;
import org.agrona.concurrent.IdleStrategy;

/**
 * Publishes events into a journal. May be shared by any number of threads.
 *
 * <p>An event is either offered whole, or claimed, filled in place and committed:
 *
 * <pre>{@code
 * final int claim = publisher.tryClaim(TRADE, 16);
 * if (claim > 0) {
 *     publisher.buffer().putLong(claim, price);
 *     publisher.buffer().putLong(claim + 8, quantity);
 *     publisher.commit(claim);
 * }
 * }</pre>
 *
 * <p>A claim holds up all that is claimed after it until it is committed or aborted, with a ring file even in the next
 * journal on it, if this one fails. The order of the claims is the order in the journal.
 *
 * <p>Every event offered is counted once: as journaled, as dropped, or as refused. An event that an exception rejected
 * or whose claim was aborted was not offered.
 */
public final class Publisher {
    /** The event is in the ring and will be journaled. */
    public static final int ACCEPTED = 1;
    /** The ring had no room; the event was refused. */
    public static final int BACK_PRESSURED = -1;
    /** The ring had no room; the event was dropped, counted, and will be recorded in a gap event. */
    public static final int DROPPED = -2;
    /** The journal is closed or closing; the event was refused. */
    public static final int CLOSED = -3;
    /** The journal has failed, see {@link Journal#failure}; the event was refused. */
    public static final int FAILED = -4;

    private final RingProducer producer;
    private final MutableDirectBuffer buffer;
    private final RingCounters counters;
    private final Drops drops;
    private final boolean dropping;
    private final BackPressure backPressure;
    private final EpochNanoClock clock;
    private final int maxPayloadLength;
    private final ThreadLocal<IdleStrategy> blockIdleStrategy;

    Publisher(final JournalRing ring, final JournalConfig config, final int maxPayloadLength) {
        this.producer = ring.producer();
        this.buffer = producer.buffer();
        this.counters = ring.counters();
        this.drops = ring.drops();
        this.backPressure = config.backPressure;
        this.dropping = backPressure == BackPressure.DROP;
        this.blockIdleStrategy = ThreadLocal.withInitial(config.blockIdleStrategy);
        this.clock = config.clock;
        this.maxPayloadLength = maxPayloadLength;
    }

    /**
     * Claims an event with the clock's time and no flags.
     *
     * @param type          1..239
     * @param payloadLength 0 to the configured maximum, in bytes
     * @return index of the payload in {@link #buffer}, above 0; or {@link #BACK_PRESSURED}, {@link #DROPPED},
     *     {@link #CLOSED} or {@link #FAILED}
     * @throws IllegalArgumentException if an argument is out of bounds
     */
    public int tryClaim(final int type, final int payloadLength) {
        return tryClaim(type, 0, clock.nanoTime(), payloadLength);
    }

    /**
     * Claims an event.
     *
     * @param type          1..239
     * @param flags         0..15, the application's own
     * @param timestamp     nanoseconds since the Unix epoch, or what the application means by it
     * @param payloadLength 0 to the configured maximum, in bytes
     * @return index of the payload in {@link #buffer}, above 0; or {@link #BACK_PRESSURED}, {@link #DROPPED},
     *     {@link #CLOSED} or {@link #FAILED}
     * @throws IllegalArgumentException if an argument is out of bounds
     */
    public int tryClaim(final int type, final int flags, final long timestamp, final int payloadLength) {
        checkEvent(type, flags, payloadLength);
        final int index = claim(1, EventHeader.LENGTH + payloadLength, timestamp);
        if (index < 0) {
            return index;
        }
        EventHeader.encode(buffer, index, timestamp, type, flags, payloadLength);
        return index + EventHeader.LENGTH;
    }

    /**
     * The memory in which claimed payloads lie. Only the bytes of a claim that is not yet committed or aborted may be
     * written, and only by the thread that claimed them.
     *
     * @return the buffer, owned by the journal
     */
    public MutableDirectBuffer buffer() {
        return buffer;
    }

    /**
     * Gives a claimed event to the journal.
     *
     * @param claim what {@link #tryClaim} returned
     * @return {@link #ACCEPTED}; or {@link #CLOSED} or {@link #FAILED} if the journal ended meanwhile and left the claim
     * @throws IllegalStateException if the claim was committed or aborted before
     */
    public int commit(final int claim) {
        final int index = claim - EventHeader.LENGTH;
        return commitRecord(index, 1, EventHeader.eventLength(buffer, index));
    }

    /**
     * Gives a claim up: nothing is journaled for it.
     *
     * @param claim what {@link #tryClaim} returned
     * @throws IllegalStateException if the claim was committed or aborted before
     */
    public void abort(final int claim) {
        abortRecord(claim - EventHeader.LENGTH);
    }

    /**
     * Publishes an event with the clock's time and no flags, copying its payload.
     *
     * @param type   1..239
     * @param source that holds the payload; not kept
     * @param offset of the payload in the source
     * @param length of the payload, 0 to the configured maximum, in bytes
     * @return {@link #ACCEPTED}, {@link #BACK_PRESSURED}, {@link #DROPPED}, {@link #CLOSED} or {@link #FAILED}
     * @throws IllegalArgumentException  if type or length is out of bounds
     * @throws IndexOutOfBoundsException if the payload is not within the source
     */
    public int offer(final int type, final DirectBuffer source, final int offset, final int length) {
        return offer(type, 0, clock.nanoTime(), source, offset, length);
    }

    /**
     * Publishes an event, copying its payload.
     *
     * @param type      1..239
     * @param flags     0..15, the application's own
     * @param timestamp nanoseconds since the Unix epoch, or what the application means by it
     * @param source    that holds the payload; not kept
     * @param offset    of the payload in the source
     * @param length    of the payload, 0 to the configured maximum, in bytes
     * @return {@link #ACCEPTED}, {@link #BACK_PRESSURED}, {@link #DROPPED}, {@link #CLOSED} or {@link #FAILED}
     * @throws IllegalArgumentException  if type, flags or length is out of bounds
     * @throws IndexOutOfBoundsException if the payload is not within the source
     */
    public int offer(
            final int type,
            final int flags,
            final long timestamp,
            final DirectBuffer source,
            final int offset,
            final int length) {
        checkEvent(type, flags, length);
        source.boundsCheck(offset, length); // before the claim, which an exception would leave behind
        final int claim = tryClaim(type, flags, timestamp, length);
        if (claim < 0) {
            return claim;
        }
        buffer.putBytes(claim, source, offset, length);
        return commit(claim);
    }

    /**
     * A claim of several events at once, to be used again and again by one thread.
     *
     * @return a batch of this publisher
     */
    public EventBatch newBatch() {
        return new EventBatch(this);
    }

    /**
     * Most bytes that one claim can hold, with 16 bytes for each event's header.
     *
     * @return bytes
     */
    public int maxClaimLength() {
        return producer.maxLength();
    }

    long now() {
        return clock.nanoTime();
    }

    void checkEvent(final int type, final int flags, final int payloadLength) {
        if (type < 1 || type > EventHeader.MAX_APPLICATION_TYPE) {
            throw new IllegalArgumentException("type " + type + " is not from 1 to 239");
        }
        if ((flags & ~EventHeader.APPLICATION_FLAGS) != 0) {
            throw new IllegalArgumentException("flags " + flags + " are not from 0 to 15");
        }
        if (payloadLength < 0 || payloadLength > maxPayloadLength) {
            throw new IllegalArgumentException(
                    "payload length " + payloadLength + " is not from 0 to " + maxPayloadLength);
        }
    }

    /** The ring's message type is the number of events, so that what lies in the ring can be counted from outside. */
    int claim(final int events, final int length, final long timestamp) {
        if (counters.isRunning() && !(dropping && drops.pending())) {
            final int index = producer.tryClaim(events, length);
            // asked again: a close that began in between may not have seen the claim
            if (index > 0 && counters.isRunning()) {
                return index;
            }
            if (index > 0) {
                abortRecord(index);
            }
        }
        return claimOrRefuse(events, length, timestamp);
    }

    private int claimOrRefuse(final int events, final int length, final long timestamp) {
        while (counters.isRunning()) {
            if (!dropping || drops.record()) {
                final int index = producer.tryClaim(events, length);
                if (index > 0 && counters.isRunning()) {
                    return index;
                }
                if (index > 0) {
                    abortRecord(index);
                    break;
                }
            }
            if (backPressure == BackPressure.FAIL) {
                return refuse(events, length, BACK_PRESSURED);
            }
            if (backPressure == BackPressure.BLOCK) {
                blockIdleStrategy.get().idle();
            } else if (drops.drop(events, length, timestamp)) {
                return DROPPED;
            }
        }
        return refuse(events, length, ended());
    }

    private int refuse(final int events, final int length, final int result) {
        counters.add(RingCounters.REFUSED, events);
        counters.add(RingCounters.BYTES_REFUSED, length);
        return result;
    }

    private int ended() {
        return counters.isFailed() ? FAILED : CLOSED;
    }

    int commitRecord(final int index, final int events, final int length) {
        if (counters.state() < RingCounters.FAILED) {
            try {
                producer.commit(index);
                // A thread that was stopped for long since it asked for the state may have come after a close. The
                // fence
                // keeps the compiler from asking before the store, and by the time of the close the store is visible.
                VarHandle.acquireFence();
                if (counters.state() < RingCounters.CLOSED || !counters.isPassedOver(index)) {
                    return ACCEPTED;
                }
            } catch (final IllegalStateException e) {
                throwUnlessPassedOver(e);
            }
        } else {
            abortRecord(index);
        }
        return refuse(events, length, ended());
    }

    void abortRecord(final int index) {
        if (counters.state() < RingCounters.CLOSED || producer.outlivesClose()) {
            try {
                producer.abort(index);
            } catch (final IllegalStateException e) {
                throwUnlessPassedOver(e);
            }
        }
    }

    /** The claim has ended before: by its owner, which is an error, or by a close that did not wait any longer. */
    private void throwUnlessPassedOver(final IllegalStateException e) {
        if (counters.state() < RingCounters.CLOSED) {
            throw e;
        }
    }
}
