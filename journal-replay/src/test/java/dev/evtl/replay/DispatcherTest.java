package dev.evtl.replay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import dev.evtl.journal.Journal;
import dev.evtl.journal.exceptions.CorruptJournalException;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.LongPredicate;
import org.agrona.concurrent.OffsetEpochNanoClock;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

class DispatcherTest {
    @TempDir
    Path directory;

    private final List<Throwable> errors = new ArrayList<>();

    private static final class Recording implements EventConsumer {
        private final LongPredicate takes;
        private final List<Long> seen = new ArrayList<>();
        private final List<Long> gaps = new ArrayList<>();
        private int flushes;
        private int unflushed;
        private int mostUnflushed;

        Recording(final LongPredicate takes) {
            this.takes = takes;
        }

        @Override
        public boolean consume(final JournalEvent event) {
            if (event.isGap()) {
                gaps.add(event.dropped());
            } else {
                seen.add(event.sequence());
            }
            mostUnflushed = Math.max(mostUnflushed, ++unflushed);
            return takes.test(event.sequence());
        }

        @Override
        public void flush() {
            flushes++;
            unflushed = 0;
        }

        @Override
        public String name() {
            return "recording";
        }
    }

    private static boolean fail(final long sequence) {
        throw new IllegalStateException("no room for " + sequence);
    }

    private Dispatcher dispatcher(
            final JournalReader reader, final boolean stopOnFailure, final EventConsumer... consumers) {
        return new Dispatcher(reader, EventFilter.ALL, errors::add, stopOnFailure, List.of(consumers));
    }

    @Test
    void consumerThatThrowsOrRefusesDoesNotKeepEventsFromTheOthers() throws IOException {
        try (JournalReader reader = JournalReader.open(TestFiles.golden("gap", directory))) {
            final Recording throwing = new Recording(DispatcherTest::fail);
            final Recording refusing = new Recording(sequence -> sequence != 1);
            final Recording taking = new Recording(sequence -> true);
            final Dispatcher dispatcher = dispatcher(reader, false, throwing, refusing, taking);
            assertEquals(5, dispatcher.drain());
            for (final Recording consumer : List.of(throwing, refusing, taking)) {
                assertEquals(List.of(0L, 1L, 2L, 4L), consumer.seen);
                assertEquals(List.of(12_345L), consumer.gaps);
                assertTrue(consumer.flushes > 0);
            }
            final List<Delivery> deliveries = dispatcher.deliveries();
            assertEquals(
                    List.of(0L, 4L, 5L),
                    deliveries.stream().map(Delivery::delivered).toList());
            assertEquals(
                    List.of(5L, 1L, 0L),
                    deliveries.stream().map(Delivery::failed).toList());
            assertEquals(
                    List.of(0.0, 0.8, 1.0),
                    deliveries.stream().map(Delivery::successRate).toList());
            assertEquals("recording", deliveries.get(0).name());
            assertEquals(9, dispatcher.delivered());
            assertEquals(6, dispatcher.failed());
            assertEquals(9.0 / 15, dispatcher.successRate());
            assertEquals(5, errors.size());
            assertInstanceOf(ConsumerException.class, errors.get(0));
            assertEquals(
                    "consumer recording: consume of event 0: java.lang.IllegalStateException: no room for 0",
                    errors.get(0).getMessage());
            assertFalse(dispatcher.isStopped());
        }
    }

    @Test
    void errorOfAConsumerIsItsOwnToo() throws IOException {
        try (JournalReader reader = JournalReader.open(TestFiles.golden("closed", directory))) {
            final Recording throwing = new Recording(sequence -> {
                throw new AssertionError("no " + sequence);
            });
            final Recording taking = new Recording(sequence -> true);
            final Dispatcher dispatcher = dispatcher(reader, false, throwing, taking);
            assertEquals(3, dispatcher.drain());
            assertEquals(List.of(0L, 1L, 2L), taking.seen);
            assertEquals(3, dispatcher.deliveries().get(0).failed());
            assertEquals(3, errors.size());
            assertInstanceOf(AssertionError.class, errors.get(0).getCause());
        }
    }

