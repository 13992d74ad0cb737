package dev.evtl.journal.storage;

import dev.evtl.journal.format.FileHeader;
import dev.evtl.journal.storage.JournalScan.Condition;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A journal file that this process has locked for writing, recovered if its last writer did not close it, and marked
 * open on the device. A {@link JournalStorage} puts events into it.
 */
public final class JournalFile implements AutoCloseable {
    private final Path path;
    private final WriterLock lock;
    private final RandomAccessFile file;
    private final JournalHeader header;
    private final RecoveryReport recovery;
    private final boolean created;

    private JournalFile(
            final Path path,
            final WriterLock lock,
            final RandomAccessFile file,
            final JournalHeader header,
            final RecoveryReport recovery,
            final boolean created) {
        this.path = path;
        this.lock = lock;
        this.file = file;
        this.header = header;
        this.recovery = recovery;
        this.created = created;
    }

    /**
     * What a new file gets.
     *
     * @param createdAt    nanoseconds since the Unix epoch, unique for each file
     * @param checksums    whether every event carries a checksum
     * @param baseSequence sequence number of the first event
     * @param permissions  of the file and its lock
     */
    public record NewFile(long createdAt, boolean checksums, long baseSequence, Set<PosixFilePermission> permissions) {
        /**
         * Keeps a copy of the permissions.
         *
         * @param createdAt    nanoseconds since the Unix epoch, unique for each file
         * @param checksums    whether every event carries a checksum
         * @param baseSequence sequence number of the first event
         * @param permissions  of the file and its lock
         */
        public NewFile {
            permissions = Set.copyOf(permissions);
        }

        private FileAttribute<?>[] attributes(final Path path) {
            final boolean posix =
                    path.getFileSystem().supportedFileAttributeViews().contains("posix");
            return posix
                    ? new FileAttribute<?>[] {PosixFilePermissions.asFileAttribute(permissions)}
                    : new FileAttribute<?>[0];
        }
    }

    /**
     * Opens a file for writing.
     *
     * @param path    of the file
     * @param mode    whether it may or must exist
     * @param newFile what it gets if it is created
     * @return the open file
     * @throws JournalLockedException  if another writer has it open
     * @throws CorruptJournalException if it is no journal or holds damaged events; it is left as it was
     * @throws DiskFullException       if there is no space to create it; then there is no file
     * @throws JournalException        for anything else, naming the path
     */
    public static JournalFile open(final Path path, final OpenMode mode, final NewFile newFile) {
        final Path real = JournalFiles.writable(path);
        checkExistence(path, mode);
        WriterLock lock = null;
        RandomAccessFile file = null;
        JournalFile opened = null;
        try {
            lock = WriterLock.acquire(real, newFile.attributes(real));
            checkExistence(path, mode);
            if (Files.notExists(real)) {
                JournalFiles.create(
                        real,
                        newFile.createdAt(),
                        newFile.checksums() ? FileHeader.FLAG_CHECKSUMS : 0,
                        newFile.baseSequence(),
                        newFile.attributes(real));
                file = new RandomAccessFile(real.toFile(), "rw");
                opened = new JournalFile(real, lock, file, JournalHeader.read(path, file.getChannel()), null, true);
            } else {
                file = new RandomAccessFile(real.toFile(), "rw");
                opened = recover(path, real, lock, file);
            }
            return opened;
        } catch (final IOException e) {
            throw DiskFullException.classify(path, FileHeader.LENGTH, "could not be opened", e);
        } catch (final UncheckedIOException e) {
            throw DiskFullException.classify(path, FileHeader.LENGTH, "could not be opened", e.getCause());
        } finally {
            if (opened == null) {
                closeQuietly(file);
                closeQuietly(lock);
            }
        }
    }

    private static void checkExistence(final Path path, final OpenMode mode) {
        final boolean exists = Files.exists(path);
        if (exists && mode == OpenMode.CREATE) {
            throw new JournalException(path + ": exists; open it with APPEND, or give another name");
        }
        if (!exists && mode == OpenMode.APPEND) {
            throw new JournalException(path + ": does not exist; open it with CREATE");
        }
    }

    /**
     * The steps of FORMAT.md in their order: each can be the last before a crash, and the next open starts over. A
     * closed file is walked too: what is appended behind damage could never be recovered.
     */
    private static JournalFile recover(
            final Path path, final Path real, final WriterLock lock, final RandomAccessFile file) throws IOException {
        final FileChannel channel = file.getChannel();
        final JournalScan scan = JournalScan.of(path, channel, false);
        if (scan.condition() == Condition.CORRUPT) {
            throw new CorruptJournalException(
                    CorruptJournalException.Kind.CORRUPT_EVENT, path, scan.offset(), scan.sequence(), scan.reason());
        }
        final long validEnd = scan.validEnd();
        final long events = scan.events();
        RecoveryReport report = null;
        if (!scan.header().closed()) {
            JournalFiles.fill(channel, validEnd, scan.tailEnd());
            JournalFiles.force(real, channel);
            report = new RecoveryReport(scan.condition(), events, validEnd, scan.tailEnd() - validEnd, scan.reason());
        }
        final ByteBuffer bytes = ByteBuffer.allocateDirect(FileHeader.LENGTH);
        JournalFiles.read(channel, bytes, 0);
        final UnsafeBuffer buffer = new UnsafeBuffer(bytes);
        FileHeader.publish(buffer, events, validEnd);
        FileHeader.durableOffset(buffer, validEnd);
        FileHeader.state(buffer, FileHeader.STATE_OPEN);
        JournalFiles.write(channel, bytes.clear(), 0);
        JournalFiles.force(real, channel);
        JournalFiles.forceDirectory(real); // who made the file may have died before that
        return new JournalFile(real, lock, file, JournalHeader.read(path, channel), report, false);
    }

    private static void closeQuietly(final AutoCloseable resource) {
        if (resource != null) {
            try {
                resource.close();
            } catch (final Exception e) {
                // the failure that led here is the one to report
            }
        }
    }

    /**
     * The file's real path.
     *
     * @return the path
     */
    public Path path() {
        return path;
    }

    /**
     * The header as it was when the file had been opened.
     *
     * @return the header
     */
    public JournalHeader header() {
        return header;
    }

    /**
     * What opening found.
     *
     * @return the report, or null if the file is new or was closed cleanly
     */
    public RecoveryReport recovery() {
        return recovery;
    }

    FileChannel channel() {
        return file.getChannel();
    }

    /** Forces data and metadata. An interrupt does not close the file, as it would with the channel's own method. */
    void sync() throws IOException {
        JournalFiles.force(path, file);
    }

    /** Where somebody has cut the file short, events are gone although neither a store nor a force fails. */
    void checkLength(final long expected) throws IOException {
        final long length = file.length();
        if (length < expected) {
            throw new JournalException(path + ": was cut short by another process: expected at least " + expected
                    + " bytes, found " + length);
        }
    }

    /** Cuts the file to a length. An interrupt does not close the file, as it would with the channel's own method. */
    void setLength(final long length) throws IOException {
        JournalFiles.setLength(path, file, length);
    }

    /** Lets the file go because it could not be used: one that this made is deleted. */
    void discard() {
        if (created) {
            JournalFiles.deleteQuietly(path);
        }
        closeQuietly(this);
    }

    /** Closes the file as it is and gives the lock back. */
    @Override
    public void close() throws IOException {
        try {
            file.close();
        } finally {
            lock.close();
        }
    }
}
