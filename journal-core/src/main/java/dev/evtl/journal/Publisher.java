package dev.evtl.journal;

import dev.evtl.journal.format.EventHeader;
import dev.evtl.journal.format.GapEvent;
import dev.evtl.journal.ring.Drops;
import dev.evtl.journal.ring.JournalRing;
import dev.evtl.journal.ring.RingCounters;
import dev.evtl.journal.ring.RingProducer;
import java.lang.invoke.VarHandle;
import java.util.function.BooleanSupplier;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.AtomicBuffer;
import org.agrona.concurrent.EpochNanoClock;
import org.agrona.concurrent.IdleStrategy;

/**
 * Publishes events into a journal. May be shared by any number of threads.
 *
 * <p>An event is either offered whole, or claimed, filled in place and committed, see {@link Claim}; several at once are
 * claimed by an {@link EventBatch}.
 *
 * <p>What publishes answers with a position above 0, or with one of the negative codes. A position is a place in the order
 * of this journal's claims, in bytes since its ring was made: it grows from claim to claim, and says nothing of the file.
 * {@link Journal#awaitJournaled} and {@link Journal#sync(long, java.time.Duration)} take one.
 *
 * <p>A claim holds up all that is claimed after it until it is committed or aborted, with a ring file even in the next
 * journal on it, if this one fails. The order of the claims is the order in the journal.
 *
 * <p>Every event offered is counted once: as journaled, as dropped, or as refused. An event that an exception rejected
 * or whose claim was aborted was not offered.
 *
 * <p>A timestamp is any number to the journal. Readers and tools take it for nanoseconds since the Unix epoch; one in
 * milliseconds is a time in 1970 to them.
 */
public final class Publisher {
    /** The ring had no room, also after waiting under {@link BackPressure#BLOCK}; the event was refused. */
    public static final long BACK_PRESSURED = -1;
    /** The ring had no room; the event was dropped, counted, and will be recorded in a gap event. */
    public static final long DROPPED = -2;
    /** The journal is closed or closing; the event was refused. */
    public static final long CLOSED = -3;
    /** The journal has failed, see {@link Journal#failure}; the event was refused. */
    public static final long FAILED = -4;

    private final RingProducer producer;
    private final AtomicBuffer memory;
    private final RingCounters counters;
    private final Drops drops;
    private final BackPressure backPressure;
    private final boolean dropping;
    private final long blockNanos;
    private final ThreadLocal<IdleStrategy> blockIdleStrategy;
    private final BooleanSupplier runAppender;
    private final EpochNanoClock clock;
    private final int maxPayloadLength;

    /**
     * Publishes into a ring.
     *
     * @param runAppender runs the appender once if the calling thread has to, and says whether it did
     */
    Publisher(
            final JournalRing ring,
            final JournalConfig config,
            final int maxPayloadLength,
            final BooleanSupplier runAppender) {
        this.producer = ring.producer();
        this.memory = producer.buffer();
        this.counters = ring.counters();
        this.drops = ring.drops();
        this.backPressure = config.backPressure;
        this.dropping = backPressure == BackPressure.DROP;
        this.blockNanos = config.blockNanos;
        this.blockIdleStrategy = ThreadLocal.withInitial(config.blockIdleStrategy);
        this.runAppender = runAppender;
        this.clock = config.clock;
        this.maxPayloadLength = maxPayloadLength;
    }

    /**
     * A claim of one event at a time, to be used again and again by one thread.
     *
     * @return a claim of this publisher, on nothing yet
     */
    public Claim newClaim() {
        return new Claim(this);
    }

    /**
     * A claim of several events at once, to be used again and again by one thread.
     *
     * @return a batch of this publisher, on nothing yet
     */
    public EventBatch newBatch() {
        return new EventBatch(this);
    }

    /**
     * Claims an event with the clock's time and no flags.
     *
     * @param claim         of this publisher, not open
     * @param type          1..239
     * @param payloadLength 0 to the configured maximum, in bytes
     * @return above 0 if the event can be filled now; or {@link #BACK_PRESSURED}, {@link #DROPPED}, {@link #CLOSED} or
     *     {@link #FAILED}
     * @throws IllegalArgumentException if an argument is out of bounds
     * @throws IllegalStateException    if the claim is open
     */
    public long tryClaim(final Claim claim, final int type, final int payloadLength) {
        return tryClaimAt(claim, clock.nanoTime(), type, 0, payloadLength);
    }

