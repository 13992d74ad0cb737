package dev.evtl.journal;

import static java.nio.file.attribute.PosixFilePermission.OWNER_READ;
import static java.nio.file.attribute.PosixFilePermission.OWNER_WRITE;

import dev.evtl.journal.appender.AppenderEvents;
import dev.evtl.journal.appender.AppenderSettings;
import dev.evtl.journal.file.Retention;
import dev.evtl.journal.file.Space;
import dev.evtl.journal.format.EventHeader;
import dev.evtl.journal.format.FileHeader;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ThreadFactory;
import java.util.function.Supplier;
import org.agrona.BitUtil;
import org.agrona.concurrent.BackoffIdleStrategy;
import org.agrona.concurrent.EpochNanoClock;
import org.agrona.concurrent.IdleStrategy;

/**
 * How a journal is opened and run. Immutable, for any thread; made by a {@link Builder}, whose defaults suit most
 * applications.
 */
public final class JournalConfig {
    private static final int MIN_SPACE = Growth.MIN_STEP;
    private static final int MAX_RING_SIZE = 1 << 30;

    final OpenMode openMode;
    final int ringSize;
    final int maxPayloadLength;
    final boolean singleProducer;
    final Path ringFile;
    final boolean refuseMissingRing;
    final boolean verifyOnOpen;
    final BackPressure backPressure;
    final Supplier<IdleStrategy> blockIdleStrategy;
    final long blockNanos;
    final boolean checksums;
    final long baseSequence;
    final StorageMode storage;
    final Space space;
    final WhenFull whenFull;
    final long rollSize;
    final RollTimes rollTimes;
    final Retention retention;
    final SyncPolicy syncPolicy;
    final Set<PosixFilePermission> filePermissions;
    final EpochNanoClock clock;
    final IdleStrategy idleStrategy;
    final JournalListener listener;
    final ThreadFactory threadFactory;
    final AppenderMode appenderMode;
    final long syncNanos;
    final long closeTimeoutNanos;
    final long stuckClaimNanos;
    final boolean closeOnShutdown;
    final boolean jmx;

    private JournalConfig(final Builder builder) {
        openMode = builder.openMode;
        ringSize = builder.ringSize;
        maxPayloadLength = builder.maxPayloadLength;
        singleProducer = builder.singleProducer;
        ringFile = builder.ringFile;
        refuseMissingRing = builder.refuseMissingRing;
        verifyOnOpen = builder.verifyOnOpen;
        backPressure = builder.backPressure;
        blockIdleStrategy = builder.blockIdleStrategy;
        blockNanos = builder.blockTimeout.toNanos();
        checksums = builder.checksums;
        baseSequence = builder.baseSequence;
        storage = builder.storage;
        space = new Space(Math.min(builder.initialSize, builder.maxSize), builder.growth::next, builder.maxSize);
        whenFull = builder.whenFull;
        rollSize = builder.rollSize;
        rollTimes = builder.rollTimes;
        retention = new Retention(builder.retainFiles, builder.retainBytes, builder.retainNanos, builder.releaseUnread);
        syncPolicy = builder.syncPolicy;
        filePermissions = builder.filePermissions;
        clock = builder.clock;
        idleStrategy = builder.idleStrategy;
        listener = builder.listener;
        threadFactory = builder.threadFactory;
        appenderMode = builder.appenderMode;
        syncNanos = builder.syncTimeout.toNanos();
        closeTimeoutNanos = builder.closeTimeout.toNanos();
        stuckClaimNanos = builder.stuckClaimTimeout.toNanos();
        closeOnShutdown = builder.closeOnShutdown;
        jmx = builder.jmx;
    }

    /** Whether the journal is to be a directory of several files. */
    boolean rolls() {
        return rollSize != Long.MAX_VALUE || rollTimes != RollTimes.NONE;
    }

    AppenderSettings appenderSettings(final AppenderEvents events) {
        return new AppenderSettings(
                syncPolicy.bytes,
                syncPolicy.intervalNanos,
                whenFull == WhenFull.DROP,
                stuckClaimNanos,
                closeTimeoutNanos,
                events);
    }

