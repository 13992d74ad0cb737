package dev.evtl.replay;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.evtl.journal.format.EventHeader;
import dev.evtl.journal.support.ChildJvm;
import dev.evtl.replay.EventHandler.Action;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a reader does once it is closed, by its own thread or by another. */
class ClosedReaderTest {
    private static final int EVENTS = 20_000;

    @TempDir
    Path directory;

    private static List<Executable> callsToTheFile(final JournalReader reader) {
        return List.of(
                () -> reader.poll(event -> Action.CONTINUE, 1),
                () -> reader.forEach(event -> {}),
                reader::next,
                reader::isAtEnd,
                reader::endOffset,
                reader::endPosition,
                reader::seekToStart,
                reader::seekToEnd,
                reader::endSequence,
                reader::lag,
                () -> reader.seekSequence(0),
                () -> reader.seekTime(0),
                () -> reader.seekToLast(0),
                () -> reader.seekOffset(64),
                () -> reader.seek(reader.position()));
    }

    private static void assertRefused(final JournalReader reader, final String why) {
        for (final Executable call : callsToTheFile(reader)) {
            final IllegalStateException e = assertThrows(IllegalStateException.class, call);
            assertTrue(e.getMessage().endsWith(why), e.getMessage());
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void everyCallToTheFileIsRefusedByName(final boolean verify) throws IOException {
        final JournalReader reader =
                JournalReader.open(TestFiles.golden("closed", directory), TestFiles.verify(verify));
        reader.poll(event -> Action.CONTINUE, 2);
        reader.close();
        reader.close();
        assertRefused(reader, "closed.evtl: the reader is closed");
        TestFiles.assertPlace(0, 110, 2, reader.position());
    }

    /** Where Agrona checks no bounds, what is not refused is a signal. */
    @Test
    void itIsAnExceptionWithoutBoundsChecksToo() throws Exception {
        final Process child = ChildJvm.start(
                List.of(ChildJvm.FLAG, "-Dagrona.disable.bounds.checks=true"),
                Child.class,
                TestFiles.golden("closed", directory).toString());
        assertEquals("refused\n", ChildJvm.output(child));
        assertEquals(0, child.waitFor());
    }

    static final class Child {
        public static void main(final String[] args) {
            for (final boolean verify : new boolean[] {true, false}) {
                final JournalReader reader = JournalReader.open(Path.of(args[0]), TestFiles.verify(verify));
                reader.poll(event -> Action.CONTINUE, 2);
                reader.close();
                assertRefused(reader, "closed.evtl: the reader is closed");
            }
            System.out.println("refused");
        }
    }

    /** What it says of an event after the close, never read one included; in a child, as a wrong answer could be a signal. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void eventOfAClosedReaderCanBeAsked(final boolean checksOff) throws Exception {
        final Process child = ChildJvm.start(
                List.of(ChildJvm.FLAG, "-Dagrona.disable.bounds.checks=" + checksOff),
                Asker.class,
                TestFiles.golden("gap", directory).toString());
        final String last = "offset=935 seq=4 2023-11-14T22:13:20.000000011Z type=2 flags=0 length=5";
        assertEquals(
                List.of("no event", last, last, "no event", last, last),
                ChildJvm.output(child).lines().toList());
        assertEquals(0, child.waitFor());
    }

    static final class Asker {
        public static void main(final String[] args) {
            for (final boolean verify : new boolean[] {true, false}) {
                for (int how = 0; how < 3; how++) {
                    final JournalReader reader = JournalReader.open(Path.of(args[0]), TestFiles.verify(verify));
                    if (how == 1) {
                        reader.forEach(event -> {});
                    } else if (how == 2) {
                        reader.seekToEnd();
                    }
                    reader.close();
                    ask(reader.event());
                }
            }
        }

        private static void ask(final JournalEvent event) {
            event.timestamp();
            event.dropped();
            event.type();
            event.flags();
            event.sequence();
            event.moreOfClaim();
            event.buffer().getBytes(event.payloadOffset(), new byte[8], 0, event.payloadLength());
            assertThrows(IllegalStateException.class, event::firstDropTimestamp);
            assertThrows(IllegalStateException.class, event::lastDropTimestamp);
            System.out.println(event);
        }
    }

    @Test
    void eventThatIsNotWithinItsBufferIsRefusedAndShowsWhatItShowedBefore() throws Exception {
        for (final String checksOff : List.of("true", "false")) {
            final Process child = ChildJvm.start(
                    List.of(ChildJvm.FLAG, "-Dagrona.disable.bounds.checks=" + checksOff), Wrapper.class);
            assertEquals(
                    "offset=7 seq=5 1970-01-01T00:00:00.000000009Z type=1 flags=0 length=8\n", ChildJvm.output(child));
            assertEquals(0, child.waitFor());
        }
    }

    static final class Wrapper {
        public static void main(final String[] args) {
            final UnsafeBuffer buffer = new UnsafeBuffer(new byte[24]);
            EventHeader.encode(buffer, 0, 9, 1, 0, 8);
            final JournalEvent event = new JournalEvent().wrap(buffer, 0, 5, 7);
            final UnsafeBuffer cut = new UnsafeBuffer(buffer, 0, 23);
            for (final int index : new int[] {-1, 0, 8, 24, Integer.MIN_VALUE, Integer.MAX_VALUE}) {
                assertThrows(IndexOutOfBoundsException.class, () -> event.wrap(cut, index, 0, 0));
            }
            System.out.println(event);
        }
    }

    /** Where nobody checks bounds, memory that is gone is a signal too. */
    @Test
    void whatWasHandedOverStaysMemory() throws Exception {
        final Path file = TestFiles.golden("gap", directory);
        final byte[] before = Files.readAllBytes(file);
        for (final String checksOff : List.of("true", "false")) {
            final Process child = ChildJvm.start(
                    List.of(ChildJvm.FLAG, "-Dagrona.disable.bounds.checks=" + checksOff),
                    Keeper.class,
                    file.toString());
            assertEquals("hello, journal hello, journal\n", ChildJvm.output(child));
            assertEquals(0, child.waitFor());
            assertArrayEquals(before, Files.readAllBytes(file));
        }
    }

    static final class Keeper {
        public static void main(final String[] args) {
            final StringBuilder kept = new StringBuilder();
            for (final boolean verify : new boolean[] {true, false}) {
                final JournalReader reader = JournalReader.open(Path.of(args[0]), TestFiles.verify(verify));
                final List<UnsafeBuffer> buffers = new ArrayList<>();
                reader.forEach(event ->
                        buffers.add(new UnsafeBuffer(event.buffer(), event.payloadOffset(), event.payloadLength())));
                final JournalEvent last = reader.event();
                reader.close();
                System.gc();
                last.timestamp();
                last.dropped();
                last.buffer().getByte(last.payloadOffset());
                buffers.get(2).getLong(8);
                kept.append(buffers.get(1).getStringWithoutLengthAscii(0, 14)).append(verify ? " " : "\n");
            }
            final JournalEvent none = new JournalEvent();
            none.timestamp();
            none.buffer().getLong(none.payloadOffset() - 8);
            System.out.print(kept);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void handlerThatClosesEndsThePoll(final boolean verify) throws IOException {
        final JournalReader reader =
                JournalReader.open(TestFiles.golden("closed", directory), TestFiles.verify(verify));
        assertEquals(1, reader.forEach(event -> {
            reader.close();
            assertEquals(0, event.payloadLength()); // what it was given is still there
            assertEquals(TestFiles.T0 + 1, event.timestamp());
        }));
        assertRefused(reader, "closed.evtl: the reader is closed");
    }

    @Test
    void handlerMayNotUseItsReader() throws IOException {
        try (JournalReader reader = JournalReader.open(TestFiles.golden("closed", directory))) {
            assertEquals(3, reader.forEach(event -> assertRefused(reader, "by the call that calls its handler")));
            assertTrue(reader.isAtEnd());
        }
    }

    /** With pages unmapped under a thread that reads them, the JVM would die. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void threadThatPollsIsNotCutOffByOneThatCloses(final boolean verify) throws InterruptedException {
        final Path file = TestFiles.numbered(directory.resolve("many.evtl"), EVENTS);
        for (int round = 0; round < 200; round++) {
            final JournalReader reader = JournalReader.open(file, TestFiles.verify(verify));
            final AtomicReference<Throwable> end = new AtomicReference<>();
            final CountDownLatch reading = new CountDownLatch(1);
            final long[] bytes = new long[1];
            final Thread thread = new Thread(() -> {
                try {
                    while (true) {
                        reader.forEach(event -> {
                            for (int i = 0; i < event.payloadLength(); i++) {
                                bytes[0] += event.buffer().getByte(event.payloadOffset() + i);
                            }
                            reading.countDown();
                        });
                        reader.seekToStart();
                    }
                } catch (final Throwable t) {
                    end.set(t);
                }
            });
            thread.start();
            reading.await();
            reader.close();
            thread.join();
            assertEquals(IllegalStateException.class, end.get().getClass());
            assertTrue(
                    end.get().getMessage().endsWith(": the reader is closed"),
                    end.get().getMessage());
        }
    }

    @Test
    void secondThreadIsRefusedInsteadOfReadingWrongEvents() throws InterruptedException {
        final Path file = TestFiles.numbered(directory.resolve("many.evtl"), EVENTS);
        final List<Throwable> refusals = new ArrayList<>();
        try (JournalReader reader = JournalReader.open(file)) {
            final Thread[] other = new Thread[1];
            reader.poll(
                    event -> {
                        other[0] = new Thread(() -> {
                            try {
                                assertRefused(
                                        reader, "in use, by another thread or by the call that calls its handler");
                            } catch (final Throwable t) {
                                refusals.add(t);
                            }
                        });
                        other[0].start();
                        try {
                            other[0].join();
                        } catch (final InterruptedException e) {
                            refusals.add(e);
                        }
                        return Action.STOP;
                    },
                    1);
            assertEquals(List.of(), refusals);
            assertEquals(EVENTS - 1, reader.forEach(event -> {}));
        }
    }
}
