package dev.evtl.journal.ring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.agrona.concurrent.ringbuffer.RingBufferDescriptor;
import org.junit.jupiter.api.Test;

/** The parts of a ring file lie one behind the other, and what they hold fits into them. */
class RingLayoutTest {
    @Test
    void eachCounterHasANumberAndAPairOfLinesOfItsOwn() throws IllegalAccessException {
        final List<Integer> numbers = new ArrayList<>();
        for (final Field field : RingCounters.class.getDeclaredFields()) {
            if (Modifier.isStatic(field.getModifiers())
                    && field.getType() == int.class
                    && !field.getName().equals("COUNT")) {
                field.setAccessible(true);
                numbers.add(field.getInt(null));
            }
        }
        Collections.sort(numbers);
        assertEquals(
                IntStream.range(0, RingCounters.COUNT).boxed().toList(), numbers, "each once, and COUNT is how many");
        for (int counter = 0; counter < RingCounters.COUNT; counter++) {
            assertEquals(128 * counter, RingLayout.counterOffset(counter));
        }
        assertTrue(RingLayout.counterOffset(RingCounters.COUNT) <= RingLayout.COUNTERS_LENGTH);
    }

    @Test
    void partsDoNotOverlap() {
        assertTrue(RingLayout.BOOT_ID_OFFSET + 16 <= RingLayout.FIXED_LENGTH);
        assertTrue(RingLayout.FIXED_LENGTH <= RingLayout.CHECKPOINT_INDEX_OFFSET);
        assertTrue(RingLayout.CHECKPOINT_INDEX_OFFSET + Long.BYTES <= RingLayout.CHECKPOINT_OFFSET);
        assertTrue(RingLayout.CHECKPOINTS_END <= RingLayout.SLOTS_OFFSET);
        assertEquals(RingLayout.SLOTS_OFFSET, RingLayout.slotOffset(0));
        assertTrue(RingLayout.slotOffset(RingLayout.SLOTS) <= RingLayout.COUNTERS_OFFSET);
        assertEquals(RingLayout.COUNTERS_OFFSET + RingLayout.COUNTERS_LENGTH, RingLayout.RING_OFFSET);
        assertEquals(RingLayout.RING_OFFSET + 1024 + RingBufferDescriptor.TRAILER_LENGTH, RingLayout.fileLength(1024));
    }
}
