package dev.evtl.cli.stress;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StressPayloadTest {
    private static final int PRODUCER = 238;
    private static final long NUMBER = 0x0123_4567_89AB_CDEFL;
    private static final int INDEX = 3;
    private static final byte GUARD = 0x5A;

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 7, 8, 15, 16, 17, 23, 24, 64, 1001})
    void everyByteIsFilledAndCompared(final int length) {
        final UnsafeBuffer buffer = new UnsafeBuffer(new byte[INDEX + length + 16]);
        buffer.setMemory(0, buffer.capacity(), GUARD);
        StressPayload.fill(buffer, INDEX, length, PRODUCER, NUMBER);

        assertTrue(StressPayload.matches(buffer, INDEX, length, PRODUCER, NUMBER));
        for (int i = 0; i < buffer.capacity(); i++) {
            final byte before = buffer.getByte(i);
            final boolean inside = i >= INDEX && i < INDEX + length;
            if (!inside) {
                assertEquals(GUARD, before, "byte " + i);
            }
            buffer.putByte(i, (byte) (before ^ 0x80));
            assertEquals(!inside, StressPayload.matches(buffer, INDEX, length, PRODUCER, NUMBER), "byte " + i);
            buffer.putByte(i, before);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 8, 15, 16, 64})
    void payloadsOfNeighboursDiffer(final int length) {
        final UnsafeBuffer buffer = new UnsafeBuffer(new byte[length]);
        StressPayload.fill(buffer, 0, length, PRODUCER, NUMBER);
        assertFalse(StressPayload.matches(buffer, 0, length, PRODUCER, NUMBER + 1));
    }

    @ParameterizedTest
    @ValueSource(ints = {9, 16, 64})
    void payloadsOfProducersDiffer(final int length) {
        final UnsafeBuffer buffer = new UnsafeBuffer(new byte[length]);
        StressPayload.fill(buffer, 0, length, PRODUCER, NUMBER);
        assertFalse(StressPayload.matches(buffer, 0, length, PRODUCER - 1, NUMBER));
    }

    @Test
    void payloadBeginsWithNumberAndProducer() {
        final UnsafeBuffer buffer = new UnsafeBuffer(new byte[16]);
        StressPayload.fill(buffer, 0, 16, PRODUCER, NUMBER);
        assertEquals(NUMBER, buffer.getLong(0));
        assertEquals(PRODUCER, buffer.getLong(8));
    }
}
