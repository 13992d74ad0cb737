package dev.evtl.torture;

import static dev.evtl.torture.ReferenceJournal.HEADER;
import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.evtl.journal.Journal;
import dev.evtl.journal.JournalConfig;
import dev.evtl.journal.JournalListener;
import dev.evtl.journal.JournalRecovery;
import dev.evtl.journal.JournalScan.Condition;
import dev.evtl.journal.exceptions.JournalException;
import dev.evtl.journal.support.RingBytes;
import dev.evtl.journal.support.TestJournals;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Opening a journal whose ring file has any bytes for its head, tail, mark and records. For {@link FuzzTest}, and for
 * Jazzer, which goes by a method's name.
 *
 * <p>The first byte of an input says what of the rest is put right, then come tail, head and mark, then what lies in the
 * ring from the mark's position on.
 */
public final class FuzzedRing extends Fuzzed {
    private static final long MAX_ALLOCATED = 8 << 20;

    private static final int EVENTS = 3;

    private static final int RING_SIZE = 1024;
    private static final int MARK_INDEX = 64;
    private static final int MARK = 128;
    private static final int MARK_LENGTH = 128;
    private static final int DROPS_JOURNALED = 32;
    private static final int MARK_USED = 80;
    private static final int RING = 24_576;
    private static final int TAIL = RING + RING_SIZE + 128;
    private static final int HEAD_CACHE = RING + RING_SIZE + 256;
    private static final int HEAD = RING + RING_SIZE + 384;
    private static final int POSITIONS = 1 + 2 * Long.BYTES;
    private static final int RECORDS = POSITIONS + MARK_USED;

    private static FuzzedRing instance;

    private final Path file;
    private final Path ring;
    private final JournalConfig config;
    private final byte[] journal;
    private final byte[] template;

    FuzzedRing(final Path directory) throws IOException {
        super(MAX_ALLOCATED);
        this.file = directory.resolve("fuzz.evtl");
        this.ring = directory.resolve("fuzz.ring");
        this.config = TestJournals.tiny()
                .ringFile(ring)
                .closeTimeout(Duration.ofMillis(1))
                .stuckClaimTimeout(Duration.ofMillis(1))
                .listener(JournalListener.NONE)
                .build();
        try (Journal open = Journal.open(file, config)) {
            offer(open);
            TestJournals.drain(open);
            journal = Files.readAllBytes(file);
            offer(open);
            template = RingBytes.ofTheDead(Files.readAllBytes(ring));
        }
    }

    private static void offer(final Journal journal) {
        for (int i = 1; i <= EVENTS; i++) {
            journal.publisher().offer(i, TestJournals.payload(8 * i), 0, 8 * i);
        }
    }

    /** What Jazzer calls. */
    public static void fuzzerTestOneInput(final byte[] input) throws IOException {
        if (instance == null) {
            instance = new FuzzedRing(directory());
        }
        instance.run(input);
    }

    /** As a process leaves the ring that is killed with events in it, and the same with each thing put right. */
    @Override
    List<byte[]> inputs() {
        final ByteBuffer from = ByteBuffer.wrap(template).order(LITTLE_ENDIAN);
        final ByteBuffer input = ByteBuffer.allocate(RECORDS + RING_SIZE).order(LITTLE_ENDIAN);
        final int head = (int) from.getLong(HEAD);
        input.put((byte) 0).putLong(from.getLong(TAIL)).putLong(head);
        input.put(template, mark(template), MARK_USED);
        input.put(template, RING + head, RING_SIZE - head);
        final Stream<byte[]> repaired = IntStream.range(0, 16)
                .mapToObj(repairs -> input.put(0, (byte) repairs).array().clone());
        final byte[] uncountable = input.put(0, (byte) 15).array().clone();
        uncountable[POSITIONS + DROPS_JOURNALED + Long.BYTES - 1] = Byte.MIN_VALUE;
        return Stream.concat(repaired, Stream.of(uncountable)).toList();
    }

