package dev.evtl.bench.peers;

import com.lmax.disruptor.EventHandler;
import com.lmax.disruptor.RingBuffer;
import com.lmax.disruptor.YieldingWaitStrategy;
import com.lmax.disruptor.dsl.Disruptor;
import com.lmax.disruptor.dsl.ProducerType;
import dev.evtl.bench.Content;
import dev.evtl.bench.EventFile;
import dev.evtl.bench.EventProducer;
import dev.evtl.bench.EventTarget;
import dev.evtl.bench.compare.Contestant;
import dev.evtl.journal.format.EventHeader;
import java.io.IOException;
import java.nio.file.Path;
import org.agrona.BufferUtil;
import org.agrona.concurrent.UnsafeBuffer;

/** A Disruptor whose slots lie in one buffer, as large as the journal's ring, and whose handler writes the file. */
final class DisruptorTarget implements EventTarget, EventProducer, EventHandler<DisruptorTarget.Slot> {
    private static final int EVENT_LENGTH = EventHeader.LENGTH + Contestant.PAYLOAD_LENGTH;
    private static final int SLOT_LENGTH = 128;
    private static final int SLOTS = (4 << 20) / SLOT_LENGTH;
    private static final int PAGE_LENGTH = 4096;

    private final UnsafeBuffer buffer =
            new UnsafeBuffer(BufferUtil.allocateDirectAligned(SLOTS * SLOT_LENGTH, PAGE_LENGTH));
    private final EventFile file;
    private final Disruptor<Slot> disruptor;
    private final RingBuffer<Slot> ring;
    private int slots;
    private long appended;
    private volatile long written;
    private volatile Throwable failure;

    /** Where in the buffer an event lies. */
    record Slot(int offset) {}

    DisruptorTarget(final Path path) throws IOException {
        file = new EventFile(path, buffer, EVENT_LENGTH);
        disruptor = new Disruptor<>(
                () -> new Slot(slots++ * SLOT_LENGTH),
                SLOTS,
                Thread::new,
                ProducerType.SINGLE,
                new YieldingWaitStrategy());
        disruptor.handleEventsWith(this);
        ring = disruptor.start();
    }

    @Override
    public EventProducer producer(final int number) {
        return this;
    }

    @Override
    public void publish(final long index, final long timestamp) {
        final long sequence = ring.next();
        final int offset = ring.get(sequence).offset();
        EventHeader.encode(buffer, offset, timestamp, Content.FIRST_TYPE, 0, Contestant.PAYLOAD_LENGTH);
        Content.fill(buffer, offset + EventHeader.LENGTH, Contestant.PAYLOAD_LENGTH, Content.seed(0, index));
        ring.publish(sequence);
    }

    @Override
    public void onEvent(final Slot slot, final long sequence, final boolean endOfBatch) throws IOException {
        try {
            file.append(slot.offset(), EVENT_LENGTH);
            appended++;
            if (endOfBatch) {
                file.publish();
                written = appended;
            }
        } catch (final IOException | RuntimeException e) {
            failure = e;
            throw e;
        }
    }

    @Override
    public void awaitWritten(final long events) {
        while (written < events) {
            if (failure != null) {
                throw new IllegalStateException("the writer has failed", failure);
            }
            Thread.yield();
        }
    }

    @Override
    public void close() throws IOException {
        disruptor.shutdown();
        file.close();
    }
}
