package dev.evtl.journal;

import dev.evtl.journal.appender.Appender;
import dev.evtl.journal.appender.AppenderRunner;
import dev.evtl.journal.appender.AppenderSettings;
import dev.evtl.journal.appender.FullFileDrops;
import dev.evtl.journal.appender.InvokerRunner;
import dev.evtl.journal.appender.PublisherRunner;
import dev.evtl.journal.appender.ThreadRunner;
import dev.evtl.journal.exceptions.CorruptJournalException;
import dev.evtl.journal.exceptions.DiskFullException;
import dev.evtl.journal.exceptions.JournalException;
import dev.evtl.journal.exceptions.JournalFailedException;
import dev.evtl.journal.exceptions.JournalLockedException;
import dev.evtl.journal.exceptions.JournalTimeoutException;
import dev.evtl.journal.file.DirectStorage;
import dev.evtl.journal.file.JournalDirectory;
import dev.evtl.journal.file.JournalFile;
import dev.evtl.journal.file.JournalStorage;
import dev.evtl.journal.file.MappedStorage;
import dev.evtl.journal.file.RollPolicy;
import dev.evtl.journal.file.RollingStorage;
import dev.evtl.journal.file.Space;
import dev.evtl.journal.file.WriteStorage;
import dev.evtl.journal.format.JournalHeader;
import dev.evtl.journal.io.FileCalls;
import dev.evtl.journal.io.Platform;
import dev.evtl.journal.ring.JournalRing;
import dev.evtl.journal.ring.RingFile;
import dev.evtl.journal.ring.RingFiles;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.UnaryOperator;
import org.agrona.concurrent.AgentInvoker;

/**
 * A journal that is open for writing. All methods may be called from any thread.
 *
 * <pre>{@code
 * try (Journal journal = Journal.open(Path.of("trades.evtl"))) {
 *     journal.publisher().offer(TRADE, buffer, 0, length);
 *     journal.sync();
 * }
 * }</pre>
 */
public final class Journal implements AutoCloseable {
    private final Path path;
    private final JournalRing ring;
    /** Null for a journal of one file. */
    private final RollingStorage files;

    private final Publisher publisher;
    private final Appender appender;
    private final AppenderRunner runner;
    private final JournalStats stats;
    private final RecoveryReport recovery;
    private final ThreadFactory threadFactory;
    private final Notifier notifier;
    private final long syncNanos;
    private final Thread shutdownHook;
    private final StatsBean mbean;
    private final AtomicBoolean released = new AtomicBoolean();

    private Journal(
            final Path path,
            final JournalConfig config,
            final JournalOpener opened,
            final JournalRing ring,
            final JournalStorage storage,
            final RollingStorage files,
            final Notifier notifier) {
        this.path = path;
        this.files = files;
        this.recovery = opened.recovery();
        this.ring = ring;
        this.threadFactory = config.threadFactory;
        this.syncNanos = config.syncNanos;
        this.shutdownHook = config.closeOnShutdown ? new Thread(this::close, "evtl-close " + path) : null;
        this.notifier = notifier;
        final AppenderSettings settings = config.appenderSettings(notifier);
        this.appender = new Appender(settings, ring, storage, opened);
        this.runner = switch (config.appenderMode) {
            case PUBLISHERS ->
                new PublisherRunner(appender, ring, settings, config.idleStrategy, this::newThread, path.toString());
            case THREAD -> new ThreadRunner(appender, ring, config.idleStrategy, this::newThread, path.toString());
            case INVOKER -> new InvokerRunner(appender, ring, settings);
        };
        this.publisher = new Publisher(ring, config, config.maxPayloadLength, runner);
        this.stats = new LiveStats(ring, storage, appender, config.space.maximum());
        this.mbean = config.jmx ? StatsBean.register(path, stats) : null;
    }

    /**
     * Opens a journal with the default config. The file is created if it does not exist, and recovered if its last
     * writer did not close it. A path that leads to a directory is a journal of several files.
     *
     * @param path of the file, or of the directory
     * @return the journal, running
     * @throws JournalException as {@link #open(Path, JournalConfig)}
     */
    public static Journal open(final Path path) {
        return open(path, JournalConfig.builder().build());
    }