    /**
     * Returns a builder with the defaults.
     *
     * @return the builder
     */
    public static Builder builder() {
        return new Builder();
    }

    /** Returns a strategy that parks for less time than a ring of the default size takes to fill or to empty. */
    private static IdleStrategy backoff() {
        return new BackoffIdleStrategy(10, 20, 1_000, 100_000);
    }

    static void checkDuration(final String setting, final Duration duration) {
        Objects.requireNonNull(duration, setting);
        if (duration.isNegative() || duration.isZero() || duration.compareTo(Duration.ofDays(1)) > 0) {
            throw new IllegalArgumentException(setting + " " + duration + " is not above 0 and at most a day");
        }
    }

    private static void checkSpace(final String setting, final long bytes) {
        if (bytes < MIN_SPACE) {
            throw new IllegalArgumentException(setting + " " + bytes + " is below a page, " + MIN_SPACE + " bytes");
        }
    }

    /** Returns, for a log, the settings that determine what the journal promises. */
    @Override
    public String toString() {
        return "JournalConfig[" + openMode + ", storage " + storage + ", checksums " + checksums + ", sync "
                + syncPolicy
                + ", ring " + ringSize + " bytes in " + (ringFile == null ? "memory" : ringFile) + ", back-pressure "
                + backPressure + ", space " + space.initial() + " bytes"
                + (space.maximum() == Long.MAX_VALUE ? "" : " to " + space.maximum() + ", when full " + whenFull)
                + (rollSize == Long.MAX_VALUE ? "" : ", roll from " + rollSize + " bytes on")
                + (rollTimes == RollTimes.NONE ? "" : ", roll " + rollTimes)
                + (retention.keepsAll() ? "" : ", " + retention)
                + ", appender by " + appenderMode + (singleProducer ? ", single producer" : "") + "]";
    }

    /** Sets what differs from the defaults. Each setter returns this builder. For one thread. */
    public static final class Builder {
        private OpenMode openMode = OpenMode.CREATE_OR_APPEND;
        private int ringSize = 4 << 20;
        private int maxPayloadLength = EventHeader.MAX_PAYLOAD_LENGTH;
        private boolean singleProducer;
        private Path ringFile;
        private boolean refuseMissingRing;
        private boolean verifyOnOpen;
        private BackPressure backPressure = BackPressure.REFUSE;
        private Supplier<IdleStrategy> blockIdleStrategy = JournalConfig::backoff;
        private Duration blockTimeout = Duration.ofSeconds(10);
        private boolean checksums = true;
        private long baseSequence;
        private StorageMode storage = StorageMode.MAPPED;
        private long initialSize = 64 << 20;
        private Growth growth = Growth.steps(64 << 20);
        private long maxSize = Long.MAX_VALUE;
        private WhenFull whenFull = WhenFull.FAIL;
        private long rollSize = Long.MAX_VALUE;
        private RollTimes rollTimes = RollTimes.NONE;
        private int retainFiles = Integer.MAX_VALUE;
        private long retainBytes = Long.MAX_VALUE;
        private long retainNanos = Long.MAX_VALUE;
        private boolean releaseUnread;
        private SyncPolicy syncPolicy = SyncPolicy.NONE;
        private Set<PosixFilePermission> filePermissions = PosixFilePermissions.fromString("rw-------");
        private EpochNanoClock clock = new SystemNanoClock();
        private IdleStrategy idleStrategy = backoff();
        private JournalListener listener = JournalListener.LOGGING;
        private ThreadFactory threadFactory = Thread::new;
        private AppenderMode appenderMode = AppenderMode.THREAD;
        private Duration syncTimeout = Duration.ofMinutes(1);
        private Duration closeTimeout = Duration.ofSeconds(5);
        private Duration stuckClaimTimeout = Duration.ofSeconds(1);
        private boolean closeOnShutdown;
        private boolean jmx;

