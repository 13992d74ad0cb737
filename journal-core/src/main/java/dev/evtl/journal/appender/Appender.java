package dev.evtl.journal.appender;

import dev.evtl.journal.exceptions.JournalFailedException;
import dev.evtl.journal.file.JournalStorage;
import dev.evtl.journal.ring.CheckpointState;
import dev.evtl.journal.ring.Drops;
import dev.evtl.journal.ring.JournalRing;
import dev.evtl.journal.ring.RingConsumer;
import dev.evtl.journal.ring.RingCounters;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.AtomicHistogram;
import org.agrona.LangUtil;

/**
 * The one writer of a journal, run on one thread at a time by an {@link AppenderRunner}. It takes claims from the ring
 * in order, has the storage copy each in one piece, publishes once per batch, and forces when the policy or a waiter
 * asks for it. Any thread may wait for its progress.
 *
 * <p>Copied claims leave the ring only after they were published. In between, the checkpoint is written, which says up
 * to where the file holds what the ring held. If the process is killed before the checkpoint, events are both in the
 * ring file and in the journal's file; the next opening finds them by comparing the two. If it is killed after the
 * checkpoint, room in the ring was not given back to the producers; the next opening does that.
 *
 * <p>The first failure is final: nothing is written after it, and every waiter is woken with it. What is left in a ring
 * file stays there until the next opening brings it in; what is left in memory is counted as dropped.
 */
public final class Appender {
    /** Claims in a batch: some ten to a hundred KiB of ring, which are still in the cache when they are zeroed. */
    private static final int BATCH_LIMIT = 1024;

    /** Time between two thorough looks whether the journal is still held: half of what is promised. */
    private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

    /** {@link #drain} result: the appender's thread has to go on. */
    static final int HAND_OVER = -1;

    private static final long LONGEST_FORCE_NANOS = TimeUnit.HOURS.toNanos(1);

    private final AppenderSettings settings;
    private final JournalRing ring;
    private final RingConsumer consumer;
    private final RingCounters counters;
    private final Drops drops;
    private final JournalStorage storage;
    private final JournalLease lease;
    private final CheckpointState state;
    private final ClaimCopier copier;
    private final StuckClaimMonitor monitor;
    private final RingConsumer.Handler appendHandler;
    private final RingConsumer.Handler discardHandler;
    private final SyncRequests syncs;
    private final AtomicHistogram forceTimes = new AtomicHistogram(LONGEST_FORCE_NANOS, 2);

    private volatile Throwable failure;
    /** Position of the ring's head at the failure: claims before it are in the file, claims taken after it are not. */
    private volatile long failedHead;

    /**
     * Set by a thread that began a force and could not end it. By a store and not by a call, for which a thread that has
     * run out of its stack would have no room.
     */
    volatile boolean forceLeft;

    private volatile boolean closeRequested;
    private volatile boolean terminated;

    /** Whether a thread is at work here. */
    private boolean inside;

    /** The thread that forces what was published, until that counts as durable; null if none does. */
    volatile Thread forcer;

    private Throwable forceFailure;
    private long forceHead;
    private long forceEnded;

    private boolean failed;
    private boolean runnerErrorTold;
    private boolean laterFailureTold;
    private long publishedEnd;
    private long lastLook = System.nanoTime();
    private long lastForce = lastLook;
    private long detachedSince;

    /** Creates the appender of a journal. At its end it lets go of the storage and the lease. */
    public Appender(
            final AppenderSettings settings,
            final JournalRing ring,
            final JournalStorage storage,
            final JournalLease lease) {
        this.settings = settings;
        this.ring = ring;
        this.consumer = ring.consumer();
        this.counters = ring.counters();
        this.drops = ring.drops();
        this.storage = storage;
        this.lease = lease;
        this.state = ring.checkpoint().load();
        this.copier = new ClaimCopier(ring, storage, settings.dropsWhenFull(), state);
        this.appendHandler = copier::append;
        this.discardHandler = copier::discard;
        this.monitor = new StuckClaimMonitor(settings, ring, consumer, storage.name());
        this.syncs = new SyncRequests(ring.counters());
        this.publishedEnd = storage.position();
        count();
    }

    /** Returns the name of the thread that runs it. */
    public String roleName() {
        return "evtl-appender " + storage.name();
    }

