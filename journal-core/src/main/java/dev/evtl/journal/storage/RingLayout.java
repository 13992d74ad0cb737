package dev.evtl.journal.storage;

import org.agrona.concurrent.ringbuffer.RingBufferDescriptor;

/**
 * Where everything lies in a ring file. It is mapped and shared by the processes of one machine for as long as that
 * runs; it is no format for other machines or versions.
 *
 * <pre>
 *  +---------------------------------------+ 0
 *  | u32 magic EVTR     | u32 version      |
 *  | i64 created_at of the journal         |
 *  | u32 header_checksum of the journal    |
 *  | u32 most bytes of a payload           |
 *  | u32 capacity       | u32 CRC32C       |  of all the other bytes before 48
 *  | u8[16] identity of the boot           |
 *  +---------------------------------------+ 64
 *  | i64 current mark, 0 or 1              |
 *  +---------------------------------------+ 128
 *  | mark 0, 128 B: see {@link RingMark}          |
 *  | mark 1, 128 B                         |
 *  +---------------------------------------+ 4096
 *  | 128 process slots of 128 B            |  see {@link ProcessSlot}
 *  +---------------------------------------+ 20480
 *  | the journal's counters                |
 *  +---------------------------------------+ 24576
 *  | the ring, capacity bytes              |
 *  | the ring's trailer: head and tail     |
 *  +---------------------------------------+
 * </pre>
 */
final class RingLayout {
    /** "EVTR" read as a little-endian integer. */
    static final int MAGIC = 0x5254_5645;

    static final int VERSION = 1;

    static final int MAGIC_OFFSET = 0;
    static final int VERSION_OFFSET = 4;
    static final int CREATED_AT_OFFSET = 8;
    static final int JOURNAL_CHECKSUM_OFFSET = 16;
    static final int MAX_PAYLOAD_OFFSET = 20;
    static final int CAPACITY_OFFSET = 24;
    static final int CHECKSUM_OFFSET = 28;
    static final int BOOT_ID_OFFSET = 32;
    static final int FIXED_LENGTH = 48;

    static final int MARK_INDEX_OFFSET = 64;
    static final int MARK_OFFSET = 128;
    static final int MARK_LENGTH = 128;

    static final int SLOTS = 128;
    static final int SLOTS_OFFSET = 4096;
    static final int SLOT_LENGTH = 128;

    static final int COUNTERS_OFFSET = SLOTS_OFFSET + SLOTS * SLOT_LENGTH;
    static final int COUNTERS_LENGTH = 4096;
    static final int RING_OFFSET = COUNTERS_OFFSET + COUNTERS_LENGTH;

    private RingLayout() {}

    static int slotOffset(final int slot) {
        return SLOTS_OFFSET + slot * SLOT_LENGTH;
    }

    static int ringLength(final int capacity) {
        return capacity + RingBufferDescriptor.TRAILER_LENGTH;
    }

    static int fileLength(final int capacity) {
        return RING_OFFSET + ringLength(capacity);
    }
}
