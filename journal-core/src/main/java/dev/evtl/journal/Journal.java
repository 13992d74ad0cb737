package dev.evtl.journal;

import dev.evtl.journal.format.EventChecksum;
import dev.evtl.journal.storage.CorruptJournalException;
import dev.evtl.journal.storage.DiskFullException;
import dev.evtl.journal.storage.JournalException;
import dev.evtl.journal.storage.JournalFile;
import dev.evtl.journal.storage.JournalLockedException;
import dev.evtl.journal.storage.JournalStorage;
import dev.evtl.journal.storage.MappedStorage;
import dev.evtl.journal.storage.Platform;
import dev.evtl.journal.storage.RecoveryReport;
import dev.evtl.journal.storage.RingFile;
import dev.evtl.journal.storage.WriteStorage;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.UnaryOperator;
import javax.management.InstanceNotFoundException;
import javax.management.JMException;
import javax.management.ObjectName;
import org.agrona.BufferUtil;
import org.agrona.concurrent.AgentInvoker;
import org.agrona.concurrent.AgentRunner;
import org.agrona.concurrent.AtomicBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.ringbuffer.ManyToOneRingBuffer;
import org.agrona.concurrent.ringbuffer.OneToOneRingBuffer;
import org.agrona.concurrent.ringbuffer.RingBuffer;
import org.agrona.concurrent.ringbuffer.RingBufferDescriptor;

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
    private final RingBuffer ring;
    private final Publisher publisher;
    private final Appender appender;
    private final JournalStats stats;
    private final RecoveryReport recovery;
    private final AgentInvoker invoker;
    private final AgentRunner runner;
    private final Thread shutdownHook;
    private final ObjectName mbean;
    private final AtomicBoolean released = new AtomicBoolean();

    private Journal(final Path path, final JournalConfig config, final JournalFile file, final JournalStorage storage) {
        this.path = path;
        this.recovery = file.recovery();
        final RingFile ringFile = file.ring();
        final Counters counters = ringFile == null ? new Counters() : Counters.reopen(ringFile.counters());
        this.ring = ring(config, ringFile);
        final Claims claims = new Claims(ring, counters, ringFile == null ? null : ringFile.slot());
        final Drops drops = new Drops(counters, claims);
        this.publisher = new Publisher(
                claims,
                counters,
                drops,
                config.backPressure,
                config.blockIdleStrategy,
                config.clock,
                config.maxPayloadLength);
        final EventChecksum checksum =
                file.header().hasChecksums() ? new EventChecksum(file.header().checksum()) : null;
        this.appender = new Appender(config, ring, counters, drops, storage, checksum, ringFile);
        this.stats = new LiveStats(ring, counters, drops, storage, appender, config.space.maximum());
        this.shutdownHook = config.closeOnShutdown ? new Thread(this::close, "evtl-close " + path) : null;
        this.mbean = config.jmx ? register() : null;
        if (config.invoker) {
            runner = null;
            invoker = new AgentInvoker(config.errorHandler, null, appender);
        } else {
            invoker = null;
            runner = new AgentRunner(config.idleStrategy, config.errorHandler, null, appender);
        }
        counters.run();
    }

    private static RingBuffer ring(final JournalConfig config, final RingFile file) {
        final AtomicBuffer memory = file != null
                ? file.ring()
                : new UnsafeBuffer(
                        BufferUtil.allocateDirectAligned(config.ringSize + RingBufferDescriptor.TRAILER_LENGTH, 4096));
        return config.singleProducer ? new OneToOneRingBuffer(memory) : new ManyToOneRingBuffer(memory);
    }

    private void start(final ThreadFactory threadFactory) {
        boolean started = false;
        try {
            if (shutdownHook != null) {
                Runtime.getRuntime().addShutdownHook(shutdownHook);
            }
            if (invoker != null) {
                invoker.start();
            } else {
                awaitStart(AgentRunner.startOnThread(runner, work -> newThread(threadFactory, work)));
            }
            started = true;
        } finally {
            if (!started) {
                release();
            }
        }
    }

    private Thread newThread(final ThreadFactory threadFactory, final Runnable work) {
        final Thread thread = threadFactory.newThread(() -> run(work));
        if (shutdownHook != null) {
            thread.setDaemon(true); // or it would keep a JVM alive whose shutdown is to close the journal
        }
        return thread;
    }

    private void run(final Runnable work) {
        try {
            work.run();
        } catch (final Throwable t) {
            appender.onThreadEnd(t);
            throw t;
        }
        appender.onThreadEnd(new IllegalStateException("the appender's thread has ended"));
    }

    /** A thread may end before it comes to the appender, as one does that could not be pinned. */
    private void awaitStart(final Thread thread) {
        while (!appender.isStarted()) {
            if (!thread.isAlive() && !appender.isStarted()) {
                throw new JournalException(path + ": the thread that threadFactory made ended before it did its work");
            }
            Thread.yield();
        }
    }

    /**
     * Opens a journal with the default config: the file is created if it does not exist, and recovered if its last
     * writer did not close it.
     *
     * @param path of the file
     * @return the journal, running
     * @throws JournalException as {@link #open(Path, JournalConfig)} does
     */
    public static Journal open(final Path path) {
        return open(path, JournalConfig.builder().build());
    }

    /**
     * Opens a journal.
     *
     * @param path   of the file
     * @param config how to open and run it
     * @return the journal, running
     * @throws JournalLockedException  if another writer, here or in another process, has it open
     * @throws CorruptJournalException if the file is no journal or holds damaged events; it is left as it was
     * @throws DiskFullException       if there is no space to create or grow the file, or for the ring file
     * @throws JournalException        if events that were accepted are in a ring file that the config does not name, if
     *     the one that it names is another journal's or has another size, or if it cannot be opened for another reason, naming the path and what to do
     * @throws IllegalStateException   if the JVM lacks the flag that Agrona needs
     */
    public static Journal open(final Path path, final JournalConfig config) {
        return open(path, config, storage -> storage);
    }

    /** With a storage around the file's own, which tests use to make it fail. */
    static Journal open(final Path path, final JournalConfig config, final UnaryOperator<JournalStorage> around) {
        Platform.check();
        final JournalFile file = JournalFile.open(
                path,
                config.openMode,
                new JournalFile.NewFile(config.clock.nanoTime(), config.checksums, 0, config.filePermissions),
                config.ringFile == null
                        ? null
                        : new RingFile.Wanted(config.ringFile, config.ringSize, config.maxPayloadLength));
        final JournalStorage storage = around.apply(open(file, config));
        boolean running = false;
        try {
            final Journal journal = new Journal(path, config, file, storage);
            journal.start(config.threadFactory);
            running = true;
            return journal;
        } finally {
            if (!running) {
                storage.abandon();
            }
        }
    }

    /**
     * Attaches this process as a publisher to a journal that another process has open with a ring file. Permitted while
     * no process has it open, if the one before did not close it: what is published waits in the ring then.
     *
     * @param ringFile of the journal
     * @return the publisher of this process, which refuses and blocks as the default config says
     * @throws JournalException as {@link #attach(Path, JournalConfig)} does
     */
    public static AttachedPublisher attach(final Path ringFile) {
        return attach(ringFile, JournalConfig.builder().build());
    }

    /**
     * Attaches this process as a publisher to a journal that another process has open with a ring file.
     *
     * @param ringFile of the journal
     * @param config   of which {@code backPressure}, {@code blockIdleStrategy} and {@code clock} are taken; the rest is as
     *     the journal was opened
     * @return the publisher of this process
     * @throws JournalException      if there is no such ring file, it is damaged or of an earlier boot of the machine, or
     *     128 processes have attached
     * @throws IllegalStateException if the JVM lacks the flag that Agrona needs
     */
    public static AttachedPublisher attach(final Path ringFile, final JournalConfig config) {
        return new AttachedPublisher(RingFile.attach(ringFile), config);
    }

    private static JournalStorage open(final JournalFile file, final JournalConfig config) {
        final int maxClaimLength = config.ringSize / 8 + FullFile.RESERVE;
        return switch (config.storage) {
            case MAPPED -> new MappedStorage(file, config.space, maxClaimLength);
            case WRITE -> WriteStorage.buffered(file, config.space, maxClaimLength);
            case DIRECT ->
                WriteStorage.direct(file, config.space, maxClaimLength, config.syncPolicy == SyncPolicy.EVERY_BATCH);
        };
    }

    private ObjectName register() {
        try {
            final ObjectName name = new ObjectName("dev.evtl:type=Journal,file=" + ObjectName.quote(path.toString()));
            ManagementFactory.getPlatformMBeanServer().registerMBean(stats, name);
            return name;
        } catch (final JMException e) {
            throw new JournalException(path + ": could not be registered as an MBean: " + e.getMessage(), e);
        }
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
     * Waits until all events that were accepted before the call are on the device. One force serves all who wait. After a
     * clean close there is nothing to wait for. With
     * an invoker, called on the thread that invokes it, this runs the appender.
     *
     * @return offset in the file before which everything is on the device
     * @throws JournalFailedException if the journal has failed before that
     * @throws JournalException       if the thread is interrupted while it waits; its interrupt flag stays set
     */
    public long sync() {
        if (appender.failure() != null) {
            throw appender.failedException();
        }
        final long position = ring.producerPosition();
        try {
            if (appender.isOnAppenderThread()) {
                runUntilSynced(position);
            } else {
                appender.awaitSync(position);
            }
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new JournalException(path + ": interrupted while waiting for a sync", e);
        }
        return stats.getDurablePosition();
    }

    private void runUntilSynced(final long position) throws InterruptedException {
        while (!appender.isSynced(position)) {
            appender.doWork(); // not by the invoker, which an interrupt stops
            if (Thread.currentThread().isInterrupted() && !appender.isSynced(position)) {
                throw new InterruptedException();
            }
        }
    }

    /**
     * What the journal has done so far.
     *
     * @return the statistics, always current
     */
    public JournalStats stats() {
        return stats;
    }

    /**
     * What opening found and did to a file, or brings in from a ring file, that its last writer had not closed.
     *
     * @return the report; empty if the file is new or was closed, and there was no ring file
     */
    public Optional<RecoveryReport> recovery() {
        return Optional.of(recovery).filter(RecoveryReport::isOfInterest);
    }

    /**
     * Why the journal has failed.
     *
     * @return the cause; empty if it has not failed
     */
    public Optional<Throwable> failure() {
        return Optional.ofNullable(appender.failure());
    }

    /**
     * Runs the appender, if the config says that the application does; by one thread at a time.
     *
     * @return the invoker, started; null if the journal runs the appender on a thread of its own
     */
    public AgentInvoker invoker() {
        return invoker;
    }

    /**
     * The file.
     *
     * @return its path as it was given
     */
    public Path path() {
        return path;
    }

    /**
     * Refuses what is offered from now on, journals all that was accepted, forces it, cuts the file to its length and
     * marks it closed. A claim that is neither committed nor aborted is waited for as long as the config says, then
     * left and reported. Called again, it waits for the first close to end. With an invoker, called on the thread that
     * invokes it or after that thread has ended, this runs the appender.
     *
     * @throws JournalFailedException if the journal has failed; its file will be recovered when it is opened again
     */
    @Override
    public void close() {
        appender.requestClose();
        boolean interrupted = false;
        while (!appender.isTerminated()) {
            if (appender.canRunHere()) {
                appender.doWork();
            } else {
                try {
                    appender.awaitTermination();
                } catch (final InterruptedException e) {
                    interrupted = true;
                }
            }
        }
        if (runner != null && !appender.isOnAppenderThread()) {
            runner.close();
        }
        release();
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        if (appender.failure() != null) {
            throw appender.failedException();
        }
    }

    private void release() {
        if (!released.compareAndSet(false, true)) {
            return; // the next journal on this file may have its own MBean of that name
        }
        if (mbean != null) {
            try {
                ManagementFactory.getPlatformMBeanServer().unregisterMBean(mbean);
            } catch (final InstanceNotFoundException e) {
                // somebody else has done it
            } catch (final JMException e) {
                throw new JournalException(path + ": could not be unregistered: " + e.getMessage(), e);
            }
        }
        if (shutdownHook != null && Thread.currentThread() != shutdownHook) {
            try {
                Runtime.getRuntime().removeShutdownHook(shutdownHook);
            } catch (final IllegalStateException e) {
                // the JVM is shutting down, and the hook runs or has run
            }
        }
    }
}
