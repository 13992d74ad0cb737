package dev.evtl.bench.compare;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;

class ReplyTest {
    @Test
    void numbersAndHistogramsPassThroughALine() {
        final Histogram histogram = new Histogram(1_000_000, 3);
        histogram.recordValue(17);
        histogram.recordValue(4_321);

        final Reply parsed = Reply.parse(
                new Reply().with("nanos", 42).with("times", histogram).toLine());

        assertEquals(42, parsed.number("nanos"));
        assertEquals(histogram, parsed.histogram("times"));
    }

    @Test
    void aMissingValueIsNamed() {
        final IllegalStateException e = assertThrows(
                IllegalStateException.class, () -> Reply.parse("nanos 42").number("allocated"));

        assertEquals("the reply has no allocated but [nanos]", e.getMessage());
    }
}
