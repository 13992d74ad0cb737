package dev.evtl.torture;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.evtl.cli.Evtl;
import dev.evtl.journal.Journal;
import dev.evtl.journal.exceptions.JournalException;
import dev.evtl.journal.support.ChildJvm;
import dev.evtl.journal.support.MemoryDirectory;
import dev.evtl.replay.Dispatcher;
import dev.evtl.replay.EventConsumer;
import dev.evtl.replay.EventFilter;
import dev.evtl.replay.JournalEvent;
import dev.evtl.replay.JournalReader;
import dev.evtl.replay.ReaderConfig;
import dev.evtl.torture.Numbered.Checker;
import dev.evtl.torture.Numbered.Producer;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A file that another process cuts short, and perhaps makes longer again, under all kinds of readers. */
@Tag(Torture.TAG)
class CutUnderReaderTest {
    private static final int CUT = Traffic.SHARED;
    private static final int READING = CUT + 1;
    private static final int SHARED = READING + 1;

    /** How a process reads. */
    private enum Kind {
        VERIFIED,
        UNVERIFIED,
        PULLED,
        DISPATCHER,
        CAT
    }

    @TempDir(factory = MemoryDirectory.class)
    Path directory;

    private final Random random = Torture.random(CutUnderReaderTest.class);
    private final Scissors scissors = new Scissors(random);
    private final TreeMap<String, Integer> outcomes = new TreeMap<>();

