package dev.evtl.replay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.evtl.journal.format.EventHeader;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EventFilterTest {
    @TempDir
    Path directory;

    /** Sequence numbers that pass of events 0..19, with timestamp 100 + sequence and type 1 + sequence % 4. */
    private static List<Long> passing(final EventFilter filter) {
        return LongStream.range(0, 20)
                .filter(sequence -> filter.test(event(sequence)))
                .boxed()
                .toList();
    }

    private static JournalEvent event(final long sequence) {
        final UnsafeBuffer bytes = new UnsafeBuffer(new byte[EventHeader.LENGTH]);
        EventHeader.encode(bytes, 0, 100 + sequence, 1 + (int) sequence % 4, 0, 0);
        return new JournalEvent().wrap(bytes, 0, sequence, 64);
    }

    private static List<Long> range(final int from, final int to) {
        return IntStream.rangeClosed(from, to).mapToObj(Long::valueOf).toList();
    }

    @Test
    void typesSequencesAndTimesPassWithBothEnds() {
        assertEquals(range(0, 19), passing(EventFilter.ALL));
        assertEquals(List.of(1L, 3L, 5L, 7L, 9L, 11L, 13L, 15L, 17L, 19L), passing(EventFilter.types(2, 4)));
        assertEquals(List.of(), passing(EventFilter.types()));
        assertEquals(range(5, 7), passing(EventFilter.sequences(5, 7)));
        assertEquals(range(5, 7), passing(EventFilter.timestamps(105, 107)));
        assertEquals(
                range(5, 7), passing(EventFilter.time(Instant.ofEpochSecond(0, 105), Instant.ofEpochSecond(0, 107))));
        assertEquals(List.of(), passing(EventFilter.timestamps(107, 105)));
    }

    @Test
    void typeThatNoEventCanHaveIsRefused() {
        for (final int none : new int[] {-1, 256, Integer.MIN_VALUE, Integer.MAX_VALUE}) {
            assertEquals(
                    "type " + none + " is not from 0 to 255",
                    assertThrows(IllegalArgumentException.class, () -> EventFilter.types(1, none))
                            .getMessage());
        }
        assertEquals(List.of(), passing(EventFilter.types(0, 255)));
    }

    @Test
    void filtersCompose() {
        final EventFilter types = EventFilter.types(1);
        final EventFilter early = EventFilter.timestamps(0, 108);
        assertEquals(List.of(0L, 4L, 8L), passing(types.and(early)));
        assertEquals(List.of(12L, 16L), passing(types.and(early.negate())));
        assertEquals(List.of(0L, 4L, 8L, 12L, 16L, 18L, 19L), passing(types.or(EventFilter.sequences(18, 30))));
        assertEquals(
                List.of(0L, 18L), passing(types.and(EventFilter.sequences(0, 3)).or(EventFilter.sequences(18, 18))));
    }

    @Test
    void gapsPassEveryFilter() throws IOException {
        final Lines lines = new Lines();
        try (JournalReader reader = JournalReader.open(TestFiles.golden("gap", directory))) {
            reader.poll(EventFilter.ALL.negate().before(lines), Integer.MAX_VALUE);
        }
        assertEquals(List.of("3 10 gap of 12345 from 3 to 9"), lines.lines);
    }
}
