package dev.evtl.journal.ring;

import java.util.Set;
import org.agrona.concurrent.ringbuffer.ManyToOneRingBuffer;
import org.agrona.concurrent.ringbuffer.OneToOneRingBuffer;
import org.agrona.concurrent.ringbuffer.RecordDescriptor;
import org.agrona.concurrent.ringbuffer.RingBuffer;

/**
 * The ring between the publishing threads and the appender, with its counters, its checkpoint and the owners of its
 * claims; for all threads of a process. It lies in memory of this process or in a {@link RingFile}; users of this class
 * need not know which.
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
     * Creates a ring in memory.
     *
     * @param capacity       bytes, a power of two
     * @param singleProducer whether only one thread ever publishes
     */
    public static JournalRing inMemory(final int capacity, final boolean singleProducer) {
        final RingMemory memory = RingMemory.allocate(capacity);
        final RingBuffer buffer =
                singleProducer ? new OneToOneRingBuffer(memory.ring()) : new ManyToOneRingBuffer(memory.ring());
        final RingCounters counters = RingCounters.inMemory(memory.counters());
        return new JournalRing(memory, buffer, counters, new LocalProducer(buffer), ClaimOwners.THIS_PROCESS);
    }

    /** Returns this ring with another view of its buffer, with which tests stop a thread between two steps. */
    JournalRing seenBy(final RingBuffer view) {
        return new JournalRing(memory, view, counters, new LocalProducer(view), owners);
    }

    /** Returns the ring in a file, for a process that has a slot there. */
    static JournalRing mapped(
            final RingMemory memory, final RingCounters counters, final ProcessSlot slot, final ClaimOwners owners) {
        final RingBuffer buffer = new ManyToOneRingBuffer(memory.ring());
        return new JournalRing(memory, buffer, counters, new SharedProducer(buffer, counters, slot), owners);
    }

    /** Returns the ring as Agrona sees it. */
    public RingBuffer buffer() {
        return buffer;
    }

    public RingCounters counters() {
        return counters;
    }

    /** Returns the checkpoint: up to where the journal's file holds what the ring held. For the appender. */
    public Checkpoint checkpoint() {
        return checkpoint;
    }

    /** Returns the producer, which makes and ends the claims of this process. */
    public RingProducer producer() {
        return producer;
    }

    /** Returns the counter of the events that producers drop. */
    public Drops drops() {
        return drops;
    }

    public ClaimOwners owners() {
        return owners;
    }

    /** Returns whether accepted events outlive this process, as they do in a ring file. */
    public boolean outlivesProcess() {
        return producer.outlivesClose();
    }

    /** Creates a reader of the ring. Only the appender's reader may release what it has read. */
    public RingConsumer consumer() {
        return new RingConsumer(buffer);
    }

    /** Creates a view of one record at a time, for one thread. */
    public RingRecord record() {
        return memory.record();
    }

    /** Returns the head: everything before this position was released to the producers. */
    public long head() {
        return buffer.consumerPosition();
    }

    /** Returns whether the record at the head was committed or aborted, so that it can be taken. */
    public boolean isHeadCommitted() {
        final long head = head();
        return buffer.buffer().getIntVolatile(RecordDescriptor.lengthOffset((int) head & buffer.capacity() - 1)) > 0;
    }

    /** Returns the tail: the position at which the next claim begins. */
    public long tail() {
        return buffer.producerPosition();
    }

    /** Returns where a walk over the records ends: at the tail, or one ring behind the head if the tail is damaged. */
    public long walkEnd() {
        return memory.walkEnd();
    }

    /**
     * Returns the position if publishing can have returned it; otherwise throws an {@link IllegalArgumentException}.
     */
    public long check(final long position) {
        if (position <= 0 || position > tail()) {
            throw new IllegalArgumentException(
                    "position " + position + " is none that publishing returned: they are from 1 to " + tail());
        }
        return position;
    }

    /**
     * Ends the claim at the head when a close no longer waits for it. If its owner ends it at the same time, one of the
     * two wins, and the owner learns which. A gap that is complete may count as recorded already, so it is committed
     * instead.
     *
     * @param consumer the appender's
     * @return whether the claim was ended here; false if its owner ended it, or if nothing can be passed over because
     *     not even its length was stored
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

    /**
     * Turns the rest of the ring up to its end into padding if it holds only zeros. Unblocking does not do so, because
     * it does not look past the end for a record to go on with.
     */
    private boolean padToTheEnd(final RingRecord head) {
        final int length = head.toRingEnd();
        final boolean padded = tail() - head.position() > length && head.zeros(length) == length;
        if (padded) {
            head.pad(length);
        }
        return padded;
    }
}
