package dev.evtl.journal;

import dev.evtl.journal.format.EventChecksum;
import dev.evtl.journal.format.EventHeader;
import dev.evtl.journal.format.GapEvent;
import dev.evtl.journal.storage.ClaimType;
import dev.evtl.journal.storage.JournalStorage;
import dev.evtl.journal.storage.RingFile;
import dev.evtl.journal.storage.RingMark;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.AtomicHistogram;
import org.agrona.ErrorHandler;
import org.agrona.LangUtil;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.Agent;
import org.agrona.concurrent.AgentTerminationException;
import org.agrona.concurrent.AtomicBuffer;
import org.agrona.concurrent.ringbuffer.RingBuffer;

/**
 * Takes claims from the ring in their order, copies each to the storage in one piece, stamps the checksums, publishes
 * once a batch, and forces when the policy or a waiter asks.
 *
 * <p>What was copied leaves the ring only after it was published. In a ring file a mark is written in between, which
 * says up to where the file holds what the ring held: a process that is killed before the mark leaves events both in
 * the ring and in the file, which opening finds out by comparing them; one that is killed after it leaves room that was
 * not given back to the producers, which opening does.
 *
 * <p>The first failure is final: nothing is written after it and every waiter is woken with it. What is in a ring file
 * then stays there, for the next opening to bring in; what is in memory is counted as dropped.
 */
final class Appender implements Agent {
    /** Claims in a batch: some ten to a hundred KiB of ring, which still are in the cache when they are zeroed. */
    private static final int BATCH_LIMIT = 1024;

    private static final long TERMINATION_CHECK_MILLIS = 100;
    private static final long LONGEST_FORCE_NANOS = TimeUnit.HOURS.toNanos(1);

    private final RingBuffer ring;
    private final RingDrain drain;
    private final AtomicBuffer ringBuffer;
    private final ByteBuffer ringBytes;
    private final Counters counters;
    private final Drops drops;
    private final JournalStorage storage;
    private final EventChecksum checksum;
    private final SyncPolicy syncPolicy;
    private final WhenFull whenFull;
    private final int fullReserve;
    private final GapWriter gaps;
    private final FullFile fullFile;
    private final ErrorHandler errorHandler;
    private final RingFile ringFile;
    private final HeadWatch watch;
    private final RingDrain.Handler appendHandler = this::onClaim;
    private final RingDrain.Handler discardHandler = this::onDiscard;
    private final AtomicHistogram forceTimes = new AtomicHistogram(LONGEST_FORCE_NANOS, 2);

    private final Object monitor = new Object();
    private volatile Throwable failure;
    private volatile boolean closeRequested;
    private volatile boolean terminated;
    private volatile Thread thread;
    private volatile long syncWanted;
    private volatile long synced;

    private long journaled;
    private long bytesJournaled;
    private long dropsJournaled;
    private long dropped;
    private long bytesDropped;
    private long publishedEnd;
    private long lastForce = System.nanoTime();
    private Throwable claimFailure;
    private boolean waitingForSpace;
    private long detachedSince;

    /** With null for {@code ringFile} where the ring is in memory. */
    Appender(
            final JournalConfig config,
            final RingBuffer ring,
            final Counters counters,
            final Drops drops,
            final JournalStorage storage,
            final EventChecksum checksum,
            final RingFile ringFile) {
        this.ring = ring;
        this.drain = new RingDrain(ring);
        this.ringBuffer = ring.buffer();
        this.ringBytes = ring.buffer().byteBuffer().duplicate();
        this.counters = counters;
        this.drops = drops;
        this.storage = storage;
        this.checksum = checksum;
        this.syncPolicy = config.syncPolicy;
        this.whenFull = config.whenFull;
        this.fullReserve = whenFull == WhenFull.DROP ? FullFile.RESERVE : 0;
        this.gaps = new GapWriter(storage, checksum);
        this.fullFile = new FullFile(storage, gaps);
        this.errorHandler = config.errorHandler;
        this.ringFile = ringFile;
        this.watch = new HeadWatch(
                config, ring, counters, ringFile == null ? null : ringFile.deadClaims(), storage.path(), this::report);
        this.publishedEnd = storage.position();
        if (ringFile != null) {
            resume(ringFile.mark());
        }
        count();
    }

