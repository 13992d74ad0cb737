package dev.evtl.journal.file;

import dev.evtl.journal.exceptions.JournalException;
import dev.evtl.journal.format.FileHeader;
import dev.evtl.journal.format.JournalHeader;
import dev.evtl.journal.io.FileCalls;
import dev.evtl.journal.io.NeighbourFiles;
import dev.evtl.journal.io.Uninterruptible;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.agrona.LangUtil;

/**
 * A journal of several files in a directory. One file is written at a time, by the storage that the config asks for;
 * when it is as long as it should be, at certain times and on request the appender goes on in the next, between two
 * batches. To do so it renames a file that a thread of this class has prepared, so a roll takes no longer than that.
 *
 * <p>The same thread then cuts, forces and closes the file before. Nothing in the new file counts as durable until that
 * is done and the directory is forced: who forces closes what is left to close first. A roll waits for a force that is
 * under way, and the file before takes what comes meanwhile. A file that is long enough takes no more until the next one
 * is ready, as one takes no more until its next window is; where none can be prepared it goes on.
 */
public final class RollingStorage implements JournalStorage {
    /** Time after which the thread looks at the clock again, which may have been set, and tries again what failed. */
    private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    /** Time after which the thread looks for files that have become too old. */
    private static final long RETENTION_LOOK_NANOS = TimeUnit.SECONDS.toNanos(10);

    /** Is told of files, on any thread. */
    public interface Listener {
        /** A file was closed, because the journal went on in another. */
        void onRolled(Path closed);

        /** A file was deleted. */
        void onReleased(Path deleted);
    }

    /** Opens the storage of one file, which it takes over unless this throws. */
    @FunctionalInterface
    public interface Opener {
        /** Opens the storage of a file whose header is as given. */
        WriteStorage open(JournalFile file, JournalHeader header);
    }

    /** A file, and the position of its offset 0 in the journal. */
    private record Part(WriteStorage storage, long start) {
        long durable() {
            return start + storage.durable();
        }
    }

    private final Path directory;
    private final RollPolicy policy;
    private final JournalFile.NewFile newFile;
    private final Opener opener;
    private final Consumer<JournalFile> onRoll;
    private final Listener listener;
    private final Thread thread;
    private final Object closing = new Object();
    private final Queue<Part> left = new ConcurrentLinkedQueue<>();

    private WriteStorage file;
    private Part part;
    private boolean forcing;

    private volatile Part shown;
    private volatile WriteStorage next;
    private volatile boolean wanted;
    private volatile boolean running = true;
    /** Why a file that was left could not be closed. */
    private volatile Throwable failure;

    /** Whether the next file could not be prepared. */
    private volatile boolean troubled;

    private volatile long growthsBefore;
    private volatile long released;
    private long releasedSeen;
    private long newestSeen = -1;
    private long lastRetention;

    /**
     * Takes over the journal's newest file, unless this throws.
     *
     * @param directory real path
     * @param policy    when to go on to another file
     * @param newFile   settings of new files
     * @param newest    file to go on with
     * @param header    of that file
     * @param opener    opens the storages
     * @param onRoll    is told of each new file, by the thread that runs the appender
     * @param listener  is told of files that are left or deleted
     */
    public RollingStorage(
            final Path directory,
            final RollPolicy policy,
            final JournalFile.NewFile newFile,
            final JournalFile newest,
            final JournalHeader header,
            final Opener opener,
            final Consumer<JournalFile> onRoll,
            final Listener listener) {
        this.directory = directory;
        this.policy = policy;
        this.newFile = newFile;
        this.opener = opener;
        this.onRoll = onRoll;
        this.listener = listener;
        this.file = opener.open(newest, header);
        show(new Part(file, 0));
        this.wanted = policy.next(header.createdAt()) <= policy.now();
        this.thread = new Thread(this::run, "evtl-roller " + directory.getFileName());
        thread.setDaemon(true);
        boolean started = false;
        try {
            thread.start();
            started = true;
        } finally {
            if (!started) {
                file.abandon();
            }
        }
    }

    private void show(final Part current) {
        part = current;
        shown = current;
    }