    /**
     * Opens a journal. It is one of several files, in a directory, if the path leads to a directory, or if the config says
     * when it rolls, in which case the directory is made if there is none.
     *
     * @param path   of the file, or of the directory
     * @param config how to open and run the journal
     * @return the journal, running
     * @throws JournalLockedException  if another writer, in this process or another, has it open
     * @throws CorruptJournalException if the file is no journal, or an event is damaged among those that opening
     *     verifies, as {@link JournalConfig.Builder#verifyOnOpen} says; it is left as it was
     * @throws DiskFullException       if there is no space to create the file, to make it longer, or for the ring file
     * @throws JournalException        if a ring file that the config does not name holds accepted events, if the one
     *     that it names is another journal's, a stranger's or has another size, or if the file cannot be opened for
     *     another reason; the message names the path and what to do
     * @throws IllegalStateException   if the JVM lacks the flag that Agrona needs
     */
    public static Journal open(final Path path, final JournalConfig config) {
        Objects.requireNonNull(path, "path");
        Objects.requireNonNull(config, "config");
        return open(path, config, storage -> storage);
    }

    /** Opens a journal with a wrapper around the file's storage, which tests use to make it fail. */
    static Journal open(final Path path, final JournalConfig config, final UnaryOperator<JournalStorage> around) {
        Platform.check();
        final boolean several = config.rolls() || Files.isDirectory(path);
        if (several && !config.rolls()) {
            JournalDirectory.refuseOther(path);
        }
        final JournalFile.NewFile newFile = new JournalFile.NewFile(
                config.clock.nanoTime(), config.checksums, config.baseSequence, config.filePermissions);
        final JournalOpener opened = JournalOpener.open(
                path,
                several,
                config.openMode,
                newFile,
                Optional.ofNullable(config.ringFile)
                        .map(file -> new RingFiles.Wanted(file, config.ringSize, config.maxPayloadLength)),
                config.refuseMissingRing,
                config.verifyOnOpen,
                position -> {});
        final Notifier notifier = new Notifier(config.listener, path.toString());
        RollingStorage files = null;
        JournalStorage storage = null;
        Journal journal = null;
        boolean running = false;
        try {
            if (several) {
                files = new RollingStorage(
                        opened.journal(),
                        new RollPolicy(
                                config.rollSize, config.clock::nanoTime, config.rollTimes::next, config.retention),
                        newFile,
                        opened.file(),
                        opened.header(),
                        (file, header) -> storage(file, header, config),
                        opened::rolledTo,
                        notifier);
                storage = files;
            } else {
                storage = storage(opened.file(), opened.header(), config);
            }
            storage = around.apply(storage);
            final JournalRing ring =
                    opened.ring().orElseGet(() -> JournalRing.inMemory(config.ringSize, config.singleProducer));
            journal = new Journal(path, config, opened, ring, storage, files, notifier);
            opened.forgetFailure(); // first: the appender makes sure of the lock file's content
            journal.start();
            running = true;
            return journal;
        } finally {
            if (!running) {
                giveUp(opened, storage, journal);
            }
        }
    }

    /** Undoes a failed opening. Files that it created are deleted unless another process has published already. */
    private static void giveUp(final JournalOpener opened, final JournalStorage storage, final Journal journal) {
        try {
            if (storage != null) {
                storage.abandon();
            }
        } finally {
            if (journal == null || journal.isUnused()) {
                opened.discard();
            } else {
                opened.release();
            }
            if (journal != null) {
                journal.release();
            }
        }
    }

    /** Returns whether nothing was accepted, after refusing what is offered from now on. */
    private boolean isUnused() {
        ring.counters().closing();
        return ring.head() == ring.tail();
    }

    /** For tests, which wait until it has told all. */
    Notifier notifier() {
        return notifier;
    }

    private void start() {
        if (shutdownHook != null) {
            Runtime.getRuntime().addShutdownHook(shutdownHook);
        }
        if (recovery.isOfInterest()) {
            notifier.onRecovery(recovery);
        }
        notifier.start(stats, appender::isTerminated);
        runner.start(); // last: what fails before it finds no appender at work
    }

    /**
     * Attaches this process, with the default config, as a publisher to a journal that another process has open with a
     * ring file.
     *
     * @param ringFile of the journal
     * @return the publisher of this process
     * @throws JournalException as {@link #attach(Path, JournalConfig)}
     */
    public static AttachedPublisher attach(final Path ringFile) {
        return attach(ringFile, JournalConfig.builder().build());
    }

