package dev.evtl.journal.file;

import static java.nio.file.StandardOpenOption.READ;

import dev.evtl.journal.exceptions.JournalException;
import dev.evtl.journal.exceptions.JournalLockedException;
import dev.evtl.journal.format.FileHeader;
import dev.evtl.journal.format.JournalHeader;
import dev.evtl.journal.io.FileCalls;
import dev.evtl.journal.io.ModificationTime;
import dev.evtl.journal.io.NeighbourFiles;
import dev.evtl.journal.io.Uninterruptible;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.Set;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A journal file that is open for writing: creates, opens, marks, forces, cuts and closes it. Used by the thread that
 * opens the journal, then by its storage.
 */
public final class JournalFile implements AutoCloseable {
    private volatile Path path;
    private final ModificationTime directoryTime;

    private final RandomAccessFile file;
    private final FileChannel channel;
    private final TwinLock lock;
    private final Object key;
    private IndexWriter index;

    private JournalFile(final Path path, final RandomAccessFile file, final FileChannel channel, final TwinLock lock)
            throws IOException {
        this.path = path;
        this.directoryTime = new ModificationTime(path.getParent().toFile());
        this.file = file;
        this.channel = channel;
        this.lock = lock;
        this.key = NeighbourFiles.key(path);
    }

    /**
     * The settings of a new file.
     *
     * @param createdAt    nanoseconds since the Unix epoch, unique for each file
     * @param checksums    whether every event carries a checksum
     * @param baseSequence sequence number of the first event
     * @param permissions  of the file and of those beside it
     */
    public record NewFile(long createdAt, boolean checksums, long baseSequence, Set<PosixFilePermission> permissions) {
        public NewFile {
            permissions = Set.copyOf(permissions);
        }

        /**
         * Returns the permissions in the form that file creation takes; none if the file system has no POSIX
         * permissions.
         */
        public FileAttribute<?>[] attributes(final Path path) {
            final boolean posix =
                    path.getFileSystem().supportedFileAttributeViews().contains("posix");
            return posix
                    ? new FileAttribute<?>[] {PosixFilePermissions.asFileAttribute(permissions)}
                    : new FileAttribute<?>[0];
        }
    }

    /** Creates a file with its header and forces both the file and its directory. A failure leaves no file. */
    public static void create(final Path path, final NewFile newFile) throws IOException {
        final String what = "could not be created";
        final int flags = newFile.checksums() ? FileHeader.FLAG_CHECKSUMS : 0;
        final FileCalls.Content header = new FileCalls.Content() {
            @Override
            public void write(final Path unfinished, final FileChannel channel) throws IOException {
                final ByteBuffer bytes = ByteBuffer.allocateDirect(FileHeader.LENGTH);
                FileHeader.encode(new UnsafeBuffer(bytes), newFile.createdAt(), flags, newFile.baseSequence());
                FileCalls.write(channel, bytes, 0);
                FileCalls.force(unfinished, channel);
            }

            @Override
            public boolean canBeLeft(final long length, final ByteBuffer start) {
                final UnsafeBuffer found = new UnsafeBuffer(start);
                return length == 0
                        || length == FileHeader.LENGTH
                                && FileHeader.magic(found) == FileHeader.MAGIC
                                && FileHeader.eventCount(found) == 0;
            }
        };
        FileCalls.make(path, FileHeader.LENGTH, what, header, newFile.attributes(path));
        try {
            FileCalls.forceDirectory(path);
        } catch (final Throwable t) {
            FileCalls.deleteQuietly(path);
            FileCalls.throwFailed(path, FileHeader.LENGTH, what, t);
        }
    }

    /**
     * Opens a file for writing. The process must hold the journal's lock.
     *
     * @param path real path of the file
     * @throws JournalLockedException if a writer has it open under another name
     */
    public static JournalFile open(final Path path) throws IOException {
        final RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw");
        boolean opened = false;
        try {
            final FileChannel channel = Uninterruptible.channel(file);
            final TwinLock lock = TwinLock.take(channel);
            if (lock == null) {
                throw new JournalLockedException(
                        path + ": has been moved, and a writer has it open under another name");
            }
            final JournalFile journal = new JournalFile(path, file, channel, lock);
            opened = true;
            return journal;
        } finally {
            if (!opened) {
                FileCalls.closeQuietly(file);
            }
        }
    }

    /** Returns the real path of the file. */
    public Path path() {
        return path;
    }

    public FileChannel channel() {
        return channel;
    }

    /** Gives the file another name in its directory, which must be free. */
    void moveTo(final Path name) throws IOException {
        FileCalls.moveToFreeName(path, name);
        path = name;
        directoryTime.note();
    }

    /** Writes the header of a file that has no event. */
    void writeNewHeader(final long createdAt, final int flags, final long baseSequence) throws IOException {
        final ByteBuffer bytes = ByteBuffer.allocateDirect(FileHeader.LENGTH);
        FileHeader.encode(new UnsafeBuffer(bytes), createdAt, flags, baseSequence);
        FileCalls.write(channel, bytes, 0);
    }

    /**
     * Has the file's storage go on with an index, which closes with the file. Without a call of this, only a file
     * without events gets an index.
     */
    public void index(final IndexWriter writer) {
        index = writer;
    }

