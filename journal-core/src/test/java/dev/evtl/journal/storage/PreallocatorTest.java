package dev.evtl.journal.storage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.evtl.journal.MemoryDirectory;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PreallocatorTest {
    private static final int MIB = 1 << 20;

    @TempDir(factory = MemoryDirectory.class)
    Path directory;

    /** The rest of the growth would make it as long as it must be, with a hole where events were. */
    @Test
    void fileThatIsCutInTheMiddleOfAGrowthIsNotMadeLongAgain() throws Exception {
        final Path path = directory.resolve("g.evtl");
        try (JournalFile file = JournalFile.open(
                        path,
                        OpenMode.CREATE,
                        new JournalFile.NewFile(1, true, 0, PosixFilePermissions.fromString("rw-------")));
                FileChannel cutting = new CuttingChannel(file.channel(), 3 * MIB, 100);
                Preallocator preallocator = new Preallocator(
                        file, new Space(8 * MIB, Growth.DOUBLING, Long.MAX_VALUE), 1024, true, cutting)) {
            final JournalException e = assertThrows(JournalException.class, () -> preallocator.start(64));
            assertEquals(
                    path.toRealPath() + ": was cut short by another process: expected at least " + 3 * MIB
                            + " bytes, found 100",
                    e.getMessage());
            assertEquals(64, preallocator.allocated());
        }
        assertEquals(100, Files.size(path));
    }

    /** Cuts its file short when it has been written up to some position. */
    private static final class CuttingChannel extends FileChannel {
        private final FileChannel channel;
        private final long position;
        private final long length;

        CuttingChannel(final FileChannel channel, final long position, final long length) {
            this.channel = channel;
            this.position = position;
            this.length = length;
        }

        @Override
        public int write(final ByteBuffer source, final long at) throws IOException {
            final int written = channel.write(source, at);
            if (at + written == position) {
                channel.truncate(length);
            }
            return written;
        }

        @Override
        public int read(final ByteBuffer target) {
            throw new UnsupportedOperationException();
        }

        @Override
        public long read(final ByteBuffer[] targets, final int offset, final int count) {
            throw new UnsupportedOperationException();
        }

        @Override
        public int read(final ByteBuffer target, final long at) {
            throw new UnsupportedOperationException();
        }

        @Override
        public int write(final ByteBuffer source) {
            throw new UnsupportedOperationException();
        }

        @Override
        public long write(final ByteBuffer[] sources, final int offset, final int count) {
            throw new UnsupportedOperationException();
        }

        @Override
        public long position() {
            throw new UnsupportedOperationException();
        }

        @Override
        public FileChannel position(final long newPosition) {
            throw new UnsupportedOperationException();
        }

        @Override
        public long size() {
            throw new UnsupportedOperationException();
        }

        @Override
        public FileChannel truncate(final long size) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void force(final boolean metaData) {
            throw new UnsupportedOperationException();
        }

        @Override
        public long transferTo(final long from, final long count, final WritableByteChannel target) {
            throw new UnsupportedOperationException();
        }

        @Override
        public long transferFrom(final ReadableByteChannel source, final long to, final long count) {
            throw new UnsupportedOperationException();
        }

        @Override
        public MappedByteBuffer map(final MapMode mode, final long from, final long size) {
            throw new UnsupportedOperationException();
        }

        @Override
        public FileLock lock(final long from, final long size, final boolean shared) {
            throw new UnsupportedOperationException();
        }

        @Override
        public FileLock tryLock(final long from, final long size, final boolean shared) {
            throw new UnsupportedOperationException();
        }

        @Override
        protected void implCloseChannel() {
            // it is the file's
        }
    }
}
