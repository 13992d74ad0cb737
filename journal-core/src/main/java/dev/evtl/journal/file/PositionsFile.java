package dev.evtl.journal.file;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import dev.evtl.journal.exceptions.JournalException;
import dev.evtl.journal.exceptions.JournalLockedException;
import dev.evtl.journal.exceptions.JournalReplacedException;
import dev.evtl.journal.io.FileCalls;
import dev.evtl.journal.io.IoFailures;
import dev.evtl.journal.io.NeighbourFiles;
import dev.evtl.journal.io.Platform;
import dev.evtl.journal.io.Uninterruptible;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.zip.CRC32C;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The positions of a journal's named readers, as FORMAT.md, "The positions of named readers", has it. A process opens the
 * file of a journal once, however many readers use it: a process loses its locks on a file when it closes any descriptor of
 * it. For any thread.
 */
public final class PositionsFile {
    /** Most bytes that a reader's name can have in UTF-8. */
    public static final int MAX_NAME_LENGTH = 255;

    private static final int MAGIC = 0x5054_5645;
    private static final int VERSION = 1;
    private static final int HEADER_LENGTH = 12;
    private static final int BLOCK_LENGTH = 4096;
    private static final int SLOT_LENGTH = 2 * BLOCK_LENGTH;
    private static final int COPY_LENGTH = 512;
    private static final int STATE_OFFSET = 4;
    private static final int GENERATION_OFFSET = 8;
    private static final int FILE_SEQUENCE_OFFSET = 16;
    private static final int OFFSET_OFFSET = 24;
    private static final int SEQUENCE_OFFSET = 32;
    private static final int LAST_LENGTH_OFFSET = 40;
    private static final int LAST_CHECKSUM_OFFSET = 44;
    private static final int COMMITTED_AT_OFFSET = 48;
    private static final int NAME_LENGTH_OFFSET = 56;
    private static final int NAME_OFFSET = 64;
    private static final int STATE_FREE = 0;
    private static final int STATE_NAMED = 1;

    /** Attempts to lock what another process has locked for an instant only. */
    private static final int ATTEMPTS = 1000;

    private static final long RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

    /** Attempts to read a slot, of which another process may be writing one copy after the other. */
    private static final int READS = 10;

    /** The files that this process has open, by their keys. It guards all locks and slots. */
    private static final Map<Object, PositionsFile> OPEN = new HashMap<>();

    private final Path path;
    private final FileChannel channel;
    private final Object key;
    private int users;

    private PositionsFile(final Path path, final FileChannel channel) throws IOException {
        this.path = path;
        this.channel = channel;
        this.key = NeighbourFiles.key(path);
    }

    /**
     * The position of a reader.
     *
     * @param name         of the reader
     * @param fileSequence sequence number of the first event of the file in which it is
     * @param offset       in that file, of the next event
     * @param sequence     number of the next event
     * @param lastLength   of the event before it in bytes; 0 at the file's start
     * @param lastChecksum of the event before it; at the file's start, of the file's header
     * @param committedAt  nanoseconds since the Unix epoch
     */
    public record Entry(
            String name,
            long fileSequence,
            long offset,
            long sequence,
            int lastLength,
            int lastChecksum,
            long committedAt) {}

    /** What a copy says. */
    private record Copy(int state, long generation, Entry entry) {}

    /** Returns the path of a journal's positions file, whether there is one or not. */
    public static Path of(final Path journal) {
        return Files.isDirectory(journal)
                ? journal.resolve("readers.positions")
                : journal.resolveSibling(journal.getFileName() + ".positions");
    }

    /**
     * Returns the positions of a journal's named readers, those in use too.
     *
     * @throws JournalException if the file cannot be read, or is damaged
     */
    public static List<Entry> read(final Path journal) {
        final Path path = of(real(journal));
        synchronized (OPEN) {
            try {
                final Object key = NeighbourFiles.keyIfThere(path);
                final PositionsFile open = OPEN.get(key);
                if (key == null || open != null) {
                    return open == null ? List.of() : open.entries();
                }
                NeighbourFiles.check(path, real(journal));
                try (FileChannel channel = Uninterruptible.open(path, READ)) {
                    return new PositionsFile(path, channel).entries();
                }
            } catch (final IOException e) {
                throw new JournalException(path + ": could not be read: " + e.getMessage(), e);
            }
        }
    }