    /**
     * Attaches this process as a publisher to a journal that another process has open with a ring file. This also works
     * while no process has it open, unless the last one closed it; events then wait in the ring.
     *
     * @param ringFile of the journal
     * @param config   of which {@code backPressure}, {@code blockTimeout}, {@code blockIdleStrategy}, {@code
     *     syncTimeout} and {@code clock} are used; all else is as the journal was opened
     * @return the publisher of this process
     * @throws JournalException      if there is no such ring file, if it belongs neither to this user or root nor to the
     *     owner of its directory, if everybody may write it, if it is damaged or of an earlier boot of the machine, or if
     *     all its 128 places for processes, the owner's included, are taken
     * @throws IllegalStateException if the JVM lacks the flag that Agrona needs
     */
    public static AttachedPublisher attach(final Path ringFile, final JournalConfig config) {
        Objects.requireNonNull(ringFile, "ringFile");
        Objects.requireNonNull(config, "config");
        final RingFile file = RingFiles.attach(ringFile);
        AttachedPublisher attached = null;
        try {
            attached = new AttachedPublisher(file, config);
            return attached;
        } finally {
            if (attached == null) {
                FileCalls.closeQuietly(file);
            }
        }
    }

    /**
     * Attaches this process as {@link #attach(Path, JournalConfig)} does, but waits until there is a journal to attach
     * to: until its owner opens it for the first time or, after a close, until the next owner opens it.
     *
     * @param ringFile of the journal
     * @param config   as for {@link #attach(Path, JournalConfig)}
     * @param timeout  longest time to wait; zero or less looks once
     * @return the publisher of this process; empty if the time was over first or the thread was interrupted, in which
     *     case its interrupt flag stays set
     * @throws JournalException      if the ring file is there and cannot be attached to
     * @throws IllegalStateException if the JVM lacks the flag that Agrona needs
     */
    public static Optional<AttachedPublisher> attach(
            final Path ringFile, final JournalConfig config, final Duration timeout) {
        Objects.requireNonNull(ringFile, "ringFile");
        Objects.requireNonNull(config, "config");
        return Waiting.until(Waiting.nanos(timeout), () -> RingFiles.isThere(ringFile))
                ? Optional.of(attach(ringFile, config))
                : Optional.empty();
    }

    private static WriteStorage storage(
            final JournalFile file, final JournalHeader header, final JournalConfig config) {
        final int maxClaimLength = config.ringSize / 8 + FullFileDrops.RESERVE;
        final Space space =
                config.rollSize == Long.MAX_VALUE ? config.space : config.space.upTo(config.rollSize + maxClaimLength);
        final boolean everyBatch = config.syncPolicy == SyncPolicy.EVERY_BATCH;
        return switch (config.storage) {
            case MAPPED ->
                new MappedStorage(file, header, everyBatch ? space.forFrequentForces() : space, maxClaimLength);
            case WRITE -> WriteStorage.open(file, header, space, maxClaimLength);
            case DIRECT -> DirectStorage.open(file, header, space, maxClaimLength, everyBatch);
        };
    }