    /** Goes on where the appender before was stopped. */
    private void resume(final RingMark mark) {
        journaled = mark.get(RingMark.JOURNALED);
        bytesJournaled = mark.get(RingMark.BYTES_JOURNALED);
        dropsJournaled = mark.get(RingMark.DROPS_JOURNALED);
        dropped = mark.get(RingMark.DROPPED_BY_APPENDER);
        bytesDropped = mark.get(RingMark.BYTES_DROPPED_BY_APPENDER);
        fullFile.resume(mark);
    }

    @Override
    public String roleName() {
        return "evtl-appender " + storage.path().getFileName();
    }

    @Override
    public void onStart() {
        thread = Thread.currentThread();
    }

    @Override
    public int doWork() {
        if (thread != Thread.currentThread()) {
            thread = Thread.currentThread();
        }
        if (terminated) {
            throw new AgentTerminationException(true);
        }
        final long head = ring.consumerPosition();
        try {
            if (failure == null) {
                append();
                forceIfDue();
            } else if (ringFile == null) {
                drain.read(discardHandler, BATCH_LIMIT);
                drain.release();
                count();
            }
            final boolean drained = isDrained(head);
            if (closeRequested && drained) {
                finish();
            }
        } catch (final Throwable t) {
            fail(t);
        }
        return (int) (ring.consumerPosition() - head);
    }

    private boolean isDrained(final long headBefore) {
        if (failure != null && ringFile != null) {
            return true; // what is in there stays
        }
        if (ring.consumerPosition() != headBefore || waitingForSpace) {
            watch.clear();
            return false;
        }
        return watch.look(closeRequested, failure != null);
    }

    private void append() throws IOException {
        waitingForSpace = !fullFile.recordResumed(fullReserve);
        final int claims = waitingForSpace ? 0 : drain.read(appendHandler, BATCH_LIMIT);
        final int taken = drain.taken();
        publish();
        noteRingUse(taken);
        if (claimFailure != null) {
            LangUtil.rethrowUnchecked(claimFailure);
        }
        if (claims == 0 && drops.pending()) {
            drops.record(); // no producer has come by to do it
        }
    }

    private boolean onClaim(final int type, final int index, final int length) {
        try {
            final boolean gap = ClaimType.isGap(type);
            if (gap) {
                return appendGap(index + EventHeader.LENGTH);
            }
            final int target = fullFile.isFull() ? JournalStorage.FULL : storage.reserve(length + fullReserve);
            if (target >= 0) {
                storage.buffer().putBytes(target, ringBuffer, index, length);
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
                dropped += ClaimType.events(type);
                bytesDropped += length;
                fullFile.drop(ClaimType.events(type), ringBuffer, index, length);
            }
            return true;
        } catch (final Throwable t) {
            claimFailure = t; // kept in the ring
            return false;
        }
    }