        private Builder() {}

        /**
         * Sets whether the file may or must exist.
         *
         * @param value default {@link OpenMode#CREATE_OR_APPEND}
         * @return this
         */
        public Builder openMode(final OpenMode value) {
            openMode = Objects.requireNonNull(value, "openMode");
            return this;
        }

        /**
         * Sets the size of the ring between the publishing threads and the appender. A claim can take an eighth of it.
         *
         * @param bytes a power of two from 1,024 to 2^30 (1 GiB), at least eight times the largest event with its header
         *     of 16 bytes, which is checked when the config is built; default 4 MiB
         * @return this
         */
        public Builder ringSize(final int bytes) {
            if (!BitUtil.isPowerOfTwo(bytes) || bytes < 1024 || bytes > MAX_RING_SIZE) {
                throw new IllegalArgumentException(
                        "ringSize " + bytes + " is not a power of two from 1024 to " + MAX_RING_SIZE);
            }
            ringSize = bytes;
            return this;
        }

        /**
         * Sets the largest payload of an event; a smaller one permits a smaller ring.
         *
         * @param bytes 0 to 65,535, which is the default
         * @return this
         */
        public Builder maxPayloadLength(final int bytes) {
            if (bytes < 0 || bytes > EventHeader.MAX_PAYLOAD_LENGTH) {
                throw new IllegalArgumentException(
                        "maxPayloadLength " + bytes + " is not from 0 to " + EventHeader.MAX_PAYLOAD_LENGTH);
            }
            maxPayloadLength = bytes;
            return this;
        }

        /**
         * Sets whether only one thread ever publishes, which makes a claim cheaper. It cannot be combined with {@link
         * BackPressure#DROP}, with which the appender publishes too, or with {@link #ringFile}.
         *
         * @param value default false
         * @return this
         */
        public Builder singleProducer(final boolean value) {
            singleProducer = value;
            return this;
        }

        /**
         * Puts the ring into a file, which is created when the journal is opened and deleted when it is closed.
         * Accepted events then survive the death of the process, but not a crash of the machine: opening the journal
         * with the same ring file brings them in, exactly once and in order. Other processes can publish through the
         * file, see {@link Journal#attach(Path)}. It cannot be combined with {@link #singleProducer}.
         *
         * @param value path of a file of this journal alone, which is neither a symbolic link nor has hard links, best
         *     on a memory file system such as {@code /dev/shm}, there in a directory of mode 0700; one that a stranger
         *     owns or everybody may write is refused; default none: the ring is memory of the process
         * @return this
         */
        public Builder ringFile(final Path value) {
            ringFile = Objects.requireNonNull(value, "ringFile");
            return this;
        }

        /**
         * Sets whether opening is refused if the last writer had a ring file, did not close the journal, and that file
         * is gone: then events may be lost that were accepted into it. After a crash of the machine a ring file in
         * memory is always gone. Otherwise the journal is opened and {@link RecoveryReport#missingRing} tells.
         *
         * @param value default false
         * @return this
         */
        public Builder refuseMissingRing(final boolean value) {
            refuseMissingRing = value;
            return this;
        }

        /**
         * Sets whether opening an existing file verifies every event, which takes time linear in its length, and
         * refuses the file if any is damaged. Otherwise it verifies what lies past the last place in the file's index
         * that was on the device: a file that was closed is open at once, and damage in older events is found by who
         * reads them and by {@link JournalScan#of}. A file without an index is always verified from its start.
         *
         * @param value default false
         * @return this
         */
        public Builder verifyOnOpen(final boolean value) {
            verifyOnOpen = value;
            return this;
        }

        /**
         * Sets what happens to an event for which the ring has no room.
         *
         * @param value default {@link BackPressure#REFUSE}
         * @return this
         */
        public Builder backPressure(final BackPressure value) {
            backPressure = Objects.requireNonNull(value, "backPressure");
            return this;
        }

