package dev.evtl.journal.support;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.CRC32C;

/** Ring files whose fixed fields are others than they were, with a checksum that fits. */
public final class RingBytes {
    private static final int CREATED_AT = 8;
    private static final int CHECKSUM = 28;
    private static final int BOOT_ID = 32;
    private static final int FIXED_LENGTH = 48;
    private static final int CHECKPOINT_INDEX = 64;
    private static final int CHECKPOINTS = 128;
    private static final int CHECKPOINT_LENGTH = 128;
    private static final int FILE_OFFSET = 8;
    private static final int SLOTS = 128;
    private static final int SLOT_LENGTH = 128;
    /** Of the process in the first slot; its namespaces follow. */
    private static final int START = 4096 + 40;

    private RingBytes() {}

    /** As one of an earlier boot of the machine; returns its bytes. */
    public static byte[] ofAnEarlierBoot(final Path ring) throws IOException {
        return invert(ring, BOOT_ID);
    }

    /** As another journal's; returns its bytes. */
    public static byte[] ofAnotherJournal(final Path ring) throws IOException {
        return invert(ring, CREATED_AT);
    }

    /** As its processes leave it when all of them are killed at once: a copy names them, and they live. */
    public static byte[] ofTheDead(final byte[] ring) {
        for (int slot = 0; slot < SLOTS; slot++) {
            Arrays.fill(ring, START + slot * SLOT_LENGTH, START + slot * SLOT_LENGTH + 2 * Long.BYTES, (byte) 0);
        }
        return ring;
    }

    /** As one whose journal's file had grown by some bytes more when they left the ring. */
    public static void ofALaterMoment(final Path ring, final long bytes) throws IOException {
        final ByteBuffer ringBytes = ByteBuffer.wrap(Files.readAllBytes(ring)).order(ByteOrder.LITTLE_ENDIAN);
        final int current = CHECKPOINTS + (int) ringBytes.getLong(CHECKPOINT_INDEX) * CHECKPOINT_LENGTH;
        ringBytes.putLong(current + FILE_OFFSET, ringBytes.getLong(current + FILE_OFFSET) + bytes);
        Files.write(ring, ringBytes.array());
    }

    private static byte[] invert(final Path ring, final int field) throws IOException {
        final byte[] bytes = Files.readAllBytes(ring);
        final ByteBuffer header = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        header.putLong(field, ~header.getLong(field));
        final CRC32C crc = new CRC32C();
        crc.update(bytes, 0, CHECKSUM);
        crc.update(bytes, BOOT_ID, FIXED_LENGTH - BOOT_ID);
        header.putInt(CHECKSUM, (int) crc.getValue());
        Files.write(ring, bytes);
        return bytes;
    }
}
