package dev.evtl.journal.storage;

import static java.nio.file.StandardCopyOption.ATOMIC_MOVE;
import static java.nio.file.StandardOpenOption.CREATE_NEW;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import dev.evtl.journal.format.FileHeader;
import dev.evtl.journal.storage.FileWatcher.Call;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import org.agrona.LangUtil;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Finds out what a path is, says clearly what is wrong with it, and makes new files whole or not at all. Every call that
 * changes a file or brings it to the device is made here, under the eyes of the {@link FileWatcher}.
 */
final class JournalFiles {
    /** Large writes let the kernel lay large folios; aligned for direct I/O. */
    private static final ByteBuffer ZEROS = ByteBuffer.allocateDirect((1 << 20) + 4096)
            .alignedSlice(4096)
            .limit(1 << 20)
            .slice();

    private static volatile FileWatcher watcher = FileWatcher.NONE;

    private JournalFiles() {}

    static void watch(final FileWatcher told) {
        watcher = told;
    }

    /** The real path of a file that can be read as a journal. */
    static Path readable(final Path path) {
        Platform.check();
        if (!Files.exists(path)) {
            throw new JournalException(path + ": does not exist");
        }
        checkRegular(path);
        if (!Files.isReadable(path)) {
            throw new JournalException(path + ": not readable by this user; change its permissions");
        }
        return real(path);
    }

    /** The real path of a file that can be written or made as a journal. */
    static Path writable(final Path path) {
        Platform.check();
        if (Files.exists(path)) {
            checkRegular(path);
            if (!Files.isReadable(path) || !Files.isWritable(path)) {
                throw new JournalException(path + ": not readable and writable by this user; change its permissions");
            }
            checkOneName(path);
        } else if (Files.isSymbolicLink(path)) {
            throw new JournalException(path + ": is a symbolic link to a file that does not exist");
        }
        final Path parent = path.toAbsolutePath().getParent();
        if (parent == null || !Files.isDirectory(parent)) {
            throw new JournalException(path + ": its directory " + parent + " does not exist; create it first");
        }
        if (!Files.isWritable(parent)) {
            throw new JournalException(path + ": its directory " + parent + " is not writable by this user");
        }
        return Files.exists(path) ? real(path) : real(parent).resolve(path.getFileName());
    }

    private static void checkRegular(final Path path) {
        if (Files.isDirectory(path)) {
            throw new JournalException(path + ": is a directory; give the path of a file in it");
        }
        if (!Files.isRegularFile(path)) {
            throw new JournalException(path + ": is a pipe, a device or a socket; give the path of a regular file");
        }
    }

    /** The writer's lock goes by name: a second name for the same file would let a second writer in. */
    static void checkOneName(final Path path) {
        try {
            final Object links = Files.getAttribute(path, "unix:nlink");
            if (!Integer.valueOf(1).equals(links)) {
                throw new JournalException(path + ": has " + links
                        + " names (hard links); remove all but one, or copy it, before it is opened for writing");
            }
        } catch (final UnsupportedOperationException e) {
            // a file system that has no link counts
        } catch (final IOException e) {
            throw new JournalException(path + ": could not read its attributes", e);
        }
    }

    private static Path real(final Path path) {
        try {
            return path.toRealPath();
        } catch (final IOException e) {
            throw new JournalException(path + ": could not be resolved: " + e.getMessage(), e);
        }
    }

    /** What a new file is filled with, still under a name of its own. */
    interface Content {
        void write(Path unfinished, FileChannel channel) throws IOException;
    }

    /**
     * Makes a file that appears under its name only when it is whole, or not at all.
     *
     * @param needed bytes, for the message of a full disk
     * @param what   was not possible, for the others
     */
    static void make(
            final Path file,
            final long needed,
            final String what,
            final Content content,
            final FileAttribute<?>... permissions)
            throws IOException {
        final Path unfinished = file.resolveSibling(file.getFileName() + ".new");
        delete(unfinished);
        try {
            try (FileChannel channel = createNew(unfinished, permissions)) {
                content.write(unfinished, channel);
            }
            rename(unfinished, file);
        } catch (final Throwable t) {
            deleteQuietly(unfinished); // first, so that what is free now is what was free before
            throwFailed(file, needed, what, t);
        }
    }

    private static void throwFailed(final Path file, final long needed, final String what, final Throwable failure) {
        if (failure instanceof final IOException e) {
            throw DiskFullException.classify(file, needed, what, e);
        }
        LangUtil.rethrowUnchecked(failure);
    }

    /** Makes a journal's file with its header, both on the device. */
    static void create(
            final Path file,
            final long createdAt,
            final int flags,
            final long baseSequence,
            final FileAttribute<?>... permissions)
            throws IOException {
        final String what = "could not be created";
        final Content header = (unfinished, channel) -> {
            final ByteBuffer bytes = ByteBuffer.allocateDirect(FileHeader.LENGTH);
            FileHeader.encode(new UnsafeBuffer(bytes), createdAt, flags, baseSequence);
            write(channel, bytes, 0);
            force(unfinished, channel);
        };
        make(file, FileHeader.LENGTH, what, header, permissions);
        try {
            forceDirectory(file);
        } catch (final Throwable t) {
            deleteQuietly(file);
            throwFailed(file, FileHeader.LENGTH, what, t);
        }
    }

