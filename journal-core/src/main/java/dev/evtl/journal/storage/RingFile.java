package dev.evtl.journal.storage;

import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.util.Objects;
import java.util.Optional;
import org.agrona.BitUtil;
import org.agrona.concurrent.AtomicBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.ringbuffer.RecordDescriptor;
import org.agrona.concurrent.ringbuffer.RingBufferDescriptor;

/**
 * The file that the ring of a journal lies in, so that what was accepted survives the process, and other processes can
 * publish. One process owns it, the one that has the journal open; others attach. Nothing unmaps it before nobody can
 * reach it any more, as threads may still hold claims in it.
 *
 * <p>It must not be cut, copied over or deleted by others while a process has it open: a store into a page that is gone
 * ends the JVM.
 */
public final class RingFile implements AutoCloseable {
    /**
     * The first counter of a new ring file: nothing is accepted into it before its owner has opened the journal, as it
     * is deleted if that fails.
     */
    public static final long NOT_ACCEPTING = 1;
    /** The least that the first counter says, but for its generation, once an owner has given up waiting for claims. */
    public static final long GIVEN_UP = 3;
    /** What the first counter moves by when those who held such claims are to publish no more. */
    public static final long GENERATION = 8;

    /** Bytes from one counter to the next: two lines, as processors fetch lines in pairs. */
    public static final int COUNTER_STRIDE = 2 * BitUtil.CACHE_LINE_LENGTH;
    /** Number of the counter of the producers' drops, whose highest bit is not one of the count. */
    public static final int DROPPED_COUNTER = 1;

    private final Path path;
    private final RingLocks locks;
    private final UnsafeBuffer header;
    private final UnsafeBuffer counters;
    private final UnsafeBuffer ring;
    private final int capacity;
    private final RingMark mark;
    private final Role role;
    private final boolean created;
    private final Path setAside;
    private final ProcessSlot slot;
    private final DeadClaims deadClaims;
    private boolean closed;
    private boolean keepsSlot;

    private RingFile(
            final Path path,
            final RingLocks locks,
            final MappedByteBuffer map,
            final Role role,
            final boolean created,
            final Path setAside)
            throws IOException {
        this.path = path;
        this.locks = locks;
        this.header = new UnsafeBuffer(map.slice(0, RingLayout.COUNTERS_OFFSET));
        this.counters = new UnsafeBuffer(map.slice(RingLayout.COUNTERS_OFFSET, RingLayout.COUNTERS_LENGTH));
        this.capacity = header.getInt(RingLayout.CAPACITY_OFFSET);
        this.ring = new UnsafeBuffer(map.slice(RingLayout.RING_OFFSET, RingLayout.ringLength(capacity)));
        this.mark = new RingMark(header);
        this.role = role;
        this.created = created;
        this.setAside = setAside;
        this.deadClaims = new DeadClaims(this, locks);
        if (role != Role.PUBLISHER) {
            RingCheck.check(this);
        }
        this.slot = role == Role.INSPECTOR ? null : takeSlot();
    }

    private enum Role {
        OWNER,
        PUBLISHER,
        /** Has all locks and no slot. */
        INSPECTOR
    }

    /**
     * The ring file that a journal is to have.
     *
     * @param path             of the file
     * @param capacity         bytes of the ring, a power of two
     * @param maxPayloadLength most bytes of a payload
     */
    public record Wanted(Path path, int capacity, int maxPayloadLength) {
        /**
         * One that exists, as it is.
         *
         * @param ringFile to open again
         * @return its path and sizes
         * @throws JournalException if it cannot be read or is damaged
         */
        public static Wanted as(final Path ringFile) {
            try {
                final RingHeader header = RingHeader.read(ringFile);
                return new Wanted(ringFile, header.capacity(), header.maxPayloadLength());
            } catch (final IOException e) {
                throw new JournalException(ringFile + ": could not be read: " + e.getMessage(), e);
            }
        }
    }

