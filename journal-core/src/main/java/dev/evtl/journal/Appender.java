package dev.evtl.journal;

import dev.evtl.journal.format.EventChecksum;
import dev.evtl.journal.storage.JournalStorage;
import dev.evtl.journal.storage.RingFile;
import dev.evtl.journal.storage.RingMark;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.AtomicHistogram;
import org.agrona.ErrorHandler;
import org.agrona.concurrent.Agent;
import org.agrona.concurrent.AgentTerminationException;
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
    private final Counters counters;
    private final Drops drops;
    private final JournalStorage storage;
    private final SyncPolicy syncPolicy;
    private final ClaimCopier copier;
    private final ErrorHandler errorHandler;
    private final RingFile ringFile;
    private final HeadWatch watch;
    private final RingDrain.Handler appendHandler;
    private final RingDrain.Handler discardHandler;
    private final AtomicHistogram forceTimes = new AtomicHistogram(LONGEST_FORCE_NANOS, 2);

    private final Object monitor = new Object();
    private volatile Throwable failure;
    private volatile boolean closeRequested;
    private volatile boolean terminated;
    private volatile Thread thread;
    private volatile long syncWanted;
    private volatile long synced;

    private long publishedEnd;
    private long lastForce = System.nanoTime();
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
        this.counters = counters;
        this.drops = drops;
        this.storage = storage;
        this.syncPolicy = config.syncPolicy;
        this.copier = new ClaimCopier(ring.buffer(), counters, storage, checksum, config.whenFull);
        this.appendHandler = copier::append;
        this.discardHandler = copier::discard;
        this.errorHandler = config.errorHandler;
        this.ringFile = ringFile;
        this.watch = new HeadWatch(
                config,
                ring,
                drain,
                counters,
                ringFile == null ? null : ringFile.deadClaims(),
                storage.path(),
                this::report);
        this.publishedEnd = storage.position();
        if (ringFile != null) {
            copier.resume(ringFile.mark());
        }
        count();
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
        if (ring.consumerPosition() != headBefore || failure == null && copier.isWaitingForSpace()) {
            watch.clear();
            return false;
        }
        return watch.look(closeRequested, failure != null);
    }

    private void append() throws IOException {
        final int claims = copier.begin() ? drain.read(appendHandler, BATCH_LIMIT) : 0;
        final int taken = drain.taken();
        publish();
        noteRingUse(taken);
        copier.checkFailure();
        if (claims == 0 && drops.pending()) {
            drops.record(); // no producer has come by to do it
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
        copier.mark(mark);
        mark.publish();
    }

    private void count() {
        counters.set(Counters.FILE_POSITION, publishedEnd);
        copier.count();
    }

    /** Asks for the tail only if a claim lies behind what was taken: each look at it slows the producers. */
    private void noteRingUse(final long taken) {
        final boolean more = watch.headLength() != 0;
        final long used = more ? taken + ring.size() : taken;
        if (used > counters.get(Counters.RING_HIGH_WATER_MARK)) {
            counters.set(Counters.RING_HIGH_WATER_MARK, Math.min(used, ring.capacity()));
        }
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
        if (copier.dropsJournaled() < drops.dropped()) {
            drops.recordAnew(copier.dropsJournaled());
            return;
        }
        copier.end();
        publish();
        storage.close();
        end(Counters.CLOSED);
    }

    /** Leaves the ring file to its next owner, once its state is seen everywhere. */
    private void detach() {
        if (detachedSince == 0) {
            counters.end(Counters.FAILED_AND_CLOSED);
            detachedSince = System.nanoTime();
        } else if (System.nanoTime() - detachedSince >= HeadWatch.GRACE_NANOS) {
            ringFile.keepClaims();
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
            copier.recount();
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
        // how the JVM reports a store into a mapped page that the file system does not take
        final String lost =
                failure instanceof InternalError ? "the file was cut short or can no longer be written: " : "";
        return new JournalFailedException(storage.path() + ": the journal has failed: " + lost + failure, failure);
    }

    /** Null until the producers are told: who sees it finds that nothing is accepted any more. */
    Throwable failure() {
        return counters.isFailed() ? failure : null;
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