    /** Creates an empty file with exactly these permissions, of which the process's umask would take some away. */
    static FileChannel createNew(final Path file, final FileAttribute<?>... permissions) throws IOException {
        final FileChannel channel = FileChannel.open(file, Set.of(CREATE_NEW, READ, WRITE), permissions);
        boolean done = false;
        try {
            for (final FileAttribute<?> attribute : permissions) {
                Files.setAttribute(file, attribute.name(), attribute.value());
            }
            done = true;
            return channel;
        } finally {
            if (!done) {
                channel.close();
            }
        }
    }

    /** The permissions of a file, for one that is made beside it; none where the file system has no such thing. */
    static FileAttribute<?>[] permissionsOf(final Path file) throws IOException {
        final Set<PosixFilePermission> permissions = posixPermissions(file);
        return permissions.isEmpty()
                ? new FileAttribute<?>[0]
                : new FileAttribute<?>[] {PosixFilePermissions.asFileAttribute(permissions)};
    }

    static Set<PosixFilePermission> posixPermissions(final Path file) throws IOException {
        final boolean posix = file.getFileSystem().supportedFileAttributeViews().contains("posix");
        return posix ? Files.getPosixFilePermissions(file) : Set.of();
    }

    /** A new name is durable only after its directory was forced. */
    static void forceDirectory(final Path file) throws IOException {
        try (FileChannel directory = FileChannel.open(file.getParent(), READ)) {
            watcher.before(Call.FORCE_DIRECTORY, file.getParent(), 0, Long.MAX_VALUE);
            directory.force(true);
            watcher.after(Call.FORCE_DIRECTORY, file.getParent(), 0, Long.MAX_VALUE);
        }
    }

    /** Zeros to {@link #fill} with, for one thread. */
    static ByteBuffer zeros() {
        return ZEROS.duplicate();
    }

    /** Writes zeros: allocates space, so that a full disk shows here as an exception and not later as a signal. */
    static void fill(final FileChannel channel, final long from, final long to) throws IOException {
        fill(channel, zeros(), from, to);
    }

    /** The same again and again without garbage. */
    static void fill(final FileChannel channel, final ByteBuffer zeros, final long from, final long to)
            throws IOException {
        long position = from;
        while (position < to) {
            final long toBoundary = zeros.capacity() - position % zeros.capacity();
            zeros.clear().limit((int) Math.min(toBoundary, to - position));
            position += write(channel, zeros, position);
        }
    }

    /** Fills the buffer's remaining bytes from a position on; leaves some remaining only where the file ends. */
    static void read(final FileChannel channel, final ByteBuffer bytes, final long position) throws IOException {
        final long start = position - bytes.position();
        while (bytes.hasRemaining() && channel.read(bytes, start + bytes.position()) >= 0) {
            // a read may return less than was asked for
        }
    }

    static int write(final FileChannel channel, final ByteBuffer bytes, final long position) throws IOException {
        return write(Call.WRITE, channel, bytes, position);
    }

    /** Writes by a channel whose writes are on the device when they return. */
    static int writeThrough(final FileChannel channel, final ByteBuffer bytes, final long position) throws IOException {
        return write(Call.WRITE_THROUGH, channel, bytes, position);
    }

    private static int write(final Call call, final FileChannel channel, final ByteBuffer bytes, final long position)
            throws IOException {
        final int length = bytes.remaining();
        watcher.before(call, null, position, position + length);
        while (bytes.hasRemaining()) {
            channel.write(bytes, position + length - bytes.remaining());
        }
        watcher.after(call, null, position, position + length);
        return length;
    }

    /** Forces data and metadata. */
    static void force(final Path file, final FileChannel channel) throws IOException {
        watcher.before(Call.FORCE, file, 0, Long.MAX_VALUE);
        channel.force(true);
        watcher.after(Call.FORCE, file, 0, Long.MAX_VALUE);
    }

    /** The same; an interrupt does not close the file, as it would with a channel. */
    static void force(final Path file, final RandomAccessFile opened) throws IOException {
        watcher.before(Call.FORCE, file, 0, Long.MAX_VALUE);
        opened.getFD().sync();
        watcher.after(Call.FORCE, file, 0, Long.MAX_VALUE);
    }

    /** Forces a stretch of a file, which is mapped from an offset on. */
    static void force(final Path file, final MappedByteBuffer map, final long mapStart, final long from, final long to)
            throws IOException {
        watcher.before(Call.FORCE, file, from, to);
        map.force((int) (from - mapStart), (int) (to - from));
        watcher.after(Call.FORCE, file, from, to);
    }

    /** Cuts a file or makes it longer; an interrupt does not close it, as it would with a channel. */
    static void setLength(final Path file, final RandomAccessFile opened, final long length) throws IOException {
        watcher.before(Call.TRUNCATE, file, length, Long.MAX_VALUE);
        opened.setLength(length);
        watcher.after(Call.TRUNCATE, file, length, Long.MAX_VALUE);
    }

    /** Deletes a file if there is one. */
    static void delete(final Path file) throws IOException {
        watcher.before(Call.DELETE, file, 0, Long.MAX_VALUE);
        Files.deleteIfExists(file);
        watcher.after(Call.DELETE, file, 0, Long.MAX_VALUE);
    }

    /** Where the failure that led here is the one to report. */
    static void deleteQuietly(final Path file) {
        try {
            delete(file);
        } catch (final IOException e) {
            // what is left is no harm: it is deleted, or recovered, before the next attempt
        }
    }

    static void rename(final Path from, final Path to) throws IOException {
        watcher.before(Call.RENAME, to, 0, Long.MAX_VALUE);
        Files.move(from, to, ATOMIC_MOVE);
        watcher.after(Call.RENAME, to, 0, Long.MAX_VALUE);
    }
}