    /**
     * Takes the ring file of a journal for the process that has the journal's lock; makes it if there is none.
     *
     * @throws JournalLockedException if another journal's process has it
     * @throws DiskFullException      if there is no space for it
     * @throws JournalException       if it is another journal's, of another size or damaged; nothing was touched
     */
    static RingFile own(
            final Wanted wanted,
            final Path journal,
            final JournalHeader journalHeader,
            final WriterLock journalLock,
            final FileAttribute<?>... permissions)
            throws IOException {
        final Path path = real(wanted.path());
        final RingLocks locks = openLocks(path, permissions);
        if (!locks.takeSoon(RingLocks.OWNER)) {
            locks.close();
            throw new JournalLockedException(path + ": another journal has this ring file open");
        }
        RingFile file = null;
        try {
            Path setAside = null;
            if (Files.exists(path)) {
                final RingHeader found = RingHeader.read(path);
                found.checkIsOf(journal, journalHeader);
                if (found.isOfThisBoot()) {
                    found.checkCapacity(wanted.capacity());
                } else {
                    setAside = freeName(path);
                    Files.move(path, setAside);
                }
            }
            journalLock.note(path); // first, or events could be accepted into a ring that nobody would find
            final boolean create = Files.notExists(path);
            if (create) {
                create(path, wanted, journalHeader, permissions);
            }
            file = new RingFile(path, locks, map(path), Role.OWNER, create, setAside);
            return file;
        } finally {
            if (file == null) {
                locks.release(RingLocks.OWNER);
                locks.close();
            }
        }
    }

    /**
     * Takes the ring file that a journal left, to see what is in it.
     *
     * @return the file; empty if it does not exist, is another journal's or of an earlier boot
     * @throws JournalException if a process has it open
     */
    static Optional<RingFile> left(final Path path, final JournalHeader journalHeader) throws IOException {
        if (Files.notExists(path)) {
            return Optional.empty();
        }
        final RingHeader found = RingHeader.read(path);
        if (!found.isOf(journalHeader) || !found.isOfThisBoot()) {
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
            file = new RingFile(path, locks, map(path), Role.INSPECTOR, false, null);
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
     * @return the file, with a slot of this process
     * @throws JournalException if there is no such file, or it is none, damaged or of an earlier boot, or all slots are
     *     taken
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
            file = new RingFile(path, locks, map(path), Role.PUBLISHER, false, null);
            if (Files.notExists(path) || !Objects.equals(key, fileKey(path))) {
                file.slot.leave(file.tail());
                locks.release(file.slot.number());
                file = null;
                throw new JournalException(path + ": its journal was closed while this attached");
            }
            return file;
        } catch (final IOException e) {
            throw new JournalException(path + ": could not be attached to: " + e.getMessage(), e);
        } finally {
            if (file == null && locks != null) {
                closeQuietly(locks);
            }
        }
    }

    private static Object fileKey(final Path path) throws IOException {
        return Files.readAttributes(path, BasicFileAttributes.class).fileKey();
    }

    /**
     * The ring file that a journal's last owner noted in its lock file.
     *
     * @param journal path of the journal
     * @return the ring file, if one is noted and exists; it may be another journal's or of an earlier boot
     * @throws JournalException if the note cannot be read
     */
    public static Optional<Path> notedFor(final Path journal) {
        try {
            return WriterLock.noteFor(JournalFiles.readable(journal)).filter(Files::exists);
        } catch (final IOException e) {
            throw new JournalException(journal + ": its lock file could not be read: " + e.getMessage(), e);
        }
    }

    /**
     * Whether a ring file is a journal's own.
     *
     * @param ringFile that exists
     * @param journal  path of the journal
     * @return false if it is another journal's
     * @throws CorruptJournalException if the journal's file is none or its header is damaged
     * @throws JournalException        if the ring file is damaged, or something cannot be read
     */
    public static boolean isOf(final Path ringFile, final Path journal) {
        try (FileChannel channel = FileChannel.open(journal, READ)) {
            return RingHeader.read(ringFile).isOf(JournalHeader.read(journal, channel));
        } catch (final IOException e) {
            throw new JournalException(journal + ": its ring file could not be read: " + e.getMessage(), e);
        }
    }

    /** The name that {@link #own} would give a journal's ring file of an earlier boot; empty if it is none. */
    static Optional<Path> asideFor(final Path path, final JournalHeader journalHeader) throws IOException {
        if (Files.notExists(path)) {
            return Optional.empty();
        }
        final RingHeader found = RingHeader.read(path);
        return found.isOf(journalHeader) && !found.isOfThisBoot() ? Optional.of(freeName(path)) : Optional.empty();
    }