    private void run() {
        long due = Long.MIN_VALUE;
        while (running) {
            try {
                final long now = policy.now();
                if (due == Long.MIN_VALUE) {
                    due = policy.next(now);
                } else if (now >= due) {
                    wanted = true;
                    due = policy.next(now);
                }
                final long newest = shown.storage.fileSequence(); // first: all before it are closed then
                closeLeft();
                if (next == null) {
                    next = prepare();
                }
                deleteReleased(newest);
                troubled = false;
            } catch (final Throwable t) {
                tell(t); // the journal goes on in the file that it has, and this is tried again
            }
            LockSupport.parkNanos(this, LOOK_NANOS);
            Thread.interrupted(); // with the flag set it could not park; nobody else has a say on this thread
        }
    }

    private void tell(final Throwable trouble) {
        if (!troubled && failure == null) {
            troubled = true;
            System.getLogger("dev.evtl.journal")
                    .log(Level.WARNING, directory + ": cannot go on in another file for now: " + trouble, trouble);
        }
    }

    private WriteStorage prepare() throws IOException {
        final Path path = directory.resolve(JournalDirectory.NEXT);
        JournalFile.create(path, new JournalFile.NewFile(policy.now(), newFile.checksums(), 0, newFile.permissions()));
        JournalFile made = null;
        WriteStorage storage = null;
        try {
            made = JournalFile.open(path);
            storage = opener.open(made, JournalFile.readHeader(path, made.channel()));
            made.sync(); // its length: a force of the events brings no more to the device than these
            return storage;
        } finally {
            if (storage == null) {
                FileCalls.closeQuietly(made);
                FileCalls.deleteQuietly(path);
            }
        }
    }

    /** Closes the files that the appender has left, in their order, and makes the one after them findable. */
    private void closeLeft() throws IOException {
        synchronized (closing) {
            throwFailure();
            try {
                for (Part oldest = left.peek(); oldest != null; oldest = left.peek()) {
                    oldest.storage.close();
                    FileCalls.forceDirectory(oldest.storage.file().path());
                    left.remove();
                    listener.onRolled(oldest.storage.file().path());
                }
            } catch (final Throwable t) {
                failure = t;
                throw t;
            }
        }
    }

    private void throwFailure() {
        final Throwable failed = failure;
        if (failed != null) {
            LangUtil.rethrowUnchecked(failed);
        }
    }

    /** Deletes the oldest files that need not be kept, and looks for them only if there can be some. */
    private void deleteReleased(final long newest) throws IOException {
        if (policy.retention().keepsAll() && released == 0) {
            return;
        }
        final long now = System.nanoTime();
        if (newest == newestSeen && released == releasedSeen && now - lastRetention < RETENTION_LOOK_NANOS) {
            return;
        }
        newestSeen = newest;
        releasedSeen = released;
        lastRetention = now;
        final long[] bases = Arrays.stream(JournalDirectory.baseSequences(directory))
                .filter(base -> base <= newest)
                .toArray();
        long bytes = 0;
        for (final long base : bases) {
            bytes += Files.size(JournalDirectory.file(directory, base));
        }
        for (int i = 0; i < bases.length - 1; i++) {
            if (!isReleased(bases.length - i, bytes, bases[i + 1]) || isNeeded(bases[i + 1])) {
                return;
            }
            final Path oldest = JournalDirectory.file(directory, bases[i]);
            bytes -= Files.size(oldest);
            IndexWriter.deleteOf(oldest);
            FileCalls.delete(oldest);
            FileCalls.forceDirectory(oldest); // in their order: otherwise a crash could bring back one before another
            listener.onReleased(oldest);
        }
    }

    private boolean isReleased(final int files, final long bytes, final long following) throws IOException {
        final Retention retention = policy.retention();
        return following <= releasedSeen
                || files > retention.files()
                || bytes > retention.bytes()
                || retention.nanos() != Long.MAX_VALUE && policy.now() - createdAt(following) > retention.nanos();
    }

    /** Returns whether a named reader has not read all that lies before a sequence number. */
    private boolean isNeeded(final long following) {
        return !policy.retention().unread()
                && PositionsFile.read(directory).stream().anyMatch(reader -> reader.sequence() < following);
    }

    private long createdAt(final long base) throws IOException {
        return JournalFile.readHeader(JournalDirectory.file(directory, base)).createdAt();
    }

    /** Has files deleted of which all events are before a sequence number. */
    public void release(final long sequence) {
        released = Math.max(released, sequence);
        LockSupport.unpark(thread);
    }

