package dev.evtl.journal;

import dev.evtl.journal.appender.PublishingHelp;
import dev.evtl.journal.format.EventHeader;
import dev.evtl.journal.format.GapEvent;
import dev.evtl.journal.ring.Drops;
import dev.evtl.journal.ring.JournalRing;
import dev.evtl.journal.ring.RingCounters;
import dev.evtl.journal.ring.RingProducer;
import java.lang.invoke.VarHandle;
import java.util.Collections;
import java.util.Objects;
import java.util.Set;
import java.util.WeakHashMap;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.AtomicBuffer;
import org.agrona.concurrent.EpochNanoClock;
import org.agrona.concurrent.IdleStrategy;

/**
 * Publishes events into a journal. Any number of threads may share it.
 *
 * <p>An event is either offered whole, or claimed, filled in place and committed, see {@link Claim}. An {@link
 * EventBatch} claims several events at once.
 *
 * <p>The publishing methods return a position above 0 or one of the negative codes. A position is a place in the order
 * of this journal's claims, in bytes since its ring was made. It grows from claim to claim and is no offset in the
 * file. {@link Journal#awaitJournaled} and {@link Journal#sync(long, java.time.Duration)} take a position.
 *
 * <p>The order of the claims is the order in the journal. A claim therefore holds up everything that is claimed after
 * it until it is committed or aborted. With a ring file it does so even in the next journal on that file, if this one
 * fails.
 *
 * <p>Every event offered is counted once: as journaled, as dropped, or as refused. An event that an exception rejected,
 * or whose claim was aborted, does not count as offered.
 *
 * <p>A timestamp is any number to the journal. Readers and tools take it for nanoseconds since the Unix epoch; they
 * show milliseconds as a time in 1970.
 */
public final class Publisher {
    /** The ring had no room, even after waiting under {@link BackPressure#BLOCK}; the event was refused. */
    public static final long BACK_PRESSURED = -1;
    /** The ring had no room; the event was dropped and counted, and a gap event will record it. */
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
    private final PublishingHelp help;
    private final EpochNanoClock clock;
    private final int maxPayloadLength;
    /** Claims and batches, if they are noted; those that nobody uses any more go by themselves. */
    private final Set<AutoCloseable> claims = Collections.newSetFromMap(new WeakHashMap<>());

    private boolean notesClaims;

    /**
     * Creates the publisher of a ring.
     *
     * @param help what this process's publishing threads do for the appender
     */
    Publisher(
            final JournalRing ring, final JournalConfig config, final int maxPayloadLength, final PublishingHelp help) {
        this.producer = ring.producer();
        this.memory = producer.buffer();
        this.counters = ring.counters();
        this.drops = ring.drops();
        this.backPressure = config.backPressure;
        this.dropping = backPressure == BackPressure.DROP;
        this.blockNanos = config.blockNanos;
        this.blockIdleStrategy = ThreadLocal.withInitial(
                () -> Objects.requireNonNull(config.blockIdleStrategy.get(), "what blockIdleStrategy returns"));
        this.help = help;
        this.clock = config.clock;
        this.maxPayloadLength = maxPayloadLength;
    }

    /**
     * Creates a claim of one event, which one thread can use again and again.
     *
     * @return a claim of this publisher, not open
     */
    public Claim newClaim() {
        final Claim claim = new Claim(this);
        note(claim);
        return claim;
    }

    /**
     * Creates a claim of several events, which one thread can use again and again.
     *
     * @return a batch of this publisher, not open
     */
    public EventBatch newBatch() {
        final EventBatch batch = new EventBatch(this);
        note(batch);
        return batch;
    }

    /**
     * Claims room for an event with the clock's time and no flags.
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
     * Claims room for an event with the caller's timestamp and flags.
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
        Objects.requireNonNull(claim, "claim");
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
     * Publishes an event with the clock's time and no flags. The payload is copied.
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
     * Publishes an event with the caller's timestamp and flags. The payload is copied.
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
        checkRange(source, offset, length); // before the claim, which an exception would leave open
        final int eventLength = EventHeader.LENGTH + length;
        final int index = claim(1, eventLength, timestamp);
        if (index < 0) {
            return index;
        }
        EventHeader.encode(memory, index, timestamp, type, flags, length);
        memory.putBytes(index + EventHeader.LENGTH, source, offset, length);
        return commit(index, 1, eventLength, producer.end(index, eventLength));
    }

    /** Checks the range here, because Agrona's bounds checks can be turned off. */
    private static void checkRange(final DirectBuffer source, final int offset, final int length) {
        Objects.requireNonNull(source, "source");
        if (offset < 0 || offset > source.capacity() - length) {
            throw new IndexOutOfBoundsException("payload of " + length + " bytes at " + offset
                    + " is not within the source, of " + source.capacity() + " bytes");
        }
    }