    /**
     * Events that a ring file holds and its journal does not. Changes nothing.
     *
     * @param ringFile of the journal, as {@link #notedFor} gives it
     * @param journal  path of the journal
     * @return number of events accepted that are not in the journal's file; 0 if the ring file does not exist, is another
     *     journal's or of an earlier boot of the machine
     * @throws CorruptJournalException if the journal's file is none or its header is damaged
     * @throws JournalException        if a process has the ring file open, or something cannot be read
     */
    public static long pendingEvents(final Path ringFile, final Path journal) {
        final JournalScan scan = JournalScan.of(journal);
        try (FileChannel channel = FileChannel.open(journal, READ);
                RingFile left = left(real(ringFile), scan.header()).orElse(null)) {
            return left == null
                    ? 0
                    : RingCatchUp.look(left, channel, scan.validEnd()).events();
        } catch (final IOException e) {
            throw new JournalException(journal + ": its ring file could not be read: " + e.getMessage(), e);
        }
    }

    static Path real(final Path path) {
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
            JournalFiles.checkOneName(absolute);
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
            throw DiskFullException.classify(RingLocks.fileFor(path), 0, "could not be opened", e);
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

    private static void create(
            final Path path, final Wanted wanted, final JournalHeader journal, final FileAttribute<?>... permissions)
            throws IOException {
        final int length = RingLayout.fileLength(wanted.capacity());
        final JournalFiles.Content content = (unfinished, channel) -> {
            JournalFiles.fill(channel, 0, length);
            final ByteBuffer bytes = ByteBuffer.allocateDirect(2 * RingLayout.MARK_OFFSET);
            final UnsafeBuffer header = new UnsafeBuffer(bytes);
            RingHeader.encode(header, wanted, journal);
            header.putLong(RingLayout.MARK_OFFSET + RingMark.FILE_POSITION * Long.BYTES, RingMark.NOWHERE);
            JournalFiles.write(channel, bytes, 0);
            bytes.clear().limit(Long.BYTES);
            header.putLong(0, NOT_ACCEPTING);
            JournalFiles.write(channel, bytes, RingLayout.COUNTERS_OFFSET);
        };
        JournalFiles.make(path, length, "could not be created", content, permissions);
    }

    private static MappedByteBuffer map(final Path path) throws IOException {
        try (FileChannel channel = FileChannel.open(path, READ, WRITE)) {
            return channel.map(MapMode.READ_WRITE, 0, channel.size());
        }
    }

    private ProcessSlot takeSlot() throws IOException {
        for (int attempt = 0; attempt < RingLocks.ATTEMPTS * RingLayout.SLOTS; attempt++) {
            final int i = attempt % RingLayout.SLOTS;
            if (attempt > 0 && i == 0) {
                RingLocks.pause(); // who looks at the ring holds all for an instant
            }
            if (locks.take(i)) {
                final ProcessSlot candidate = new ProcessSlot(header, i);
                if (candidate.state() == ProcessSlot.USED) {
                    candidate.leave(tail()); // its process has ended, and nobody has noticed
                }
                if (candidate.isFree(head())) {
                    candidate.use();
                    return candidate;
                }
                locks.release(i);
            }
        }
        throw new JournalException(path + ": all " + RingLayout.SLOTS + " places for processes are taken");
    }

    /**
     * The file.
     *
     * @return its real path
     */
    public Path path() {
        return path;
    }

    /**
     * The counters that the processes share, at first all 0 but the first, {@link #NOT_ACCEPTING}.
     *
     * @return the memory
     */
    public AtomicBuffer counters() {
        return counters;
    }

    /**
     * The ring with its trailer.
     *
     * @return the memory
     */
    public AtomicBuffer ring() {
        return ring;
    }

    /**
     * Up to where the journal file holds what the ring held.
     *
     * @return the mark, for the owner
     */
    public RingMark mark() {
        return mark;
    }

    /**
     * The slot of this process.
     *
     * @return the slot
     */
    public ProcessSlot slot() {
        return slot;
    }

    /**
     * Releases claims whose process has died.
     *
     * @return for the thread that runs the appender
     */
    public DeadClaims deadClaims() {
        return deadClaims;
    }

    /**
     * Most bytes of a payload.
     *
     * @return bytes
     */
    public int maxPayloadLength() {
        return header.getInt(RingLayout.MAX_PAYLOAD_OFFSET);
    }

    JournalException damaged(final int offset, final String expected, final Object found) {
        return new JournalException(path + ": this ring file is damaged at offset " + offset + ": expected " + expected
                + ", found " + found + "; move it away to open the journal without what it holds");
    }

    int capacity() {
        return capacity;
    }

    long head() {
        return ring.getLongVolatile(capacity + RingBufferDescriptor.HEAD_POSITION_OFFSET);
    }

    /** What producers take for the head until the ring seems full. */
    long cachedHead() {
        return ring.getLongVolatile(capacity + RingBufferDescriptor.HEAD_CACHE_POSITION_OFFSET);
    }

    long tail() {
        return ring.getLongVolatile(capacity + RingBufferDescriptor.TAIL_POSITION_OFFSET);
    }

    int index(final long position) {
        return (int) position & capacity - 1;
    }

    /** Where the next record begins; behind a claim that has not got as far as its length after eight bytes or more. */
    long next(final long position) {
        final int length = ring.getIntVolatile(RecordDescriptor.lengthOffset(index(position)));
        return position
                + Math.max(RecordDescriptor.ALIGNMENT, BitUtil.align(Math.abs(length), RecordDescriptor.ALIGNMENT));
    }

    ProcessSlot slot(final int number) {
        return new ProcessSlot(header, number);
    }

    /** Whether somebody who lives may still write where his claim was, as an owner has not waited for it. */
    boolean isGivenUp() {
        return counters.getLongVolatile(0) % GENERATION >= GIVEN_UP;
    }

    long dropped() {
        return counters.getLongVolatile(DROPPED_COUNTER * COUNTER_STRIDE) & Long.MAX_VALUE;
    }

    /** Deletes it, and says closed to those who hope that it goes on. */
    void giveUp() throws IOException {
        counters.putLongRelease(0, counters.getLongVolatile(0) & -GENERATION | GIVEN_UP);
        delete();
        close();
    }

    boolean isNew() {
        return created;
    }

    /** Where the ring file of an earlier boot went; null if there was none. */
    Path setAside() {
        return setAside;
    }

    /** Takes all before a position out of the ring: zeros first, as producers take what is behind the head for zeros. */
    void moveHead(final long position) {
        for (long at = head(); at < position; ) {
            final int length = (int) Math.min(position - at, capacity - index(at));
            ring.setMemory(index(at), length, (byte) 0);
            at += length;
        }
        ring.putLongRelease(capacity + RingBufferDescriptor.HEAD_POSITION_OFFSET, position);
    }

    /** Deletes the file, in which nothing is left. Who has it mapped keeps the memory. */
    void delete() throws IOException {
        JournalFiles.delete(path);
    }

    /**
     * Before a close that leaves the file to the next owner: while this process lives, its claims stay its own, as it may
     * still write into them.
     */
    public synchronized void keepClaims() {
        keepsSlot = !closed && hasClaims();
    }

    /** Whether a thread of this process has a claim in it, or is about to say that it has one. */
    private boolean hasClaims() {
        final long tail = tail();
        boolean found = !slot.isQuiet();
        for (long position = mark.get(RingMark.RING_POSITION); !found && position < tail; ) {
            final long record = ring.getLongVolatile(index(position));
            final int type = (int) (record >>> Integer.SIZE);
            found = (int) record < 0 && ClaimType.isClaim(type) && ClaimType.slot(type) == slot.number();
            position = next(position);
        }
        return found;
    }

    /** Gives the slot back, and the file to the next owner. What is mapped stays so until nobody can reach it. */
    @Override
    public synchronized void close() throws IOException {
        if (closed) {
            return;
        }
        closed = true;
        if (role == Role.INSPECTOR) {
            locks.close(RingLocks.OWNER + 1);
            return;
        }
        if (keepsSlot) {
            locks.release(RingLocks.OWNER);
            return;
        }
        try {
            slot.leave(tail());
            locks.release(slot.number());
            if (role == Role.OWNER) {
                locks.release(RingLocks.OWNER);
            }
        } finally {
            locks.close();
        }
    }

    private static void closeQuietly(final AutoCloseable resource) {
        try {
            resource.close();
        } catch (final Exception e) {
            // the failure that led here is the one to report
        }
    }
}
