package dev.evtl.journal.ring;

import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import dev.evtl.journal.exceptions.DiskFullException;
import dev.evtl.journal.exceptions.JournalException;
import dev.evtl.journal.exceptions.JournalLockedException;
import dev.evtl.journal.format.FileIdentity;
import dev.evtl.journal.io.FileCalls;
import dev.evtl.journal.io.IoFailures;
import dev.evtl.journal.io.JournalPaths;
import dev.evtl.journal.io.Platform;
import dev.evtl.journal.io.Uninterruptible;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.util.Objects;
import java.util.Optional;
import org.agrona.concurrent.UnsafeBuffer;

/** Finds, creates and opens ring files: for the owner, for a publisher, or to inspect the content. For any thread. */
public final class RingFiles {
    private RingFiles() {}

    /**
     * The ring file that a journal is to have.
     *
     * @param path             path of the file
     * @param capacity         size of the ring in bytes, a power of two
     * @param maxPayloadLength largest payload in bytes
     */
    public record Wanted(Path path, int capacity, int maxPayloadLength) {
        /** Returns the settings of an existing ring file. */
        public static Wanted as(final Path ringFile) throws IOException {
            final RingHeader header = RingHeader.read(ringFile);
            return new Wanted(ringFile, header.capacity(), header.maxPayloadLength());
        }
    }

    /**
     * A ring file that is locked for its owner. Either it does not exist yet or it is the journal's; a file of an
     * earlier boot of the machine was renamed. The holder opens it or closes the lease.
     */
    public static final class Lease implements AutoCloseable {
        private final Wanted wanted;
        private final Path path;
        private final FileIdentity journal;
        private final FileAttribute<?>[] permissions;
        private final RingLocks locks;
        private Path setAside;
        private boolean creating;
        private boolean released;

        private Lease(
                final Wanted wanted,
                final Path path,
                final FileIdentity journal,
                final RingLocks locks,
                final FileAttribute<?>... permissions) {
            this.wanted = wanted;
            this.path = path;
            this.journal = journal;
            this.locks = locks;
            this.permissions = permissions;
        }

        private void check(final Path journalPath) throws IOException {
            if (Files.exists(path)) {
                final RingHeader found = RingHeader.read(path);
                found.checkIsOf(journalPath, journal);
                if (found.isOfThisBoot()) {
                    found.checkCapacity(wanted.capacity());
                } else {
                    setAside = freeName(path);
                    FileCalls.moveToFreeName(path, setAside);
                    FileCalls.forceDirectory(setAside);
                }
            }
            creating = Files.notExists(path);
        }

        /** Returns the real path of the file. Note it before you open the file, which may take events from then on. */
        public Path path() {
            return path;
        }

        /** Returns the new path of a ring file of an earlier boot; empty if there was none. */
        public Optional<Path> setAside() {
            return Optional.ofNullable(setAside);
        }

        /** Returns whether opening creates the file. */
        public boolean isNew() {
            return creating;
        }

        /** Opens the file, and creates it if there is none. */
        public RingFile open() throws IOException {
            if (creating) {
                create();
            }
            final RingFile file = new RingFile(path, locks, map(path), RingFile.Role.OWNER);
            released = true;
            return file;
        }

        private void create() throws IOException {
            final int length = RingLayout.fileLength(wanted.capacity());
            final FileCalls.Content content = (unfinished, channel) -> {
                FileCalls.fill(channel, 0, length);
                final ByteBuffer bytes = ByteBuffer.allocateDirect(RingLayout.CHECKPOINTS_END);
                final UnsafeBuffer header = new UnsafeBuffer(bytes);
                RingHeader.encode(header, journal, wanted.capacity(), wanted.maxPayloadLength());
                Checkpoint.encodeNew(header);
                FileCalls.write(channel, bytes, 0);
                bytes.clear().limit(Long.BYTES);
                RingCounters.encodeNew(header);
                FileCalls.write(channel, bytes, RingLayout.COUNTERS_OFFSET);
            };
            FileCalls.make(path, length, "could not be created", content, permissions);
        }

        /** Releases the lock, unless the file was opened: then closing the file releases it. */
        @Override
        public void close() throws IOException {
            if (!released) {
                released = true;
                locks.release(RingLocks.OWNER);
                locks.close();
            }
        }
    }

    /**
     * Locks the ring file of a journal. The caller holds the journal's lock.
     *
     * @param journalPath for messages
     * @throws JournalLockedException if another journal's process has the ring file open
     * @throws DiskFullException      if there is no space for its lock file
     * @throws JournalException       if it is another journal's, has another size or is damaged; then nothing was
     *     changed
     */
    public static Lease lease(
            final Wanted wanted,
            final Path journalPath,
            final FileIdentity journal,
            final FileAttribute<?>... permissions)
            throws IOException {
        final Path path = real(wanted.path());
        final RingLocks locks = openLocks(path, permissions);
        if (!locks.takeSoon(RingLocks.OWNER)) {
            locks.close();
            throw new JournalLockedException(path + ": another journal has this ring file open");
        }
        final Lease lease = new Lease(wanted, path, journal, locks, permissions);
        boolean checked = false;
        try {
            lease.check(journalPath);
            checked = true;
            return lease;
        } finally {
            if (!checked) {
                lease.close();
            }
        }
    }