    /** The gap tells up to where it records; what of that is recorded already came from a gap before it. */
    private boolean appendGap(final int payload) throws IOException {
        final long recorded = GapEvent.dropped(ringBuffer, payload);
        final long missing = recorded - dropsJournaled;
        if (missing > 0) {
            final long first = GapEvent.firstTimestamp(ringBuffer, payload);
            final long last = GapEvent.lastTimestamp(ringBuffer, payload);
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

    /** The checksum is taken from the ring, which is memory of this process, and stored where the event went. */
    private void stamp(final int index, final int length, final int target) {
        final MutableDirectBuffer buffer = storage.buffer();
        final long position = storage.position();
        int offset = 0;
        while (offset < length) {
            final int eventLength =
                    EventHeader.LENGTH + EventHeader.payloadLength(EventHeader.word(ringBuffer, index + offset));
            buffer.putInt(
                    target + offset + EventHeader.CHECKSUM_OFFSET,
                    checksum.compute(ringBytes, index + offset, eventLength, position + offset));
            offset += eventLength;
        }
    }

    private void publish() throws IOException {
        if (storage.position() != publishedEnd) {
            storage.publish();
            publishedEnd = storage.position();
        } else if (drain.taken() == 0) {
            return;
        }
        if (ringFile != null) {
            mark(ringFile.mark());
        }
        drain.release();
        count();
    }

    private void mark(final RingMark mark) {
        mark.set(RingMark.RING_POSITION, drain.end());
        mark.set(RingMark.FILE_POSITION, publishedEnd);
        mark.set(RingMark.JOURNALED, journaled);
        mark.set(RingMark.BYTES_JOURNALED, bytesJournaled);
        mark.set(RingMark.DROPS_JOURNALED, dropsJournaled);
        mark.set(RingMark.DROPPED_BY_APPENDER, dropped);
        mark.set(RingMark.BYTES_DROPPED_BY_APPENDER, bytesDropped);
        fullFile.mark(mark);
        mark.publish();
    }

    private void count() {
        counters.set(Counters.FILE_POSITION, publishedEnd);
        counters.set(Counters.BYTES_DROPPED_BY_APPENDER, bytesDropped);
        counters.set(Counters.DROPPED_BY_APPENDER, dropped);
        counters.set(Counters.BYTES_JOURNALED, bytesJournaled);
        counters.set(Counters.JOURNALED, journaled);
    }

    /** Asks for the tail only if a claim lies behind what was taken: each look at it slows the producers. */
    private void noteRingUse(final long taken) {
        final boolean more = watch.headLength() != 0;
        final long used = more ? taken + ring.size() : taken;
        if (used > counters.get(Counters.RING_HIGH_WATER_MARK)) {
            counters.set(Counters.RING_HIGH_WATER_MARK, Math.min(used, ring.capacity()));
        }
    }

    private void failIfFull() {
        if (whenFull == WhenFull.FAIL) {
            throw new JournalFullException(storage.path() + ": has reached its maximum, " + storage.allocated()
                    + " bytes; open another file, or this one with a larger maxSize");
        }
    }

    private boolean onDiscard(final int type, final int index, final int length) {
        if (!ClaimType.isGap(type)) {
            dropped += ClaimType.events(type);
            bytesDropped += length;
        }
        return true;
    }

    private void forceIfDue() throws IOException {
        final long unforced = publishedEnd - storage.durable();
        final long wanted = syncWanted;
        final boolean waitedFor = wanted > synced && ring.consumerPosition() >= wanted;
        if (waitedFor || unforced >= syncPolicy.bytes || unforced > 0 && intervalIsOver()) {
            force(unforced);
        }
    }

    private boolean intervalIsOver() {
        return syncPolicy.intervalNanos != Long.MAX_VALUE && System.nanoTime() - lastForce >= syncPolicy.intervalNanos;
    }

    private void force(final long unforced) throws IOException {
        if (unforced > 0) {
            final long start = System.nanoTime();
            try {
                storage.force();
                counters.add(Counters.FORCES, 1);
            } catch (final Throwable t) {
                counters.add(Counters.FORCES_FAILED, 1);
                throw t;
            } finally {
                lastForce = System.nanoTime();
                forceTimes.recordValue(Math.min(lastForce - start, LONGEST_FORCE_NANOS));
            }
        }
        wakeWaiters(ring.consumerPosition());
    }

    private void wakeWaiters(final long position) {
        synchronized (monitor) {
            synced = position;
            monitor.notifyAll();
        }
    }

    private void finish() throws IOException {
        if (failure != null) {
            if (ringFile == null) {
                end(Counters.FAILED_AND_CLOSED);
            } else {
                detach();
            }
            return;
        }
        drops.seal();
        if (drops.pending()) {
            drops.record();
            return;
        }
        if (ring.consumerPosition() != ring.producerPosition() && !watch.isAbandoned()) {
            return; // the gap, or one that a producer was recording
        }
        fullFile.record();
        publish();
        storage.close();
        end(Counters.CLOSED);
    }

    /** Leaves the ring file to its next owner, once the claims of this process have been ended or never will be. */
    private void detach() {
        if (detachedSince == 0) {
            counters.end(Counters.FAILED_AND_CLOSED);
            detachedSince = System.nanoTime();
        } else if (System.nanoTime() - detachedSince >= HeadWatch.GRACE_NANOS) {
            end(Counters.FAILED_AND_CLOSED);
        }
    }

    private void end(final long state) {
        try {
            storage.abandon();
        } finally {
            if (detachedSince == 0) {
                counters.state(state);
            }
            terminated = true;
            wakeWaiters(synced);
        }
    }

    private void fail(final Throwable cause) {
        if (failure == null) {
            dropped = counters.get(Counters.DROPPED_BY_APPENDER); // what was not published is in the ring still
            bytesDropped = counters.get(Counters.BYTES_DROPPED_BY_APPENDER);
            journaled = counters.get(Counters.JOURNALED);
            bytesJournaled = counters.get(Counters.BYTES_JOURNALED);
            failure = cause;
            counters.state(watch.isLeaving() ? Counters.FAILED_AND_CLOSED : Counters.FAILED);
            wakeWaiters(synced);
            report(failedException());
        } else {
            report(cause);
        }
    }

    private void report(final Throwable error) {
        try {
            errorHandler.onError(error);
        } catch (final Throwable t) {
            if (t != error) {
                error.addSuppressed(t); // the handler's own failure must not end the appender
            }
        }
    }

    JournalFailedException failedException() {
        return new JournalFailedException(storage.path() + ": the journal has failed: " + failure, failure);
    }

    Throwable failure() {
        return failure;
    }

    AtomicHistogram forceTimes() {
        return forceTimes;
    }

    boolean isStarted() {
        return thread != null;
    }

    /** Whether the calling thread is the one that last ran this agent. */
    boolean isOnAppenderThread() {
        return thread == Thread.currentThread();
    }

    /** Whether the calling thread can run this agent: it did so last, or the thread that did has ended without it. */
    boolean canRunHere() {
        synchronized (monitor) {
            if (thread != null && !thread.isAlive() && !terminated) {
                thread = Thread.currentThread();
            }
        }
        return isOnAppenderThread();
    }

    void requestClose() {
        counters.closing();
        closeRequested = true;
        LockSupport.unpark(thread);
    }

    boolean isTerminated() {
        return terminated;
    }

    /** Waits for the end, or for a while: the thread that runs this agent may have ended without it. */
    void awaitTermination() throws InterruptedException {
        synchronized (monitor) {
            if (!terminated) {
                monitor.wait(TERMINATION_CHECK_MILLIS);
            }
        }
    }

    boolean isSynced(final long ringPosition) {
        if (failure != null && synced < ringPosition) {
            throw failedException();
        }
        if (!terminated && synced < ringPosition && syncWanted <= synced) {
            syncWanted = ringPosition;
        }
        return terminated || synced >= ringPosition;
    }

    void awaitSync(final long ringPosition) throws InterruptedException {
        synchronized (monitor) {
            while (!isSynced(ringPosition)) {
                LockSupport.unpark(thread);
                monitor.wait();
            }
        }
    }

    /** When the thread ends otherwise than by a close, the journal must not look alive. */
    @Override
    public void onClose() {
        if (!terminated) {
            requestClose();
            while (!terminated) {
                doWork();
                Thread.onSpinWait();
            }
        }
    }

    void onThreadEnd(final Throwable cause) {
        if (!terminated) {
            fail(cause);
            onClose();
        }
    }
}
