package dev.evtl.journal.io;

import static java.nio.file.StandardCopyOption.ATOMIC_MOVE;
import static java.nio.file.StandardOpenOption.CREATE_NEW;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import dev.evtl.journal.io.FileWatcher.Call;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
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

/**
 * Makes the calls that change a journal's files or bring them to the device, and shows them to the {@link FileWatcher}.
 * For any thread. New files are made whole or not at all.
 */
public final class FileCalls {
    /** Zeros in one large buffer, because large writes let the kernel use large folios; aligned for direct I/O. */
    private static final ByteBuffer ZEROS = ByteBuffer.allocateDirect((1 << 20) + 4096)
            .alignedSlice(4096)
            .limit(1 << 20)
            .slice();

    private static volatile FileWatcher watcher = FileWatcher.NONE;

    private FileCalls() {}

    public static void watch(final FileWatcher told) {
        watcher = told;
    }

    /** Writes the content of a new file, which still has a temporary name. */
    public interface Content {
        void write(Path unfinished, FileChannel channel) throws IOException;
    }

    /**
     * Creates a file that appears under its name only when it is complete. A failure leaves no file.
     *
     * @param needed number of bytes, for the message of a full disk
     * @param what   what was not possible, for other messages
     */
    public static void make(
            final Path file,
            final long needed,
            final String what,
            final Content content,
            final FileAttribute<?>... permissions)
            throws IOException {
        IoFailures.refuseWithoutSpace(file, needed);
        final Path unfinished = file.resolveSibling(file.getFileName() + ".new");
        delete(unfinished);
        try {
            try (FileChannel channel = createNew(unfinished, permissions)) {
                content.write(unfinished, channel);
            }
            rename(unfinished, file);
        } catch (final Throwable t) {
            deleteQuietly(unfinished); // first: the message is to state the free space without this file
            throwFailed(file, needed, what, t);
        }
    }

    /** Throws a failure as the exception that fits it, with the name of the file that was to be made. */
    public static void throwFailed(final Path file, final long needed, final String what, final Throwable failure) {
        if (failure instanceof final IOException e) {
            throw IoFailures.classify(file, needed, what, e);
        }
        LangUtil.rethrowUnchecked(failure);
    }

