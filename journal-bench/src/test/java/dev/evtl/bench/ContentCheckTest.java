package dev.evtl.bench;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

class ContentCheckTest {
    private static final int LENGTH = 88;

    private final ContentCheck check = new ContentCheck(LENGTH, true);
    private final UnsafeBuffer buffer = new UnsafeBuffer(new byte[LENGTH]);

    private void read(final int producer, final long index) {
        Content.fill(buffer, 0, LENGTH, Content.seed(producer, index));
        check.onEvent(index, Content.FIRST_TYPE + producer, Content.sum(buffer, 0, LENGTH));
    }

    @Test
    void acceptsEventsOfSeveralProducersInTheOrderOfEach() {
        read(1, 0);
        read(0, 0);
        read(1, 1);
        read(1, 2);
        read(0, 1);

        assertEquals(5, check.events());
        assertDoesNotThrow(() -> check.requireAll(5));
    }

    @Test
    void refusesTooFewEvents() {
        read(0, 0);

        assertThrows(IllegalStateException.class, () -> check.requireAll(2));
    }

    @Test
    void refusesALostEvent() {
        read(0, 0);
        read(0, 2);

        assertThrows(IllegalStateException.class, () -> check.requireAll(2));
    }

    @Test
    void refusesAnEventOfAnotherProducer() {
        Content.fill(buffer, 0, LENGTH, Content.seed(1, 0));
        check.onEvent(0, Content.FIRST_TYPE, Content.sum(buffer, 0, LENGTH));

        assertThrows(IllegalStateException.class, () -> check.requireAll(1));
    }

    @Test
    void refusesAChangedTimestamp() {
        check.onEvent(7, Content.FIRST_TYPE, Content.expectedSum(Content.seed(0, 0), LENGTH));

        assertThrows(IllegalStateException.class, () -> check.requireAll(1));
    }

    @Test
    void refusesAChangedPayload() {
        Content.fill(buffer, 0, LENGTH, Content.seed(0, 0));
        buffer.putByte(LENGTH - 1, (byte) (buffer.getByte(LENGTH - 1) ^ 1));
        check.onEvent(0, Content.FIRST_TYPE, Content.sum(buffer, 0, LENGTH));

        assertThrows(IllegalStateException.class, () -> check.requireAll(1));
    }
}