    @Test
    void errorOfTheJvmEndsTheDrainAfterTheOthersHaveTheEvent() throws IOException {
        try (JournalReader reader = JournalReader.open(TestFiles.golden("closed", directory))) {
            final OutOfMemoryError error = new OutOfMemoryError("for a test");
            final Recording throwing = new Recording(sequence -> {
                if (sequence == 1) {
                    throw error;
                }
                return true;
            });
            final Recording taking = new Recording(sequence -> true);
            final Dispatcher dispatcher = dispatcher(reader, false, throwing, taking);
            assertSame(error, assertThrows(OutOfMemoryError.class, dispatcher::drain));
            assertEquals(List.of(0L, 1L), taking.seen);
            assertEquals(0, taking.unflushed);
            assertEquals(1, dispatcher.deliveries().get(0).failed());
            assertSame(error, errors.get(0).getCause());
            assertEquals(1, dispatcher.drain());
            assertEquals(List.of(0L, 1L, 2L), taking.seen);
        }
    }

    /** Which is not hidden by what comes while it is on its way. */
    @Test
    void firstErrorIsThrownAndHasThoseAfterItAsSuppressed() throws IOException {
        try (JournalReader reader = JournalReader.open(TestFiles.golden("closed", directory))) {
            final List<Error> thrown = List.of(new OutOfMemoryError("1"), new StackOverflowError("2"));
            final IllegalStateException ofHandler = new IllegalStateException("3");
            final OutOfMemoryError ofFlush = new OutOfMemoryError("4");
            final List<EventConsumer> consumers = new ArrayList<>();
            for (final Error error : thrown) {
                consumers.add(new Recording(sequence -> {
                    throw error;
                }));
            }
            consumers.add(new EventConsumer() {
                @Override
                public boolean consume(final JournalEvent event) {
                    return true;
                }

                @Override
                public void flush() {
                    throw ofFlush;
                }

                @Override
                public String name() {
                    return "flushing";
                }
            });
            final Recording taking = new Recording(sequence -> true);
            consumers.add(taking);
            final Dispatcher dispatcher = new Dispatcher(
                    reader,
                    EventFilter.ALL,
                    error -> {
                        errors.add(error.getCause());
                        if (errors.size() == 2) {
                            throw ofHandler;
                        }
                    },
                    consumers);
            final Error error = assertThrows(OutOfMemoryError.class, dispatcher::drain);
            assertSame(thrown.get(0), error);
            assertEquals(List.of(thrown.get(1), ofHandler, ofFlush), List.of(error.getSuppressed()));
            assertEquals(List.of(thrown.get(0), thrown.get(1), ofFlush), errors);
            assertEquals(List.of(0L), taking.seen);
            assertEquals(0, taking.unflushed);
            assertEquals(2, dispatcher.failed());
        }
    }

    @Test
    void whatIsMissingOrHasNoNameIsRefusedAtOnce() throws IOException {
        try (JournalReader reader = JournalReader.open(TestFiles.golden("closed", directory))) {
            final List<EventConsumer> none = List.of();
            final EventConsumer nameless = new EventConsumer() {
                @Override
                public boolean consume(final JournalEvent event) {
                    throw new IllegalStateException("one that nobody could be told of");
                }

                @Override
                public String name() {
                    throw new IllegalStateException("nameless");
                }
            };
            for (final Executable made : List.<Executable>of(
                    () -> new Dispatcher(null, EventFilter.ALL, errors::add, none),
                    () -> new Dispatcher(reader, null, errors::add, none),
                    () -> new Dispatcher(reader, EventFilter.ALL, null, none),
                    () -> new Dispatcher(reader, EventFilter.ALL, errors::add, Arrays.asList((EventConsumer) null)))) {
                assertThrows(NullPointerException.class, made);
            }
            assertThrows(IllegalStateException.class, () -> dispatcher(reader, false, nameless));
            assertEquals(0, reader.sequence());
        }
    }

