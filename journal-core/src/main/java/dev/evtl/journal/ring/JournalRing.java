package dev.evtl.journal.ring;

import java.util.Set;
import org.agrona.concurrent.ringbuffer.ManyToOneRingBuffer;
import org.agrona.concurrent.ringbuffer.OneToOneRingBuffer;
import org.agrona.concurrent.ringbuffer.RingBuffer;

/**
 * The ring between the publishing threads and the appender, with all that belongs to it: the counters, the checkpoint that
 * says what of it the journal's file holds, and who owns its claims. It lies in memory of this process or in a
 * {@link RingFile}; nobody else needs to know which.
 */
public final class JournalRing {
    private final RingMemory memory;
    private final RingBuffer buffer;
    private final RingCounters counters;
    private final Checkpoint checkpoint;
    private final RingProducer producer;
    private final Drops drops;
    private final ClaimOwners owners;

    private JournalRing(
            final RingMemory memory,
            final RingBuffer buffer,
            final RingCounters counters,
            final RingProducer producer,
            final ClaimOwners owners) {
        this.memory = memory;
        this.buffer = buffer;
        this.counters = counters;
        this.checkpoint = new Checkpoint(memory.header());
        this.producer = producer;
        this.drops = new Drops(counters, producer);
        this.owners = owners;
    }

    /**
     * A new ring in memory.
     *
     * @param capacity       in bytes, a power of two
     * @param singleProducer whether only one thread ever publishes
     */
    public static JournalRing inMemory(final int capacity, final boolean singleProducer) {
        final RingMemory memory = RingMemory.allocate(capacity);
        final RingBuffer buffer =
                singleProducer ? new OneToOneRingBuffer(memory.ring()) : new ManyToOneRingBuffer(memory.ring());
        final RingCounters counters = RingCounters.inMemory(memory.counters());
        return new JournalRing(memory, buffer, counters, new LocalProducer(buffer), ClaimOwners.THIS_PROCESS);
    }

    /** The same by way of another view of it, by which tests stop who uses it between two steps. */
    JournalRing seenBy(final RingBuffer view) {
        return new JournalRing(memory, view, counters, new LocalProducer(view), owners);
    }

    /** The ring in a file, for a process that has a slot there. */
    static JournalRing mapped(
            final RingMemory memory, final RingCounters counters, final ProcessSlot slot, final ClaimOwners owners) {
        final RingBuffer buffer = new ManyToOneRingBuffer(memory.ring());
        return new JournalRing(memory, buffer, counters, new SharedProducer(buffer, counters, slot), owners);
    }

    /** Agrona's view of it. */
    public RingBuffer buffer() {
        return buffer;
    }

    public RingCounters counters() {
        return counters;
    }

    /** Up to where the journal's file holds what the ring held; for the appender. */
    public Checkpoint checkpoint() {
        return checkpoint;
    }

    /** Makes and ends the claims of this process. */
    public RingProducer producer() {
        return producer;
    }

    /** Counts what producers drop. */
    public Drops drops() {
        return drops;
    }

    public ClaimOwners owners() {
        return owners;
    }

    /** Whether what was accepted is still there when this process has ended. */
    public boolean outlivesProcess() {
        return producer.outlivesClose();
    }

    /** A new reader of the ring; the appender has the only one that releases. */
    public RingConsumer consumer() {
        return new RingConsumer(buffer);
    }

    /** A view of one record at a time, for one thread. */
    public RingRecord record() {
        return memory.record();
    }

    /** Before it lies what was released to the producers. */
    public long head() {
        return buffer.consumerPosition();
    }

    /** Where the next claim begins. */
    public long tail() {
        return buffer.producerPosition();
    }

    /**
     * Ends the claim at the head, which a close does not wait for any longer, unless its owner does before: who commits is
     * told which of the two was first. A gap that says up to where it records may count as recorded already, and is taken
     * as it is.
     *
     * @param consumer of the appender
     * @return false if it ended otherwise, or nothing of it can be passed
     */
    public boolean passOver(final RingConsumer consumer) {
        final RingRecord head = record().at(head());
        if (head.isOpen() && head.isWholeGap()) {
            head.commit();
            return true;
        }
        final boolean passed = endAtHead(head) || buffer.unblock() || padToTheEnd(head.at(head()));
        if (passed) {
            consumer.pass();
        }
        return passed;
    }

    private boolean endAtHead(final RingRecord head) {
        final Set<Integer> passedOver = counters.passedOver();
        synchronized (passedOver) {
            head.at(head());
            final boolean passed = RingProducer.end(
                    buffer.buffer(), head.index(), head.word(), RingBuffer.PADDING_MSG_TYPE_ID, -head.length());
            if (passed) {
                passedOver.add(head.eventsIndex());
            }
            return passed;
        }
    }

    /** Unblocking does not look behind the ring's end for what it could go on with. */
    private boolean padToTheEnd(final RingRecord head) {
        final int length = head.toRingEnd();
        final boolean padded = tail() - head.position() > length && head.zeros(length) == length;
        if (padded) {
            head.pad(length);
        }
        return padded;
    }
}