    /**
     * Does the next step, on the thread that has the turn. If it {@link #isForcingHere} then, {@link #force} and {@link
     * #endForce} must follow on this thread; others may go on with steps in between.
     *
     * @return bytes that were taken from the ring
     */
    int step() {
        if (terminated) {
            return 0; // its end must not run twice
        }
        final long head = ring.head();
        enter();
        try {
            if (isForcingHere() || forceLeft) {
                forceLeft = false;
                forcer = null;
                throw new IllegalStateException("a thread left the appender in the middle of a force");
            }
            if (failure == null) {
                checkHeld();
                final boolean idle = append(BATCH_LIMIT) == 0;
                if (!isForcing()) {
                    beginForceIfDue(idle);
                }
            } else if (!ring.outlivesProcess()) {
                consumer.read(discardHandler, BATCH_LIMIT);
                consumer.release();
                count();
            }
            final boolean drained = isDrained(head);
            if (closeRequested && drained && !isForcing()) {
                finish();
            }
        } catch (final Throwable t) {
            forcer = isForcingHere() ? null : forcer; // what has failed is not forced
            fail(t);
        }
        inside = false;
        return (int) (ring.head() - head);
    }

    /**
     * Fails if the thread that was here before did not leave in an orderly way: one that has run out of its stack may not
     * even get through the handling of that.
     */
    private void enter() {
        if (inside) {
            fail(new IllegalStateException("a thread left the appender in the middle of its work, as one does that has"
                    + " run out of its stack"));
        }
        inside = true;
    }

    /**
     * Appends and publishes what is committed, and does nothing else, on the thread that has the turn.
     *
     * @param limit most claims to append
     * @return number of claims that were taken from the ring, or {@link #HAND_OVER}
     */
    int drain(final int limit) {
        if (terminated || isEnding()) {
            return HAND_OVER;
        }
        enter();
        int result = HAND_OVER;
        try {
            final int claims = failure == null ? append(limit) : 0;
            result = isBusy() || !isForcing() && isForceDue() ? HAND_OVER : claims;
        } catch (final Throwable t) {
            fail(t);
        }
        inside = false;
        return result;
    }

    /** Returns whether there is work that takes time. */
    boolean isBusy() {
        return isEnding() || copier.isWaitingForSpace();
    }

    private boolean isEnding() {
        return closeRequested || failure != null;
    }

    /** Returns whether a waiter or the policy asks for a force. */
    private boolean isForceDue() {
        return syncs.isDue(ring.head(), false) || publishedEnd - storage.durable() >= settings.syncBytes();
    }

    private boolean isDrained(final long headBefore) {
        if (failure != null && (ring.outlivesProcess() || consumer.damage() != null)) {
            return true; // what is in the ring file stays there, and what is behind damage cannot be read
        }
        if (ring.head() != headBefore || failure == null && copier.isWaitingForSpace()) {
            monitor.clear();
            return false;
        }
        return monitor.look(closeRequested, failure != null);
    }

    /** Looks before anything is written, so that a process that was stopped for long harms no writer that came then. */
    private void checkHeld() throws IOException {
        final long now = System.nanoTime();
        if (now - lastLook >= LOOK_NANOS) {
            lease.check(true);
            storage.check();
            lastLook = now;
        }
    }

    /** Returns the number of claims that were appended. */
    private int append(final int limit) throws IOException {
        final int claims = copier.begin() ? consumer.read(appendHandler, limit) : 0;
        final int taken = consumer.taken();
        publish();
        noteRingUse(taken);
        copier.checkFailure();
        if (consumer.damage() != null) {
            throw StuckClaimMonitor.overrun(storage.name(), " at position " + ring.head() + ": " + consumer.damage());
        }
        if (claims == 0 && drops.pending()) {
            drops.record(); // no producer has recorded the drops yet
        }
        return claims;
    }

    private void publish() throws IOException {
        if (storage.position() != publishedEnd) {
            storage.publish();
            publishedEnd = storage.position();
        } else if (consumer.taken() == 0) {
            return;
        }
        state.ringPosition = consumer.end();
        state.fileSequence = storage.fileSequence();
        state.fileOffset = storage.fileOffset();
        if (ring.outlivesProcess()) {
            ring.checkpoint().store(state); // for the next process
        }
        monitor.clear(); // first: what is then at the head has not held up anything yet
        consumer.release();
        count();
    }

