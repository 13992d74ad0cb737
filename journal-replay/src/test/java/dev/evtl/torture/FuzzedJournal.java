package dev.evtl.torture;

import static dev.evtl.torture.ReferenceJournal.EVENT_HEADER;
import static dev.evtl.torture.ReferenceJournal.HEADER;
import static java.nio.ByteOrder.LITTLE_ENDIAN;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Any bytes as a journal. The first byte of an input says what is done with the file, the second what of it is put right
 * before, the rest is the file. What comes of it is held against a walk by FORMAT.md that shares no code with the
 * journal.
 */
abstract class FuzzedJournal extends Fuzzed {
    private static final int OPERATIONS = 2;

    private static final List<String> GOLDEN = List.of(
            "closed",
            "corrupt-header",
            "corrupt-payload",
            "crashed-group",
            "crashed-torn",
            "crashed-unpublished",
            "empty",
            "gap",
            "group",
            "no-checksums",
            "open-preallocated",
            "power-loss",
            "second-file");

    final Path file;
    final Examination examination;

    FuzzedJournal(final Path directory, final long maxAllocated) throws IOException {
        super(maxAllocated);
        this.file = directory.resolve("fuzz.evtl");
        this.examination = new Examination(file, MAX_LENGTH);
    }

    @Override
    final List<byte[]> inputs() throws IOException {
        final List<byte[]> inputs = new ArrayList<>();
        for (final String name : GOLDEN) {
            final byte[] journal = FuzzedJournal.class
                    .getResourceAsStream("/golden/" + name + ".evtl")
                    .readAllBytes();
            for (int operation = 0; operation < 32; operation++) {
                final byte[] input = new byte[OPERATIONS + journal.length];
                System.arraycopy(journal, 0, input, OPERATIONS, journal.length);
                input[0] = (byte) operation;
                input[1] = (byte) (operation * 21);
                inputs.add(input);
            }
        }
        return inputs;
    }

    /** Does what the operation says with a file of these bytes. */
    abstract void examine(int operation, byte[] journal, Expected expected) throws IOException;

    @Override
    final void run(final byte[] input) throws IOException {
        if (input.length < OPERATIONS || input.length > MAX_LENGTH) {
            return;
        }
        final byte[] journal = Arrays.copyOfRange(input, OPERATIONS, input.length);
        repair(journal, input[1]);
        final Expected expected = Expected.ofVerified(journal, journal.length, whatVerifies(journal));
        runWithinBounds(() -> {
            examination.put(journal, journal.length);
            examine(input[0] & 0xFF, journal, expected);
        });
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
    static ReferenceJournal whatVerifies(final byte[] journal) {
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
