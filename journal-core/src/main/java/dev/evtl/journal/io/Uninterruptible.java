package dev.evtl.journal.io;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.URI;
import java.nio.channels.FileChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.AccessMode;
import java.nio.file.CopyOption;
import java.nio.file.DirectoryStream;
import java.nio.file.FileStore;
import java.nio.file.FileSystem;
import java.nio.file.LinkOption;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.FileAttributeView;
import java.nio.file.spi.FileSystemProvider;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;

/**
 * The channels, pauses and joins that an interrupt of the calling thread does not end. For any thread. A file channel as the
 * JDK opens it is closed by the next call of an interrupted thread: its user fails, and the process loses its locks on
 * the file. All channels of this library are therefore opened here; the interrupt flag stays as it is.
 *
 * <p>The JDK makes channels uninterruptible for its own streams, in {@link FileSystemProvider#newOutputStream}, and no
 * other public method does. So a provider that hands out a given channel asks for a stream on it, and drops the stream.
 */
public final class Uninterruptible {
    private Uninterruptible() {}

    /** Opens a file, as {@link FileChannel#open(Path, OpenOption...)} does. */
    public static FileChannel open(final Path file, final OpenOption... options) throws IOException {
        return open(file, Set.of(options));
    }

    /** Opens a file, as {@link FileChannel#open(Path, Set, FileAttribute[])} does. */
    public static FileChannel open(
            final Path file, final Set<? extends OpenOption> options, final FileAttribute<?>... attributes)
            throws IOException {
        return uninterruptible(FileChannel.open(file, options, attributes));
    }

    /** Returns the channel of an open file, which closes with it. */
    public static FileChannel channel(final RandomAccessFile file) throws IOException {
        return uninterruptible(file.getChannel());
    }

    private static FileChannel uninterruptible(final FileChannel channel) throws IOException {
        new Given(channel).newOutputStream(Path.of(""));
        return channel;
    }

    /** Waits for the end of a thread, also on an interrupted one, whose flag stays set. */
    public static void join(final Thread thread) {
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (final InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** Waits for a time in nanoseconds, also on an interrupted thread, whose flag stays set. */
    public static void pause(final long nanos) {
        final long start = System.nanoTime();
        boolean interrupted = false;
        for (long left = nanos; left > 0; left = nanos - (System.nanoTime() - start)) {
            interrupted |= Thread.interrupted(); // otherwise parking would return at once
            LockSupport.parkNanos(left);
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** Provides one channel, and nothing else. */
    private static final class Given extends FileSystemProvider {
        private final FileChannel channel;

        private Given(final FileChannel channel) {
            this.channel = channel;
        }

        @Override
        public SeekableByteChannel newByteChannel(
                final Path path, final Set<? extends OpenOption> options, final FileAttribute<?>... attributes) {
            return channel;
        }

        @Override
        public String getScheme() {
            return "given";
        }

        @Override
        public FileSystem newFileSystem(final URI uri, final Map<String, ?> settings) {
            throw new UnsupportedOperationException();
        }

        @Override
        public FileSystem getFileSystem(final URI uri) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Path getPath(final URI uri) {
            throw new UnsupportedOperationException();
        }

        @Override
        public DirectoryStream<Path> newDirectoryStream(
                final Path directory, final DirectoryStream.Filter<? super Path> filter) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void createDirectory(final Path directory, final FileAttribute<?>... attributes) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void delete(final Path path) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void copy(final Path source, final Path target, final CopyOption... options) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void move(final Path source, final Path target, final CopyOption... options) {
            throw new UnsupportedOperationException();
        }

        @Override
        public boolean isSameFile(final Path path, final Path other) {
            throw new UnsupportedOperationException();
        }

        @Override
        public boolean isHidden(final Path path) {
            throw new UnsupportedOperationException();
        }

        @Override
        public FileStore getFileStore(final Path path) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void checkAccess(final Path path, final AccessMode... modes) {
            throw new UnsupportedOperationException();
        }

        @Override
        public <V extends FileAttributeView> V getFileAttributeView(
                final Path path, final Class<V> type, final LinkOption... options) {
            throw new UnsupportedOperationException();
        }

        @Override
        public <A extends BasicFileAttributes> A readAttributes(
                final Path path, final Class<A> type, final LinkOption... options) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Map<String, Object> readAttributes(
                final Path path, final String attributes, final LinkOption... options) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void setAttribute(
                final Path path, final String attribute, final Object value, final LinkOption... options) {
            throw new UnsupportedOperationException();
        }
    }
}
