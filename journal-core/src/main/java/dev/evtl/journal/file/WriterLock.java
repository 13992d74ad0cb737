package dev.evtl.journal.file;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.nio.file.LinkOption.NOFOLLOW_LINKS;
import static java.nio.file.StandardOpenOption.READ;

import dev.evtl.journal.exceptions.JournalException;
import dev.evtl.journal.exceptions.JournalLockedException;
import dev.evtl.journal.io.FileCalls;
import dev.evtl.journal.io.ModificationTime;
import dev.evtl.journal.io.NeighbourFiles;
import dev.evtl.journal.io.ProcessIdentity;
import dev.evtl.journal.io.Uninterruptible;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * Keeps a second writer out of a journal, for the thread that opens or closes it, for the appender that makes sure of
 * it, and for readers that ask. Two things do so, because each alone can be lost:
 *
 * <ul>
 *   <li>The operating system's lock on a file beside the journal, {@code NAME.lock}, ends with its process. It also
 *       ends, unsaid, when anything in the process closes any descriptor of the file, as a backup does, or when the file
 *       is deleted. Therefore it is not on the journal itself, which readers close.
 *   <li>The file names its owner ({@link LockText}), who lives or does not, whatever became of locks.
 * </ul>
 *
 * <p>The owner looks again and again whether the file is still its own. It is never deleted by this library: otherwise
 * two writers could lock two files of the same name.
 *
 * <p>The journal itself is locked too. That keeps out a writer that uses another name because the file was moved.
 */
public final class WriterLock implements AutoCloseable {
    /** By lock file. */
    private static final Map<Path, WriterLock> HELD_HERE = new ConcurrentHashMap<>();
    /** One object for all copies of this class in the JVM's class loaders. */
    private static final Object MONITOR = WriterLock.class.getName().intern();

    /** Looks at an owner that seems to live: one that was killed gives its locks back before it is gone. */
    private static final int LOOKS = 20;

    private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

    private final Path journal;
    private final Path path;

    private final FileChannel channel;
    /** The same file, opened by its path once more, which therefore leads to what is locked. */
    private final RandomAccessFile file;

    private final TwinLock lock;
    private final String property;
    private final Object key;
    private LockText text;
    private byte[] written;
    private final ModificationTime time;

    /** Takes over a file that is open and locked. */
    private WriterLock(final Path journal, final FileChannel channel, final RandomAccessFile file, final TwinLock lock)
            throws IOException {
        this.journal = journal;
        this.path = fileFor(journal);
        this.time = new ModificationTime(path.toFile());
        this.channel = channel;
        this.file = file;
        this.lock = lock;
        this.property = property(path);
        this.key = NeighbourFiles.key(path);
        if (!isOverlapping(Uninterruptible.channel(file))) {
            throw new JournalException(path + ": was replaced while it was opened; open the journal again");
        }
        this.written = read();
        this.text = LockText.parse(path, written);
    }

    /** Returns the path of the lock file of a journal; all files of one that is a directory have one lock in there. */
    public static Path fileFor(final Path journal) {
        final Path whole = JournalDirectory.journalOf(journal);
        return Files.isDirectory(whole)
                ? whole.resolve(JournalDirectory.LOCK)
                : journal.resolveSibling(journal.getFileName() + ".lock");
    }

    /**
     * Takes the lock.
     *
     * @param journal     real path of the journal
     * @param permissions of the lock file, if it is created
     * @throws JournalLockedException if another writer has it
     * @throws JournalException       if something else lies where the lock file belongs
     */
    public static WriterLock acquire(final Path journal, final FileAttribute<?>... permissions) throws IOException {
        synchronized (MONITOR) {
            if (isHeldHere(journal)) {
                throw new JournalLockedException(journal + ": this process has it open for writing already");
            }
            return lock(journal, permissions);
        }
    }

