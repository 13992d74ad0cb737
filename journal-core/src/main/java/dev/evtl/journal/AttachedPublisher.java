package dev.evtl.journal;

import dev.evtl.journal.exceptions.JournalException;
import dev.evtl.journal.exceptions.JournalFailedException;
import dev.evtl.journal.exceptions.JournalTimeoutException;
import dev.evtl.journal.ring.JournalRing;
import dev.evtl.journal.ring.RingCounters;
import dev.evtl.journal.ring.RingFile;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * Publishes into a journal that another process has open, through its ring file. Made by {@link Journal#attach}. All
 * methods may be called from any thread.
 *
 * <p>An event that is accepted is in the ring file: it survives the death of this process and of the one that has the
 * journal open, which brings it in when it opens the journal again. While no process has the journal open, the ring
 * fills, and then the back-pressure policy says what happens. The publisher goes on when the journal is opened again
 * after its process died or the journal failed. After a clean close, or a close that left claims open,
 * {@link #isEnded} is true and it answers {@link Publisher#CLOSED} or {@link Publisher#FAILED} for good:
 * {@link Journal#attach(Path, JournalConfig, Duration)} waits for the next owner. It answers CLOSED too, without being
 * ended, while the journal is not open for the first time yet: {@link #awaitOpen} waits for that.
 *
 * <p>A claim of this process holds up all processes until it is committed or aborted, or this process has ended.
 */
public final class AttachedPublisher implements AutoCloseable {
    private final RingFile file;
    private final JournalRing ring;
    private final RingCounters counters;
    private final Publisher publisher;
    private final RingStats stats;
    private final long syncNanos;

    AttachedPublisher(final RingFile file, final JournalConfig config) {
        this.file = file;
        this.ring = file.attached();
        this.counters = ring.counters();
        this.publisher = new Publisher(ring, config, file.maxPayloadLength(), () -> false);
        this.stats = new LiveRingStats(ring);
        this.syncNanos = config.syncNanos;
    }

    /**
     * Publishes events.
     *
     * @return the publisher, for any number of threads
     */
    public Publisher publisher() {
        return publisher;
    }

    /**
     * What the journal has done so far, through all its processes.
     *
     * @return the statistics, always current
     */
    public RingStats stats() {
        return stats;
    }

    /**
     * Whether nothing can be published any more through this: the journal was closed, or failed and goes on without the
     * claims that were open, or this was closed.
     *
     * @return true for good; then attach anew
     */
    public boolean isEnded() {
        return counters.isEnded();
    }

    /**
     * Waits until a process has the journal open.
     *
     * @param timeout for which this waits at the most
     * @return false if none had within the time, this is ended, or the thread was interrupted, whose flag stays set
     */
    public boolean awaitOpen(final Duration timeout) {
        return Waiting.until(Waiting.nanos(timeout), () -> counters.isRunning() || isEnded()) && !isEnded();
    }

    /**
     * Waits until all events that were accepted before the call, from any process, are on the device.
     *
     * @throws JournalFailedException  if the journal has failed before that
     * @throws JournalTimeoutException if it takes longer than {@code syncTimeout}, as it does while no process has the
     *     journal open
     * @throws JournalException        if the thread is interrupted while it waits; its interrupt flag stays set
     */
    public void sync() {
        if (!sync(ring.tail(), syncNanos)) {
            throw new JournalTimeoutException(file.path() + ": not on the device after "
                    + TimeUnit.NANOSECONDS.toMillis(syncNanos) + " ms; " + stats);
        }
    }

    /**
     * Waits until the event at a position, and all before it, are on the device.
     *
     * @param position that publishing returned, to this process or another
     * @param timeout  for which this waits at the most
     * @return false if it was not within the time
     * @throws IllegalArgumentException if no such position was returned
     * @throws JournalFailedException   if the journal has failed before that
     * @throws JournalException         if the thread is interrupted while it waits; its interrupt flag stays set
     */
    public boolean sync(final long position, final Duration timeout) {
        return sync(ring.check(position), Waiting.nanos(timeout));
    }

    private boolean sync(final long position, final long nanos) {
        counters.raise(RingCounters.SYNC_WANTED, position);
        return await(nanos, () -> counters.get(RingCounters.SYNCED) >= position);
    }

    /**
     * Waits until the event at a position, and all before it, are in the file, where readers see them.
     *
     * @param position that publishing returned, to this process or another
     * @param timeout  for which this waits at the most
     * @return false if it was not within the time
     * @throws IllegalArgumentException if no such position was returned
     * @throws JournalFailedException   if the journal has failed before that
     * @throws JournalException         if the thread is interrupted while it waits; its interrupt flag stays set
     */
    public boolean awaitJournaled(final long position, final Duration timeout) {
        ring.check(position);
        return await(Waiting.nanos(timeout), () -> ring.head() >= position);
    }

    private boolean await(final long nanos, final BooleanSupplier reached) {
        if (Waiting.until(nanos, () -> reached.getAsBoolean() || counters.isFailed())) {
            if (!reached.getAsBoolean()) {
                throw new JournalFailedException(
                        file.path() + ": the journal has failed in the process that has it open", null);
            }
            return true;
        }
        if (Thread.currentThread().isInterrupted()) {
            throw new JournalException(file.path() + ": interrupted while waiting");
        }
        return false;
    }

    /**
     * The ring file.
     *
     * @return its real path
     */
    public Path ringFile() {
        return file.path();
    }

    /**
     * Leaves the ring file. What was accepted stays accepted. All threads must have ended what they were doing with the
     * publisher, which from then on answers {@link Publisher#CLOSED}; a claim that is open is left out of the journal.
     *
     * @throws JournalException if the locks cannot be given back
     */
    @Override
    public void close() {
        counters.end(RingCounters.CLOSED);
        try {
            file.close();
        } catch (final IOException e) {
            throw new JournalException(file.path() + ": could not be left: " + e.getMessage(), e);
        }
    }

    /** As a log has it. */
    @Override
    public String toString() {
        return "AttachedPublisher[" + file.path() + ", " + stats + "]";
    }
}