    private void count() {
        counters.set(RingCounters.FILE_OFFSET, storage.fileOffset());
        state.show(counters);
    }

    /** Updates the high water mark. */
    private void noteRingUse(final long taken) {
        final long used = taken + monitor.ringUse();
        if (used > counters.get(RingCounters.RING_HIGH_WATER_MARK)) {
            counters.set(
                    RingCounters.RING_HIGH_WATER_MARK,
                    Math.min(used, ring.buffer().capacity()));
        }
    }

    private void beginForceIfDue(final boolean idle) throws IOException {
        final long unforced = publishedEnd - storage.durable();
        if (!syncs.isDue(ring.head(), idle)
                && unforced < settings.syncBytes()
                && (unforced == 0 || !intervalIsOver())) {
            return;
        }
        lease.check(false); // what was published by now is kept by whoever comes later
        if (unforced > 0) {
            storage.beginForce();
            forceHead = ring.head();
            forcer = Thread.currentThread();
        } else {
            storage.check(); // what was forced before may be gone by now
            syncs.done(ring.head());
        }
    }

    private boolean intervalIsOver() {
        return settings.syncNanos() != Long.MAX_VALUE && System.nanoTime() - lastForce >= settings.syncNanos();
    }

    /** Returns whether a force is under way. */
    boolean isForcing() {
        return forcer != null;
    }

    /** Returns whether a step on this thread has begun a force. */
    boolean isForcingHere() {
        return forcer == Thread.currentThread();
    }

    /** Forces what a step on this thread has begun to force, if nothing may be appended meanwhile. With the turn. */
    void forceAlone() {
        if (isForcingHere() && storage.isForcedAlone()) {
            force();
            endForce();
        }
    }

    /** Forces what was published when the force began, without the turn. */
    void force() {
        final long start = System.nanoTime();
        try {
            storage.force();
            counters.add(RingCounters.FORCES, 1);
        } catch (final Throwable t) {
            counters.add(RingCounters.FORCES_FAILED, 1);
            forceFailure = t;
        } finally {
            forceEnded = System.nanoTime();
            forceTimes.recordValue(Math.min(forceEnded - start, LONGEST_FORCE_NANOS));
        }
    }

    /** Acknowledges what was forced, or fails, on the thread that has forced it and has the turn again. */
    void endForce() {
        enter();
        lastForce = forceEnded;
        forcer = null;
        try {
            if (forceFailure != null) {
                LangUtil.rethrowUnchecked(forceFailure);
            }
            if (failure == null) {
                storage.endForce();
                syncs.done(forceHead);
            }
        } catch (final Throwable t) {
            fail(t);
        }
        inside = false;
    }

    private void finish() throws IOException {
        if (failure != null) {
            if (ring.outlivesProcess()) {
                detach();
            } else {
                end(RingCounters.FAILED_AND_CLOSED);
            }
            return;
        }
        drops.seal();
        if (drops.pending()) {
            drops.record();
            return;
        }
        if (ring.head() != ring.tail() && !monitor.isAbandoned()) {
            return; // a gap is still in the ring, from here or from a producer
        }
        if (state.dropsJournaled < drops.dropped()) {
            drops.recordAnew(state.dropsJournaled);
            return;
        }
        lease.check(true);
        copier.end();
        publish();
        storage.close();
        syncs.done(ring.head());
        lease.closed();
        end(RingCounters.CLOSED);
    }

    /** Leaves the ring file to its next owner, once the final state is visible to all threads. */
    private void detach() {
        if (detachedSince == 0) {
            counters.end(RingCounters.FAILED_AND_CLOSED);
            detachedSince = System.nanoTime();
        } else if (System.nanoTime() - detachedSince >= StuckClaimMonitor.GRACE_NANOS) {
            lease.keepClaims();
            end(RingCounters.FAILED_AND_CLOSED);
        }
    }

    private void end(final long endState) {
        try {
            storage.abandon();
        } finally {
            try {
                lease.release();
            } finally {
                counters.state(endState);
                terminated = true;
                syncs.wake();
            }
        }
    }