    /**
     * Opens the ring file that a journal left, to inspect its content.
     *
     * @return the file; empty if it does not exist, is another journal's or is of an earlier boot
     * @throws JournalException if a process has it open, or it is damaged
     */
    public static Optional<RingFile> inspect(final Path path, final FileIdentity journal) throws IOException {
        if (!isOf(path, journal) || !RingHeader.read(path).isOfThisBoot()) {
            return Optional.empty();
        }
        final RingLocks locks = openLocks(path);
        RingFile file = null;
        int taken = 0;
        try {
            for (; taken <= RingLocks.OWNER; taken++) {
                if (!locks.take(taken)) {
                    throw new JournalException(path + ": a process has this ring file of the journal open; end it, or"
                            + " open the journal with ringFile(" + path + ')');
                }
            }
            file = new RingFile(path, locks, map(path), RingFile.Role.INSPECTOR);
            return Optional.of(file);
        } finally {
            if (file == null) {
                locks.close(taken);
            }
        }
    }

    /**
     * Attaches this process as a publisher.
     *
     * @param ringFile of a journal that is or was open
     * @return the file, with a slot for this process
     * @throws JournalException if the file does not exist, is not a ring file, is damaged or of an earlier boot, or if
     *     all slots are taken
     */
    public static RingFile attach(final Path ringFile) {
        Platform.check();
        final Path path = real(ringFile);
        if (Files.notExists(path)) {
            throw new JournalException(path + ": does not exist; no journal has this ring file open");
        }
        RingLocks locks = null;
        RingFile file = null;
        try {
            if (!RingHeader.read(path).isOfThisBoot()) {
                throw new JournalException(
                        path + ": is a ring file of an earlier boot of this machine; open its journal"
                                + " with ringFile(" + path + ") first");
            }
            locks = RingLocks.open(path);
            final Object key = fileKey(path);
            file = new RingFile(path, locks, map(path), RingFile.Role.PUBLISHER);
            if (Files.notExists(path) || !Objects.equals(key, fileKey(path))) {
                file.abandonSlot();
                file = null;
                throw new JournalException(path + ": its journal was closed while this attached");
            }
            return file;
        } catch (final IOException e) {
            throw new JournalException(path + ": could not be attached to: " + e.getMessage(), e);
        } finally {
            if (file == null && locks != null) {
                FileCalls.closeQuietly(locks);
            }
        }
    }

    /** Returns whether there is a ring file to attach to. */
    public static boolean isThere(final Path ringFile) {
        return Files.exists(ringFile);
    }

    private static Object fileKey(final Path path) throws IOException {
        return Files.readAttributes(path, BasicFileAttributes.class).fileKey();
    }

    /** Returns whether a path leads to a journal's own ring file, which may be of an earlier boot. */
    public static boolean isOf(final Path ringFile, final FileIdentity journal) throws IOException {
        return Files.exists(ringFile) && RingHeader.read(ringFile).isOf(journal);
    }

    /**
     * Returns the new name that {@link #lease} would give a journal's ring file of an earlier boot; empty if it is not
     * one.
     */
    public static Optional<Path> asideFor(final Path path, final FileIdentity journal) throws IOException {
        return isOf(path, journal) && !RingHeader.read(path).isOfThisBoot()
                ? Optional.of(freeName(path))
                : Optional.empty();
    }

    /**
     * Returns the real path of a ring file, by which its locks are named.
     *
     * @throws JournalException if the file has more than one name or cannot be one
     */
    public static Path real(final Path path) {
        final Path absolute = path.toAbsolutePath().normalize();
        final Path parent = absolute.getParent();
        if (parent == null || !Files.isDirectory(parent)) {
            throw new JournalException(path + ": the ring file's directory does not exist; create it first");
        }
        if (absolute.toString().contains("\n")) {
            throw new JournalException(path + ": a ring file's path must not contain a line break");
        }
        if (Files.isSymbolicLink(absolute)) {
            throw new JournalException(path + ": is a symbolic link; give the ring file's own path, as locks go by it");
        }
        if (Files.exists(absolute)) {
            JournalPaths.checkOneName(absolute);
        }
        try {
            return parent.toRealPath().resolve(absolute.getFileName());
        } catch (final IOException e) {
            throw new JournalException(path + ": could not be resolved: " + e.getMessage(), e);
        }
    }

    private static RingLocks openLocks(final Path path, final FileAttribute<?>... permissions) {
        try {
            return RingLocks.open(path, permissions);
        } catch (final IOException e) {
            throw IoFailures.classify(RingLocks.fileFor(path), 0, "could not be opened", e);
        }
    }

    private static Path freeName(final Path path) {
        int number = 1;
        Path name;
        do {
            name = path.resolveSibling(path.getFileName() + ".earlier-boot-" + number++);
        } while (Files.exists(name));
        return name;
    }

    private static RingMemory map(final Path path) throws IOException {
        try (FileChannel channel = Uninterruptible.open(path, READ, WRITE)) {
            return RingMemory.of(channel.map(MapMode.READ_WRITE, 0, channel.size()));
        }
    }
}
