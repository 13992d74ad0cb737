package dev.evtl.journal.ring;

import static java.nio.file.StandardOpenOption.READ;

import dev.evtl.journal.exceptions.JournalException;
import dev.evtl.journal.format.FileIdentity;
import dev.evtl.journal.io.FileCalls;
import dev.evtl.journal.io.Uninterruptible;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;
import java.util.zip.CRC32C;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The fields at the start of a ring file that never change: the journal that it belongs to, its sizes, and the boot of
 * the machine in which it was made. For the thread that opens the file.
 */
final class RingHeader {
    private static final Path BOOT_ID = Path.of("/proc/sys/kernel/random/boot_id");
    private static final UUID NO_BOOT_ID = new UUID(0, 0);

    private final Path path;
    private final UnsafeBuffer fields;

    private RingHeader(final Path path, final UnsafeBuffer fields) {
        this.path = path;
        this.fields = fields;
    }

    /**
     * Reads the header of a file.
     *
     * @throws JournalException if the file is not a ring file, is of another version, or is damaged
     */
    static RingHeader read(final Path path) throws IOException {
        final ByteBuffer bytes = ByteBuffer.allocateDirect(RingLayout.FIXED_LENGTH);
        final RingHeader header = new RingHeader(path, new UnsafeBuffer(bytes));
        final long length;
        try (FileChannel channel = Uninterruptible.open(path, READ)) {
            FileCalls.read(channel, bytes, 0);
            length = channel.size();
        }
        if (bytes.hasRemaining()
                || header.fields.getInt(RingLayout.MAGIC_OFFSET) != RingLayout.MAGIC
                || header.fields.getInt(RingLayout.VERSION_OFFSET) != RingLayout.VERSION) {
            throw new JournalException(path + ": is not a ring file, or one of a version that this does not read");
        }
        if (header.fields.getInt(RingLayout.CHECKSUM_OFFSET) != checksum(header.fields)
                || length != RingLayout.fileLength(header.capacity())) {
            throw new JournalException(
                    path + ": this ring file is damaged; move it away to open the journal without what it holds");
        }
        return header;
    }

    /** Writes the header of a new file, with the identity of the current boot. */
    static void encode(
            final UnsafeBuffer header, final FileIdentity journal, final int capacity, final int maxPayloadLength)
            throws IOException {
        header.putInt(RingLayout.MAGIC_OFFSET, RingLayout.MAGIC);
        header.putInt(RingLayout.VERSION_OFFSET, RingLayout.VERSION);
        header.putLong(RingLayout.CREATED_AT_OFFSET, journal.createdAt());
        header.putInt(RingLayout.JOURNAL_CHECKSUM_OFFSET, journal.headerChecksum());
        header.putInt(RingLayout.MAX_PAYLOAD_OFFSET, maxPayloadLength);
        header.putInt(RingLayout.CAPACITY_OFFSET, capacity);
        final UUID boot = bootId();
        header.putLong(RingLayout.BOOT_ID_OFFSET, boot.getMostSignificantBits());
        header.putLong(RingLayout.BOOT_ID_OFFSET + Long.BYTES, boot.getLeastSignificantBits());
        header.putInt(RingLayout.CHECKSUM_OFFSET, checksum(header));
    }

    private static int checksum(final UnsafeBuffer header) {
        final byte[] bytes = new byte[RingLayout.FIXED_LENGTH];
        header.getBytes(0, bytes);
        final CRC32C crc = new CRC32C();
        crc.update(bytes, 0, RingLayout.CHECKSUM_OFFSET);
        crc.update(bytes, RingLayout.BOOT_ID_OFFSET, RingLayout.FIXED_LENGTH - RingLayout.BOOT_ID_OFFSET);
        return (int) crc.getValue();
    }

    /**
     * Returns the identity of the current boot of the machine. Only within that boot is the content of a ring complete.
     */
    private static UUID bootId() throws IOException {
        return Files.isReadable(BOOT_ID)
                ? UUID.fromString(Files.readString(BOOT_ID).strip())
                : NO_BOOT_ID;
    }

    boolean isOfThisBoot() throws IOException {
        return new UUID(
                        fields.getLong(RingLayout.BOOT_ID_OFFSET),
                        fields.getLong(RingLayout.BOOT_ID_OFFSET + Long.BYTES))
                .equals(bootId());
    }

    boolean isOf(final FileIdentity journal) {
        return fields.getLong(RingLayout.CREATED_AT_OFFSET) == journal.createdAt()
                && fields.getInt(RingLayout.JOURNAL_CHECKSUM_OFFSET) == journal.headerChecksum();
    }

    void checkIsOf(final Path journal, final FileIdentity identity) {
        if (!isOf(identity)) {
            throw new JournalException(path + ": is the ring file of another journal, one created at "
                    + fields.getLong(RingLayout.CREATED_AT_OFFSET) + "; " + journal + " was created at "
                    + identity.createdAt());
        }
    }

    void checkCapacity(final int expected) {
        if (capacity() != expected) {
            throw new JournalException(path + ": this ring file has a ring of " + capacity() + " bytes, ringSize is "
                    + expected + "; open the journal with ringSize " + capacity());
        }
    }

    int capacity() {
        return fields.getInt(RingLayout.CAPACITY_OFFSET);
    }

    int maxPayloadLength() {
        return fields.getInt(RingLayout.MAX_PAYLOAD_OFFSET);
    }
}