    private static WriterLock lock(final Path journal, final FileAttribute<?>... permissions) throws IOException {
        final Path path = fileFor(journal);
        final FileChannel channel = NeighbourFiles.openOrCreate(path, journal, permissions);
        RandomAccessFile file = null;
        boolean locked = false;
        try {
            final TwinLock taken = TwinLock.take(channel);
            if (taken == null) {
                throw lockedBy(journal, LockText.parse(path, read(channel)).process());
            }
            file = new RandomAccessFile(path.toFile(), "rw");
            final WriterLock lock = new WriterLock(journal, channel, file, taken);
            lock.refuseLivingOwner();
            final boolean isNew = lock.written.length == 0;
            lock.write(lock.text.ownedBy(
                    ProcessIdentity.current(), UUID.randomUUID().toString()));
            if (isNew) {
                FileCalls.force(path, file); // otherwise a power loss could leave another file's old bytes in it
            }
            System.setProperty(lock.property, journal.toString());
            HELD_HERE.put(path, lock);
            locked = true;
            return lock;
        } finally {
            if (!locked) {
                FileCalls.closeQuietly(file);
                channel.close(); // otherwise nobody in this process could take the lock again
            }
        }
    }

    private static JournalLockedException lockedBy(final Path journal, final String process) {
        return new JournalLockedException(journal + ": process " + process + " has it open for writing");
    }

    /** Refuses to take over from a process that lives. */
    private void refuseLivingOwner() {
        for (int i = 0; text.isOtherOwnerAlive(); i++) {
            if (i == LOOKS) {
                throw lockedBy(journal, text.process());
            }
            Uninterruptible.pause(LOOK_NANOS);
        }
    }

    /** Returns whether a channel is of the file that is locked here. */
    private static boolean isOverlapping(final FileChannel other) throws IOException {
        try {
            final FileLock taken = other.tryLock(0, 1, false);
            if (taken != null) {
                taken.release();
            }
            return false;
        } catch (final OverlappingFileLockException e) {
            return true;
        }
    }

    /**
     * Writes the lock file. The old content is overwritten in one piece and cut afterwards, so that a kill in between
     * does not lose the note.
     */
    private void write(final LockText next) throws IOException {
        final byte[] bytes = next.toString().getBytes(UTF_8);
        final byte[] padded = Arrays.copyOf(bytes, Math.max(bytes.length, written.length));
        FileCalls.write(file, padded, 0);
        file.setLength(bytes.length);
        text = next;
        written = bytes;
        time.note();
    }

    private byte[] read() throws IOException {
        final byte[] bytes = new byte[(int) Math.min(file.length(), LockText.MAX_LENGTH + 1)];
        FileCalls.read(file, bytes, 0);
        return bytes;
    }

    private static byte[] read(final FileChannel channel) throws IOException {
        final ByteBuffer bytes = ByteBuffer.allocate((int) Math.min(channel.size(), LockText.MAX_LENGTH + 1));
        FileCalls.read(channel, bytes, 0);
        return Arrays.copyOf(bytes.array(), bytes.position());
    }

    /** Returns the ring file that the last owner noted. */
    public Optional<Path> note() {
        return text.note();
    }

    /** Notes where the ring file is; null means that there is none. */
    public void note(final Path ringFile) throws IOException {
        if (!Objects.equals(text.note().orElse(null), ringFile)) {
            write(text.noting(ringFile));
        }
    }

    /** Returns why the journal failed, if it did and was not recovered since. */
    public Optional<String> failure() {
        return text.failure();
    }

    /** Notes why the journal failed, unless the file is another's by now; null means that it was recovered. */
    public void noteFailure(final String why) throws IOException {
        final LockText next = text.failedBy(why);
        if (!next.equals(text) && Arrays.equals(read(), written)) {
            write(next);
        }
    }

    /**
     * Returns why a journal failed, if it did and was not recovered since. It does not run while this process takes a
     * lock.
     */
    public static Optional<String> failureOf(final Path journal) throws IOException {
        return textOf(journal).flatMap(LockText::failure);
    }

    /**
     * Returns whether the lock file is as this writer left it, for all that can be told without allocating. Where this
     * is false, {@link #check} finds out.
     */
    public boolean seemsUntouched() {
        return time.isAsNoted();
    }

    /**
     * Makes sure that the lock is still this writer's, and takes again what the operating system may have dropped.
     *
     * @throws JournalLockedException if another writer has taken it
     * @throws JournalException       if the lock file was removed, replaced or changed, so that another writer could
     *     be let in
     */
    public void check() throws IOException {
        time.note();
        if (!key.equals(NeighbourFiles.keyIfThere(path))) {
            throw new JournalException(path + ": was removed or replaced while this process had the journal open for"
                    + " writing; another writer may have been let in");
        }
        final byte[] found = read();
        if (!Arrays.equals(found, written)) {
            final String process = LockText.parse(path, found).process();
            throw new JournalLockedException(path + ": was taken over by process " + process + " while process "
                    + text.process() + " had the journal open for writing");
        }
        lock.again(); // without it the file still names this process
    }

