package dev.evtl.torture;

import static dev.evtl.torture.ReferenceJournal.EVENT_HEADER;
import static dev.evtl.torture.ReferenceJournal.HEADER;
import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;

/**
 * Any bytes as a journal. The first byte of an input says what is done with the file, the second what of it is put right
 * before, the rest is the file. What comes of it is held against a walk by FORMAT.md that shares no code with the
 * journal. An input that finds nothing wrong with the code under test just returns.
 */
abstract class FuzzedJournal implements AutoCloseable {
    /** Where the fuzzer's working files are to be; it may be stopped at any time. */
    static final String DIRECTORY = "evtl.fuzz.directory";
    /** Longest input that is of use: an event of the largest payload, and some more. */
    static final int MAX_LENGTH = 70_000;

    static final int OPERATIONS = 2;

    /** Of one thread's work on one input, classes loaded for it included. */
    private static final long MAX_CPU_NANOS = TimeUnit.SECONDS.toNanos(10);

    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    final Path file;
    final Examination examination;
    private final long maxAllocated;

    FuzzedJournal(final Path directory, final long maxAllocated) throws IOException {
        this.file = directory.resolve("fuzz.evtl");
        this.examination = new Examination(file, MAX_LENGTH);
        this.maxAllocated = maxAllocated;
    }

    static Path directory() {
        return Path.of(System.getProperty(DIRECTORY));
    }

    /** Does what the operation says with a file of these bytes. */
    abstract void examine(int operation, byte[] journal, Expected expected) throws IOException;

    final void run(final byte[] input) throws IOException {
        if (input.length < OPERATIONS || input.length > MAX_LENGTH) {
            return;
        }
        final byte[] journal = Arrays.copyOfRange(input, OPERATIONS, input.length);
        repair(journal, input[1]);
        final Expected expected = Expected.ofVerified(journal, journal.length, whatVerifies(journal));
        final int operation = input[0] & 0xFF;
        final long start = THREADS.getCurrentThreadCpuTime();
        if (allocated(operation, journal, expected) > maxAllocated) {
            final long again = allocated(operation, journal, expected); // without what loading classes took
            assertTrue(again <= maxAllocated, () -> "allocated " + again + " bytes");
        }
        final long took = THREADS.getCurrentThreadCpuTime() - start;
        assertTrue(took <= MAX_CPU_NANOS, () -> "took " + took + " ns");
    }

    /** How much memory it took, whatever lengths the file claims. */
    private long allocated(final int operation, final byte[] journal, final Expected expected) throws IOException {
        examination.put(journal, journal.length);
        final long before = THREADS.getCurrentThreadAllocatedBytes();
        examine(operation, journal, expected);
        return THREADS.getCurrentThreadAllocatedBytes() - before;
    }

    /** Makes right what chance never would, where a bit says so. */
    private static void repair(final byte[] journal, final int bits) {
        if (journal.length < HEADER) {
            return;
        }
        final ByteBuffer fields = ByteBuffer.wrap(journal).order(LITTLE_ENDIAN);
        if ((bits & 1) != 0) {
            fields.putInt(32, fields.getInt(32) & 1);
            fields.put(0, headerOf(fields).bytes(), 0, 16);
            fields.put(36, headerOf(fields).bytes(), 36, 4);
        }
        final int end = (bits & 2) != 0 ? repairEvents(fields, (bits & 4) != 0) : HEADER;
        if ((bits & 8) != 0) {
            fields.putLong(24, end);
        }
        if ((bits & 16) != 0) {
            fields.putLong(24, journal.length).putInt(56, ReferenceJournal.CLOSED);
        }
        if ((bits & 32) != 0) {
            fields.putLong(48, Math.min(end, Math.max(HEADER, fields.getShort(48) & 0xFFFF)));
        }
    }

    /** Stamps checksums as far as there are events, and makes all of them short if that is wanted. */
    private static int repairEvents(final ByteBuffer fields, final boolean small) {
        final byte[] journal = fields.array();
        final boolean checksums = (fields.getInt(32) & 1) != 0;
        int position = HEADER;
        while (position + EVENT_HEADER <= journal.length && journal[position + 8] != 0) {
            if (small) {
                fields.putShort(position + 10, (short) (fields.getShort(position + 10) & 0x3F));
            }
            final int length = EVENT_HEADER + (fields.getShort(position + 10) & 0xFFFF);
            if (length > journal.length - position) {
                break;
            }
            journal[position + 9] &= 0x1F;
            fields.putInt(position + 12, 0);
            if (checksums) {
                fields.putInt(position + 12, ReferenceJournal.checksum(journal, position, length, fields.getInt(36)));
            }
            position += length;
        }
        return position;
    }

    private static ReferenceJournal headerOf(final ByteBuffer fields) {
        return new ReferenceJournal(fields.getLong(8), (fields.getInt(32) & 1) != 0, fields.getLong(40));
    }

    /** The journal with the events that a walk by FORMAT.md finds, up to the first that does not verify. */
    private static ReferenceJournal whatVerifies(final byte[] journal) {
        final byte[] file = Arrays.copyOf(journal, Math.max(HEADER, journal.length));
        final ByteBuffer fields = ByteBuffer.wrap(file).order(LITTLE_ENDIAN);
        final ReferenceJournal found = headerOf(fields);
        int position = HEADER;
        while (position + EVENT_HEADER <= file.length) {
            final int type = file[position + 8] & 0xFF;
            final int flags = file[position + 9] & 0xFF;
            final int length = EVENT_HEADER + (fields.getShort(position + 10) & 0xFFFF);
            if (type == 0 || (flags & 0xE0) != 0 || length > file.length - position) {
                break;
            }
            final int stored = fields.getInt(position + 12);
            if (found.hasChecksums()) {
                fields.putInt(position + 12, 0);
                if (stored != ReferenceJournal.checksum(file, position, length, fields.getInt(36))) {
                    break;
                }
            }
            final byte[] payload = Arrays.copyOfRange(file, position + EVENT_HEADER, position + length);
            found.add(type, flags, fields.getLong(position), payload);
            position += length;
        }
        return found;
    }

    @Override
    public final void close() throws IOException {
        examination.close();
    }
}
