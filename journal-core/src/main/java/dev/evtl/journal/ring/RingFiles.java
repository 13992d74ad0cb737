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
import dev.evtl.journal.io.NeighbourFiles;
import dev.evtl.journal.io.Platform;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.util.Optional;
import java.util.Set;
import org.agrona.concurrent.UnsafeBuffer;

/** Finds, creates and opens ring files: for the owner, for a publisher, or to inspect the content. For any thread. */
public final class RingFiles {
    private static final Set<String> MEMORY_FILE_SYSTEMS = Set.of("tmpfs", "ramfs", "hugetlbfs");

    private RingFiles() {}

    /**
     * The ring file that a journal is to have.
     *
     * @param path             path of the file
     * @param capacity         size of the ring in bytes, a power of two
     * @param maxPayloadLength largest payload in bytes
     */
    public record Wanted(Path path, int capacity, int maxPayloadLength) {
        /** Returns the settings of a journal's ring file that exists. */
        public static Wanted as(final Path ringFile, final Path journal) throws IOException {
            final RingHeader header = RingHeader.read(ringFile, journal);
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
        private final Path journalPath;
        private final FileIdentity journal;
        private final FileAttribute<?>[] permissions;
        private final RingLocks locks;
        private Path setAside;
        private boolean owned;
        private boolean creating;
        private boolean released;

        private Lease(
                final Wanted wanted,
                final Path path,
                final Path journalPath,
                final FileIdentity journal,
                final RingLocks locks,
                final FileAttribute<?>... permissions) {
            this.wanted = wanted;
            this.path = path;
            this.journalPath = journalPath;
            this.journal = journal;
            this.locks = locks;
            this.permissions = permissions;
        }

        private void check() throws IOException {
            if (Files.exists(path)) {
                final RingHeader found = RingHeader.read(path, journalPath);
                found.checkIsOf(journalPath, journal);
                if (isOfThisBoot(path, found, locks)) {
                    found.checkCapacity(wanted.capacity());
                } else {
                    moveAside();
                }
            }
            creating = Files.notExists(path);
        }

        /** Sets the state first: a publisher whose process cannot be seen from here must not go on as if it were used. */
        private void moveAside() throws IOException {
            RingCounters.giveUp(map(path, journalPath).counters());
            final Path aside = freeName(path);
            try {
                FileCalls.moveToFreeName(path, aside);
                FileCalls.forceDirectory(aside);
            } catch (final IOException e) {
                final String what =
                        "is of an earlier boot of this machine and could not be set aside; move it away as its"
                                + " owner";
                throw IoFailures.classify(path, 0, what, e);
            }
            setAside = aside;
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

        /** Opens the file, and creates it if there is none. A failure leaves no new file. */
        public RingFile open() throws IOException {
            if (creating) {
                create();
            }
            try {
                final RingFile file = new RingFile(path, locks, map(path, journalPath), RingFile.Role.OWNER);
                released = true;
                return file;
            } finally {
                if (creating && !released) {
                    FileCalls.deleteQuietly(path);
                }
            }
        }

        private void create() throws IOException {
            final int length = RingLayout.fileLength(wanted.capacity());
            IoFailures.requireSpace(path, length);
            final FileCalls.Content content = new FileCalls.Content() {
                @Override
                public void write(final Path unfinished, final FileChannel channel) throws IOException {
                    FileCalls.fill(channel, 0, length);
                    final ByteBuffer bytes = ByteBuffer.allocateDirect(RingLayout.CHECKPOINTS_END);
                    final UnsafeBuffer header = new UnsafeBuffer(bytes);
                    RingHeader.encode(header, journal, wanted.capacity(), wanted.maxPayloadLength());
                    Checkpoint.encodeNew(header);
                    FileCalls.write(channel, bytes, 0);
                    bytes.clear().limit(Long.BYTES);
                    RingCounters.encodeNew(header);
                    FileCalls.write(channel, bytes, RingLayout.COUNTERS_OFFSET);
                }

                @Override
                public boolean canBeLeft(final long found, final ByteBuffer start) {
                    return RingHeader.canBegin(start);
                }
            };
            FileCalls.make(path, length, "could not be created", content, permissions);
        }

        /** Releases the lock, unless the file was opened: then closing the file releases it. */
        @Override
        public void close() throws IOException {
            if (!released) {
                released = true;
                try (locks) {
                    if (owned) {
                        locks.release(RingLocks.OWNER);
                    }
                }
            }
        }
    }

    /**
     * Locks the ring file of a journal. The caller holds the journal's lock.
     *
     * @param journalPath real path of the journal
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
        if (!Files.exists(path)) {
            JournalPaths.checkNameLength(path);
        }
        final RingLocks locks = openLocks(path, journalPath, permissions);
        final Lease lease = new Lease(wanted, path, journalPath, journal, locks, permissions);
        boolean checked = false;
        try {
            lease.owned = locks.takeSoon(RingLocks.OWNER);
            if (!lease.owned) {
                throw new JournalLockedException(path + ": another journal has this ring file open");
            }
            lease.check();
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
     * @param journal real path of the journal
     * @return the file; empty if it is gone or of an earlier boot
     * @throws JournalException if a process has it open, or it is damaged or not to be trusted
     */
    public static Optional<RingFile> inspect(final Path path, final Path journal, final FileIdentity identity)
            throws IOException {
        return look(path, journal, identity) == Left.OWN ? Optional.of(open(path, journal)) : Optional.empty();
    }

    /**
     * Opens a ring file of a journal, of whatever boot, to inspect its content.
     *
     * @param journal real path of the journal
     * @throws JournalException if it is another journal's, a process has it open, or it is damaged or not to be trusted
     */
    public static RingFile inspectOfAnyBoot(final Path path, final Path journal, final FileIdentity identity)
            throws IOException {
        if (Files.notExists(path)) {
            throw new JournalException(path + ": does not exist");
        }
        RingHeader.read(path, journal).checkIsOf(journal, identity);
        return open(path, journal);
    }

    /**
     * Makes a ring file of a journal one of this boot, so that opening the journal brings in what it holds. Whoever
     * calls this answers for its content.
     *
     * @param journal real path of the journal
     * @throws JournalException if it is another journal's, a process has it open, or it is damaged or not to be trusted
     */
    public static void adopt(final Path path, final Path journal, final FileIdentity identity) throws IOException {
        try (RingFile file = inspectOfAnyBoot(path, journal, identity);
                FileChannel channel = NeighbourFiles.open(file.path(), journal, READ, WRITE)) {
            RingHeader.read(path, journal).writeForThisBoot(channel);
        }
    }

    private static RingFile open(final Path path, final Path journal) throws IOException {
        final RingLocks locks = openLocks(path, path);
        RingFile file = null;
        int taken = 0;
        try {
            for (; taken <= RingLocks.OWNER; taken++) {
                if (!locks.take(taken)) {
                    throw inUse(path);
                }
            }
            final RingMemory memory = map(path, journal);
            for (int slot = 0; slot < RingLayout.SLOTS; slot++) {
                if (new ProcessSlot(memory.header(), slot).isUsedByLivingProcess()) {
                    throw inUse(path); // it has lost its lock
                }
            }
            file = new RingFile(path, locks, memory, RingFile.Role.INSPECTOR);
            return file;
        } finally {
            if (file == null) {
                locks.close(taken);
            }
        }
    }

    private static JournalException inUse(final Path path) {
        return new JournalException(path + ": a process has this ring file of the journal open; end it, or open the"
                + " journal with ringFile(" + path + ')');
    }

    /**
     * Attaches this process as a publisher.
     *
     * @param ringFile of a journal that is or was open
     * @return the file, with a slot for this process
     * @throws JournalException if the file does not exist, is not a ring file, belongs neither to this user nor to the
     *     owner of its directory, is damaged or of an earlier boot, or if all slots are taken
     */
    public static RingFile attach(final Path ringFile) {
        Platform.check();
        final Path path = real(ringFile);
        if (Files.notExists(path)) {
            throw new JournalException(path + ": does not exist; no journal has this ring file open");
        }
        RingLocks locks = null;
        RingFile file = null;
        boolean attached = false;
        try {
            final RingHeader header = RingHeader.read(path, path.getParent());
            locks = RingLocks.open(path, path);
            if (!isOfThisBoot(path, header, locks)) {
                throw new JournalException(
                        path + ": is a ring file of an earlier boot of this machine; open its journal"
                                + " with ringFile(" + path + ") first");
            }
            final Object key = NeighbourFiles.key(path);
            file = new RingFile(path, locks, map(path, path.getParent()), RingFile.Role.PUBLISHER);
            if (!key.equals(NeighbourFiles.keyIfThere(path))) {
                throw new JournalException(path + ": its journal was closed while this attached");
            }
            attached = true;
            return file;
        } catch (final IOException e) {
            throw new JournalException(path + ": could not be attached to: " + e.getMessage(), e);
        } finally {
            if (!attached) {
                FileCalls.closeQuietly(file == null ? locks : file);
            }
        }
    }

    /** Returns whether there is a ring file to attach to. */
    public static boolean isThere(final Path ringFile) {
        return Files.exists(ringFile);
    }

    /** What there is of a ring file that a journal noted. */
    public enum Left {
        /** There is no such file, or it is another one. */
        GONE,
        /** It is there. */
        OWN,
        /** It is there, but of an earlier boot of the machine. */
        EARLIER_BOOT
    }

    /**
     * Looks what there is of a ring file that a journal noted.
     *
     * @param journal real path of the journal
     * @throws JournalException if a ring file is there that is damaged or not to be trusted
     */
    public static Left look(final Path ringFile, final Path journal, final FileIdentity identity) throws IOException {
        if (!RingHeader.isThere(ringFile)) {
            return Left.GONE;
        }
        final RingHeader header = RingHeader.read(ringFile, journal);
        if (!header.isOf(identity)) {
            return Left.GONE;
        }
        return isOfThisBoot(ringFile, header) ? Left.OWN : Left.EARLIER_BOOT;
    }

    private static boolean isOfThisBoot(final Path path, final RingHeader header) throws IOException {
        if (Files.notExists(RingLocks.fileFor(path))) {
            return header.namesThisBoot() || isInMemory(path); // nobody has a lock, and none is made to find that out
        }
        try (RingLocks locks = openLocks(path, path)) {
            return isOfThisBoot(path, header, locks);
        }
    }

    /**
     * Returns whether a ring file was made since the machine started. Containers may have boot identities of their own,
     * so another one proves nothing where something that cannot outlive a boot says otherwise: a memory file system, or
     * a process that has the file open.
     */
    private static boolean isOfThisBoot(final Path path, final RingHeader header, final RingLocks locks)
            throws IOException {
        return header.namesThisBoot() || isInMemory(path) || isInUse(locks);
    }

    private static boolean isInMemory(final Path path) {
        try {
            return MEMORY_FILE_SYSTEMS.contains(Files.getFileStore(path).type());
        } catch (final IOException e) {
            return false; // it cannot be told here, and what is set aside is not lost
        }
    }

    /** Returns whether a process has a ring file open; this process may own it. */
    private static boolean isInUse(final RingLocks locks) throws IOException {
        boolean inUse = !locks.isHeldHere(RingLocks.OWNER) && locks.isHeld(RingLocks.OWNER);
        for (int slot = 0; slot < RingLayout.SLOTS && !inUse; slot++) {
            inUse = locks.isHeld(slot);
        }
        return inUse;
    }

    /** Returns the new name that {@link #lease} would give a ring file of an earlier boot. */
    public static Path asideFor(final Path path) {
        return freeName(path);
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
            if (!Files.isRegularFile(absolute)) {
                throw new JournalException(
                        path + ": is a directory, a pipe, a device or a socket; move it away, or give"
                                + " another ringFile");
            }
            JournalPaths.checkOneName(absolute);
        }
        try {
            return parent.toRealPath().resolve(absolute.getFileName());
        } catch (final IOException e) {
            throw new JournalException(path + ": could not be resolved: " + e.getMessage(), e);
        }
    }

    private static RingLocks openLocks(final Path path, final Path trusted, final FileAttribute<?>... permissions) {
        try {
            return RingLocks.open(path, trusted, permissions);
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

    private static RingMemory map(final Path path, final Path trusted) throws IOException {
        try (FileChannel channel = NeighbourFiles.open(path, trusted, READ, WRITE)) {
            return RingMemory.of(channel.map(MapMode.READ_WRITE, 0, channel.size()));
        }
    }
}
