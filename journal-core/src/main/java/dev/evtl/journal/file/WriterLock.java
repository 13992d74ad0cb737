package dev.evtl.journal.file;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import dev.evtl.journal.exceptions.JournalLockedException;
import dev.evtl.journal.io.FileCalls;
import dev.evtl.journal.io.Uninterruptible;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * Keeps a second writer out of a journal, for the thread that opens or closes it and for readers that ask. The lock is
 * on a file beside the journal, {@code NAME.lock}. POSIX drops a process's locks on a file when the process closes any
 * descriptor of it, so a lock on the journal itself would go when the first reader closes. The lock file is never
 * deleted: otherwise two writers could lock two files of the same name. Its first line is the process number of the
 * last owner; a line names the journal's ring file, unless that owner closed the journal, and a line says why the journal
 * failed, until it was recovered. The operating system releases the lock of a process that has died.
 *
 * <p>The journal itself is locked too, until a reader in the same process closes. That keeps out a writer that uses
 * another name because the file was moved.
 */
public final class WriterLock implements AutoCloseable {
    private static final Map<Path, WriterLock> HELD_HERE = new ConcurrentHashMap<>();
    /** One object for all copies of this class in the JVM's class loaders. */
    private static final Object MONITOR = WriterLock.class.getName().intern();

    /** Attempts to take the lock: a reader that asks whether a writer is alive holds a shared lock for an instant. */
    private static final int ATTEMPTS = 5;

    /** Largest length of a lock file that is read, in bytes; a path has at most 4,096. */
    private static final int MAX_LENGTH = 8192;

    /** Begins the line that says why the journal failed. */
    private static final String FAILED = "failed ";

    private static final int MAX_FAILURE_LENGTH = 1000;

    private static final long RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

    private final Path journal;
    private final FileChannel channel;
    private final String property;
    private Path note;
    private String failure;

    private WriterLock(
            final Path journal,
            final FileChannel channel,
            final String property,
            final Path note,
            final String failure) {
        this.journal = journal;
        this.channel = channel;
        this.property = property;
        this.note = note;
        this.failure = failure;
    }

    public static Path fileFor(final Path journal) {
        return journal.resolveSibling(journal.getFileName() + ".lock");
    }

    /**
     * Takes the lock.
     *
     * @param journal     real path of the journal
     * @param permissions of the lock file, if it is created
     * @throws JournalLockedException if another writer has it
     */
    public static WriterLock acquire(final Path journal, final FileAttribute<?>... permissions) throws IOException {
        synchronized (MONITOR) {
            if (isHeldHere(journal)) {
                throw new JournalLockedException(journal + ": this process has it open for writing already");
            }
            return lock(journal, permissions);
        }
    }

    /**
     * Locks the journal itself until its channel is closed.
     *
     * @throws JournalLockedException if a writer has it under another name
     */
    static void lockItself(final Path journal, final FileChannel channel) throws IOException {
        if (!tryLock(channel, false, 1)) {
            throw new JournalLockedException(journal + ": has been moved, and a writer has it open under another name");
        }
    }

    private static WriterLock lock(final Path journal, final FileAttribute<?>... permissions) throws IOException {
        FileChannel channel = null;
        boolean locked = false;
        try {
            channel = open(fileFor(journal), permissions);
            if (!tryLock(channel, false, ATTEMPTS)) {
                final String owner = Files.readString(fileFor(journal), UTF_8)
                        .lines()
                        .findFirst()
                        .orElse("");
                throw new JournalLockedException(journal + ": process " + owner + " has it open for writing");
            }
            final WriterLock lock = new WriterLock(
                    journal,
                    channel,
                    property(fileFor(journal)),
                    readNote(channel).orElse(null),
                    readFailure(channel).orElse(null));
            lock.write();
            System.setProperty(lock.property, journal.toString());
            HELD_HERE.put(journal, lock);
            locked = true;
            return lock;
        } finally {
            if (!locked && channel != null) {
                channel.close(); // otherwise nobody in this process could take the lock again
            }
        }
    }

    /**
     * Writes the lock file. The old content is overwritten first and cut afterwards, so that a kill in between does not
     * lose the note.
     */
    private void write() throws IOException {
        final String text = ProcessHandle.current().pid() + "\n"
                + (note == null ? "" : note + "\n")
                + (failure == null ? "" : FAILED + failure + "\n");
        final ByteBuffer bytes = UTF_8.encode(text);
        channel.truncate(FileCalls.write(channel, bytes, 0));
    }

    private static Optional<Path> readNote(final FileChannel channel) throws IOException {
        return readLine(channel, "/").map(Path::of);
    }

    private static Optional<String> readFailure(final FileChannel channel) throws IOException {
        return readLine(channel, FAILED).map(line -> line.substring(FAILED.length()));
    }

