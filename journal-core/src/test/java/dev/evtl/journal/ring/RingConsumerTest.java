package dev.evtl.journal.ring;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.evtl.journal.format.EventHeader;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Function;
import org.agrona.BufferUtil;
import org.agrona.concurrent.AtomicBuffer;
import org.agrona.concurrent.ControlledMessageHandler.Action;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.ringbuffer.ManyToOneRingBuffer;
import org.agrona.concurrent.ringbuffer.OneToOneRingBuffer;
import org.agrona.concurrent.ringbuffer.RingBuffer;
import org.agrona.concurrent.ringbuffer.RingBufferDescriptor;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The drain takes what the ring's own read takes, and leaves the ring as that does. */
class RingConsumerTest {
    private static final int CAPACITY = 1024;

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void readsAsTheRingDoes(final boolean singleProducer) {
        final Function<AtomicBuffer, RingBuffer> make =
                singleProducer ? OneToOneRingBuffer::new : ManyToOneRingBuffer::new;
        final RingBuffer expected = make.apply(memory());
        final RingBuffer actual = make.apply(memory());
        final RingConsumer drain = new RingConsumer(actual);
        final Random random = new Random(4);
        final List<Integer> open = new ArrayList<>();
        for (int round = 0; round < 20_000; round++) {
            final int type = 1 + random.nextInt(5);
            final int length = type * EventHeader.LENGTH + random.nextInt(40);
            final int index = expected.tryClaim(type, length);
            assertEquals(index, actual.tryClaim(type, length));
            if (index > 0) {
                fill(expected.buffer(), index, type, length);
                fill(actual.buffer(), index, type, length);
                open.add(index);
            }
            while (open.size() > random.nextInt(4)) {
                final int ended = open.remove(0);
                if (random.nextInt(5) == 0) {
                    expected.abort(ended);
                    actual.abort(ended);
                } else {
                    expected.commit(ended);
                    actual.commit(ended);
                }
            }
            final int limit = random.nextInt(6);
            final int refused = random.nextInt(8);
            final List<String> expectedClaims = new ArrayList<>();
            final int count = expected.controlledRead(
                    (messageType, buffer, at, messageLength) -> {
                        if (messageType == refused) {
                            return Action.ABORT;
                        }
                        expectedClaims.add(messageType + " " + at + ' ' + messageLength);
                        return Action.CONTINUE;
                    },
                    limit);
            final List<String> claims = new ArrayList<>();
            final long head = actual.consumerPosition();
            assertEquals(
                    count,
                    drain.read(
                            claim -> claim.type() != refused
                                    && claims.add(
                                            claim.type() + " " + claim.eventsIndex() + ' ' + claim.eventsLength()),
                            limit));
            assertEquals(expectedClaims, claims);
            assertEquals(head, actual.consumerPosition(), "nothing is given back yet");
            assertEquals(expected.consumerPosition(), drain.end());
            drain.release();
            assertEquals(0, drain.taken());
            assertEquals(ByteBuffer.wrap(bytes(expected)), ByteBuffer.wrap(bytes(actual)));
        }
    }

    /** With as many events as the type says, which only the drain looks at. */
    private static void fill(final AtomicBuffer buffer, final int index, final int events, final int length) {
        for (int i = 0; i < events; i++) {
            final int payload = i < events - 1 ? 0 : length - events * EventHeader.LENGTH;
            EventHeader.encode(buffer, index + i * EventHeader.LENGTH, i, 1, 0, payload);
        }
    }

    private static UnsafeBuffer memory() {
        return new UnsafeBuffer(BufferUtil.allocateDirectAligned(CAPACITY + RingBufferDescriptor.TRAILER_LENGTH, 64));
    }

    private static byte[] bytes(final RingBuffer ring) {
        final byte[] bytes = new byte[CAPACITY + RingBufferDescriptor.TRAILER_LENGTH];
        ring.buffer().getBytes(0, bytes);
        return bytes;
    }
}