    private Thread newThread(final Runnable work) {
        final Thread thread = Objects.requireNonNull(threadFactory.newThread(work), "what threadFactory returns");
        if (shutdownHook != null) {
            thread.setDaemon(true); // otherwise it would keep a JVM alive whose shutdown is to close the journal
        }
        return thread;
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
     * Waits until all events that were accepted before the call are on the device. One force serves all waiting
     * threads. It is one of them that forces, if nobody does already and it has a second left or more; from then on
     * neither its timeout nor an interrupt, whose flag is kept, ends the call before the device does. After a clean close
     * this returns at once. With an invoker, the thread that invokes it runs the appender in this call, and no other
     * forces.
     *
     * @return position before which everything is on the device: the offset in the file; in a journal of several files it
     *     goes on from the offset in the first one that was written since the journal was opened
     * @throws JournalFailedException  if the journal fails first
     * @throws JournalTimeoutException if this takes longer than {@code syncTimeout}; an open claim holds up a sync
     * @throws JournalException        if the thread is interrupted while it waits; its interrupt flag stays set
     */
    public long sync() {
        if (!sync(ring.tail(), syncNanos)) {
            throw new JournalTimeoutException(
                    path + ": not on the device after " + TimeUnit.NANOSECONDS.toMillis(syncNanos) + " ms; " + stats);
        }
        return stats.getDurableOffset();
    }

    /**
     * Waits until the event at a position, and everything before it, is on the device. Otherwise as {@link #sync()}.
     *
     * @param position that publishing returned
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
        if (appender.failure() != null) {
            throw appender.failedException();
        }
        try {
            return runner.awaitSync(position, nanos);
        } catch (final InterruptedException e) {
            throw interrupted(e);
        }
    }

    /**
     * Waits until the event at a position, and everything before it, is in the file, where readers see it and it
     * survives the death of the process. Under {@link WhenFull#DROP} an event for which the file has no room counts as
     * there once it is dropped and on record. With an invoker, the thread that invokes it runs the appender in this call.
     *
     * @param position that publishing returned
     * @param timeout  longest time to wait; zero or less looks once
     * @return false if the time was over first
     * @throws IllegalArgumentException if publishing cannot have returned the position
     * @throws JournalFailedException   if the journal fails first
     * @throws JournalException         if the thread is interrupted while it waits; its interrupt flag stays set
     */
    public boolean awaitJournaled(final long position, final Duration timeout) {
        try {
            return runner.awaitJournaled(ring.check(position), Waiting.nanos(timeout));
        } catch (final InterruptedException e) {
            throw interrupted(e);
        }
    }

    /**
     * Has a journal of several files go on in another file: events that were accepted before the call stay in the files
     * before, those that are offered after it come into the new one. Where the newest file has no event this does
     * nothing.
     *
     * @param timeout longest time to wait; zero or less does not wait
     * @return false if the time was over first; the roll then comes as soon as it can
     * @throws IllegalStateException  if this is a journal of one file
     * @throws JournalFailedException if the journal fails first, or is closed
     * @throws JournalException       if the thread is interrupted while it waits; its interrupt flag stays set
     */
    public boolean roll(final Duration timeout) {
        final long nanos = Waiting.nanos(timeout);
        requireSeveral();
        final long start = System.nanoTime();
        try {
            if (!runner.awaitJournaled(ring.tail(), nanos)) {
                return false;
            }
            files.roll();
            return runner.await(() -> !files.isRollWanted(), nanos - (System.nanoTime() - start));
        } catch (final InterruptedException e) {
            throw interrupted(e);
        }
    }

    /**
     * Lets a journal of several files delete those whose events are all before a sequence number, for an application that
     * keeps snapshots of its state. The file that is written is kept. They are deleted soon after, on another thread, the
     * oldest first.
     *
     * @param sequence number of the first event that is still needed
     * @throws IllegalStateException if this is a journal of one file
     */
    public void release(final long sequence) {
        requireSeveral().release(sequence);
    }

    private RollingStorage requireSeveral() {
        if (files == null) {
            throw new IllegalStateException(path + ": is a journal of one file; open a directory to have several");
        }
        return files;
    }

    private JournalException interrupted(final InterruptedException e) {
        Thread.currentThread().interrupt();
        return new JournalException(path + ": interrupted while waiting", e);
    }

    /**
     * Returns what the journal has done so far.
     *
     * @return the statistics, always current
     */
    public JournalStats stats() {
        return stats;
    }

    /**
     * Returns what opening found and did to a file that its last writer had not closed, and what it brings in from a
     * ring file.
     *
     * @return the report; empty if there was nothing to recover
     */
    public Optional<RecoveryReport> recovery() {
        return Optional.of(recovery).filter(RecoveryReport::isOfInterest);
    }

    /**
     * Returns why the journal has failed.
     *
     * @return the cause; empty if it has not failed
     */
    public Optional<Throwable> failure() {
        return Optional.ofNullable(appender.failure());
    }

    /**
     * Returns the invoker by which the application runs the appender, if the config says so; on one thread at a time.
     * Closing the invoker closes the journal; an interrupt of the thread that invokes it ends neither.
     *
     * @return the invoker, started
     * @throws IllegalStateException if the journal runs the appender on a thread of its own
     */
    public AgentInvoker invoker() {
        return runner.invoker();
    }

    /**
     * Returns the path of the file or directory.
     *
     * @return the path as it was given
     */
    public Path path() {
        return path;
    }

    /**
     * Closes the journal: refuses what is offered from now on, journals and forces everything that was accepted, cuts
     * the file to its length and marks it closed. An open claim is waited for as long as the config says, then left out
     * and reported. A second call waits for the first close to end. With an invoker, the thread that invokes it, or any
     * thread after that one has ended or called {@link System#exit}, runs the appender in this call.
     *
     * @throws JournalFailedException  if the journal has failed; its file is recovered when it is opened again
     * @throws JournalTimeoutException if the thread that invokes the appender is alive and does not invoke it for twice
     *     {@code closeTimeout} and a second; then the journal is not closed, and this can be called again
     */
    @Override
    public void close() {
        runner.close();
        release();
        if (appender.failure() != null) {
            throw appender.failedException();
        }
    }

    private void release() {
        if (!released.compareAndSet(false, true)) {
            return;
        }
        if (mbean != null) {
            mbean.unregister();
        }
        if (shutdownHook != null && Thread.currentThread() != shutdownHook) {
            try {
                Runtime.getRuntime().removeShutdownHook(shutdownHook);
            } catch (final IllegalStateException e) {
                // the JVM is shutting down, and the hook runs or has run
            }
        }
    }

    /** Returns a short text for a log. */
    @Override
    public String toString() {
        return "Journal[" + path + ", " + stats + "]";
    }
}