    private void fail(final Throwable cause) {
        if (!failed) {
            state.recount(counters);
            // before the failure is told: who then compares the file with the statistics finds the same in both
            despite(cause, storage::retract);
            failedHead = ring.head();
            despite(cause, () -> lease.failed(cause.toString()));
            failure = failure == null ? cause : failure;
            counters.state(monitor.isLeaving() ? RingCounters.FAILED_AND_CLOSED : RingCounters.FAILED);
            failed = true; // not before: an attempt that ends in between is made again
            syncs.wake();
            tell(cause, failedException());
        } else if (!laterFailureTold) {
            laterFailureTold = true; // one at every step would tell no more
            syncs.wake();
            tell(cause, new JournalFailedException(storage.name() + ": after it had failed: " + cause, cause));
        }
    }

    /** Tells the listener, which may find no room for a thread. */
    private void tell(final Throwable cause, final JournalFailedException told) {
        despite(cause, () -> settings.events().onFailure(told));
    }

    /** Does what is to be done at a failure. If that fails too, the failure tells of it. */
    private static void despite(final Throwable cause, final AutoCloseable step) {
        try {
            step.close();
        } catch (final Throwable t) {
            if (t != cause) {
                cause.addSuppressed(t);
            }
        }
    }

    /** Reports what an idle strategy throws, once; the appender itself throws nothing. */
    void onError(final Throwable error) {
        if (!runnerErrorTold) {
            runnerErrorTold = true; // an idle strategy that throws does so at every idle moment
            settings.events().onFailure(new JournalFailedException(storage.name() + ": " + error, error));
        }
    }

    /** Returns the exception for all who ask for more of a journal that has failed. */
    public JournalFailedException failedException() {
        // the JVM reports a failed store into a mapped page as an InternalError
        final String lost =
                failure instanceof InternalError ? "the file was cut short or can no longer be written: " : "";
        return new JournalFailedException(storage.name() + ": the journal has failed: " + lost + failure, failure);
    }

    /**
     * Returns the failure, or null. It stays null until the shared state says failed, so a caller that sees it finds
     * that nothing is accepted any more.
     */
    public Throwable failure() {
        return counters.isFailed() ? failure : null;
    }

    /** Returns how long forces took, in nanoseconds. */
    public AtomicHistogram forceTimes() {
        return forceTimes;
    }

    /** Refuses claims from now on, and ends when everything accepted is in the file. */
    void requestClose() {
        counters.closing();
        closeRequested = true;
    }

    /** Ends the appender before it has run: a thread that comes late finds nothing to do. */
    void giveUp() {
        terminated = true;
    }

    public boolean isTerminated() {
        return terminated;
    }

    /**
     * Waits for the end, or at most for a time in milliseconds: the thread that runs this agent may have ended without
     * it.
     */
    void awaitTermination(final long millis) throws InterruptedException {
        syncs.awaitWake(() -> terminated, millis);
    }

    /**
     * Returns whether everything before a ring position is in the file, where readers see it. Throws the failure if it
     * never will be.
     */
    boolean isJournaled(final long ringPosition) {
        final long head = ring.head(); // read first: after a failure the head moves on without the file
        if (failure != null && failedHead < ringPosition) {
            throw failedException();
        }
        return terminated || head >= ringPosition;
    }

    /**
     * Returns whether everything before a ring position was forced, and asks for a force if not. Throws the failure if
     * it never will be.
     */
    public boolean isSynced(final long ringPosition) {
        if (failure != null && !syncs.isDone(ringPosition)) {
            throw failedException();
        }
        return terminated || syncs.ask(ringPosition);
    }

    /**
     * Waits until everything before a ring position was forced, or at most for a time in nanoseconds. Returns false
     * when the time is over.
     */
    boolean awaitSync(final long ringPosition, final long nanos, final Runnable wake) throws InterruptedException {
        return syncs.await(() -> isSynced(ringPosition), nanos, wake);
    }

    /**
     * Waits until everything before a ring position was forced, or the calling thread can force it, or at most for a time
     * in nanoseconds.
     */
    void awaitForce(final long ringPosition, final long nanos, final Runnable wake) throws InterruptedException {
        syncs.await(
                () -> isSynced(ringPosition) || !isForcing() && ring.head() >= ringPosition,
                nanos,
                isForcing() ? () -> {} : wake);
    }

    /** Fails the journal when an error ends its thread. */
    void onThreadEnd(final Throwable cause) {
        if (!terminated) {
            fail(cause);
        }
    }
}
