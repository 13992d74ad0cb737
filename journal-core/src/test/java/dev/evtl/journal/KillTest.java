package dev.evtl.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import dev.evtl.journal.format.FileHeader;
import dev.evtl.journal.storage.Growth;
import dev.evtl.journal.storage.JournalScan;
import dev.evtl.journal.storage.JournalScan.Condition;
import java.io.IOException;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.agrona.IoUtil;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A process that is killed with SIGKILL while it writes. Set {@code evtl.seed} to repeat a run. */
@Timeout(300)
class KillTest {
    private static final int ROUNDS = 100;
    private static final int ROUNDS_PER_FILE = 10;
    private static final int MORE = 0x10;

    @TempDir(factory = MemoryDirectory.class)
    Path directory;

    private final long seed = Long.getLong("evtl.seed", System.nanoTime());
    private final Random random = new Random(seed);

    @Test
    void everyPublishedEventSurvivesAndTheFileGoesOn() throws Exception {
        for (int round = 0; round < ROUNDS; round++) {
            final Path file = directory.resolve("k" + round / ROUNDS_PER_FILE + ".evtl");
            final long before =
                    round % ROUNDS_PER_FILE == 0 ? 0 : JournalScan.of(file).events();
            final long published = killWhileWriting(file, before);

            final JournalScan scan = JournalScan.of(file);
            final String what = "seed " + seed + ", round " + round + ": " + scan.reason();
            assertTrue(scan.condition() == Condition.UNCLOSED || scan.condition() == Condition.TORN, what);
            assertTrue(scan.validEnd() >= published, what);
            final long added;
            try (Journal journal = Journal.open(file, config())) {
                assertEquals(scan.events(), journal.recovery().orElseThrow().events());
                added = publish(journal, scan.events(), 2);
            }
            assertEquals(Condition.CLEAN, JournalScan.of(file).condition(), what);
            assertNumbered(StoredEvent.readAll(file), added, what);
        }
    }

    /** Returns the last write_offset that was seen. */
    private long killWhileWriting(final Path file, final long before) throws Exception {
        final Process child = ChildJvm.start(WriteUntilKilled.class, file.toString(), Long.toString(before));
        while (!Files.exists(file)) {
            assertAlive(child);
        }
        final MappedByteBuffer map;
        try (FileChannel channel = FileChannel.open(file)) {
            map = channel.map(MapMode.READ_ONLY, 0, FileHeader.LENGTH);
        }
        try {
            final UnsafeBuffer header = new UnsafeBuffer(map);
            final long enough = before + 1 + random.nextInt(3000);
            while (FileHeader.eventCount(header) < enough) {
                assertAlive(child);
            }
            final long published = FileHeader.writeOffset(header);
            child.destroyForcibly().waitFor();
            return published;
        } finally {
            IoUtil.unmap(map);
        }
    }

    private static void assertAlive(final Process child) throws IOException {
        if (!child.isAlive()) {
            fail("the child ended by itself: " + ChildJvm.output(child));
        }
        Thread.onSpinWait();
    }

    private static void assertNumbered(final List<StoredEvent> events, final long count, final String what) {
        assertEquals(count, events.size(), what);
        for (final StoredEvent event : events) {
            final long number = event.sequence();
            final UnsafeBuffer expected = new UnsafeBuffer(new byte[length(number)]);
            put(expected, 0, number);
            if (!Arrays.equals(expected.byteArray(), event.payload())) {
                fail(what + ": not what was published: event " + number);
            }
            final boolean more = (event.flags() & MORE) != 0;
            assertEquals(event.type() == 2, more);
            assertFalse(more && number == count - 1, what);
        }
    }

    private static int length(final long number) {
        return Long.BYTES + (int) (number * 7919 % 500);
    }

    private static JournalConfig config() {
        return JournalConfig.builder()
                .ringSize(1 << 16)
                .maxPayloadLength(1024)
                .backPressure(BackPressure.BLOCK)
                .initialSize(1 << 16)
                .growth(Growth.steps(1 << 16))
                .build();
    }

    /** Numbered events of many lengths, the odd ones in claims of two. */
    private static long publish(final Journal journal, final long first, final long count) {
        final Publisher publisher = journal.publisher();
        final EventBatch batch = publisher.newBatch();
        long number = first;
        while (number < first + count) {
            if (number % 3 == 1) {
                batch.tryClaim(2, length(number) + length(number + 1));
                put(batch.buffer(), batch.next(2, length(number)), number);
                put(batch.buffer(), batch.next(3, length(number + 1)), number + 1);
                batch.commit();
                number += 2;
            } else {
                final int claim = publisher.tryClaim(1, length(number));
                put(publisher.buffer(), claim, number);
                publisher.commit(claim);
                number++;
            }
        }
        return number;
    }

    private static void put(final MutableDirectBuffer buffer, final int index, final long number) {
        buffer.putLong(index, number);
        for (int i = Long.BYTES; i < length(number); i++) {
            buffer.putByte(index + i, (byte) (number + i));
        }
    }

    /** The process that is killed. */
    static final class WriteUntilKilled {
        public static void main(final String[] args) {
            publish(Journal.open(Path.of(args[0]), config()), Long.parseLong(args[1]), Long.MAX_VALUE / 2);
        }
    }
}