    /**
     * Publishes a gap that another journal records, so that a copy of that journal says what is missing too. It counts
     * as an event offered.
     *
     * @param timestamp      of the gap event
     * @param dropped        number of events that are missing, unsigned and not 0
     * @param firstTimestamp of the first event that is missing
     * @param lastTimestamp  of the last one, which may be before the first, as timestamps may step back
     * @return as {@link #offer}
     * @throws IllegalArgumentException if no event is missing
     */
    public long offerGap(
            final long timestamp, final long dropped, final long firstTimestamp, final long lastTimestamp) {
        if (dropped == 0) {
            throw new IllegalArgumentException("a gap of no events is none");
        }
        final int index = claim(1, GapEvent.LENGTH, timestamp);
        if (index < 0) {
            return index;
        }
        GapEvent.encode(memory, index, timestamp, dropped, firstTimestamp, lastTimestamp);
        return commit(index, 1, GapEvent.LENGTH, producer.end(index, GapEvent.LENGTH));
    }

    /**
     * Returns the largest length of a claim, with 16 bytes for each event's header.
     *
     * @return number of bytes
     */
    public int maxClaimLength() {
        return producer.maxLength();
    }

    /**
     * Returns the largest length of a payload.
     *
     * @return number of bytes
     */
    public int maxPayloadLength() {
        return maxPayloadLength;
    }

    /** Has claims and batches noted from now on, for {@link #leaveClaims}. */
    Publisher notingClaims() {
        notesClaims = true;
        return this;
    }

    private void note(final AutoCloseable made) {
        if (notesClaims) {
            synchronized (claims) {
                claims.add(made);
            }
        }
    }

    /** Lets go of all open claims, whose room others will claim, so that nothing can be stored there any more. */
    void leaveClaims() {
        synchronized (claims) {
            for (final AutoCloseable open : claims) {
                if (open instanceof final Claim claim) {
                    claim.leave();
                } else {
                    ((EventBatch) open).leave();
                }
            }
        }
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

    /** Claims bytes for a number of events. Returns their index in the ring, or a negative code. */
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

    /**
     * Waits for room, or runs the appender if the calling thread has to. Returns false if the time is over or the
     * thread is interrupted.
     */
    private boolean mayWait(final long waitedNanos) {
        if (waitedNanos >= blockNanos || Thread.currentThread().isInterrupted()) {
            return false;
        }
        if (!help.whileBlocked()) {
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

    /** Commits a whole claim. Returns its position, or a code if the journal has ended and left the claim out. */
    long commit(final int index, final int events, final int length, final long position) {
        return commit(index, events, length, position, true);
    }

    /** Commits the first bytes of a claim; otherwise as a whole one. */
    long commitShorter(final int index, final int events, final int length, final long position) {
        return commit(index, events, length, position, false);
    }

    private long commit(final int index, final int events, final int length, final long position, final boolean whole) {
        if (counters.state() < RingCounters.FAILED) {
            try {
                if (whole) {
                    producer.commit(index);
                } else {
                    producer.commit(index, events, length);
                }
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
     * Returns the position of a committed claim, unless a close passed it over: the thread may have been stopped
     * between reading the state and the commit. The fence keeps the compiler from reading the state before the commit's
     * store, and that store is visible by the time of the close.
     */
    private long committed(final int index, final int events, final int length, final long position) {
        help.afterEnd();
        VarHandle.acquireFence();
        return counters.state() < RingCounters.CLOSED || !counters.isPassedOver(index)
                ? position
                : refuse(events, length, ended());
    }

    void abort(final int index) {
        if (counters.state() < RingCounters.CLOSED || producer.outlivesClose()) {
            try {
                producer.abort(index);
                help.afterEnd();
            } catch (final IllegalStateException e) {
                throwUnlessPassedOver(e);
            }
        }
    }

    /**
     * Throws if the claim was ended by its owner, which is an error, and not by a close that no longer waited for it.
     */
    private void throwUnlessPassedOver(final IllegalStateException e) {
        if (counters.state() < RingCounters.CLOSED) {
            throw e;
        }
    }
}