        /**
         * Sets how a thread waits under {@link BackPressure#BLOCK}. One strategy is made for each thread that has to
         * wait.
         *
         * @param value default a strategy that backs off to parking at most 0.1 ms
         * @return this
         */
        public Builder blockIdleStrategy(final Supplier<IdleStrategy> value) {
            blockIdleStrategy = Objects.requireNonNull(value, "blockIdleStrategy");
            return this;
        }

        /**
         * Sets how long a thread waits under {@link BackPressure#BLOCK} before it gives up.
         *
         * @param value above zero and at most a day; default 10 s
         * @return this
         */
        public Builder blockTimeout(final Duration value) {
            checkDuration("blockTimeout", value);
            blockTimeout = value;
            return this;
        }

        /**
         * Sets whether every event of a new file carries a checksum. An existing file goes on as it was created.
         *
         * @param value default true
         * @return this
         */
        public Builder checksums(final boolean value) {
            checksums = value;
            return this;
        }

        /**
         * Sets the sequence number of the first event of a new file, for a journal that continues another one. An
         * existing file goes on as it was created.
         *
         * @param value 0, the default, to {@link FileHeader#MAX_BASE_SEQUENCE}
         * @return this
         */
        public Builder baseSequence(final long value) {
            if (value < 0 || value > FileHeader.MAX_BASE_SEQUENCE) {
                throw new IllegalArgumentException(
                        "baseSequence " + value + " is not from 0 to " + FileHeader.MAX_BASE_SEQUENCE);
            }
            baseSequence = value;
            return this;
        }

        /**
         * Sets how events get into the file.
         *
         * @param value default {@link StorageMode#MAPPED}
         * @return this
         */
        public Builder storage(final StorageMode value) {
            storage = Objects.requireNonNull(value, "storage");
            return this;
        }

        /**
         * Sets the space that is allocated when the file is opened.
         *
         * @param bytes from a page, 4,096, to {@link Growth#MAX_STEP}, 2^46 (64 TiB); no more than {@code maxSize} is taken
         *     of it; default 64 MiB
         * @return this
         */
        public Builder initialSize(final long bytes) {
            checkSpace("initialSize", bytes);
            if (bytes > Growth.MAX_STEP) {
                throw new IllegalArgumentException("initialSize " + bytes + " is above " + Growth.MAX_STEP);
            }
            initialSize = bytes;
            return this;
        }

        /**
         * Sets how the file grows.
         *
         * @param value by {@link Growth#steps steps} of 4,096 bytes to 2^46 (64 TiB), or {@link Growth#DOUBLING};
         *     default steps of 64 MiB
         * @return this
         */
        public Builder growth(final Growth value) {
            growth = Objects.requireNonNull(value, "growth");
            return this;
        }

        /**
         * Sets a size that the file never exceeds.
         *
         * @param bytes    at least a page, 4,096; default unlimited
         * @param whenFull what happens to events for which the file has no room; default {@link WhenFull#FAIL}
         * @return this
         */
        public Builder maxSize(final long bytes, final WhenFull whenFull) {
            Objects.requireNonNull(whenFull, "whenFull");
            checkSpace("maxSize", bytes);
            maxSize = bytes;
            this.whenFull = whenFull;
            return this;
        }

        /**
         * Makes the journal a directory of several files, each of which takes no more claims once it has this length. A
         * file gets no more space than that and a claim, {@code initialSize} or not, unless it is not left in time. The
         * default is no limit: then a directory has another file at {@link #rollTimes} or by {@link Journal#roll} only.
         *
         * @param bytes of a file, at least a page and at most {@link Growth#MAX_STEP}
         * @return this
         * @throws IllegalArgumentException if that is less or more
         */
        public Builder rollSize(final long bytes) {
            checkSpace("rollSize", bytes);
            if (bytes > Growth.MAX_STEP) {
                throw new IllegalArgumentException("rollSize " + bytes + " is above " + Growth.MAX_STEP);
            }
            rollSize = bytes;
            return this;
        }

