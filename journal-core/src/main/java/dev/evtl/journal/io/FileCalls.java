package dev.evtl.journal.io;

import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static java.nio.file.LinkOption.NOFOLLOW_LINKS;
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
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserDefinedFileAttributeView;
import java.security.SecureRandom;
import java.util.EnumSet;
import java.util.Set;
import org.agrona.LangUtil;

/**
 * Makes the calls that change a journal's files or bring them to the device, and shows them to the {@link FileWatcher}.
 * For any thread. New files are made whole or not at all.
 */
public final class FileCalls {
    /** Most zeros that are written at once: large writes let the kernel use large folios. */
    public static final int MOST_ZEROS = 1 << 20;

    /** Aligned for direct I/O. */
    private static final ByteBuffer ZEROS = ByteBuffer.allocateDirect(MOST_ZEROS + 4096)
            .alignedSlice(4096)
            .limit(MOST_ZEROS)
            .slice();

    /** What follows the name of a file that is being made, before a number that nobody can guess. */
    private static final String UNFINISHED = ".new-";

    private static final String NUMBER = "[0-9a-f]{16}";
    private static final int START_LENGTH = 64;

    private static volatile FileWatcher watcher = FileWatcher.NONE;

    private FileCalls() {}

    public static void watch(final FileWatcher told) {
        watcher = told;
    }

    /** The content of a new file, which is written while the file still has a temporary name. */
    public interface Content {
        void write(Path unfinished, FileChannel channel) throws IOException;

        /**
         * Returns whether a file can be what a kill left of such a file before it had its name. Anything else belongs to
         * somebody else.
         *
         * @param length of the file
         * @param start  its first bytes, 64 or as many as there are
         */
        boolean canBeLeft(long length, ByteBuffer start) throws IOException;
    }

