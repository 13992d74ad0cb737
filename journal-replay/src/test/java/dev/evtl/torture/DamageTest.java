package dev.evtl.torture;

import static dev.evtl.torture.ReferenceJournal.HEADER;
import static dev.evtl.torture.ReferenceJournal.MORE;
import static dev.evtl.torture.ReferenceJournal.OPEN;
import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.evtl.journal.support.MemoryDirectory;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Damage of all kinds to files of 32 KiB. What a reader delivers, what a recovery keeps, and where and why each stops is
 * exactly what it must be when no damaged event passes. Damage to a live field of the header may make a reader stop
 * early or a recovery refuse the file; it changes no event, and none that a recovery keeps.
 */
@Tag(Torture.TAG)
class DamageTest {
    private static final int LENGTH = 32 * 1024;
    private static final int SECTOR = 512;
    private static final int PAGE = 4096;
    private static final int GAP = 240;
    private static final int LAST_RESERVED_TYPE = 255;
    private static final int FILES_PER_SERIES = 100;
    private static final int APPEND_EVERY = 997;

    @TempDir(factory = MemoryDirectory.class)
    Path directory;

    private final byte[] image = new byte[LENGTH];
    private Examination examination;
    private long examined;
    private long stoppedReader;
    private long refused;
    private long shortened;
    private long harmless;

    /** A file, others that blocks may come from, and the journals that they are: what it is, its header says. */
    private record Original(byte[] file, byte[][] others, ReferenceJournal... journals) {}

    private static ReferenceJournal journal(final Random random, final long createdAt, final int end) {
        final ReferenceJournal journal =
                new ReferenceJournal(createdAt, true, random.nextBoolean() ? 0 : random.nextLong() >>> 2);
        boolean more = false;
        while (journal.end() < end) {
            final int room = end - journal.end() - 16;
            final int large = random.nextInt(20) == 0 ? 5000 : 100;
            int length = Math.min(room, random.nextInt(large));
            if (room - length < 16) {
                length = room; // the last event ends just there
            }
            final boolean last = length == room;
            int type = 1 + random.nextInt(239);
            if (length == 24 && !more && random.nextBoolean()) {
                type = GAP;
            } else if (random.nextInt(50) == 0) {
                type = GAP + 1 + random.nextInt(LAST_RESERVED_TYPE - GAP);
            }
            more = type < GAP && !last && random.nextInt(4) == 0;
            final byte[] payload = new byte[length];
            if (random.nextInt(4) > 0) {
                random.nextBytes(payload); // else zeros, which look like what was never written
            }
            journal.add(type, random.nextInt(16) | (more ? MORE : 0), random.nextLong(), payload);
        }
        return journal;
    }

    /** One with the same events at the same places, and one with others. */
    private static Original withOthers(final Random random, final byte[] file, final ReferenceJournal journal) {
        final ReferenceJournal twin = new ReferenceJournal(random.nextLong(), true, journal.baseSequence());
        for (int i = 0; i < journal.events(); i++) {
            final ReferenceJournal.Event event = journal.event(i);
            twin.add(event.type(), event.flags(), event.timestamp(), event.payload());
        }
        final ByteBuffer live = ByteBuffer.wrap(file).order(LITTLE_ENDIAN);
        final byte[] twinFile =
                twin.file(live.getLong(16), live.getLong(24), live.getLong(48), live.getInt(56), LENGTH);
        final ReferenceJournal other = journal(random, random.nextLong(), LENGTH);
        return new Original(file, new byte[][] {twinFile, other.closed()}, journal, twin, other);
    }

    private static Original closed(final Random random) {
        final ReferenceJournal journal = journal(random, random.nextLong(), LENGTH);
        return withOthers(random, journal.closed(), journal);
    }

    /** Some events forced, some published, some neither, and some room. */
    private static Original open(final Random random) {
        final ReferenceJournal journal = journal(random, random.nextLong(), LENGTH - 100 - random.nextInt(2 * PAGE));
        final int published = journal.wholeClaims(random.nextInt(journal.events() + 1));
        final int forced = journal.wholeClaims(random.nextInt(published + 1));
        return withOthers(
                random, journal.file(published, journal.end(published), journal.end(forced), OPEN, LENGTH), journal);
    }

    @Test
    void everyFlippedBit() throws IOException {
        final Random random = Torture.random(DamageTest.class);
        final int step = (int) Math.max(1, LENGTH * 8 / Torture.rounds(700, LENGTH * 8));
        for (final Original original : new Original[] {closed(random), open(random)}) {
            start(original);
            for (int bit = 0; bit < LENGTH * 8; bit += bit < HEADER * 8 ? 1 : step) {
                image[bit / 8] ^= (byte) (1 << bit % 8);
                examine(original, "bit " + bit);
                image[bit / 8] = original.file[bit / 8];
            }
            finish("one flipped bit");
        }
    }