    @Test
    void errorHandlerThatThrowsEndsTheDrainAfterTheOthersHaveTheEvent() throws IOException {
        try (JournalReader reader = JournalReader.open(TestFiles.golden("closed", directory))) {
            final Recording throwing = new Recording(DispatcherTest::fail);
            final Recording taking = new Recording(sequence -> true);
            final Dispatcher dispatcher = new Dispatcher(
                    reader,
                    EventFilter.ALL,
                    error -> {
                        throw new IllegalArgumentException(error);
                    },
                    List.of(throwing, taking));
            for (int i = 0; i < 3; i++) {
                assertThrows(IllegalArgumentException.class, dispatcher::drain);
            }
            assertEquals(0, dispatcher.drain());
            assertEquals(List.of(0L, 1L, 2L), taking.seen);
            assertEquals(3, dispatcher.failed());
        }
    }

    @Test
    void drainEndsWhereTheJournalDidWhenItBegan() {
        final Path file = directory.resolve("own.evtl");
        try (Journal journal = Journal.open(file)) {
            final UnsafeBuffer payload = new UnsafeBuffer(new byte[8]);
            journal.publisher().offer(1, payload, 0, 8);
            journal.sync();
            try (JournalReader reader = JournalReader.open(file)) {
                final Recording echoing = new Recording(sequence -> {
                    journal.publisher().offer(2, payload, 0, 8);
                    journal.sync();
                    return true;
                });
                assertEquals(1, dispatcher(reader, false, echoing).drain());
                assertEquals(1, reader.forEach(event -> echoing.consume(event)));
                assertEquals(List.of(0L, 1L), echoing.seen);
            }
        }
    }

    @Test
    void stopOnFailureEndsTheDrainAfterTheEventAndTheNextGoesOn() throws IOException {
        try (JournalReader reader = JournalReader.open(TestFiles.golden("closed", directory))) {
            final Recording refusing = new Recording(sequence -> sequence != 1);
            final Recording taking = new Recording(sequence -> true);
            final Dispatcher dispatcher = dispatcher(reader, true, refusing, taking);
            assertEquals(2, dispatcher.drain());
            assertTrue(dispatcher.isStopped());
            assertEquals(List.of(0L, 1L), taking.seen);
            assertEquals(1, dispatcher.drain());
            assertFalse(dispatcher.isStopped());
            assertEquals(List.of(0L, 1L, 2L), refusing.seen);
            assertEquals(2, taking.flushes);
        }
    }

    @Test
    void consumersFlushAfterEachBatch() {
        try (JournalReader reader = JournalReader.open(TestFiles.numbered(directory.resolve("many.evtl"), 10_000))) {
            final Recording consumer = new Recording(sequence -> true);
            assertEquals(10_000, dispatcher(reader, false, consumer).drain());
            assertTrue(consumer.mostUnflushed <= 4096, "unflushed: " + consumer.mostUnflushed);
            assertEquals(0, consumer.unflushed);
        }
    }

    @Test
    void drainReadsNoMoreThanItsLimit() throws IOException {
        try (JournalReader reader = JournalReader.open(TestFiles.golden("closed", directory))) {
            final Recording consumer = new Recording(sequence -> true);
            final Dispatcher dispatcher = dispatcher(reader, false, consumer);
            assertEquals(2, dispatcher.drain(2));
            assertEquals(1, dispatcher.drain(2));
            assertEquals(0, dispatcher.drain(2));
            assertEquals(0, dispatcher.drain(0));
            assertEquals(1.0, dispatcher.successRate());
            assertEquals(
                    "limit -1 is below 0",
                    assertThrows(IllegalArgumentException.class, () -> dispatcher.drain(-1))
                            .getMessage());
        }
    }

    @Test
    void consumerThatIsThereTwiceGetsEachEventTwiceAndIsCountedTwice() throws IOException {
        try (JournalReader reader = JournalReader.open(TestFiles.golden("closed", directory))) {
            final Recording consumer = new Recording(sequence -> true);
            final Dispatcher dispatcher = dispatcher(reader, false, consumer, consumer);
            assertEquals(3, dispatcher.drain());
            assertEquals(List.of(0L, 0L, 1L, 1L, 2L, 2L), consumer.seen);
            assertEquals(
                    List.of(3L, 3L),
                    dispatcher.deliveries().stream().map(Delivery::delivered).toList());
        }
    }