    /**
     * Creates a file that appears under its name only when it is complete. The name must be free, and the caller must
     * hold a lock so that nobody else makes a file of that name. A failure leaves no file; what a kill left is deleted
     * by the next call.
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
        final Path unfinished = file.resolveSibling(
                String.format("%s%s%016x", file.getFileName(), UNFINISHED, new SecureRandom().nextLong()));
        try {
            deleteLeft(file, content);
            IoFailures.refuseWithoutSpace(file, needed);
            try (FileChannel channel = createNew(unfinished, permissions)) {
                content.write(unfinished, channel);
            }
            moveToFreeName(unfinished, file);
        } catch (final Throwable t) {
            deleteQuietly(unfinished); // first: the message is to state the free space without this file
            throwFailed(file, needed, what, t);
        }
    }

    /** Deletes what kills left of files that were to get a name. What may be somebody else's is left alone. */
    private static void deleteLeft(final Path file, final Content content) throws IOException {
        final String name = file.getFileName() + UNFINISHED;
        if (!Files.isReadable(file.getParent())) {
            return; // what cannot be found does no harm
        }
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(file.getParent())) {
            for (final Path entry : entries) {
                final String found = entry.getFileName().toString();
                if (found.startsWith(name)
                        && found.substring(name.length()).matches(NUMBER)
                        && isLeft(entry, content)) {
                    deleteQuietly(entry);
                }
            }
        } catch (final DirectoryIteratorException e) {
            throw e.getCause();
        }
    }

    private static boolean isLeft(final Path file, final Content content) throws IOException {
        final boolean hasLock = Files.exists(file.resolveSibling(file.getFileName() + ".lock"), NOFOLLOW_LINKS);
        if (hasLock || !Files.isRegularFile(file, NOFOLLOW_LINKS) || !Files.isReadable(file)) {
            return false;
        }
        try (FileChannel channel = Uninterruptible.open(file, READ, NOFOLLOW_LINKS)) {
            final ByteBuffer start = ByteBuffer.allocate(START_LENGTH).order(LITTLE_ENDIAN);
            read(channel, start, 0);
            return content.canBeLeft(channel.size(), start.flip());
        }
    }

    /** Throws a failure as the exception that fits it, with the name of the file that was to be made. */
    public static void throwFailed(final Path file, final long needed, final String what, final Throwable failure) {
        if (failure instanceof final IOException e) {
            throw IoFailures.classify(file, needed, what, e);
        }
        LangUtil.rethrowUnchecked(failure);
    }

    /** Sets the permissions of a file. A link that another user has put in its place is not followed. */
    public static void setPermissions(final Path file, final FileAttribute<?>... permissions) throws IOException {
        for (final FileAttribute<?> attribute : permissions) {
            Files.setAttribute(file, attribute.name(), attribute.value(), NOFOLLOW_LINKS);
        }
    }

    /** Creates an empty file with exactly these permissions, some of which the process's umask would take away. */
    public static FileChannel createNew(final Path file, final FileAttribute<?>... permissions) throws IOException {
        final FileChannel channel = Uninterruptible.open(file, Set.of(CREATE_NEW, READ, WRITE), permissions);
        boolean done = false;
        try {
            setPermissions(file, permissions);
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

    /** Makes a directory if there is none, which whoever may read or write its files may search and list too. */
    public static void makeDirectory(final Path directory, final Set<PosixFilePermission> ofFiles) throws IOException {
        if (Files.isDirectory(directory)) {
            return;
        }
        watcher.before(Call.MAKE_DIRECTORY, directory, 0, Long.MAX_VALUE);
        Files.createDirectory(directory);
        if (directory.getFileSystem().supportedFileAttributeViews().contains("posix")) {
            final Set<PosixFilePermission> permissions = EnumSet.copyOf(ofFiles);
            for (final PosixFilePermission permission : ofFiles) {
                final String name = permission.name();
                permissions.add(PosixFilePermission.valueOf(name.substring(0, name.indexOf('_')) + "_EXECUTE"));
            }
            Files.setPosixFilePermissions(directory, permissions);
        }
        watcher.after(Call.MAKE_DIRECTORY, directory, 0, Long.MAX_VALUE);
        forceDirectory(directory);
    }

    /** Forces the directory of a file: only then is a new name durable. */
    public static void forceDirectory(final Path file) throws IOException {
        try (FileChannel directory = Uninterruptible.open(file.getParent(), READ)) {
            watcher.before(Call.FORCE_DIRECTORY, file.getParent(), 0, Long.MAX_VALUE);
            directory.force(true);
            watcher.after(Call.FORCE_DIRECTORY, file.getParent(), 0, Long.MAX_VALUE);
        }
    }

    /** Returns so many zeros, for {@link #fill} on one thread. */
    public static ByteBuffer zeros(final int length) {
        return ZEROS.slice(0, length);
    }

    /**
     * Writes zeros between two offsets. This allocates the space, so that a full disk is an exception here and not a
     * signal later.
     */
    public static void fill(final FileChannel channel, final long from, final long to) throws IOException {
        fill(channel, zeros(MOST_ZEROS), from, to);
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

    /**
     * Reads bytes from an offset on into the start of an array, for callers that cannot throw an {@link IOException}.
     *
     * @return number of bytes read, fewer than the length only where the file ends
     * @throws UncheckedIOException if they cannot be read
     */
    public static int read(final FileChannel channel, final long offset, final byte[] target, final int length) {
        final ByteBuffer bytes = ByteBuffer.wrap(target, 0, length);
        try {
            read(channel, bytes, offset);
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.position();
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

    /** Cuts a file to a length. */
    public static void setLength(final Path file, final FileChannel channel, final long length) throws IOException {
        watcher.before(Call.TRUNCATE, file, length, Long.MAX_VALUE);
        channel.truncate(length);
        watcher.after(Call.TRUNCATE, file, length, Long.MAX_VALUE);
    }

    /**
     * Sets an extended attribute of a file; null removes it. This opens and closes the file, so that locks that the
     * process has on it may go.
     */
    public static void attribute(final Path file, final String name, final ByteBuffer value) throws IOException {
        final UserDefinedFileAttributeView view = attributes(file);
        watcher.before(Call.ATTRIBUTE, file, 0, Long.MAX_VALUE);
        if (value == null) {
            view.delete(name);
        } else {
            view.write(name, value);
        }
        watcher.after(Call.ATTRIBUTE, file, 0, Long.MAX_VALUE);
    }

    /** Returns an extended attribute of a file; empty if it has none of that name. */
    public static ByteBuffer attribute(final Path file, final String name) throws IOException {
        final UserDefinedFileAttributeView view = attributes(file);
        if (!view.list().contains(name)) {
            return ByteBuffer.allocate(0);
        }
        final ByteBuffer value = ByteBuffer.allocate(view.size(name));
        view.read(name, value);
        return value.flip();
    }

    private static UserDefinedFileAttributeView attributes(final Path file) throws IOException {
        final UserDefinedFileAttributeView view =
                Files.getFileAttributeView(file, UserDefinedFileAttributeView.class, NOFOLLOW_LINKS);
        if (view == null) {
            throw new IOException("this file system has no extended attributes");
        }
        return view;
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
        } catch (final Throwable t) {
            // a file that is left does no harm: it is recognised or recovered at the next attempt
        }
    }

    /** Closes a resource, which may be null, and ignores a failure, because an earlier failure is the one to report. */
    public static void closeQuietly(final AutoCloseable resource) {
        if (resource != null) {
            try {
                resource.close();
            } catch (final Throwable t) {
                // the failure that led here is the one to report
            }
        }
    }

    /** Gives a file another name, which must be free. */
    public static void moveToFreeName(final Path from, final Path to) throws IOException {
        watcher.before(Call.RENAME, to, 0, Long.MAX_VALUE);
        Files.move(from, to);
        watcher.after(Call.RENAME, to, 0, Long.MAX_VALUE);
    }
}