        /**
         * Makes the journal a directory of several files, of which another begins at certain times of the config's clock
         * if the last one has an event by then. Times that passed while the journal was closed bring one other file at
         * its opening. The default is {@link RollTimes#NONE}.
         *
         * @param times at which to go on in another file
         * @return this
         */
        public Builder rollTimes(final RollTimes times) {
            rollTimes = Objects.requireNonNull(times, "times");
            return this;
        }

        /**
         * Limits the number of files of a journal of several: when there are more, the oldest are deleted. The file that is
         * written counts and is always kept. The default is no limit.
         *
         * @param files most files, at least 1
         * @return this
         * @throws IllegalArgumentException if that is less than 1
         */
        public Builder retainFiles(final int files) {
            if (files < 1) {
                throw new IllegalArgumentException("retainFiles " + files + " is below 1");
            }
            retainFiles = files;
            return this;
        }

        /**
         * Limits the bytes of all files of a journal of several: while there are more, the oldest is deleted, but for the
         * file that is written. The default is no limit.
         *
         * @param bytes most bytes, at least a page
         * @return this
         * @throws IllegalArgumentException if that is less than a page
         */
        public Builder retainBytes(final long bytes) {
            checkSpace("retainBytes", bytes);
            retainBytes = bytes;
            return this;
        }

        /**
         * Limits the age of the files of a journal of several: one is deleted when it was left so long ago by the config's
         * clock. The default is no limit.
         *
         * @param age longest time since the next file began, above zero
         * @return this
         * @throws IllegalArgumentException if the age is not above zero
         */
        public Builder retainAge(final Duration age) {
            Objects.requireNonNull(age, "age");
            if (age.isNegative() || age.isZero()) {
                throw new IllegalArgumentException("retainAge " + age + " is not above 0");
            }
            retainNanos = Waiting.nanos(age);
            return this;
        }

        /**
         * Has files deleted although a named reader has not committed that it has read them. Such a reader then gets an
         * {@code EventsReleasedException} that says which events it missed. Default false: the oldest file that a named
         * reader needs, and all after it, are kept, whatever the limits say.
         *
         * @param releases true to delete them
         * @return this
         */
        public Builder releaseUnread(final boolean releases) {
            releaseUnread = releases;
            return this;
        }

        /**
         * Sets when the appender forces what it has written to the device.
         *
         * @param value default {@link SyncPolicy#NONE}
         * @return this
         */
        public Builder syncPolicy(final SyncPolicy value) {
            syncPolicy = Objects.requireNonNull(value, "syncPolicy");
            return this;
        }

        /**
         * Sets the permissions of a new file, its ring file and their lock files.
         *
         * @param value must let the owner read and write, which is all that the default permits
         * @return this
         */
        public Builder filePermissions(final Set<PosixFilePermission> value) {
            filePermissions = Set.copyOf(Objects.requireNonNull(value, "filePermissions"));
            if (!filePermissions.containsAll(Set.of(OWNER_READ, OWNER_WRITE))) {
                throw new IllegalArgumentException("filePermissions " + PosixFilePermissions.toString(filePermissions)
                        + " do not let the owner read and write");
            }
            return this;
        }

        /**
         * Sets the clock that gives events their timestamps and a file its time of creation. It is called on the
         * publishing threads, and must not return the same time when two files are created.
         *
         * @param value default the system's clock
         * @return this
         */
        public Builder clock(final EpochNanoClock value) {
            clock = Objects.requireNonNull(value, "clock");
            return this;
        }

        /**
         * Sets how the appender's thread waits when there is nothing to do.
         *
         * @param value for this journal only; default a strategy that backs off to parking at most 0.1 ms
         * @return this
         */
        public Builder idleStrategy(final IdleStrategy value) {
            idleStrategy = Objects.requireNonNull(value, "idleStrategy");
            return this;
        }

        /**
         * Sets the listener, which is told of drops, back-pressure, stuck and abandoned claims, recovery and failure,
         * on a thread that nobody waits for.
         *
         * @param value default {@link JournalListener#LOGGING}
         * @return this
         */
        public Builder listener(final JournalListener value) {
            listener = Objects.requireNonNull(value, "listener");
            return this;
        }