    private List<Entry> entries() throws IOException {
        final List<Entry> entries = new ArrayList<>();
        if (hasHeader()) {
            for (int i = 0; i < slots(); i++) {
                final Copy copy = counting(i);
                if (copy != null && copy.state == STATE_NAMED) {
                    entries.add(copy.entry);
                }
            }
        }
        return entries;
    }

    /**
     * Takes a name for a reader, until the slot is closed. It has an entry only if one was committed.
     *
     * @throws IllegalArgumentException if it is no name
     * @throws JournalLockedException   if another reader has it, in this process or another
     * @throws JournalException         if the file cannot be opened or written, or is damaged
     */
    public static Slot claim(final Path journal, final String name) {
        checkName(name);
        Platform.check();
        final Path real = real(journal);
        final Path path = of(real);
        synchronized (OPEN) {
            PositionsFile file = null;
            Slot slot = null;
            try {
                file = open(path, real);
                slot = file.slot(name);
                return slot;
            } catch (final IOException e) {
                throw IoFailures.classify(path, SLOT_LENGTH, "could not be opened", e);
            } finally {
                if (slot == null && file != null) {
                    file.leave();
                }
            }
        }
    }

    private static void checkName(final String name) {
        final int length = name.getBytes(UTF_8).length;
        if (length == 0 || length > MAX_NAME_LENGTH) {
            throw new IllegalArgumentException(
                    "the name of a reader has 1 to " + MAX_NAME_LENGTH + " bytes, not " + length + ": " + name);
        }
    }

    private static Path real(final Path journal) {
        try {
            return journal.toRealPath();
        } catch (final IOException e) {
            throw new JournalException(journal + ": could not be resolved: " + e.getMessage(), e);
        }
    }

    private static PositionsFile open(final Path path, final Path journal) throws IOException {
        final Object key = NeighbourFiles.keyIfThere(path);
        PositionsFile file = key == null ? null : OPEN.get(key);
        if (file == null) {
            final FileChannel channel = key == null
                    ? NeighbourFiles.openOrCreate(path, journal, permissions(journal))
                    : NeighbourFiles.open(path, journal, READ, WRITE);
            file = new PositionsFile(path, channel);
            OPEN.put(file.key, file);
        }
        file.users++;
        return file;
    }