    /** Creates an empty file with exactly these permissions, some of which the process's umask would take away. */
    public static FileChannel createNew(final Path file, final FileAttribute<?>... permissions) throws IOException {
        final FileChannel channel = Uninterruptible.open(file, Set.of(CREATE_NEW, READ, WRITE), permissions);
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

    /**
     * Returns the permissions of a file, for one that is made beside it; none if the file system has no POSIX
     * permissions.
     */
    public static FileAttribute<?>[] permissionsOf(final Path file) throws IOException {
        final Set<PosixFilePermission> permissions = posixPermissions(file);
        return permissions.isEmpty()
                ? new FileAttribute<?>[0]
                : new FileAttribute<?>[] {PosixFilePermissions.asFileAttribute(permissions)};
    }

    public static Set<PosixFilePermission> posixPermissions(final Path file) throws IOException {
        final boolean posix = file.getFileSystem().supportedFileAttributeViews().contains("posix");
        return posix ? Files.getPosixFilePermissions(file) : Set.of();
    }

    /** Forces the directory of a file: only then is a new name durable. */
    public static void forceDirectory(final Path file) throws IOException {
        try (FileChannel directory = Uninterruptible.open(file.getParent(), READ)) {
            watcher.before(Call.FORCE_DIRECTORY, file.getParent(), 0, Long.MAX_VALUE);
            directory.force(true);
            watcher.after(Call.FORCE_DIRECTORY, file.getParent(), 0, Long.MAX_VALUE);
        }
    }

    /** Returns zeros for {@link #fill}, for one thread. */
    public static ByteBuffer zeros() {
        return ZEROS.duplicate();
    }

    /**
     * Writes zeros between two offsets. This allocates the space, so that a full disk is an exception here and not a
     * signal later.
     */
    public static void fill(final FileChannel channel, final long from, final long to) throws IOException {
        fill(channel, zeros(), from, to);
    }

    /** Writes zeros between two offsets, from a buffer of the caller that is used again and again without garbage. */
    public static void fill(final FileChannel channel, final ByteBuffer zeros, final long from, final long to)
            throws IOException {
        long offset = from;
        while (offset < to) {
            final long toBoundary = zeros.capacity() - offset % zeros.capacity();
            zeros.clear().limit((int) Math.min(toBoundary, to - offset));
            offset += write(channel, zeros, offset);
        }
    }

    /** Fills the buffer's remaining bytes from an offset on. Some remain only where the file ends. */
    public static void read(final FileChannel channel, final ByteBuffer bytes, final long offset) throws IOException {
        final long start = offset - bytes.position();
        while (bytes.hasRemaining() && channel.read(bytes, start + bytes.position()) >= 0) {
            // a read may return less than was asked for
        }
    }

    /** Fills the whole array from an offset on. */
    public static void read(final RandomAccessFile opened, final byte[] bytes, final long offset) throws IOException {
        opened.seek(offset);
        opened.readFully(bytes);
    }

    public static int write(final FileChannel channel, final ByteBuffer bytes, final long offset) throws IOException {
        return write(Call.WRITE, channel, bytes, offset);
    }

    /** Writes through a channel whose writes are on the device when they return. */
    public static int writeThrough(final FileChannel channel, final ByteBuffer bytes, final long offset)
            throws IOException {
        return write(Call.WRITE_THROUGH, channel, bytes, offset);
    }

    private static int write(final Call call, final FileChannel channel, final ByteBuffer bytes, final long offset)
            throws IOException {
        final int length = bytes.remaining();
        watcher.before(call, null, offset, offset + length);
        while (bytes.hasRemaining()) {
            channel.write(bytes, offset + length - bytes.remaining());
        }
        watcher.after(call, null, offset, offset + length);
        return length;
    }

    /** Forces data and metadata. */
    public static void force(final Path file, final FileChannel channel) throws IOException {
        watcher.before(Call.FORCE, file, 0, Long.MAX_VALUE);
        channel.force(true);
        watcher.after(Call.FORCE, file, 0, Long.MAX_VALUE);
    }

    /** Forces data and metadata. */
    public static void force(final Path file, final RandomAccessFile opened) throws IOException {
        watcher.before(Call.FORCE, file, 0, Long.MAX_VALUE);
        opened.getFD().sync();
        watcher.after(Call.FORCE, file, 0, Long.MAX_VALUE);
    }

    /** Writes the whole array at an offset. */
    public static void write(final RandomAccessFile opened, final byte[] bytes, final long offset) throws IOException {
        watcher.before(Call.WRITE, null, offset, offset + bytes.length);
        opened.seek(offset);
        opened.write(bytes);
        watcher.after(Call.WRITE, null, offset, offset + bytes.length);
    }

    /** Forces the bytes between two offsets of a file, through a mapping that begins at an offset. */
    public static void force(
            final Path file, final MappedByteBuffer map, final long mapStart, final long from, final long to)
            throws IOException {
        watcher.before(Call.FORCE, file, from, to);
        try {
            map.force((int) (from - mapStart), (int) (to - from));
        } catch (final UncheckedIOException e) {
            throw e.getCause(); // it is as any other call that fails
        }
        watcher.after(Call.FORCE, file, from, to);
    }

    /** Sets the length of a file. */
    public static void setLength(final Path file, final RandomAccessFile opened, final long length) throws IOException {
        watcher.before(Call.TRUNCATE, file, length, Long.MAX_VALUE);
        opened.setLength(length);
        watcher.after(Call.TRUNCATE, file, length, Long.MAX_VALUE);
    }

    /** Deletes a file if there is one. */
    public static void delete(final Path file) throws IOException {
        watcher.before(Call.DELETE, file, 0, Long.MAX_VALUE);
        Files.deleteIfExists(file);
        watcher.after(Call.DELETE, file, 0, Long.MAX_VALUE);
    }

    /** Deletes a file and ignores a failure, because an earlier failure is the one to report. */
    public static void deleteQuietly(final Path file) {
        try {
            delete(file);
        } catch (final IOException e) {
            // a file that is left does no harm: it is deleted or recovered before the next attempt
        }
    }

    /** Closes a resource, which may be null, and ignores a failure, because an earlier failure is the one to report. */
    public static void closeQuietly(final AutoCloseable resource) {
        if (resource != null) {
            try {
                resource.close();
            } catch (final Exception e) {
                // the failure that led here is the one to report
            }
        }
    }

    /** Gives a file another name, and puts it in the place of a file that has that name. */
    public static void rename(final Path from, final Path to) throws IOException {
        watcher.before(Call.RENAME, to, 0, Long.MAX_VALUE);
        Files.move(from, to, ATOMIC_MOVE);
        watcher.after(Call.RENAME, to, 0, Long.MAX_VALUE);
    }

    /** Gives a file another name, which must be free. */
    public static void moveToFreeName(final Path from, final Path to) throws IOException {
        watcher.before(Call.RENAME, to, 0, Long.MAX_VALUE);
        Files.move(from, to);
        watcher.after(Call.RENAME, to, 0, Long.MAX_VALUE);
    }
}