    /** Returns the writer of the file's index, for its storage. */
    IndexWriter index(final JournalHeader opened) {
        if (index == null) {
            index = opened.writeOffset() == FileHeader.LENGTH
                    ? IndexWriter.ofEmpty(path, opened)
                    : IndexWriter.none(path);
        }
        return index;
    }

    /** Opens a file to read and check its header as it is now. */
    public static JournalHeader readHeader(final Path file) throws IOException {
        try (FileChannel channel = Uninterruptible.open(file, READ)) {
            return readHeader(file, channel);
        }
    }

    /** Returns whether there is anything where a file has its header: a crash can leave a name and no more. */
    public static boolean hasHeader(final Path file) throws IOException {
        final ByteBuffer header = ByteBuffer.allocate(FileHeader.LENGTH);
        try (FileChannel channel = Uninterruptible.open(file, READ)) {
            FileCalls.read(channel, header, 0);
        }
        return !Arrays.equals(header.array(), new byte[FileHeader.LENGTH]);
    }

    /**
     * Reads and checks a file's header as it is now.
     *
     * @param file    for messages
     * @param channel open for reading
     */
    public static JournalHeader readHeader(final Path file, final FileChannel channel) throws IOException {
        final ByteBuffer bytes = ByteBuffer.allocateDirect(FileHeader.LENGTH);
        final ByteBuffer again = ByteBuffer.allocateDirect(FileHeader.LENGTH);
        final UnsafeBuffer header = new UnsafeBuffer(bytes);
        long length;
        // a writer may close or open the file while its fields and its length are read
        do {
            FileCalls.read(channel, bytes.clear(), 0);
            length = channel.size();
            FileCalls.read(channel, again.clear(), 0);
        } while (!bytes.flip().equals(again.flip()) && FileHeader.state(header) == FileHeader.STATE_CLOSED);
        return JournalHeader.of(file, header, bytes.limit(), length);
    }

    /**
     * Returns whether this file is still what its path leads to, as far as its directory's time tells, without
     * allocating. Where this is false, {@link #checkPlace} finds out. The file itself is not asked: since Linux 6.13 a
     * file whose times were asked for gets a new one at its next change, which makes the force of that change longer by
     * half.
     */
    public boolean seemsInPlace() {
        return directoryTime.isAsNoted();
    }

    /**
     * Makes sure that readers and the next opening find this file under its path, and that no other process has taken
     * its lock, which is taken again.
     *
     * @throws JournalException if not
     */
    public void checkPlace() throws IOException {
        directoryTime.note();
        if (!key.equals(NeighbourFiles.keyIfThere(path))) {
            throw new JournalException(path + ": was moved, removed or replaced while this process had it open for"
                    + " writing; what it held by then is where it was moved to");
        }
        if (!lock.again()) {
            throw new JournalLockedException(
                    path + ": was opened by another writer, under another name, while this process had it open");
        }
    }

    /** Forces data and metadata. */
    public void sync() throws IOException {
        FileCalls.force(path, file);
    }

    /**
     * Throws a {@link JournalException} if the file is shorter than expected. Another process has then cut it, and
     * events are gone although no store and no force fails.
     */
    void checkLength(final long expected) throws IOException {
        final long length = file.length();
        if (length < expected) {
            throw new JournalException(path + ": was cut short by another process: expected at least " + expected
                    + " bytes, found " + length);
        }
    }

    /** Sets the length of the file. */
    void setLength(final long length) throws IOException {
        FileCalls.setLength(path, file, length);
    }

    /**
     * Stores in the header that the file is open and holds the given number of events up to an offset, and forces it.
     */
    public void markOpen(final long events, final long end) throws IOException {
        writeHeader(events, end, FileHeader.STATE_OPEN);
        sync();
    }

    /**
     * Completes the index, then cuts the file to its events and stores in the header that it is closed, each step
     * forced before the next. In another order a crash could leave a longer file that says it is closed.
     */
    public void markClosed(final long events, final long end) throws IOException {
        if (index != null) {
            index.finish();
        }
        setLength(end);
        sync();
        writeHeader(events, end, FileHeader.STATE_CLOSED);
        sync();
    }

    /**
     * Writes again what never changes at the start of the header. That harms nobody who reads or stores the rest
     * meanwhile.
     */
    void writeStartAgain() throws IOException {
        final ByteBuffer bytes = ByteBuffer.allocateDirect(FileHeader.FIXED_LENGTH);
        checkLength(bytes.capacity());
        FileCalls.read(channel(), bytes, 0); // by offset: another thread may be changing the length
        FileCalls.write(channel(), bytes.flip(), 0);
    }

    private void writeHeader(final long events, final long end, final int state) throws IOException {
        final byte[] bytes = new byte[FileHeader.LENGTH];
        FileCalls.read(file, bytes, 0);
        final UnsafeBuffer header = new UnsafeBuffer(bytes);
        FileHeader.publish(header, events, end);
        FileHeader.durableOffset(header, end);
        FileHeader.state(header, state);
        FileCalls.write(file, bytes, 0);
    }

    /** Closes the file as it is. */
    @Override
    public void close() throws IOException {
        FileCalls.closeQuietly(index);
        file.close();
    }
}
