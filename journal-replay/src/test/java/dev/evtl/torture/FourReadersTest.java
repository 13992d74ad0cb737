package dev.evtl.torture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.evtl.journal.BackPressure;
import dev.evtl.journal.EventBatch;
import dev.evtl.journal.Growth;
import dev.evtl.journal.Journal;
import dev.evtl.journal.JournalConfig;
import dev.evtl.journal.Publisher;
import dev.evtl.journal.StorageMode;
import dev.evtl.journal.exceptions.JournalNotFoundException;
import dev.evtl.journal.support.ChildJvm;
import dev.evtl.replay.Dispatcher;
import dev.evtl.replay.EventFilter;
import dev.evtl.replay.JournalReader;
import dev.evtl.replay.ReaderConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Readers in other processes that follow a file while it grows, from before its first event or from its middle on. */
@Tag(Torture.TAG)
class FourReadersTest {
    private static final long LENGTH_BITS = 31;
    private static final int MAX_PAYLOAD_LENGTH = 8 + (int) LENGTH_BITS;
    private static final Duration LIMIT = Duration.ofHours(2);

    /** How a process reads, and after how many of ten parts of the events it starts. */
    private enum Kind {
        BEFORE_THE_FILE_VERIFIED(-1),
        BEFORE_THE_FIRST_EVENT_PULLED(0),
        DURING_BY_DISPATCHER(3),
        DURING_UNVERIFIED(6);

        private final int startsAt;

        Kind(final int startsAt) {
            this.startsAt = startsAt;
        }
    }

    @TempDir
    Path directory;

    private final Random random = Torture.random(FourReadersTest.class);
    private final Digest published = new Digest();
    private final UnsafeBuffer source = new UnsafeBuffer(new byte[MAX_PAYLOAD_LENGTH]);
    private final List<Process> readers = new ArrayList<>();

    @Test
    void readersInOtherProcessesReadWhatIsPublished() throws Exception {
        final long events = Torture.rounds(100_000, 100_000_000);
        final long start = System.nanoTime();
        final StorageMode storage = Torture.storage(StorageMode.values()[random.nextInt(3)]);
        final Path file = directory.resolve("followed.evtl");
        startReaders(-1, file);
        final long growths;
        try (Journal journal = Journal.open(file, config(storage))) {
            final long tenth = events / 10;
            for (int part = 0; part < 10; part++) {
                startReaders(part, file);
                publish(journal.publisher(), part * tenth, part == 9 ? events - 9 * tenth : tenth);
            }
            growths = journal.stats().getGrowths();
        }
        final long writtenAfter = TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - start);
        for (int i = 0; i < readers.size(); i++) {
            final String said = ChildJvm.output(readers.get(i)).strip();
            assertEquals(published.toString(), said, Kind.values()[i].toString());
        }
        assertEquals(4, readers.size());
        assertTrue(growths > 0, "the file grew " + growths + " times");
        Torture.report(
                FourReadersTest.class,
                "%s, read by four other processes as they were published: %s; %s, %d bytes in %d growths; written after"
                        + " %d s, read after %d s",
                published,
                Arrays.toString(Kind.values()),
                storage,
                Files.size(file),
                growths,
                writtenAfter,
                TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - start));
    }

    private static JournalConfig config(final StorageMode storage) {
        return Torture.config(storage)
                .backPressure(BackPressure.BLOCK)
                .initialSize(4096)
                .growth(Growth.steps(1 << 20))
                .build();
    }

    private void startReaders(final int part, final Path file) throws IOException {
        for (final Kind kind : Kind.values()) {
            if (kind.startsAt == part) {
                readers.add(ChildJvm.start(
                        LIMIT,
                        List.of(),
                        List.of(ChildJvm.FLAG, "-XX:TieredStopAtLevel=4"),
                        Reader.class,
                        kind.name(),
                        file.toString()));
            }
        }
    }

    /** Single events, and now and then a claim of several. */
    private void publish(final Publisher publisher, final long first, final long count) {
        final EventBatch batch = publisher.newBatch();
        long sequence = first;
        while (sequence < first + count) {
            final int size = (int) Math.min(1 + Math.max(0, random.nextInt(40) - 35), first + count - sequence);
            if (size == 1) {
                final long bits = random.nextLong();
                assertTrue(publisher.offerAt(bits, type(bits), flags(bits), fill(sequence, bits), 0, length(bits)) > 0);
            } else {
                assertTrue(batch.tryClaim(size, size * length(0)) > 0);
                for (int i = 0; i < size; i++) {
                    final long bits = random.nextLong() & ~LENGTH_BITS;
                    batch.nextAt(bits, type(bits), flags(bits), length(bits))
                            .putBytes(0, fill(sequence + i, bits), 0, length(bits));
                }
                batch.commit();
            }
            sequence += size;
        }
    }

    private static int length(final long bits) {
        return 8 + (int) (bits & LENGTH_BITS);
    }

    private static int type(final long bits) {
        return 1 + (int) (bits >>> 8 & 127);
    }

    private static int flags(final long bits) {
        return (int) (bits >>> 16 & 15);
    }

    private UnsafeBuffer fill(final long sequence, final long bits) {
        for (int i = 0; i < length(bits) - Long.BYTES; i += Long.BYTES) {
            source.putLong(i, bits * (i + 1));
        }
        source.putLong(length(bits) - Long.BYTES, sequence);
        published.add(sequence, bits, type(bits), flags(bits), source, 0, length(bits));
        return source;
    }

    /** The process that reads, until the writer has closed the file and all of it was read. */
    static final class Reader {
        public static void main(final String[] args) {
            ChildJvm.endWithParent();
            final Kind kind = Kind.valueOf(args[0]);
            final Path file = Path.of(args[1]);
            final Digest digest = new Digest();
            try (JournalReader reader = await(
                    file,
                    ReaderConfig.builder()
                            .verify(kind != Kind.DURING_UNVERIFIED)
                            .build())) {
                final Dispatcher dispatcher = new Dispatcher(reader, EventFilter.ALL, e -> {}, List.of(digest));
                while (!reader.isAtEnd()) {
                    final boolean read = switch (kind) {
                        case BEFORE_THE_FIRST_EVENT_PULLED -> pull(reader, digest);
                        case DURING_BY_DISPATCHER -> dispatcher.drain() > 0;
                        default -> reader.poll(digest, 1000) > 0;
                    };
                    if (!read) {
                        Thread.yield();
                    }
                }
            }
            System.out.println(digest);
        }

        private static JournalReader await(final Path file, final ReaderConfig config) {
            while (true) {
                try {
                    return JournalReader.open(file, config);
                } catch (final JournalNotFoundException e) {
                    Thread.onSpinWait();
                }
            }
        }

        private static boolean pull(final JournalReader reader, final Digest digest) {
            final boolean read = reader.next();
            if (read) {
                digest.onEvent(reader.event());
            }
            return read;
        }
    }
}
