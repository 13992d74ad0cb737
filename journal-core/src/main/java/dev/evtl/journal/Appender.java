package dev.evtl.journal;

import static dev.evtl.journal.Drops.GAP_MESSAGE_TYPE;

import dev.evtl.journal.format.EventChecksum;
import dev.evtl.journal.format.EventHeader;
import dev.evtl.journal.storage.JournalException;
import dev.evtl.journal.storage.JournalStorage;
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
import org.agrona.concurrent.ControlledMessageHandler;
import org.agrona.concurrent.ringbuffer.RecordDescriptor;
import org.agrona.concurrent.ringbuffer.RingBuffer;

/**
 * Takes claims from the ring in their order, copies each to the storage in one piece, stamps the checksums, publishes
 * once a batch, and forces when the policy or a waiter asks.
 *
 * <p>The first failure is final: nothing is written after it, every waiter is woken with it, and what is taken from the
 * ring from then on is counted as dropped.
 */
final class Appender implements Agent {
    /** Claims in a batch: some ten to a hundred KiB of ring, which still are in the cache when they are zeroed. */
    private static final int BATCH_LIMIT = 1024;
    /**
     * Idle cycles from one look at the ring's tail to the next: it only tells of a claim that was stopped before its
     * first store, and each look takes the line from the producers.
     */
    private static final int TAIL_LOOK_CYCLES = 1024;
    /** What a commit that was under way when claims were given up on needs at the most to become visible. */
    private static final long GRACE_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

    private static final long TERMINATION_CHECK_MILLIS = 100;
    private static final long LONGEST_FORCE_NANOS = TimeUnit.HOURS.toNanos(1);

    private final RingBuffer ring;
    private final ByteBuffer ringBytes;
    private final Counters counters;
    private final Drops drops;
    private final JournalStorage storage;
    private final EventChecksum checksum;
    private final SyncPolicy syncPolicy;
    private final WhenFull whenFull;
    private final int fullReserve;
    private final FullFile fullFile;
    private final ErrorHandler errorHandler;
    private final long stuckClaimNanos;
    private final long closeTimeoutNanos;
    private final ControlledMessageHandler appendHandler = this::onClaim;
    private final ControlledMessageHandler discardHandler = this::onDiscard;
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
    private long publishedEnd;
    private long lastForce = System.nanoTime();
    private Throwable claimFailure;
    private boolean waitingForSpace;
    private int idleCycles;

    private long stuckSince;
    private boolean stuckReported;
    private boolean leaving;
    private long leavingSince;
    private boolean abandoned;

