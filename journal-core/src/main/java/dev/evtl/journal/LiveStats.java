package dev.evtl.journal;

import dev.evtl.journal.format.EventHeader;
import dev.evtl.journal.storage.ClaimType;
import dev.evtl.journal.storage.JournalStorage;
import org.agrona.BitUtil;
import org.agrona.concurrent.AtomicBuffer;
import org.agrona.concurrent.ringbuffer.RecordDescriptor;
import org.agrona.concurrent.ringbuffer.RingBuffer;

/** The statistics, read from where the journal keeps them. */
final class LiveStats implements JournalStats {
    /** Walks of a ring that the appender is emptying before one is taken as good enough. */
    private static final int ATTEMPTS = 16;

    private final RingBuffer ring;
    private final Counters counters;
    private final Drops drops;
    private final JournalStorage storage;
    private final Appender appender;
    private final long maximum;

    LiveStats(
            final RingBuffer ring,
            final Counters counters,
            final Drops drops,
            final JournalStorage storage,
            final Appender appender,
            final long maximum) {
        this.ring = ring;
        this.counters = counters;
        this.drops = drops;
        this.storage = storage;
        this.appender = appender;
        this.maximum = maximum;
    }

    @Override
    public String getState() {
        return switch ((int) counters.state()) {
            case (int) Counters.RUNNING -> "running";
            case (int) Counters.CLOSING -> "closing";
            case (int) Counters.CLOSED -> "closed";
            default -> "failed";
        };
    }

    @Override
    public long getOfferedEvents() {
        return getAcceptedEvents() + drops.dropped() + getRefusedEvents();
    }

    @Override
    public long getAcceptedEvents() {
        return accepted(Counters.JOURNALED, Counters.DROPPED_BY_APPENDER, true);
    }

    @Override
    public long getAcceptedBytes() {
        return accepted(Counters.BYTES_JOURNALED, Counters.BYTES_DROPPED_BY_APPENDER, false);
    }

    /** What the appender has taken from the ring, and what a walk finds in it that is committed. */
    private long accepted(final int journaled, final int dropped, final boolean events) {
        long accepted = 0;
        for (int i = 0; i < ATTEMPTS; i++) {
            final long head = ring.consumerPosition();
            final long taken = counters.get(journaled) + counters.get(dropped);
            accepted = taken + inRing(head, events);
            if (ring.consumerPosition() == head && taken == counters.get(journaled) + counters.get(dropped)) {
                break;
            }
        }
        return accepted;
    }

    private long inRing(final long head, final boolean events) {
        final AtomicBuffer buffer = ring.buffer();
        final int mask = ring.capacity() - 1;
        final long tail = ring.producerPosition();
        long sum = 0;
        for (long position = head; position < tail; ) {
            final int index = (int) position & mask;
            final int length = buffer.getIntVolatile(RecordDescriptor.lengthOffset(index));
            final int messageType = buffer.getInt(RecordDescriptor.typeOffset(index));
            if (length == 0) {
                break;
            }
            if (length > 0 && ClaimType.isClaim(messageType) && !ClaimType.isGap(messageType)) {
                sum += events ? ClaimType.events(messageType) : length - RecordDescriptor.HEADER_LENGTH;
            }
            position += BitUtil.align(Math.abs((long) length), RecordDescriptor.ALIGNMENT);
        }
        // a walk that the producers overtook has read payloads as lengths and counts: never more than could be there
        final long used = Math.min(tail - head, ring.capacity());
        return Math.min(sum, events ? used / EventHeader.LENGTH : used);
    }

    @Override
    public long getJournaledEvents() {
        return counters.get(Counters.JOURNALED);
    }

    @Override
    public long getJournaledBytes() {
        return counters.get(Counters.BYTES_JOURNALED);
    }

    @Override
    public long getDroppedEvents() {
        return drops.dropped() + counters.get(Counters.DROPPED_BY_APPENDER);
    }

    @Override
    public long getDroppedBytes() {
        return counters.get(Counters.BYTES_DROPPED_BY_PRODUCERS) + counters.get(Counters.BYTES_DROPPED_BY_APPENDER);
    }

    @Override
    public long getRefusedEvents() {
        return counters.get(Counters.REFUSED);
    }

    @Override
    public long getRefusedBytes() {
        return counters.get(Counters.BYTES_REFUSED);
    }

    @Override
    public double getDropRate() {
        final long offered = getOfferedEvents();
        return offered == 0 ? 0 : (double) getDroppedEvents() / offered;
    }

    @Override
    public int getRingSize() {
        return ring.capacity();
    }

    @Override
    public int getRingUsed() {
        return ring.size();
    }

    @Override
    public long getRingHighWaterMark() {
        return counters.get(Counters.RING_HIGH_WATER_MARK);
    }

    @Override
    public long getHeadStuckNanos() {
        final long since = counters.get(Counters.STUCK_SINCE);
        return since == 0 ? 0 : System.nanoTime() - since;
    }

    @Override
    public long getLeftEvents() {
        return counters.get(Counters.CLAIMS_LEFT);
    }

    @Override
    public long getFilePosition() {
        return counters.get(Counters.FILE_POSITION);
    }

    @Override
    public long getAllocatedBytes() {
        return storage.allocated();
    }

    @Override
    public long getMappedPosition() {
        return storage.mapped();
    }

    @Override
    public long getDurablePosition() {
        return storage.durable();
    }

    @Override
    public double getPercentFull() {
        return maximum == Long.MAX_VALUE ? 0 : 100.0 * getFilePosition() / maximum;
    }

    @Override
    public long getGrowths() {
        return storage.growths();
    }

    @Override
    public long getForces() {
        return counters.get(Counters.FORCES);
    }

    @Override
    public long getForcesFailed() {
        return counters.get(Counters.FORCES_FAILED);
    }

    @Override
    public long getMaxForceNanos() {
        return appender.forceTimes().getMaxValue();
    }

    @Override
    public long forceNanosAtPercentile(final double percentile) {
        return appender.forceTimes().getValueAtPercentile(percentile);
    }
}