    private static int mark(final byte[] ring) {
        return MARK + (ring[MARK_INDEX] & 1) * MARK_LENGTH;
    }

    @Override
    void run(final byte[] input) throws IOException {
        if (input.length < RECORDS || input.length > MAX_LENGTH) {
            return;
        }
        final byte[] bytes = ring(input);
        runWithinBounds(() -> {
            Files.write(file, journal);
            Files.write(ring, bytes);
            open(bytes);
        });
    }

    private byte[] ring(final byte[] input) {
        final byte[] bytes = template.clone();
        final ByteBuffer fields = ByteBuffer.wrap(bytes).order(LITTLE_ENDIAN);
        final ByteBuffer from = ByteBuffer.wrap(input).order(LITTLE_ENDIAN);
        final int mark = mark(bytes);
        fields.put(mark, input, POSITIONS, MARK_USED);
        long tail = from.getLong(1);
        long head = from.getLong(1 + Long.BYTES);
        if ((input[0] & 1) != 0) {
            head = head & 0xFFF8;
            tail = head + (tail & RING_SIZE - 8);
        }
        if ((input[0] & 2) != 0) {
            fields.putLong(mark, head);
        }
        if ((input[0] & 4) != 0) {
            fields.putLong(mark + Long.BYTES, (input[0] & 8) == 0 ? Long.MAX_VALUE : HEADER);
        }
        fields.putLong(TAIL, tail).putLong(HEAD, head).putLong(HEAD_CACHE, Math.min(head, fields.getLong(HEAD_CACHE)));
        Arrays.fill(bytes, RING, RING + RING_SIZE, (byte) 0);
        final int start = (int) head & RING_SIZE - 1;
        for (int i = 0; i < Math.min(input.length - RECORDS, RING_SIZE); i++) {
            bytes[RING + (start + i & RING_SIZE - 1)] = input[RECORDS + i];
        }
        return bytes;
    }

    /** Refused, and all is as it was; or the journal has what it had, what the ring held, and goes on. */
    private void open(final byte[] bytes) throws IOException {
        final long pending;
        try {
            pending = JournalRecovery.pendingEvents(ring, file);
        } catch (final JournalException e) {
            assertTrue(e.getMessage().startsWith(ring + ": this ring file is damaged at offset "), e.getMessage());
            assertEquals(e.getMessage(), refusal());
            assertEquals(ByteBuffer.wrap(bytes), ByteBuffer.wrap(Files.readAllBytes(ring)));
            assertEquals(ByteBuffer.wrap(journal), ByteBuffer.wrap(Files.readAllBytes(file)));
            return;
        }
        final long brought;
        try (Journal opened = Journal.open(file, config)) {
            brought = opened.recovery().orElseThrow().ringEvents();
            for (int i = 0; i < 2 * RING_SIZE / 8; i++) {
                opened.invoker().invoke(); // a claim that seems to be one of this process is not waited for
            }
            opened.publisher().offer(200, TestJournals.payload(8), 0, 8);
        }
        final byte[] closed = Files.readAllBytes(file);
        final ReferenceJournal found = FuzzedJournal.whatVerifies(closed);
        final Expected expected = Expected.ofVerified(closed, closed.length, found);
        assertNull(expected.reading());
        assertEquals(Condition.CLEAN, expected.condition());
        assertTrue(brought <= pending);
        assertTrue(found.events() >= EVENTS + brought);
        final int end = FuzzedJournal.whatVerifies(journal).end(EVENTS);
        assertTrue(Arrays.equals(journal, HEADER, end, closed, HEADER, end), "what it had");
    }

    private String refusal() {
        try (Journal opened = Journal.open(file, config)) {
            return "not refused: " + opened.path();
        } catch (final JournalException e) {
            return e.getMessage();
        }
    }

    @Override
    public void close() {
        // nothing is open between two inputs
    }
}