    /** Returns the first line after the owner's that begins with a text. */
    private static Optional<String> readLine(final FileChannel channel, final String start) throws IOException {
        final ByteBuffer bytes = ByteBuffer.allocate((int) Math.min(channel.size(), MAX_LENGTH));
        FileCalls.read(channel, bytes, 0);
        return UTF_8.decode(bytes.flip())
                .toString()
                .lines()
                .skip(1)
                .filter(line -> line.startsWith(start))
                .findFirst();
    }

    /** Returns the ring file that the last owner noted. */
    public Optional<Path> note() {
        return Optional.ofNullable(note);
    }

    /** Notes where the ring file is; null means that there is none. */
    public void note(final Path ringFile) throws IOException {
        if (!Objects.equals(note, ringFile)) {
            note = ringFile;
            write();
        }
    }

    /** Returns why the journal failed, if it did and was not recovered since. */
    public Optional<String> failure() {
        return Optional.ofNullable(failure);
    }

    /** Notes why the journal failed; null means that it did not, or was recovered. */
    public void noteFailure(final String why) throws IOException {
        final String line = why == null ? null : why.replaceAll("\\s+", " ");
        final String next = line == null ? null : line.substring(0, Math.min(line.length(), MAX_FAILURE_LENGTH));
        if (!Objects.equals(failure, next)) {
            failure = next;
            write();
        }
    }

    /** Returns why a journal that no writer has open failed, if it did and was not recovered since. */
    public static Optional<String> failureOf(final Path journal) throws IOException {
        synchronized (MONITOR) {
            if (isHeldHere(journal) || !Files.isReadable(fileFor(journal))) {
                return Optional.empty();
            }
            try (FileChannel channel = Uninterruptible.open(fileFor(journal), READ)) {
                return readFailure(channel);
            }
        }
    }

    /**
     * Returns the ring file that the owner or last owner of a journal noted. It does not run while this process takes a
     * lock.
     */
    public static Optional<Path> noteFor(final Path journal) throws IOException {
        synchronized (MONITOR) {
            final WriterLock lock = HELD_HERE.get(journal);
            if (lock != null) {
                return lock.note();
            }
            if (isHeldHere(journal) || !Files.isReadable(fileFor(journal))) {
                return Optional.empty();
            }
            try (FileChannel channel = Uninterruptible.open(fileFor(journal), READ)) {
                return readNote(channel);
            }
        }
    }

    /**
     * Returns whether this process holds the lock: through this class under this name, or as a system property says,
     * through another copy of the class or under another name.
     */
    private static boolean isHeldHere(final Path journal) throws IOException {
        final Path lock = fileFor(journal);
        return HELD_HERE.containsKey(journal) || Files.exists(lock) && System.getProperty(property(lock)) != null;
    }

    /**
     * Returns the name of the system property of a lock file, which is the same for all its paths. The property spares
     * opening and closing the file, which would drop a lock that this process has on it.
     */
    private static String property(final Path lock) throws IOException {
        final Object key = Files.readAttributes(lock, BasicFileAttributes.class).fileKey();
        return "dev.evtl.lock." + (key == null ? lock : key);
    }

    private static FileChannel open(final Path lock, final FileAttribute<?>... permissions) throws IOException {
        try {
            return FileCalls.createNew(lock, permissions);
        } catch (final FileAlreadyExistsException e) {
            return Uninterruptible.open(lock, READ, WRITE);
        }
    }

    /**
     * Returns whether a writer, in this process or another, has a journal open now. Changes nothing. It does not run
     * while this process takes a lock, because closing a channel on the file would drop that lock.
     */
    public static boolean isHeld(final Path journal) throws IOException {
        synchronized (MONITOR) {
            if (isHeldHere(journal)) {
                return true;
            }
            if (!Files.isReadable(fileFor(journal))) {
                return false;
            }
            try (FileChannel channel = Uninterruptible.open(fileFor(journal), READ)) {
                return !tryLock(channel, true, 1);
            }
        }
    }

    /**
     * Refuses a journal that a writer has open.
     *
     * @param file for the message
     * @param real path of the journal
     * @throws JournalLockedException if a writer, in this process or another, has it open now
     */
    public static void refuseHeld(final Path file, final Path real) throws IOException {
        if (isHeld(real)) {
            throw new JournalLockedException(file + ": a writer has it open");
        }
    }

    private static boolean tryLock(final FileChannel channel, final boolean shared, final int attempts)
            throws IOException {
        for (int i = 0; i < attempts; i++) {
            try {
                final FileLock lock = channel.tryLock(0, Long.MAX_VALUE, shared);
                if (lock != null) {
                    return true;
                }
            } catch (final OverlappingFileLockException e) {
                return false; // code in this process that does not use these locks holds it
            }
            Uninterruptible.pause(RETRY_NANOS);
        }
        return false;
    }

    @Override
    public void close() throws IOException {
        try {
            channel.close();
        } finally {
            HELD_HERE.remove(journal);
            System.clearProperty(property);
        }
    }
}