    @Test
    void randomDamage() throws IOException {
        final Random random = Torture.random(DamageTest.class);
        final long rounds = Torture.rounds(1400, 1_000_000);
        Original original = null;
        start(null);
        for (long round = 0; round < rounds; round++) {
            if (round % FILES_PER_SERIES == 0) {
                original = random.nextBoolean() ? closed(random) : open(random);
            }
            System.arraycopy(original.file, 0, image, 0, LENGTH);
            final StringBuilder what = new StringBuilder("round " + round + ":");
            for (int i = random.nextInt(4); i >= 0; i--) {
                damage(random, original, what);
            }
            examine(original, what.toString());
        }
        finish("random damage");
    }

    private void damage(final Random random, final Original original, final StringBuilder what) {
        final int length = random.nextBoolean() ? SECTOR : PAGE;
        final int at = random.nextInt(LENGTH / length) * length;
        final int from = random.nextInt(LENGTH / length) * length;
        switch (random.nextInt(6)) {
            case 0 -> {
                for (int bits = 1 + random.nextInt(8); bits > 0; bits--) {
                    final int bit = random.nextInt(LENGTH * 8);
                    image[bit / 8] ^= (byte) (1 << bit % 8);
                    what.append(" bit ").append(bit);
                }
            }
            case 1 -> {
                final int bit = random.nextInt(HEADER * 8);
                image[bit / 8] ^= (byte) (1 << bit % 8);
                what.append(" bit ").append(bit);
            }
            case 2 -> {
                Arrays.fill(image, at, at + length, (byte) 0);
                what.append(" zeros at ").append(at).append('+').append(length);
            }
            case 3 -> {
                final byte[] swapped = Arrays.copyOfRange(image, at, at + length);
                System.arraycopy(image, from, image, at, length);
                System.arraycopy(swapped, 0, image, from, length);
                what.append(" swap ")
                        .append(from)
                        .append(" with ")
                        .append(at)
                        .append('+')
                        .append(length);
            }
            case 4 -> {
                System.arraycopy(image, from, image, at, length);
                what.append(" repeat ")
                        .append(from)
                        .append(" at ")
                        .append(at)
                        .append('+')
                        .append(length);
            }
            default -> {
                final int other = random.nextInt(2);
                final int source = random.nextInt(3) > 0 ? at : from;
                System.arraycopy(original.others[other], source, image, at, length);
                what.append(" block ").append(source).append(" of other ").append(other);
                what.append(" at ").append(at).append('+').append(length);
            }
        }
    }

    private void start(final Original original) throws IOException {
        if (original != null) {
            System.arraycopy(original.file, 0, image, 0, LENGTH);
        }
        examination = new Examination(directory.resolve("damaged.evtl"), LENGTH + 1);
        examined = 0;
        stoppedReader = 0;
        refused = 0;
        shortened = 0;
        harmless = 0;
    }

    private void examine(final Original original, final String what) throws IOException {
        final Expected expected = Expected.of(image, LENGTH, original.journals);
        final Expected unharmed = Expected.of(original.file, LENGTH, original.journals);
        try {
            assertNoticed(original, expected, unharmed);
            examination.put(image, LENGTH);
            examination.read(expected, true);
            examination.recover(image, LENGTH, expected);
            if (examined % APPEND_EVERY == 0 && expected.refusal() == null) {
                examination.put(image, LENGTH);
                examination.append(image, expected);
            }
        } catch (final AssertionError e) {
            throw new AssertionError(what + ": " + e.getMessage(), e);
        }
        count(expected, unharmed);
    }

    private void count(final Expected expected, final Expected unharmed) {
        examined++;
        if (expected.refusal() != null) {
            refused++;
        } else if (expected.kept() < unharmed.kept()) {
            shortened++;
        }
        if (expected.reading() != null) {
            stoppedReader++;
        }
        if (expected.equals(unharmed)) {
            harmless++;
        }
    }

    /**
     * What is expected is what is promised: an event that is not what it was makes a reader that comes to it stop, and a
     * recovery refuse the file or keep only what lies before; nothing is as before unless only live fields changed (or
     * the header's reserved one, which nobody reads), and those change no event.
     */
    private void assertNoticed(final Original original, final Expected expected, final Expected unharmed) {
        final ReferenceJournal journal = original.journals[0];
        if (expected.journal() != journal) {
            return; // nothing is delivered, or what another journal's header and checksums vouch for
        }
        final int difference = Arrays.mismatch(image, HEADER, LENGTH, original.file, HEADER, LENGTH);
        final int firstChange = difference < 0 ? LENGTH : HEADER + difference;
        assertTrue(journal.end(expected.delivered()) <= firstChange);
        assertTrue(expected.reading() != null || writeOffset() <= firstChange);
        assertTrue(expected.refusal() != null || journal.end(expected.kept()) <= firstChange);
        if (firstChange < LENGTH) {
            assertNotEquals(unharmed, expected);
        } else if (expected.refusal() == null) {
            assertEquals(journal.events(), expected.kept(), "events that a live field changed");
        }
    }

    private long writeOffset() {
        return ByteBuffer.wrap(image).order(LITTLE_ENDIAN).getLong(24);
    }

    private void finish(final String what) throws IOException {
        examination.close();
        Torture.report(
                DamageTest.class,
                "%s: %d files: a reader stopped with an error at %d, recovery refused %d and kept less of %d, %d as if"
                        + " nothing had happened",
                what,
                examined,
                stoppedReader,
                refused,
                shortened,
                harmless);
    }
}
