package dev.evtl.journal.recovery;

import static dev.evtl.journal.support.TestJournals.claim;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.evtl.journal.BackPressure;
import dev.evtl.journal.Claim;
import dev.evtl.journal.EventBatch;
import dev.evtl.journal.Journal;
import dev.evtl.journal.JournalConfig;
import dev.evtl.journal.JournalListener;
import dev.evtl.journal.JournalScan;
import dev.evtl.journal.JournalScan.Condition;
import dev.evtl.journal.Publisher;
import dev.evtl.journal.RecoveryReport;
import dev.evtl.journal.StorageMode;
import dev.evtl.journal.WhenFull;
import dev.evtl.journal.support.MemoryDirectory;
import dev.evtl.journal.support.RingBytes;
import dev.evtl.journal.support.StoredEvent;
import dev.evtl.journal.support.TestJournals;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.ringbuffer.RingBufferDescriptor;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A process that is killed at every step of the appender: what it had stored until then is put together from what was
 * there before a batch and what was there after it, in the order of its stores, and opened.
 */
@Timeout(value = 120, threadMode = ThreadMode.SEPARATE_THREAD)
class RingCatchUpTest {
    private static final int CAPACITY = 1024;
    private static final int MARK_INDEX = 64;
    private static final int MARKS = 128;
    private static final int MARKS_END = 384;
    private static final int FILE_SEQUENCE = 80;
    private static final int RING = 24576;
    private static final int HEAD = RING + CAPACITY + RingBufferDescriptor.HEAD_POSITION_OFFSET;
    private static final int TAIL = RING + CAPACITY + RingBufferDescriptor.TAIL_POSITION_OFFSET;

    @TempDir(factory = MemoryDirectory.class)
    Path directory;

    private Path file;
    private Path ring;
    private final UnsafeBuffer source = new UnsafeBuffer(new byte[112]);
    private long offered;

    @BeforeEach
    void setPaths() {
        file = directory.resolve("s.evtl");
        ring = directory.resolve("s.ring");
    }

    private JournalConfig.Builder config(final Path ringFile) {
        return TestJournals.tiny()
                .ringFile(ringFile)
                .backPressure(BackPressure.DROP)
                .listener(JournalListener.NONE);
    }

    /** Accepted or dropped. */
    private void offer(final Journal journal, final int count, final int length) {
        for (int i = 0; i < count; i++) {
            source.putLong(0, offered++);
            final long result = journal.publisher().offer(1, source, 0, length);
            assertTrue(result > 0 || result == Publisher.DROPPED);
        }
    }

    private void offerBatch(final Journal journal, final int count) {
        final EventBatch batch = journal.publisher().newBatch();
        assertTrue(batch.tryClaim(count, count * Long.BYTES) > 0);
        for (int i = 0; i < count; i++) {
            batch.next(2, Long.BYTES).putLong(0, offered++);
        }
        batch.commit();
    }

    @ParameterizedTest
    @CsvSource({
        "MAPPED, true, 8",
        "MAPPED, false, 8",
        "WRITE, true, 40",
        "WRITE, false, 40",
        "DIRECT, true, 40",
        "DIRECT, false, 40"
    })
    void everyAcceptedEventIsThereOnceAndInOrder(final StorageMode mode, final boolean checksums, final int step)
            throws IOException {
        final Journal journal = Journal.open(
                file, config(ring).storage(mode).checksums(checksums).build());
        offer(journal, 10, TestJournals.EIGHTH_OF_RING); // some are dropped
        TestJournals.drain(journal);
        offerBatch(journal, 3); // behind the gap
        claim(journal.publisher(), 1, 16).abort();
        offer(journal, 2, 50);
        final Claim open = claim(journal.publisher(), 1, 100);
        offer(journal, 2, 8);
        final Images images = new Images(mode, step);
        journal.invoker().invoke();
        images.takeAfter();
        open.commit(); // in the process that was not killed

        int round = 0;
        for (final byte[][] image : images.all()) {
            final JournalConfig config = config(directory.resolve("i" + round + ".ring"))
                    .storage(mode)
                    .build();
            final Path copy = write(image, round++);
            try (Journal reopened = Journal.open(copy, config)) {
                final RecoveryReport report = reopened.recovery().orElseThrow();
                assertEquals(1, report.claimsAbandoned(), "round " + round);
                assertEquals(offered - 2, reopened.stats().getAcceptedEvents(), "round " + round);
                assertEquals(2, reopened.stats().getDroppedEvents());
            }
            assertHolds(copy, offered);
            delete(copy);
        }
        assertTrue(round > 40, round + " images");
        journal.close();
    }

    @ParameterizedTest
    @CsvSource({"true", "false"})
    void whatAFullFileDroppedIsCountedOnce(final boolean larger) throws IOException {
        final JournalConfig.Builder full = config(ring).maxSize(4096, WhenFull.DROP);
        final Journal journal = Journal.open(file, full.build());
        while (journal.stats().getFileOffset() < 4096 - 600) {
            offer(journal, 1, 100);
            journal.invoker().invoke();
        }
        for (int batch = 0; batch < 3; batch++) {
            offer(journal, 6, 100);
            final Images images = new Images(StorageMode.MAPPED, 24);
            journal.invoker().invoke();
            images.takeAfter();
            int round = 0;
            for (final byte[][] image : images.all()) {
                final JournalConfig.Builder config = config(directory.resolve("i" + round + ".ring"));
                final Path copy = write(image, round++);
                Journal.open(
                                copy,
                                larger
                                        ? config.build()
                                        : config.maxSize(4096, WhenFull.DROP).build())
                        .close();
                assertHolds(copy, offered);
                delete(copy);
            }
        }
        assertTrue(journal.stats().getDroppedEvents() > 12);
        journal.close();
        assertHolds(file, offered);
    }