    @Test
    void consumersAreThoseOfTheBeginningWhateverBecomesOfTheList() throws IOException {
        try (JournalReader reader = JournalReader.open(TestFiles.golden("closed", directory))) {
            final List<EventConsumer> consumers = new ArrayList<>();
            final Recording taking = new Recording(sequence -> true);
            final Recording clearing = new Recording(sequence -> {
                consumers.clear();
                return true;
            });
            consumers.add(clearing);
            consumers.add(taking);
            final Dispatcher dispatcher = new Dispatcher(reader, EventFilter.ALL, errors::add, consumers);
            assertEquals(3, dispatcher.drain());
            assertEquals(List.of(0L, 1L, 2L), clearing.seen);
            assertEquals(List.of(0L, 1L, 2L), taking.seen);
            assertEquals(2, dispatcher.deliveries().size());
        }
    }

    @Test
    void consumerThatDrainsItsOwnDispatcherIsRefusedAndTheOthersGetAll() throws IOException {
        try (JournalReader reader = JournalReader.open(TestFiles.golden("closed", directory))) {
            final Dispatcher[] dispatcher = new Dispatcher[1];
            final Recording draining = new Recording(sequence -> dispatcher[0].drain() > 0);
            final Recording taking = new Recording(sequence -> true);
            dispatcher[0] = dispatcher(reader, false, draining, taking);
            assertEquals(3, dispatcher[0].drain());
            assertEquals(List.of(0L, 1L, 2L), draining.seen);
            assertEquals(List.of(0L, 1L, 2L), taking.seen);
            assertEquals(3, dispatcher[0].failed());
            assertEquals(3, errors.size());
            assertInstanceOf(IllegalStateException.class, errors.get(0).getCause());
        }
    }

    @Test
    void onlyWhatPassesTheFilterIsDispatchedAndCounted() throws IOException {
        try (JournalReader reader = JournalReader.open(TestFiles.golden("gap", directory))) {
            final Recording consumer = new Recording(sequence -> true);
            final Dispatcher dispatcher =
                    new Dispatcher(reader, EventFilter.types(7, 2), errors::add, List.of(consumer));
            assertEquals(5, dispatcher.drain());
            assertEquals(List.of(1L, 4L), consumer.seen);
            assertEquals(List.of(12_345L), consumer.gaps);
            assertEquals(3, dispatcher.delivered());
            assertEquals(0, dispatcher.failed());
        }
    }

    @Test
    void whatLiesBeforeDamageIsDeliveredAndFlushed() throws IOException {
        try (JournalReader reader = JournalReader.open(TestFiles.golden("power-loss", directory))) {
            final Recording consumer = new Recording(sequence -> true);
            final Dispatcher dispatcher = dispatcher(reader, false, consumer);
            assertThrows(CorruptJournalException.class, dispatcher::drain);
            assertEquals(List.of(0L, 1L), consumer.seen);
            assertEquals(0, consumer.unflushed);
            assertEquals(2, dispatcher.delivered());
        }
    }

    @Test
    void dispatchAllocatesNothingPerEvent() {
        final int events = 200_000;
        final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        try (JournalReader reader = JournalReader.open(TestFiles.numbered(directory.resolve("many.evtl"), events))) {
            final TypeCounter counter = new TypeCounter();
            final LatencyHistogram latency = new LatencyHistogram(new OffsetEpochNanoClock());
            final EventFilter filter = EventFilter.types(1, 2, 3).and(EventFilter.timestamps(0, Long.MAX_VALUE));
            final Dispatcher dispatcher = new Dispatcher(reader, filter, errors::add, List.of(counter, latency));
            dispatcher.drain();
            reader.seekToStart();
            final long before = threads.getCurrentThreadAllocatedBytes();
            assertEquals(events, dispatcher.drain());
            final long allocated = threads.getCurrentThreadAllocatedBytes() - before;
            assertTrue(allocated < 4096, allocated + " bytes allocated for " + events + " events");
            assertEquals(0, dispatcher.failed());
        }
    }
}
