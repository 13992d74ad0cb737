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
import java.util.function.LongConsumer;
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
    private final RingFile ring;
    private final RecoveryReport recovery;
    private final boolean created;

    private JournalFile(
            final Path path,
            final WriterLock lock,
            final RandomAccessFile file,
            final JournalHeader header,
            final RingFile ring,
            final RecoveryReport recovery,
            final boolean created) {
        this.path = path;
        this.lock = lock;
        this.file = file;
        this.header = header;
        this.ring = ring;
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
     * Opens a file for writing, without a ring file.
     *
     * @param path    of the file
     * @param mode    whether it may or must exist
     * @param newFile what it gets if it is created
     * @return the open file
     * @throws JournalException as {@link #open(Path, OpenMode, NewFile, RingFile.Wanted)} does
     */
    public static JournalFile open(final Path path, final OpenMode mode, final NewFile newFile) {
        return open(path, mode, newFile, null);
    }

    /**
     * Opens a file for writing.
     *
     * @param path    of the file
     * @param mode    whether it may or must exist
     * @param newFile what it gets if it is created
     * @param wanted  its ring file, made if there is none; null for none
     * @return the open file
     * @throws JournalLockedException  if another writer has it open
     * @throws CorruptJournalException if it is no journal or holds damaged events; it is left as it was
     * @throws DiskFullException       if there is no space to create it, then there is no file; or to keep what
     *     recovery would cut off, then the file is left as it was
     * @throws JournalException        if a ring file that is not the wanted one holds events that are not in the file
     *     yet, if the wanted one is another journal's, or for anything else, naming the path
     */
    public static JournalFile open(
            final Path path, final OpenMode mode, final NewFile newFile, final RingFile.Wanted wanted) {
        return open(path, mode, newFile, wanted, position -> {});
    }

    static JournalFile open(
            final Path path,
            final OpenMode mode,
            final NewFile newFile,
            final RingFile.Wanted wanted,
            final LongConsumer progress) {
        final Path real = JournalFiles.writable(path);
        checkExistence(path, mode);
        WriterLock lock = null;
        RandomAccessFile file = null;
        RingFile ring = null;
        boolean created = false;
        JournalFile opened = null;
        try {
            lock = WriterLock.acquire(real, newFile.attributes(real));
            checkExistence(path, mode);
            JournalScan scan = null;
            RecoveryReport report = RecoveryReport.ofNewFile();
            if (Files.notExists(real)) {
                JournalFiles.create(
                        real,
                        newFile.createdAt(),
                        newFile.checksums() ? FileHeader.FLAG_CHECKSUMS : 0,
                        newFile.baseSequence(),
                        newFile.attributes(real));
                created = true;
            }
            file = new RandomAccessFile(real.toFile(), "rw");
            WriterLock.lockItself(path, file.getChannel());
            if (!created) {
                scan = JournalScan.of(path, file.getChannel(), false, progress);
                report = RecoveryReport.of(path, real, file.getChannel(), scan);
            }
            final JournalHeader header = scan == null ? JournalHeader.read(path, file.getChannel()) : scan.header();
            checkNotedRing(path, lock, wanted, header, file.getChannel(), report.validEnd());
            if (wanted != null) {
                ring = RingFile.own(wanted, path, header, lock, newFile.attributes(real));
            } else {
                lock.note(null);
            }
            if (scan != null) {
                recover(real, file.getChannel(), scan, report);
            }
            if (ring != null) {
                final RingCatchUp.Found found = RingCatchUp.run(ring, file.getChannel(), report.validEnd());
                report = report.with(found, ring.setAside());
                // who holds a claim that an owner did not wait for may write into the ring yet, so it is not used again
                final boolean empty = ring.head() == ring.tail()
                        && found.drops() == 0
                        && ring.mark().get(RingMark.FULL_DROPPED) == 0;
                if (ring.isGivenUp() && empty) {
                    ring.giveUp();
                    ring = RingFile.own(wanted, path, header, lock, newFile.attributes(real));
                    RingCatchUp.run(ring, file.getChannel(), report.validEnd());
                }
            }
            opened = new JournalFile(
                    real, lock, file, JournalHeader.read(path, file.getChannel()), ring, report, created);
            return opened;
        } catch (final IOException e) {
            throw DiskFullException.classify(path, FileHeader.LENGTH, "could not be opened", e);
        } catch (final UncheckedIOException e) {
            throw DiskFullException.classify(path, FileHeader.LENGTH, "could not be opened", e.getCause());
        } finally {
            if (opened == null) {
                if (created) {
                    JournalFiles.deleteQuietly(real);
                }
                if (ring != null && ring.isNew()) {
                    JournalFiles.deleteQuietly(ring.path());
                }
                closeQuietly(ring);
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

    /** What was accepted into a ring file that is not opened now must not be overtaken by what is accepted from now on. */
    private static void checkNotedRing(
            final Path path,
            final WriterLock lock,
            final RingFile.Wanted wanted,
            final JournalHeader header,
            final FileChannel channel,
            final long end)
            throws IOException {
        final Path noted = lock.note().orElse(null);
        if (noted == null || wanted != null && noted.equals(RingFile.real(wanted.path()))) {
            return;
        }
        try (RingFile left = RingFile.left(noted, header).orElse(null)) {
            if (left != null) {
                final RingCatchUp.Found found = RingCatchUp.look(left, channel, end);
                if (found.events() > 0 || found.drops() > 0) {
                    throw new JournalException(path + ": its ring file " + noted + " holds " + found.events()
                            + " events that were accepted"
                            + (found.drops() > 0 ? " and " + found.drops() + " drops" : "")
                            + " and are not in the file yet; open it with ringFile(" + noted
                            + ") or run evtl recover");
                }
                left.delete();
            }
        }
    }

    /**
     * The steps of FORMAT.md in their order, after the bytes that the zeros replace were kept: each can be the last
     * before a crash, and the next open starts over. A closed file is walked too: what is appended behind damage could
     * never be recovered.
     */
    private static void recover(
            final Path real, final FileChannel channel, final JournalScan scan, final RecoveryReport report)
            throws IOException {
        final long validEnd = report.validEnd();
        if (report.condition() != Condition.CLEAN) {
            if (report.cutFile().isPresent()) {
                CutFile.save(report.cutFile().get(), real, channel, validEnd, scan.tailEnd());
            }
            JournalFiles.fill(channel, validEnd, scan.tailEnd());
            JournalFiles.force(real, channel);
        }
        final ByteBuffer bytes = ByteBuffer.allocateDirect(FileHeader.LENGTH);
        JournalFiles.read(channel, bytes, 0);
        final UnsafeBuffer buffer = new UnsafeBuffer(bytes);
        FileHeader.publish(buffer, report.events(), validEnd);
        FileHeader.durableOffset(buffer, validEnd);
        FileHeader.state(buffer, FileHeader.STATE_OPEN);
        JournalFiles.write(channel, bytes.clear(), 0);
        JournalFiles.force(real, channel);
        JournalFiles.forceDirectory(real); // who made the file may have died before that
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
     * @return the report
     */
    public RecoveryReport recovery() {
        return recovery;
    }

    /**
     * The ring file.
     *
     * @return the ring file, or null if it has none
     */
    public RingFile ring() {
        return ring;
    }

    /** Once all is in the file, and that closed, nothing needs the ring file. */
    void dropRing() throws IOException {
        if (ring != null) {
            ring.delete();
            lock.note(null);
        }
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

    /** Marks a file that nothing was put into as closed, in the order in which a storage closes one. */
    void closeCleanly() throws IOException {
        setLength(header.writeOffset());
        sync();
        final ByteBuffer bytes = ByteBuffer.allocateDirect(FileHeader.LENGTH);
        JournalFiles.read(channel(), bytes, 0);
        FileHeader.state(new UnsafeBuffer(bytes), FileHeader.STATE_CLOSED);
        JournalFiles.write(channel(), bytes.clear(), 0);
        sync();
    }

    /** Lets the file go because it could not be used: one that this made is deleted. */
    void discard() {
        if (created) {
            JournalFiles.deleteQuietly(path);
        }
        if (ring != null && ring.isNew()) {
            JournalFiles.deleteQuietly(ring.path());
        }
        closeQuietly(this);
    }

    /** Closes the file as it is and gives the lock back. */
    @Override
    public void close() throws IOException {
        try {
            if (ring != null) {
                ring.close(); // first, as who gets the lock takes the ring next
            }
        } finally {
            closeFile();
        }
    }

    private void closeFile() throws IOException {
        try {
            file.close();
        } finally {
            lock.close();
        }
    }
}
