package dev.evtl.journal.ring;

import org.agrona.BitUtil;
import org.agrona.concurrent.ringbuffer.RingBufferDescriptor;

/**
 * Defines where everything lies in a ring file, for all classes of this package. The processes of one machine map and
 * share the file while the machine runs; it is not a format for other machines or versions. A ring in memory has the
 * same parts, except the slots.
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
 *  | i64 current checkpoint, 0 or 1        |
 *  | i64 slot of the owner + 1, 0 if none  |
 *  +---------------------------------------+ 128
 *  | checkpoint 0, 128 B                   |  see {@link Checkpoint}
 *  | checkpoint 1, 128 B                   |
 *  +---------------------------------------+ 4096
 *  | 128 process slots of 128 B            |  see {@link ProcessSlot}
 *  +---------------------------------------+ 20480
 *  | the counters, 128 B each              |  see below
 *  +---------------------------------------+ 24576
 *  | the ring, capacity bytes              |  see {@link RingRecord}
 *  | the ring's trailer: head and tail     |
 *  +---------------------------------------+
 * </pre>
 *
 * <p>The counters are i64. Each has cache lines of its own, so that a store to one does not slow a thread that reads
 * another:
 *
 * <pre>
 *  number  counter                    unit
 *  0       state                      see {@link RingCounters}
 *  1       dropped by producers       events; the highest bit says that the counting has ended
 *  2       drops recorded in gaps     events
 *  3       first drop's timestamp     the application's
 *  4       last drop's timestamp      the application's
 *  5       dropped by producers       bytes
 *  6       refused                    events
 *  7       refused                    bytes
 *  8       journaled                  events
 *  9       journaled                  bytes
 *  10      dropped by the appender    events
 *  11      dropped by the appender    bytes
 *  12      most of the ring in use    bytes
 *  13      head stuck since           nanoseconds of System.nanoTime, 0 if it is not
 *  14      abandoned                  events of claims that were never committed
 *  15      forces                     calls
 *  16      forces that failed         calls
 *  17      next event's offset        bytes from the start of the file
 *  18      force wanted up to         position in the ring
 *  19      everything forced up to    position in the ring
 * </pre>
 */
public final class RingLayout {
    /** "EVTR" read as a little-endian integer. */
    static final int MAGIC = 0x5254_5645;

    static final int VERSION = 3;

    static final int MAGIC_OFFSET = 0;
    static final int VERSION_OFFSET = 4;
    static final int CREATED_AT_OFFSET = 8;
    static final int JOURNAL_CHECKSUM_OFFSET = 16;
    static final int MAX_PAYLOAD_OFFSET = 20;
    static final int CAPACITY_OFFSET = 24;
    static final int CHECKSUM_OFFSET = 28;
    static final int BOOT_ID_OFFSET = 32;
    static final int FIXED_LENGTH = 48;

    static final int CHECKPOINT_INDEX_OFFSET = 64;
    static final int OWNER_SLOT_OFFSET = 72;
    static final int CHECKPOINT_OFFSET = 128;
    static final int CHECKPOINT_LENGTH = 128;
    static final int CHECKPOINTS_END = CHECKPOINT_OFFSET + 2 * CHECKPOINT_LENGTH;

    static final int SLOTS = 128;
    static final int SLOTS_OFFSET = 4096;
    static final int SLOT_LENGTH = 128;

    static final int COUNTERS_OFFSET = SLOTS_OFFSET + SLOTS * SLOT_LENGTH;
    static final int COUNTERS_LENGTH = 4096;
    /** Two cache lines, because processors fetch lines in pairs. */
    static final int COUNTER_LENGTH = 2 * BitUtil.CACHE_LINE_LENGTH;

    static final int RING_OFFSET = COUNTERS_OFFSET + COUNTERS_LENGTH;

    private RingLayout() {}

    static int slotOffset(final int slot) {
        return SLOTS_OFFSET + slot * SLOT_LENGTH;
    }

    static int counterOffset(final int counter) {
        return counter * COUNTER_LENGTH;
    }

    static int ringLength(final int capacity) {
        return capacity + RingBufferDescriptor.TRAILER_LENGTH;
    }

    static int fileLength(final int capacity) {
        return RING_OFFSET + ringLength(capacity);
    }
}