    /**
     * Returns the ring file that the owner or last owner of a journal noted. It does not run while this process takes a
     * lock.
     */
    public static Optional<Path> noteFor(final Path journal) throws IOException {
        return textOf(journal).flatMap(LockText::note);
    }

    private static Optional<LockText> textOf(final Path journal) throws IOException {
        synchronized (MONITOR) {
            final WriterLock lock = HELD_HERE.get(fileFor(journal));
            if (lock != null) {
                return Optional.of(lock.text);
            }
            if (isHeldHere(journal) || !Files.isReadable(fileFor(journal))) {
                return Optional.empty();
            }
            try (FileChannel channel = openForReading(journal)) {
                return Optional.of(LockText.parse(fileFor(journal), read(channel)));
            }
        }
    }

    private static FileChannel openForReading(final Path journal) throws IOException {
        return NeighbourFiles.open(fileFor(journal), journal, READ);
    }

    /**
     * Returns whether this process holds the lock: through this class under this name, or as a system property says,
     * through another copy of the class or under another name.
     */
    private static boolean isHeldHere(final Path journal) throws IOException {
        final Path lock = fileFor(journal);
        return HELD_HERE.containsKey(lock)
                || Files.exists(lock, NOFOLLOW_LINKS) && System.getProperty(property(lock)) != null;
    }

    /**
     * Returns the name of the system property of a lock file, which is the same for all its paths. The property spares
     * opening and closing the file, which would drop a lock that this process has on it.
     */
    private static String property(final Path lock) throws IOException {
        return "dev.evtl.lock." + NeighbourFiles.key(lock);
    }

    /** What can be told of a journal's writer. */
    public enum Writer {
        NONE,
        /** One has it open, in this process or another. */
        OPEN,
        /** This user may not read the lock file. */
        UNKNOWN
    }

    /**
     * Returns whether a writer has a journal open now. Changes nothing. It does not run while this process takes a
     * lock, because closing a channel on the file would drop that lock.
     */
    public static Writer writerOf(final Path journal) throws IOException {
        synchronized (MONITOR) {
            if (isHeldHere(journal) || isHeldItself(journal)) {
                return Writer.OPEN;
            }
            final Path lock = fileFor(journal);
            if (Files.notExists(lock, NOFOLLOW_LINKS)) {
                return Writer.NONE;
            }
            if (!Files.isReadable(lock)) {
                return Writer.UNKNOWN;
            }
            try (FileChannel channel = openForReading(journal)) {
                final boolean held = TwinLock.isHeld(channel)
                        || LockText.parse(lock, read(channel)).isOtherOwnerAlive();
                return held ? Writer.OPEN : Writer.NONE;
            }
        }
    }

    /** Returns whether a writer has locked the journal itself, perhaps under another name. */
    private static boolean isHeldItself(final Path journal) throws IOException {
        if (!Files.isReadable(journal) || Files.isDirectory(journal)) {
            return false;
        }
        try (FileChannel channel = Uninterruptible.open(journal, READ)) {
            return TwinLock.isHeld(channel);
        }
    }

    /**
     * Refuses a journal that a writer has open.
     *
     * @param file for the message
     * @param real path of the journal
     * @throws JournalLockedException if a writer, in this process or another, has it open now
     * @throws JournalException       if this user may not find out
     */
    public static void refuseHeld(final Path file, final Path real) throws IOException {
        final Writer writer = writerOf(real);
        if (writer == Writer.OPEN) {
            throw new JournalLockedException(file + ": a writer has it open");
        }
        if (writer == Writer.UNKNOWN) {
            throw new JournalException(
                    file + ": " + unknown(real) + "; change its permissions, or do this as its owner");
        }
    }

    /** Returns why it cannot be told whether a writer has a journal open. */
    public static String unknown(final Path journal) {
        return "it cannot be told whether a writer has it open: " + fileFor(journal) + " is not readable by this user";
    }

    /** Gives the lock back, and says in the file that it has no owner, unless it is another's by now. */
    @Override
    public void close() throws IOException {
        try (channel;
                file) {
            if (Arrays.equals(read(), written)) {
                write(text.ownedByNobody());
            }
        } finally {
            HELD_HERE.remove(path);
            System.clearProperty(property);
        }
    }
}