    /** What a file holds by chance that is not the one that the checkpoint speaks of, is not what the ring holds. */
    @ParameterizedTest
    @CsvSource({"0, 3", "5, 6"})
    void checkpointOfAnotherFileTakesNothingAsThere(final long fileSequence, final int journaled) throws IOException {
        final Journal journal = Journal.open(file, config(ring).build());
        offer(journal, 3, 8);
        final byte[] ringBefore = Files.readAllBytes(ring);
        journal.invoker().invoke(); // and is killed before it has stored the checkpoint
        final ByteBuffer checkpoint = ByteBuffer.wrap(ringBefore).order(ByteOrder.LITTLE_ENDIAN);
        final int current = MARKS + (int) checkpoint.getLong(MARK_INDEX) * 128;
        assertEquals(0, checkpoint.getLong(current + FILE_SEQUENCE), "the file's base sequence");
        checkpoint.putLong(current + FILE_SEQUENCE, fileSequence);
        final Path copy = write(new byte[][] {Files.readAllBytes(file), ringBefore}, 0);
        try (Journal reopened =
                Journal.open(copy, config(directory.resolve("i0.ring")).build())) {
            assertEquals(journaled - 3, reopened.recovery().orElseThrow().ringEvents());
        }
        assertEquals(Condition.CLEAN, JournalScan.of(copy).condition());
        assertEquals(
                LongStream.range(0, journaled).map(i -> i % 3).boxed().toList(),
                StoredEvent.readAll(copy).stream()
                        .map(event -> event.data().getLong())
                        .toList());
        journal.close();
    }

    private Path write(final byte[][] image, final int number) throws IOException {
        final Path copy = directory.resolve("i" + number + ".evtl");
        Files.write(copy, image[0]);
        Files.write(directory.resolve("i" + number + ".ring"), RingBytes.ofTheDead(image[1]));
        return copy;
    }

    private void delete(final Path copy) throws IOException {
        final String name = copy.getFileName().toString().replace(".evtl", "");
        for (final String suffix : List.of(".evtl", ".evtl.lock", ".ring.lock")) {
            Files.delete(directory.resolve(name + suffix));
        }
    }

    /** A clean file with all events from 0, each once and in order, or in a gap in its place. */
    private static void assertHolds(final Path journal, final long count) throws IOException {
        assertEquals(Condition.CLEAN, JournalScan.of(journal).condition());
        long next = 0;
        for (final StoredEvent event : StoredEvent.readAll(journal)) {
            if (event.type() == StoredEvent.GAP) {
                next += event.data().getLong();
            } else {
                assertEquals(next++, event.data().getLong());
            }
        }
        assertEquals(count, next);
    }

    /** What a kill leaves: file and ring after each of the stores that a batch makes. */
    private final class Images {
        private final StorageMode mode;
        private final int step;
        private final byte[][] before = read();
        private byte[][] after;

        Images(final StorageMode mode, final int step) throws IOException {
            this.mode = mode;
            this.step = step;
        }

        private byte[][] read() throws IOException {
            return new byte[][] {Files.readAllBytes(file), Files.readAllBytes(ring)};
        }

        void takeAfter() throws IOException {
            after = read();
        }

        List<byte[][]> all() {
            final byte[] fileNow = before[0].clone();
            final byte[] ringNow = before[1].clone();
            final List<byte[][]> images = new ArrayList<>();
            images.add(new byte[][] {fileNow.clone(), ringNow.clone()});
            // events, as far as one write has got; count and write_offset; mark; zeros; head
            final int end = (int) StoredEvent.writeOffset(after[0]);
            for (int at = (int) StoredEvent.writeOffset(before[0]); at < end; at += step) {
                store(images, fileNow, ringNow, 0, at, Math.min(step, end - at));
            }
            store(images, fileNow, ringNow, 0, 16, 8);
            store(images, fileNow, ringNow, 0, 24, 8);
            for (int at = MARKS; at < MARKS_END; at += 8) {
                store(images, fileNow, ringNow, 1, at, 8);
            }
            store(images, fileNow, ringNow, 1, MARK_INDEX, 8);
            final long head = getLong(before[1], HEAD);
            for (long at = head; at < getLong(after[1], HEAD); at += step) {
                store(
                        images,
                        fileNow,
                        ringNow,
                        1,
                        RING + (int) at % CAPACITY,
                        Math.min(step, CAPACITY - (int) at % CAPACITY));
            }
            store(images, fileNow, ringNow, 1, HEAD, 8);
            assertEquals(getLong(before[1], TAIL), getLong(after[1], TAIL));
            assertTrue(getLong(after[1], HEAD) > head, mode + ": nothing was taken");
            return images;
        }

        private void store(
                final List<byte[][]> images,
                final byte[] fileNow,
                final byte[] ringNow,
                final int which,
                final int at,
                final int length) {
            final byte[] now = which == 0 ? fileNow : ringNow;
            System.arraycopy(after[which], at, now, at, length);
            images.add(new byte[][] {fileNow.clone(), ringNow.clone()});
        }

        private static long getLong(final byte[] bytes, final int at) {
            return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong(at);
        }
    }
}