    private static FileAttribute<?>[] permissions(final Path journal) throws IOException {
        if (Files.isDirectory(journal)) {
            final long[] files = JournalDirectory.baseSequences(journal);
            return files.length == 0
                    ? new FileAttribute<?>[] {
                        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))
                    }
                    : FileCalls.permissionsOf(JournalDirectory.file(journal, files[0]));
        }
        return FileCalls.permissionsOf(journal);
    }

    private void leave() {
        users--;
        if (users == 0) {
            OPEN.remove(key);
            FileCalls.closeQuietly(channel);
        }
    }

    private Slot slot(final String name) throws IOException {
        final FileLock making = lock(0, 1, ATTEMPTS);
        if (making == null) {
            throw new JournalLockedException(
                    path + ": another process has it locked to add a reader, and does not end");
        }
        try {
            if (!hasHeader()) {
                writeHeader();
            }
            final int slots = slots();
            int free = slots;
            for (int i = slots - 1; i >= 0; i--) {
                final Copy copy = counting(i);
                if (copy != null && copy.state == STATE_NAMED && copy.entry.name.equals(name)) {
                    return locked(i, name, copy);
                }
                if (copy == null || copy.state == STATE_FREE) {
                    free = isLocked(i) ? free : i; // its name may have been removed by the one who has it
                }
            }
            return locked(free, name, free < slots ? counting(free) : null);
        } finally {
            making.release();
        }
    }

    private boolean isLocked(final int index) throws IOException {
        final FileLock lock = lock(start(index), SLOT_LENGTH, 1);
        if (lock != null) {
            lock.release();
        }
        return lock == null;
    }

    private Slot locked(final int index, final String name, final Copy copy) throws IOException {
        final FileLock lock = lock(start(index), SLOT_LENGTH, 1);
        if (lock == null) {
            throw new JournalLockedException(path + ": the reader " + name
                    + " is in use, by this process or another; a name is for one reader at a time");
        }
        boolean reserved = false;
        try {
            if (channel.size() < start(index) + SLOT_LENGTH) { // so that the next reader takes another slot
                FileCalls.write(channel, ByteBuffer.allocate(SLOT_LENGTH), start(index));
            }
            reserved = true;
        } finally {
            if (!reserved) {
                lock.release();
            }
        }
        return new Slot(this, index, name, lock, copy);
    }

    private FileLock lock(final long from, final long length, final int attempts) throws IOException {
        for (int i = 0; i < attempts; i++) {
            if (i > 0) {
                Uninterruptible.pause(RETRY_NANOS);
            }
            try {
                final FileLock lock = channel.tryLock(from, length, false);
                if (lock != null) {
                    return lock;
                }
            } catch (final OverlappingFileLockException e) {
                // a reader of this process has it
            }
        }
        return null;
    }

    private boolean hasHeader() throws IOException {
        final ByteBuffer bytes = ByteBuffer.allocate(HEADER_LENGTH);
        FileCalls.read(channel, bytes, 0);
        final UnsafeBuffer found = new UnsafeBuffer(bytes.array());
        if (found.getLong(0) == 0 && channel.size() <= BLOCK_LENGTH) {
            return false;
        }
        if (found.getInt(0) != MAGIC
                || found.getInt(4) != VERSION
                || found.getInt(8) != checksum(bytes.array(), 0, 8)) {
            throw new JournalException(
                    path + ": is no file of readers' positions, or of a version this does not read; move it away");
        }
        return true;
    }

    private void writeHeader() throws IOException {
        final byte[] bytes = new byte[BLOCK_LENGTH];
        final UnsafeBuffer header = new UnsafeBuffer(bytes);
        header.putInt(0, MAGIC);
        header.putInt(4, VERSION);
        header.putInt(8, checksum(bytes, 0, 8));
        FileCalls.write(channel, ByteBuffer.wrap(bytes), 0);
        FileCalls.force(path, channel);
        FileCalls.forceDirectory(path);
    }

    private int slots() throws IOException {
        final long length = Math.max(0, channel.size() - BLOCK_LENGTH);
        return (int) ((length + SLOT_LENGTH - 1) / SLOT_LENGTH);
    }

    private static long start(final int index) {
        return BLOCK_LENGTH + (long) index * SLOT_LENGTH;
    }

    /** Returns the copy of a slot that counts; null if the slot has none. */
    private Copy counting(final int index) throws IOException {
        for (int i = 0; i < READS; i++) {
            final byte[] first = bytes(index, 0);
            final byte[] second = bytes(index, 1);
            final Copy one = decode(first);
            final Copy other = decode(second);
            if (one != null || other != null || isZeros(first) || isZeros(second)) {
                return one == null || other != null && other.generation > one.generation ? other : one;
            }
        }
        throw new JournalException(path + ": the slot at offset " + start(index)
                + " is damaged, and the name of a reader may be lost; move the file away to begin anew");
    }

    private byte[] bytes(final int index, final int copy) throws IOException {
        final ByteBuffer bytes = ByteBuffer.allocate(COPY_LENGTH);
        FileCalls.read(channel, bytes, start(index) + (long) copy * BLOCK_LENGTH);
        return bytes.array();
    }

    private static boolean isZeros(final byte... bytes) {
        for (final byte b : bytes) {
            if (b != 0) {
                return false;
            }
        }
        return true;
    }

    private static Copy decode(final byte... bytes) {
        final UnsafeBuffer copy = new UnsafeBuffer(bytes);
        final int nameLength = copy.getInt(NAME_LENGTH_OFFSET);
        if (copy.getInt(0) != checksum(bytes, STATE_OFFSET, COPY_LENGTH - STATE_OFFSET)
                || nameLength < 1
                || nameLength > MAX_NAME_LENGTH) {
            return null;
        }
        return new Copy(
                copy.getInt(STATE_OFFSET),
                copy.getLong(GENERATION_OFFSET),
                new Entry(
                        new String(bytes, NAME_OFFSET, nameLength, UTF_8),
                        copy.getLong(FILE_SEQUENCE_OFFSET),
                        copy.getLong(OFFSET_OFFSET),
                        copy.getLong(SEQUENCE_OFFSET),
                        copy.getInt(LAST_LENGTH_OFFSET),
                        copy.getInt(LAST_CHECKSUM_OFFSET),
                        copy.getLong(COMMITTED_AT_OFFSET)));
    }

    private static byte[] encode(final Copy source) {
        final byte[] bytes = new byte[COPY_LENGTH];
        final byte[] name = source.entry.name.getBytes(UTF_8);
        final UnsafeBuffer copy = new UnsafeBuffer(bytes);
        copy.putInt(STATE_OFFSET, source.state);
        copy.putLong(GENERATION_OFFSET, source.generation);
        copy.putLong(FILE_SEQUENCE_OFFSET, source.entry.fileSequence);
        copy.putLong(OFFSET_OFFSET, source.entry.offset);
        copy.putLong(SEQUENCE_OFFSET, source.entry.sequence);
        copy.putInt(LAST_LENGTH_OFFSET, source.entry.lastLength);
        copy.putInt(LAST_CHECKSUM_OFFSET, source.entry.lastChecksum);
        copy.putLong(COMMITTED_AT_OFFSET, source.entry.committedAt);
        copy.putInt(NAME_LENGTH_OFFSET, name.length);
        copy.putBytes(NAME_OFFSET, name);
        copy.putInt(0, checksum(bytes, STATE_OFFSET, COPY_LENGTH - STATE_OFFSET));
        return bytes;
    }

    private static int checksum(final byte[] bytes, final int from, final int length) {
        final CRC32C crc = new CRC32C();
        crc.update(bytes, from, length);
        return (int) crc.getValue();
    }

    /** The slot of one reader's name, which nobody else uses until this is closed. For one thread at a time. */
    public static final class Slot implements AutoCloseable {
        private final PositionsFile file;
        private final int index;
        private final String name;
        private final FileLock lock;
        /** What counts; null before there is anything. */
        private Copy copy;

        /** Whether a write failed, after which either copy may count. */
        private boolean unsure;

        private boolean closed;

        private Slot(
                final PositionsFile file, final int index, final String name, final FileLock lock, final Copy copy) {
            this.file = file;
            this.index = index;
            this.name = name;
            this.lock = lock;
            this.copy = copy;
        }

        public String name() {
            return name;
        }

        /** Returns what was committed; null if nothing was, or it was removed. */
        public Entry entry() {
            return copy == null || copy.state == STATE_FREE ? null : copy.entry;
        }

        /**
         * Makes an entry durable.
         *
         * @param entry whose name is the slot's
         * @throws JournalException if it could not be; what was committed before then still counts, or this does
         */
        public void commit(final Entry entry) {
            write(STATE_NAMED, entry);
        }

        /**
         * Takes the name away, durably.
         *
         * @throws JournalException if it could not be; the entry then still counts, or is gone
         */
        public void remove() {
            if (entry() != null) {
                write(STATE_FREE, copy.entry);
            }
        }

        private void write(final int state, final Entry entry) {
            synchronized (OPEN) {
                try {
                    requireMine();
                    final long generation = copy == null ? 1 : copy.generation + 1;
                    final Copy next = new Copy(state, generation, entry);
                    final long at = start(index) + (generation - 1) % 2 * BLOCK_LENGTH;
                    unsure = true;
                    FileCalls.write(file.channel, ByteBuffer.wrap(encode(next)), at);
                    FileCalls.force(file.path, file.channel);
                    unsure = false;
                    copy = next;
                } catch (final IOException e) {
                    throw IoFailures.classify(file.path, SLOT_LENGTH, "the position of " + name + " was not kept", e);
                }
            }
        }

        /** A process loses its locks where anything in it closes another descriptor of the file, and is not told. */
        private void requireMine() throws IOException {
            if (closed) {
                throw new IllegalStateException(file.path + ": the reader " + name + " is closed");
            }
            if (!file.key.equals(NeighbourFiles.keyIfThere(file.path))) {
                throw new JournalReplacedException(
                        file.path + ": was moved, removed or replaced while the reader " + name + " was open");
            }
            final Copy found = file.counting(index);
            final long mine = copy == null ? 0 : copy.generation;
            final long generation = found == null ? 0 : found.generation;
            if (generation != mine && !(unsure && generation == mine + 1)) {
                throw new JournalLockedException(file.path + ": another reader has used the name " + name
                        + ": expected generation " + mine + ", found " + generation);
            }
        }

        /** Gives the name back. Any number of times. */
        @Override
        public void close() {
            synchronized (OPEN) {
                if (!closed) {
                    closed = true;
                    try {
                        lock.release();
                    } catch (final IOException e) {
                        throw new JournalException(file.path + ": could not be unlocked: " + e.getMessage(), e);
                    } finally {
                        file.leave();
                    }
                }
            }
        }
    }
}