        /**
         * Sets what creates the appender's thread, for example to pin it. Interrupts of the thread have no effect.
         *
         * @param value default creates a plain thread
         * @return this
         */
        public Builder threadFactory(final ThreadFactory value) {
            threadFactory = Objects.requireNonNull(value, "threadFactory");
            return this;
        }

        /**
         * Sets which threads run the appender. {@link AppenderMode#INVOKER} cannot be combined with {@link
         * #closeOnShutdown}, nor {@link AppenderMode#PUBLISHERS} with another storage than {@link StorageMode#MAPPED}.
         *
         * @param value default {@link AppenderMode#THREAD}
         * @return this
         */
        public Builder appenderMode(final AppenderMode value) {
            appenderMode = Objects.requireNonNull(value, "appenderMode");
            return this;
        }

        /**
         * Sets how long {@link Journal#sync()} and {@link AttachedPublisher#sync()} wait before they give up.
         *
         * @param value above zero and at most a day; default a minute
         * @return this
         */
        public Builder syncTimeout(final Duration value) {
            checkDuration("syncTimeout", value);
            syncTimeout = value;
            return this;
        }

        /**
         * Sets how long a close waits for open claims before it leaves them out, however long they were open before.
         *
         * @param value above zero and at most a day; default 5 s
         * @return this
         */
        public Builder closeTimeout(final Duration value) {
            checkDuration("closeTimeout", value);
            closeTimeout = value;
            return this;
        }

        /**
         * Sets how long a claim can hold up the claims after it before it is reported to the listener.
         *
         * @param value above zero and at most a day; default 1 s
         * @return this
         */
        public Builder stuckClaimTimeout(final Duration value) {
            checkDuration("stuckClaimTimeout", value);
            stuckClaimTimeout = value;
            return this;
        }

        /**
         * Sets whether a shutdown hook closes the journal. The appender's thread is then a daemon, so that the JVM ends
         * with its other threads. This cannot be combined with {@link AppenderMode#INVOKER}.
         *
         * @param value default false
         * @return this
         */
        public Builder closeOnShutdown(final boolean value) {
            closeOnShutdown = value;
            return this;
        }

        /**
         * Sets whether the statistics are also registered as an MBean, named {@code dev.evtl:type=Journal,file="PATH"},
         * until the journal is closed, or another one is opened on the file after this one has ended by itself.
         *
         * @param value default false
         * @return this
         */
        public Builder jmx(final boolean value) {
            jmx = value;
            return this;
        }

        /**
         * Builds the config.
         *
         * @return the config
         * @throws IllegalArgumentException if settings cannot be combined
         */
        public JournalConfig build() {
            final int needed = BitUtil.findNextPositivePowerOfTwo((EventHeader.LENGTH + maxPayloadLength) * 8);
            if (ringSize < needed) {
                throw new IllegalArgumentException("ringSize " + ringSize + " is too small for maxPayloadLength "
                        + maxPayloadLength + ", which needs at least " + needed);
            }
            if (singleProducer && backPressure == BackPressure.DROP) {
                throw new IllegalArgumentException(
                        "singleProducer does not go with backPressure DROP: the appender would be a second producer");
            }
            if (singleProducer && ringFile != null) {
                throw new IllegalArgumentException("singleProducer does not go with ringFile " + ringFile
                        + ": each process that attaches would be a second producer");
            }
            if (appenderMode == AppenderMode.INVOKER && closeOnShutdown) {
                throw new IllegalArgumentException("closeOnShutdown does not go with appenderMode INVOKER: the hook"
                        + " cannot run the application's appender");
            }
            if (appenderMode == AppenderMode.PUBLISHERS && storage != StorageMode.MAPPED) {
                throw new IllegalArgumentException("appenderMode PUBLISHERS does not go with storage " + storage
                        + ": each commit would be a system call");
            }
            return new JournalConfig(this);
        }
    }
}