    Appender(
            final JournalConfig config,
            final RingBuffer ring,
            final Counters counters,
            final Drops drops,
            final JournalStorage storage,
            final EventChecksum checksum) {
        this.ring = ring;
        this.ringBytes = ring.buffer().byteBuffer().duplicate();
        this.counters = counters;
        this.drops = drops;
        this.storage = storage;
        this.checksum = checksum;
        this.syncPolicy = config.syncPolicy;
        this.whenFull = config.whenFull;
        this.fullReserve = whenFull == WhenFull.DROP ? FullFile.RESERVE : 0;
        this.fullFile = new FullFile(storage, checksum);
        this.errorHandler = config.errorHandler;
        this.stuckClaimNanos = config.stuckClaimNanos;
        this.closeTimeoutNanos = config.closeTimeoutNanos;
        this.publishedEnd = storage.position();
        counters.set(Counters.FILE_POSITION, publishedEnd);
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
                append(head);
                forceIfDue();
            } else {
                ring.controlledRead(discardHandler, BATCH_LIMIT);
            }
            final boolean drained = watchHead(head);
            if (closeRequested && drained) {
                finish();
            }
        } catch (final Throwable t) {
            fail(t);
        }
        return (int) (ring.consumerPosition() - head);
    }

    private void append(final long head) throws IOException {
        waitingForSpace = false;
        final int claims = ring.controlledRead(appendHandler, BATCH_LIMIT);
        noteRingUse(ring.consumerPosition() - head);
        publish();
        if (claimFailure != null) {
            LangUtil.rethrowUnchecked(claimFailure);
        }
        if (claims == 0 && drops.pending()) {
            drops.record(); // no producer has come by to do it
        }
    }

    /** Asks for the tail only if a claim lies behind what was taken: each look at it slows the producers. */
    private void noteRingUse(final long taken) {
        final boolean more = headLength() != 0;
        final long used = more ? taken + ring.size() : taken;
        if (used > counters.get(Counters.RING_HIGH_WATER_MARK)) {
            counters.set(Counters.RING_HIGH_WATER_MARK, Math.min(used, ring.capacity()));
        }
    }

    private ControlledMessageHandler.Action onClaim(
            final int messageType, final MutableDirectBuffer source, final int index, final int length) {
        try {
            final boolean gap = messageType == GAP_MESSAGE_TYPE;
            final int events = gap ? 1 : messageType;
            final int target = fullFile.isFull() ? JournalStorage.FULL : storage.reserve(length + fullReserve);
            if (target >= 0) {
                storage.buffer().putBytes(target, source, index, length);
                if (checksum != null) {
                    stamp(source, index, length, target);
                }
                storage.append(length, events);
                if (!gap) {
                    journaled += events;
                    bytesJournaled += length;
                }
            } else if (target == JournalStorage.NOT_READY) {
                waitingForSpace = true;
                return ControlledMessageHandler.Action.ABORT;
            } else {
                onFull(gap, events, source, index, length);
            }
            return ControlledMessageHandler.Action.CONTINUE;
        } catch (final Throwable t) {
            claimFailure = t; // kept in the ring, to be counted as dropped
            return ControlledMessageHandler.Action.ABORT;
        }
    }

    /** The checksum is taken from the ring, which is memory of this process, and stored where the event went. */
    private void stamp(final MutableDirectBuffer source, final int index, final int length, final int target) {
        final MutableDirectBuffer buffer = storage.buffer();
        final long position = storage.position();
        int offset = 0;
        while (offset < length) {
            final int eventLength =
                    EventHeader.LENGTH + EventHeader.payloadLength(EventHeader.word(source, index + offset));
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
            counters.set(Counters.FILE_POSITION, publishedEnd);
            counters.set(Counters.BYTES_JOURNALED, bytesJournaled);
            counters.set(Counters.JOURNALED, journaled);
        }
    }

    private void onFull(
            final boolean gap, final int events, final MutableDirectBuffer source, final int index, final int length)
            throws IOException {
        if (whenFull == WhenFull.FAIL) {
            throw new JournalFullException(storage.path() + ": has reached its maximum, " + storage.allocated()
                    + " bytes; open another file, or this one with a larger maxSize");
        }
        if (gap) {
            fullFile.dropGap(source, index);
        } else {
            countDropped(events, length);
            fullFile.drop(events, source, index, length);
        }
    }

    private ControlledMessageHandler.Action onDiscard(
            final int messageType, final MutableDirectBuffer source, final int index, final int length) {
        if (messageType != GAP_MESSAGE_TYPE) {
            countDropped(messageType, length);
        }
        return ControlledMessageHandler.Action.CONTINUE;
    }

    private void countDropped(final long events, final long bytes) {
        counters.add(Counters.BYTES_DROPPED_BY_APPENDER, bytes);
        counters.add(Counters.DROPPED_BY_APPENDER, events);
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

    /**
     * Sees a claim that holds up the others, and gives up on it when the journal closes.
     *
     * @return whether nothing is left in the ring
     */
    private boolean watchHead(final long headBefore) {
        final long head = ring.consumerPosition();
        if (head != headBefore || waitingForSpace) {
            clearStuck();
            return false;
        }
        final boolean nothingBegun = headLength() == 0;
        if (nothingBegun && !closeRequested && idleCycles++ % TAIL_LOOK_CYCLES != 0
                || head == ring.producerPosition()) {
            clearStuck();
            return true;
        }
        final long now = System.nanoTime();
        if (stuckSince == 0) {
            stuckSince = now;
            counters.set(Counters.STUCK_SINCE, now);
        }
        final long stuckFor = now - stuckSince;
        if (!stuckReported && stuckFor >= stuckClaimNanos) {
            stuckReported = true;
            report(new JournalException(storage.path() + ": a claim of " + stuckEvents()
                    + " events has been neither committed nor aborted for "
                    + TimeUnit.NANOSECONDS.toMillis(stuckFor) + " ms and holds up " + ring.size() + " bytes"));
        }
        if (closeRequested) {
            leaveStuckClaim(stuckFor);
        }
        return abandoned;
    }

    private void clearStuck() {
        if (stuckSince != 0) {
            stuckSince = 0;
            stuckReported = false;
            counters.set(Counters.STUCK_SINCE, 0);
        }
    }

    /** First no commit is let through any more, then, when those under way have ended, the claim is passed over. */
    private void leaveStuckClaim(final long stuckFor) {
        if (!leaving && (failure != null || stuckFor >= closeTimeoutNanos)) {
            leaving = true;
            counters.set(Counters.STATE, failure == null ? Counters.CLOSED : Counters.FAILED_AND_CLOSED);
            leavingSince = System.nanoTime(); // one grace for all claims, as none is committed from now on
        } else if (leaving && System.nanoTime() - leavingSince >= GRACE_NANOS) {
            final int events = stuckEvents();
            final boolean passed = ring.unblock();
            // not even its length was stored, or its only producer is gone: nothing behind it can be read
            abandoned = !passed && headLength() <= 0;
            if (passed || abandoned) {
                counters.add(Counters.CLAIMS_LEFT, events);
                report(new JournalException(storage.path() + ": closed without a claim of " + events
                        + " events that was neither committed nor aborted"));
            }
        }
    }

    private int headIndex() {
        return (int) ring.consumerPosition() & ring.capacity() - 1;
    }

    /** Length of the record at the head: 0 where none has begun, negative while it is not committed. */
    private int headLength() {
        return ring.buffer().getIntVolatile(RecordDescriptor.lengthOffset(headIndex()));
    }

    private int stuckEvents() {
        final int messageType = ring.buffer().getInt(RecordDescriptor.typeOffset(headIndex()));
        return messageType == GAP_MESSAGE_TYPE ? 0 : Math.max(1, messageType);
    }

    private void finish() throws IOException {
        if (failure != null) {
            end(Counters.FAILED_AND_CLOSED);
            return;
        }
        drops.seal();
        if (drops.pending()) {
            drops.record();
            return;
        }
        if (ring.consumerPosition() != ring.producerPosition() && !abandoned) {
            return; // the gap, or one that a producer was recording
        }
        fullFile.record();
        publish();
        storage.close();
        end(Counters.CLOSED);
    }

    private void end(final long state) {
        try {
            storage.abandon();
        } finally {
            counters.set(Counters.STATE, state);
            terminated = true;
            wakeWaiters(synced);
        }
    }

    private void fail(final Throwable cause) {
        if (failure == null) {
            // taken from the ring and not published
            countDropped(
                    journaled - counters.get(Counters.JOURNALED),
                    bytesJournaled - counters.get(Counters.BYTES_JOURNALED));
            failure = cause;
            waitingForSpace = false; // from now on the ring is emptied, whatever space there is
            counters.set(Counters.STATE, leaving ? Counters.FAILED_AND_CLOSED : Counters.FAILED);
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
        counters.compareAndSet(Counters.STATE, Counters.RUNNING, Counters.CLOSING);
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
