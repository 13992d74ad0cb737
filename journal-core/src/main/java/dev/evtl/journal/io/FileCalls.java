package dev.evtl.journal.io;

import static java.nio.file.StandardCopyOption.ATOMIC_MOVE;
import static java.nio.file.StandardOpenOption.CREATE_NEW;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import dev.evtl.journal.io.FileWatcher.Call;
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

/**
 * Every call that changes a journal's files or brings them to the device, under the eyes of the {@link FileWatcher}. New
 * files are made whole or not at all.
 */
public final class FileCalls {
    /** Large writes let the kernel lay large folios; aligned for direct I/O. */
    private static final ByteBuffer ZEROS = ByteBuffer.allocateDirect((1 << 20) + 4096)
            .alignedSlice(4096)
            .limit(1 << 20)
            .slice();

    private static volatile FileWatcher watcher = FileWatcher.NONE;

    private FileCalls() {}

    public static void watch(final FileWatcher told) {
        watcher = told;
    }

    /** What a new file is filled with, still under a name of its own. */
    public interface Content {
        void write(Path unfinished, FileChannel channel) throws IOException;
    }

    /**
     * Makes a file that appears under its name only when it is whole, or not at all.
     *
     * @param needed bytes, for the message of a full disk
     * @param what   was not possible, for the others
     */
    public static void make(
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

    /** Throws a failure as what it is, under a name of the file that was to be made. */
    public static void throwFailed(final Path file, final long needed, final String what, final Throwable failure) {
        if (failure instanceof final IOException e) {
            throw IoFailures.classify(file, needed, what, e);
        }
        LangUtil.rethrowUnchecked(failure);
    }

    /** Creates an empty file with exactly these permissions, of which the process's umask would take some away. */
    public static FileChannel createNew(final Path file, final FileAttribute<?>... permissions) throws IOException {
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

    /** A new name is durable only after its directory was forced. */
    public static void forceDirectory(final Path file) throws IOException {
        try (FileChannel directory = FileChannel.open(file.getParent(), READ)) {
            watcher.before(Call.FORCE_DIRECTORY, file.getParent(), 0, Long.MAX_VALUE);
            directory.force(true);
            watcher.after(Call.FORCE_DIRECTORY, file.getParent(), 0, Long.MAX_VALUE);
        }
    }

    /** Zeros to {@link #fill} with, for one thread. */
    public static ByteBuffer zeros() {
        return ZEROS.duplicate();
    }

    /** Writes zeros: allocates space, so that a full disk shows here as an exception and not later as a signal. */
    public static void fill(final FileChannel channel, final long from, final long to) throws IOException {
        fill(channel, zeros(), from, to);
    }

    /** The same again and again without garbage. */
    public static void fill(final FileChannel channel, final ByteBuffer zeros, final long from, final long to)
            throws IOException {
        long offset = from;
        while (offset < to) {
            final long toBoundary = zeros.capacity() - offset % zeros.capacity();
            zeros.clear().limit((int) Math.min(toBoundary, to - offset));
            offset += write(channel, zeros, offset);
        }
    }

    /** Fills the buffer's remaining bytes from an offset on; leaves some remaining only where the file ends. */
    public static void read(final FileChannel channel, final ByteBuffer bytes, final long offset) throws IOException {
        final long start = offset - bytes.position();
        while (bytes.hasRemaining() && channel.read(bytes, start + bytes.position()) >= 0) {
            // a read may return less than was asked for
        }
    }

    /** Reads all of the bytes; an interrupt does not close the file, as it would with a channel. */
    public static void read(final RandomAccessFile opened, final byte[] bytes, final long offset) throws IOException {
        opened.seek(offset);
        opened.readFully(bytes);
    }

    public static int write(final FileChannel channel, final ByteBuffer bytes, final long offset) throws IOException {
        return write(Call.WRITE, channel, bytes, offset);
    }

    /** Writes by a channel whose writes are on the device when they return. */
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

    /** The same; an interrupt does not close the file, as it would with a channel. */
    public static void force(final Path file, final RandomAccessFile opened) throws IOException {
        watcher.before(Call.FORCE, file, 0, Long.MAX_VALUE);
        opened.getFD().sync();
        watcher.after(Call.FORCE, file, 0, Long.MAX_VALUE);
    }

    /** Writes the same way as to a channel, but an interrupt does not close the file. */
    public static void write(final RandomAccessFile opened, final byte[] bytes, final long offset) throws IOException {
        watcher.before(Call.WRITE, null, offset, offset + bytes.length);
        opened.seek(offset);
        opened.write(bytes);
        watcher.after(Call.WRITE, null, offset, offset + bytes.length);
    }

    /** Forces a stretch of a file, which is mapped from an offset on. */
    public static void force(
            final Path file, final MappedByteBuffer map, final long mapStart, final long from, final long to)
            throws IOException {
        watcher.before(Call.FORCE, file, from, to);
        map.force((int) (from - mapStart), (int) (to - from));
        watcher.after(Call.FORCE, file, from, to);
    }

    /** Cuts a file or makes it longer; an interrupt does not close it, as it would with a channel. */
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

    /** Where the failure that led here is the one to report. */
    public static void deleteQuietly(final Path file) {
        try {
            delete(file);
        } catch (final IOException e) {
            // what is left is no harm: it is deleted, or recovered, before the next attempt
        }
    }

    /** Where the failure that led here is the one to report; null is no resource. */
    public static void closeQuietly(final AutoCloseable resource) {
        if (resource != null) {
            try {
                resource.close();
            } catch (final Exception e) {
                // the failure that led here is the one to report
            }
        }
    }

    public static void rename(final Path from, final Path to) throws IOException {
        watcher.before(Call.RENAME, to, 0, Long.MAX_VALUE);
        Files.move(from, to, ATOMIC_MOVE);
        watcher.after(Call.RENAME, to, 0, Long.MAX_VALUE);
    }
}