    @Test
    void readersFailAndTheirJvmLivesAndNoEventIsWrong() throws Exception {
        final long rounds = Torture.rounds(2, 200);
        final long start = System.nanoTime();
        try (SharedLongs shared = new SharedLongs(directory.resolve("shared"), SHARED)) {
            for (int round = 0; round < rounds; round++) {
                shared.clear();
                cut(directory.resolve("c" + round + ".evtl"), shared, round);
            }
        }
        Torture.report(
                CutUnderReaderTest.class,
                "JDK %s: %d files cut under %d readers each, half of them while they grew; no dead JVM, no wrong event;"
                        + " how reading ended %s; %d s",
                System.getProperty("java.version"),
                rounds,
                Kind.values().length,
                outcomes,
                TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - start));
    }

    private void cut(final Path file, final SharedLongs shared, final int round) throws Exception {
        final Setup setup = new Setup(random.nextInt());
        final boolean growing = random.nextBoolean();
        final long[] events = new long[setup.producers()];
        try (Journal journal = Journal.open(file, setup.config())) {
            for (int i = 0; i < events.length; i++) {
                final Producer producer = new Producer(journal, i, 0);
                producer.publish((long) Math.pow(20_000, random.nextDouble()));
                events[i] = producer.next();
            }
        }
        final List<String> compiler = scissors.compiler();
        final String what = "round " + round + ", " + setup + ", " + compiler + (growing ? ", growing" : "");
        final Process child = ChildJvm.start(
                Duration.ofMinutes(1),
                List.of(),
                Stream.concat(Stream.of(ChildJvm.FLAG), compiler.stream()).toList(),
                Readers.class,
                Stream.concat(
                                Stream.of(file, directory.resolve("shared"), setup.seed, growing),
                                Arrays.stream(events).boxed())
                        .map(Object::toString)
                        .toArray(String[]::new));
        while (shared.get(READING) < Kind.values().length) {
            assertTrue(child.isAlive(), () -> what + ": the child ended by itself");
            Thread.onSpinWait();
        }
        scissors.cut(file);
        shared.set(CUT, 1);
        shared.set(Traffic.STOP, 1);
        final String said = ChildJvm.output(child);
        assertEquals(0, child.waitFor(), () -> what + ": " + said);
        final List<String> ends = said.lines()
                .filter(line -> line.matches("[A-Z]+: .*")) // a thread that an error ended says something too
                .toList();
        assertEquals(Kind.values().length, ends.size(), () -> what + ": " + said);
        assertFalse(said.contains("WRONG"), () -> what + ": " + said);
        ends.forEach(end -> outcomes.merge(end, 1, Integer::sum));
        Files.delete(file);
        Files.deleteIfExists(file.resolveSibling(file.getFileName() + ".lock"));
    }

    /** The process that reads, and perhaps writes, the file that is cut: each kind of reader again and again. */
    static final class Readers {
        private static final String ALL_READ = "all read";

        private static Path file;
        private static SharedLongs shared;
        private static int producers;
        private static boolean checksums;
        private static long expected;

        public static void main(final String[] args) throws Exception {
            ChildJvm.endWithParent();
            file = Path.of(args[0]);
            shared = new SharedLongs(Path.of(args[1]), SHARED);
            final Setup setup = new Setup(Integer.parseInt(args[2]));
            final boolean growing = Boolean.parseBoolean(args[3]);
            final long[] events =
                    Stream.of(args).skip(4).mapToLong(Long::parseLong).toArray();
            producers = events.length;
            checksums = setup.checksums;
            expected = growing ? -1 : Arrays.stream(events).sum();
            final Journal journal = growing ? Journal.open(file, setup.config()) : null;
            final Traffic traffic = growing ? new Traffic(journal, shared, events, new Random(setup.seed)) : null;
            final Thread[] threads = new Thread[Kind.values().length];
            final String[] said = new String[threads.length];
            for (int i = 0; i < threads.length; i++) {
                final Kind kind = Kind.values()[i];
                threads[kind.ordinal()] =
                        new Thread(() -> said[kind.ordinal()] = kind + ": " + readAgainAndAgain(kind));
                threads[kind.ordinal()].start();
            }
            if (traffic != null) {
                traffic.join();
            }
            for (final Thread thread : threads) {
                thread.join();
            }
            Stream.of(said).forEach(System.out::println);
            Runtime.getRuntime().halt(0); // the writer has failed, or is to be left as it is
        }

        /** Older JVMs tell of a fault in a mapped page when it suits them. */
        private static boolean isLate(final InternalError e) {
            return Runtime.version().feature() < 25 && e.getMessage().contains("unsafe memory access");
        }

        private static String readAgainAndAgain(final Kind kind) {
            String end = ALL_READ;
            countReader();
            try {
                boolean cut = false;
                while (!cut) {
                    cut = shared.get(CUT) != 0; // then this is the last pass, and all of it is after the cut
                    final String pass = read(kind, cut);
                    end = end.equals(ALL_READ) ? pass : end;
                }
            } catch (final Throwable t) {
                t.printStackTrace(System.out);
                end = "WRONG " + t;
            }
            return end;
        }

        private static synchronized void countReader() {
            shared.set(READING, shared.get(READING) + 1);
        }

        private static String read(final Kind kind, final boolean afterCut) {
            final long read;
            try {
                read = switch (kind) {
                    case VERIFIED -> readWith(true, new Taker(kind));
                    case UNVERIFIED -> readWith(false, new Taker(kind));
                    case PULLED -> pull(new Taker(kind));
                    case DISPATCHER -> dispatch(new Taker(kind));
                    case CAT -> cat(new Taker(kind));
                };
            } catch (final JournalException e) {
                return e.getClass().getSimpleName()
                        + (e.getMessage().contains("while it was read") ? " while read" : "");
            } catch (final InternalError e) {
                if (isLate(e)) {
                    return "InternalError";
                }
                throw e;
            }
            if (afterCut && expected >= 0 && read != expected) {
                throw new AssertionError(kind + " read " + read + " of " + expected + " events and no error");
            }
            return ALL_READ;
        }

        private static long readWith(final boolean verify, final Taker taker) {
            try (JournalReader reader = JournalReader.open(
                    file, ReaderConfig.builder().verify(verify).build())) {
                return reader.forEach(taker::take);
            }
        }

        private static long pull(final Taker taker) {
            long read = 0;
            try (JournalReader reader = JournalReader.open(file)) {
                while (reader.next()) {
                    taker.take(reader.event());
                    read++;
                }
            }
            return read;
        }

        private static long dispatch(final Taker taker) {
            try (JournalReader reader = JournalReader.open(file)) {
                return new Dispatcher(reader, EventFilter.ALL, e -> {}, List.of(taker)).drain();
            }
        }

        /** The command in this JVM, which is what would die. */
        private static long cat(final Taker taker) {
            final CsvLines lines = new CsvLines(taker);
            final ByteArrayOutputStream err = new ByteArrayOutputStream();
            final int code = new Evtl(new ByteArrayInputStream(new byte[0]), lines, err)
                    .run("cat", "-o", "csv", file.toString());
            final String said = err.toString(US_ASCII);
            if (code != 0) {
                if (code == 2 || !said.startsWith("evtl: " + file + ": ") || said.indexOf('\n') != said.length() - 1) {
                    throw new AssertionError("cat returned " + code + " and said " + said);
                }
                throw new JournalException(said);
            }
            return lines.events;
        }
    }

    /** What verified readers hand over is checked; what others hand over is only touched, byte for byte. */
    private static final class Taker implements EventConsumer {
        private final Checker checker;
        private long touched;

        Taker(final Kind kind) {
            final boolean verified = kind != Kind.UNVERIFIED && Readers.checksums;
            checker = verified ? new Checker(Readers.producers, kind.toString()) : null;
        }

        void take(
                final long sequence,
                final long timestamp,
                final int type,
                final int flags,
                final DirectBuffer buffer,
                final int offset,
                final int length) {
            if (checker != null) {
                checker.check(sequence, timestamp, type, flags, buffer, offset, length);
            } else {
                for (int i = 0; i < length; i++) {
                    touched += buffer.getByte(offset + i);
                }
            }
        }

        void take(final JournalEvent event) {
            take(
                    event.sequence(),
                    event.timestamp(),
                    event.type(),
                    event.flags(),
                    event.buffer(),
                    event.payloadOffset(),
                    event.payloadLength());
        }

        @Override
        public boolean consume(final JournalEvent event) {
            take(event);
            return true;
        }

        @Override
        public String name() {
            return "taker of " + touched;
        }
    }

    /** Takes what {@code cat} writes as events again. */
    private static final class CsvLines extends OutputStream {
        private final ByteArrayOutputStream line = new ByteArrayOutputStream();
        private final Taker taker;
        private long events = -1; // the first line is one of headings

        CsvLines(final Taker taker) {
            this.taker = taker;
        }

        @Override
        public void write(final int b) {
            if (b != '\n') {
                line.write(b);
                return;
            }
            if (events++ >= 0) {
                final String[] fields = line.toString(US_ASCII).split(",");
                final byte[] payload = HexFormat.of().parseHex(fields[6]);
                taker.take(
                        Long.parseLong(fields[0]),
                        Long.parseLong(fields[2]),
                        Integer.parseInt(fields[3]),
                        Integer.parseInt(fields[4]),
                        new UnsafeBuffer(payload),
                        0,
                        payload.length);
            }
            line.reset();
        }
    }
}
