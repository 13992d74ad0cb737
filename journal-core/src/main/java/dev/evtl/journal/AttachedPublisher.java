package dev.evtl.journal;

import dev.evtl.journal.appender.PublishingHelp;
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
 * <p>An accepted event is in the ring file. It survives the death of this process and of the process that has the
 * journal open; the next opening of the journal brings it in. While no process has the journal open, the ring fills,
 * and then the back-pressure policy decides. The publisher goes on when the journal is opened again after its process
 * died or the journal failed.
 *
 * <p>After a clean close, or a close that left claims open, {@link #isEnded} is true and the publisher answers {@link
 * Publisher#CLOSED} or {@link Publisher#FAILED} for good; {@link Journal#attach(Path, JournalConfig, Duration)} waits
 * for the next owner. While the journal has not been opened for the first time, the publisher answers CLOSED without
 * being ended; {@link #awaitOpen} waits for the opening.
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
        this.publisher = new Publisher(ring, config, file.maxPayloadLength(), PublishingHelp.NONE).notingClaims();
        this.stats = new LiveRingStats(ring);
        this.syncNanos = config.syncNanos;
    }

    /**
     * Returns the publisher.
     *
     * @return the publisher, for any number of threads
     */
    public Publisher publisher() {
        return publisher;
    }

    /**
     * Returns what the journal has done so far, through all its processes.
     *
     * @return the statistics, always current
     */
    public RingStats stats() {
        return stats;
    }

    /**
     * Returns whether nothing can be published through this object any more: the journal was closed, or it failed and
     * goes on without the claims that were open, or this object was closed.
     *
     * @return true for good; then attach again
     */
    public boolean isEnded() {
        return counters.isEnded();
    }

    /**
     * Waits until a process has the journal open.
     *
     * @param timeout longest time to wait; zero or less looks once
     * @return false if the time was over first, this object is ended, or the thread was interrupted; its interrupt flag
     *     stays set
     */
    public boolean awaitOpen(final Duration timeout) {
        return Waiting.until(Waiting.nanos(timeout), () -> counters.isRunning() && file.hasOwner() || isEnded())
                && !isEnded();
    }

    /**
     * Waits until all events accepted before the call, from any process, are on the device.
     *
     * @throws JournalFailedException  if the journal fails first
     * @throws JournalTimeoutException if this takes longer than {@code syncTimeout}, as it does while no process has
     *     the journal open
     * @throws JournalException        if the thread is interrupted while it waits; its interrupt flag stays set
     */
    public void sync() {
        if (!sync(ring.tail(), syncNanos)) {
            throw new JournalTimeoutException(file.path() + ": not on the device after "
                    + TimeUnit.NANOSECONDS.toMillis(syncNanos) + " ms; " + stats);
        }
    }

    /**
     * Waits until the event at a position, and everything before it, is on the device.
     *
     * @param position that publishing returned, to this process or another
     * @param timeout  longest time to wait; zero or less looks once
     * @return false if the time was over first
     * @throws IllegalArgumentException if publishing cannot have returned the position
     * @throws JournalFailedException   if the journal fails first
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
     * Waits until the event at a position, and everything before it, is in the file, where readers see it.
     *
     * @param position that publishing returned, to this process or another
     * @param timeout  longest time to wait; zero or less looks once
     * @return false if the time was over first
     * @throws IllegalArgumentException if publishing cannot have returned the position
     * @throws JournalFailedException   if the journal fails first
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
     * Returns the path of the ring file.
     *
     * @return its real path
     */
    public Path ringFile() {
        return file.path();
    }

    /**
     * Leaves the ring file. Accepted events stay accepted. All threads must have finished their calls to the publisher,
     * which answers {@link Publisher#CLOSED} from then on. An open claim is left out of the journal, and ended: its
     * buffer has no room any more.
     *
     * @throws JournalException if the locks cannot be released
     */
    @Override
    public void close() {
        counters.end(RingCounters.CLOSED);
        publisher.leaveClaims();
        try {
            file.close();
        } catch (final IOException e) {
            throw new JournalException(file.path() + ": could not be left: " + e.getMessage(), e);
        }
    }

    /** Returns a short text for a log. */
    @Override
    public String toString() {
        return "AttachedPublisher[" + file.path() + ", " + stats + "]";
    }
}