    /** Asks to go on in another file as soon as the one that is written has an event. */
    public void roll() {
        wanted = true;
    }

    /** Returns whether {@link #roll} was called, or the time has come, and there was no roll since. */
    public boolean isRollWanted() {
        return wanted;
    }

    @Override
    public boolean begin() throws IOException {
        if (!wanted && file.fileOffset() < policy.size()) {
            return true;
        }
        if (file.events() == 0) {
            wanted = false; // a period without events leaves no file
        } else if (next != null && !forcing) {
            rollOver();
        }
        return !isFull();
    }

    /** Returns whether the file takes no more. While it is forced, or another cannot be prepared, it takes what comes. */
    private boolean isFull() {
        return file.fileOffset() >= policy.size() && !forcing && !troubled;
    }

    private void rollOver() throws IOException {
        final WriteStorage following = next;
        final long sequence = file.fileSequence() + file.events();
        following.become(JournalDirectory.file(directory, sequence), policy.now(), sequence);
        next = null;
        wanted = false;
        growthsBefore += file.growths();
        final Part before = part;
        file = following;
        left.add(before);
        show(new Part(following, before.start + before.storage.position() - FileHeader.LENGTH));
        onRoll.accept(following.file());
        LockSupport.unpark(thread);
    }

    @Override
    public int reserve(final int length) throws IOException {
        return isFull() ? NOT_READY : file.reserve(length);
    }

    @Override
    public void append(final EventMemory source, final int index, final int length, final int events) {
        file.append(source, index, length, events);
    }

    @Override
    public long position() {
        return part.start + file.position();
    }

    @Override
    public long fileSequence() {
        return file.fileSequence();
    }

    @Override
    public long fileOffset() {
        return file.fileOffset();
    }

    @Override
    public void publish() throws IOException {
        file.publish();
    }

    @Override
    public boolean isForcedAlone() {
        return file.isForcedAlone();
    }

    @Override
    public void beginForce() {
        forcing = true;
        file.beginForce();
    }

    @Override
    public void force() throws IOException {
        closeLeft();
        file.force();
    }

    @Override
    public void endForce() throws IOException {
        forcing = false;
        file.endForce();
    }

    @Override
    public void check() throws IOException {
        throwFailure();
        file.check();
    }

    @Override
    public void retract() throws IOException {
        file.retract();
    }

    @Override
    public void close() throws IOException {
        stop();
        closeLeft();
        discardNext();
        file.close();
    }

    @Override
    public void abandon() {
        stop();
        try {
            discardNext();
        } finally {
            for (Part oldest = left.poll(); oldest != null; oldest = left.poll()) {
                oldest.storage.abandon();
            }
            file.abandon();
        }
    }

    private void stop() {
        running = false;
        LockSupport.unpark(thread);
        Uninterruptible.join(thread);
    }

    private void discardNext() {
        final WriteStorage unused = next;
        if (unused != null) {
            next = null;
            unused.abandon();
            FileCalls.deleteQuietly(unused.file().path());
        }
    }

    /**
     * Deletes a file that was prepared by a process that was killed.
     *
     * @throws JournalException if something else has its name
     */
    public static void deleteLeft(final Path directory) throws IOException {
        final Path path = directory.resolve(JournalDirectory.NEXT);
        if (NeighbourFiles.keyIfThere(path) == null) {
            return;
        }
        NeighbourFiles.check(path, directory);
        try (JournalFile prepared = JournalFile.open(path)) {
            final JournalHeader header = JournalFile.readHeader(path, prepared.channel());
            if (header.eventCount() > 0) {
                throw new JournalException(path + ": has events; it is none that this journal prepared, move it away");
            }
        }
        FileCalls.delete(path);
    }

    @Override
    public String name() {
        return directory.toString();
    }

    @Override
    public long allocated() {
        return shown.storage.allocated();
    }

    @Override
    public long mapped() {
        return shown.storage.mapped();
    }

    @Override
    public long durable() {
        final Part current = shown; // first: what came before it is then among those left, or durable
        final Part oldest = left.peek();
        return (oldest == null ? current : oldest).durable();
    }

    @Override
    public long growths() {
        return growthsBefore + shown.storage.growths();
    }
}