    /**
     * Claims an event with a time and flags of the caller.
     *
     * @param claim         of this publisher, not open
     * @param timestamp     nanoseconds since the Unix epoch, or what the application means by it
     * @param type          1..239
     * @param flags         0..15, the application's own
     * @param payloadLength 0 to the configured maximum, in bytes
     * @return above 0 if the event can be filled now; or {@link #BACK_PRESSURED}, {@link #DROPPED}, {@link #CLOSED} or
     *     {@link #FAILED}
     * @throws IllegalArgumentException if an argument is out of bounds
     * @throws IllegalStateException    if the claim is open
     */
    public long tryClaimAt(
            final Claim claim, final long timestamp, final int type, final int flags, final int payloadLength) {
        claim.checkFree(this);
        checkEvent(type, flags, payloadLength);
        final int length = EventHeader.LENGTH + payloadLength;
        final int index = claim(1, length, timestamp);
        if (index < 0) {
            return index;
        }
        EventHeader.encode(memory, index, timestamp, type, flags, payloadLength);
        final long position = producer.end(index, length);
        claim.open(index, payloadLength, position);
        return position;
    }

    /**
     * Publishes an event with the clock's time and no flags, copying its payload.
     *
     * @param type   1..239
     * @param source that holds the payload; not kept
     * @param offset of the payload in the source
     * @param length of the payload, 0 to the configured maximum, in bytes
     * @return its position, above 0; or {@link #BACK_PRESSURED}, {@link #DROPPED}, {@link #CLOSED} or {@link #FAILED}
     * @throws IllegalArgumentException  if type or length is out of bounds
     * @throws IndexOutOfBoundsException if the payload is not within the source
     */
    public long offer(final int type, final DirectBuffer source, final int offset, final int length) {
        return offerAt(clock.nanoTime(), type, 0, source, offset, length);
    }

    /**
     * Publishes an event with a time and flags of the caller, copying its payload.
     *
     * @param timestamp nanoseconds since the Unix epoch, or what the application means by it
     * @param type      1..239
     * @param flags     0..15, the application's own
     * @param source    that holds the payload; not kept
     * @param offset    of the payload in the source
     * @param length    of the payload, 0 to the configured maximum, in bytes
     * @return its position, above 0; or {@link #BACK_PRESSURED}, {@link #DROPPED}, {@link #CLOSED} or {@link #FAILED}
     * @throws IllegalArgumentException  if type, flags or length is out of bounds
     * @throws IndexOutOfBoundsException if the payload is not within the source
     */
    public long offerAt(
            final long timestamp,
            final int type,
            final int flags,
            final DirectBuffer source,
            final int offset,
            final int length) {
        checkEvent(type, flags, length);
        checkRange(source, offset, length); // before the claim, which an exception would leave behind
        final int eventLength = EventHeader.LENGTH + length;
        final int index = claim(1, eventLength, timestamp);
        if (index < 0) {
            return index;
        }
        EventHeader.encode(memory, index, timestamp, type, flags, length);
        memory.putBytes(index + EventHeader.LENGTH, source, offset, length);
        return commit(index, 1, eventLength, producer.end(index, eventLength));
    }

    /** Here and not by Agrona, whose checks can be turned off. */
    private static void checkRange(final DirectBuffer source, final int offset, final int length) {
        if (offset < 0 || offset > source.capacity() - length) {
            throw new IndexOutOfBoundsException("payload of " + length + " bytes at " + offset
                    + " is not within the source, of " + source.capacity() + " bytes");
        }
    }

    /**
     * Publishes a gap that another journal has on record, so that a copy of it says what is missing too. Counted as an
     * event offered.
     *
     * @param timestamp      of the gap event
     * @param dropped        number of events that are missing
     * @param firstTimestamp of the events that are missing
     * @param lastTimestamp  of the events that are missing
     * @return as {@link #offer} does
     */
    public long offerGap(
            final long timestamp, final long dropped, final long firstTimestamp, final long lastTimestamp) {
        final int index = claim(1, GapEvent.LENGTH, timestamp);
        if (index < 0) {
            return index;
        }
        GapEvent.encode(memory, index, timestamp, dropped, firstTimestamp, lastTimestamp);
        return commit(index, 1, GapEvent.LENGTH, producer.end(index, GapEvent.LENGTH));
    }

