package dev.evtl.journal.storage;

import static java.nio.file.StandardCopyOption.ATOMIC_MOVE;
import static java.nio.file.StandardOpenOption.CREATE_NEW;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import dev.evtl.journal.format.FileHeader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import org.agrona.concurrent.UnsafeBuffer;

/** Finds out what a path is, says clearly what is wrong with it, and makes new files whole or not at all. */
final class JournalFiles {
    /** Large writes let the kernel lay large folios; aligned for direct I/O. */
    private static final ByteBuffer ZEROS = ByteBuffer.allocateDirect((1 << 20) + 4096)
            .alignedSlice(4096)
            .limit(1 << 20)
            .slice();

    private JournalFiles() {}

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
    private static void checkOneName(final Path path) {
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

    /** Makes a file with its header, both on the device. It appears under its name only when it is whole. */
    static void create(
            final Path file,
            final long createdAt,
            final int flags,
            final long baseSequence,
            final FileAttribute<?>... permissions)
            throws IOException {
        final Path unfinished = file.resolveSibling(file.getFileName() + ".new");
        Files.deleteIfExists(unfinished);
        try {
            try (FileChannel channel = createNew(unfinished, permissions)) {
                final ByteBuffer header = ByteBuffer.allocateDirect(FileHeader.LENGTH);
                FileHeader.encode(new UnsafeBuffer(header), createdAt, flags, baseSequence);
                write(channel, header, 0);
                channel.force(true);
            }
            Files.move(unfinished, file, ATOMIC_MOVE);
            forceDirectory(file);
        } catch (final Throwable t) {
            Files.deleteIfExists(unfinished); // first, so that what is free now is what was free before
            if (t instanceof IOException e) {
                throw DiskFullException.classify(file, FileHeader.LENGTH, "could not be created", e);
            }
            throw t;
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
            directory.force(true);
        }
    }

    /** Writes zeros: allocates space, so that a full disk shows here as an exception and not later as a signal. */
    static void fill(final FileChannel channel, final long from, final long to) throws IOException {
        if (from >= to) {
            return; // before anything is allocated
        }
        final ByteBuffer zeros = ZEROS.duplicate();
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
        final int length = bytes.remaining();
        while (bytes.hasRemaining()) {
            channel.write(bytes, position + length - bytes.remaining());
        }
        return length;
    }
}