    /**
     * Most bytes that one claim can hold, with 16 bytes for each event's header.
     *
     * @return bytes
     */
    public int maxClaimLength() {
        return producer.maxLength();
    }

    /**
     * Most bytes that a payload can have.
     *
     * @return bytes
     */
    public int maxPayloadLength() {
        return maxPayloadLength;
    }

    long now() {
        return clock.nanoTime();
    }

    AtomicBuffer memory() {
        return memory;
    }

    long end(final int index, final int length) {
        return producer.end(index, length);
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

    /** Claims bytes for a number of events; returns their index in the ring, or a negative code. */
    int claim(final int events, final int length, final long timestamp) {
        if (counters.isRunning() && !(dropping && drops.pending())) {
            final int index = producer.tryClaim(events, length);
            // asked again: a close that began in between may not have seen the claim
            if (index > 0 && counters.isRunning()) {
                return index;
            }
            if (index > 0) {
                abort(index);
            }
        }
        return claimOrRefuse(events, length, timestamp);
    }

    private int claimOrRefuse(final int events, final int length, final long timestamp) {
        long blockedSince = 0;
        while (counters.isRunning()) {
            if (!dropping || drops.record()) {
                final int index = producer.tryClaim(events, length);
                if (index > 0 && counters.isRunning()) {
                    return index;
                }
                if (index > 0) {
                    abort(index);
                    break;
                }
            }
            if (backPressure == BackPressure.REFUSE) {
                return refuse(events, length, BACK_PRESSURED);
            }
            if (dropping) {
                if (drops.drop(events, length, timestamp)) {
                    return (int) DROPPED;
                }
                continue;
            }
            final long now = System.nanoTime();
            blockedSince = blockedSince == 0 ? now | 1 : blockedSince;
            if (!mayWait(now - blockedSince)) {
                return refuse(events, length, BACK_PRESSURED);
            }
        }
        return refuse(events, length, ended());
    }

    /** Waits for room, by running the appender where nobody else would; false once there was enough of it. */
    private boolean mayWait(final long waitedNanos) {
        if (waitedNanos >= blockNanos || Thread.currentThread().isInterrupted()) {
            return false;
        }
        if (!runAppender.getAsBoolean()) {
            blockIdleStrategy.get().idle();
        }
        return true;
    }

    private int refuse(final int events, final int length, final long result) {
        counters.add(RingCounters.REFUSED, events);
        counters.add(RingCounters.BYTES_REFUSED, length);
        return (int) result;
    }

    private long ended() {
        return counters.isFailed() ? FAILED : CLOSED;
    }

    /** Commits a claim as it was made; returns its position, or a code if the journal has ended and left it. */
    long commit(final int index, final int events, final int length, final long position) {
        if (counters.state() < RingCounters.FAILED) {
            try {
                producer.commit(index);
                return committed(index, events, length, position);
            } catch (final IllegalStateException e) {
                throwUnlessPassedOver(e);
            }
        } else {
            abort(index);
        }
        return refuse(events, length, ended());
    }

    /** The same with less than was claimed. */
    long commitShorter(final int index, final int events, final int length, final long position) {
        if (counters.state() < RingCounters.FAILED) {
            try {
                producer.commit(index, events, length);
                return committed(index, events, length, position);
            } catch (final IllegalStateException e) {
                throwUnlessPassedOver(e);
            }
        } else {
            abort(index);
        }
        return refuse(events, length, ended());
    }

    /**
     * A thread that was stopped for long since it asked for the state may have come after a close. The fence keeps the
     * compiler from asking before the store, and by the time of the close the store is visible.
     */
    private long committed(final int index, final int events, final int length, final long position) {
        VarHandle.acquireFence();
        return counters.state() < RingCounters.CLOSED || !counters.isPassedOver(index)
                ? position
                : refuse(events, length, ended());
    }

    void abort(final int index) {
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
