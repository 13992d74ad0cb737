package dev.evtl.torture;

import static dev.evtl.torture.ReferenceJournal.HEADER;
import static dev.evtl.torture.ReferenceJournal.MORE;
import static dev.evtl.torture.ReferenceJournal.OPEN;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.evtl.journal.EventBatch;
import dev.evtl.journal.Journal;
import dev.evtl.journal.StorageMode;
import dev.evtl.journal.support.MemoryDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Files of events of all sizes, cut to every length: a reader delivers what is whole or says that the file is cut, and a
 * recovery keeps exactly the whole claims before the cut, or refuses a file that has lost what was on the device.
 */
@Tag(Torture.TAG)
class EveryCutTest {
    private static final long CREATED_AT = 1_700_000_000_000_000_000L;
    private static final long CUTS_IN_BUILD = 220;
    private static final int AROUND_END = 1;
    private static final int EVERY_SAMPLE = 500;

    @TempDir(factory = MemoryDirectory.class)
    Path directory;

    private long cuts;

    /** Payload lengths of claims, one claim a row, in an order of its own for each file. */
    private static List<int[]> claims(final Random random) {
        final List<int[]> claims = new ArrayList<>();
        IntStream.of(0, 1, 15, 16, 17, 65_535).forEach(length -> claims.add(new int[] {length}));
        IntStream.rangeClosed(4_079, 4_097).forEach(length -> claims.add(new int[] {length}));
        claims.add(new int[] {0, 0, 1});
        claims.add(new int[] {15, 16, 17, 0});
        claims.add(new int[] {4_080, 4_081});
        claims.add(new int[] {1, 4_095, 0, 4_096});
        claims.add(new int[] {17, 65_500});
        claims.add(new int[] {16, 16, 16});
        Collections.shuffle(claims, random);
        return claims;
    }

    private static ReferenceJournal journal(final boolean checksums, final List<int[]> claims, final Random random) {
        final ReferenceJournal journal = new ReferenceJournal(CREATED_AT, checksums, 0);
        for (final int[] claim : claims) {
            for (int i = 0; i < claim.length; i++) {
                final byte[] payload = new byte[claim[i]];
                random.nextBytes(payload);
                journal.add(
                        1 + random.nextInt(239),
                        random.nextInt(16) | (i < claim.length - 1 ? MORE : 0),
                        random.nextLong(),
                        payload);
            }
        }
        return journal;
    }

    @Test
    void closedFile() throws IOException {
        final Random random = Torture.random(EveryCutTest.class);
        final List<int[]> claims = claims(random);
        final ReferenceJournal journal = journal(true, claims, random);
        assertWrittenAlike(journal, claims);
        cut("closed", journal, journal.closed());
    }

    @Test
    void openFile() throws IOException {
        final Random random = Torture.random(EveryCutTest.class);
        final List<int[]> claims = claims(random);
        final ReferenceJournal journal = journal(true, claims, random);
        assertWrittenAlike(journal, claims);
        final int length = journal.end() + 5000;
        final int half = journal.wholeClaims(journal.events() / 2);
        final int quarter = journal.wholeClaims(journal.events() / 4);
        cut("open, nothing published", journal, journal.file(0, HEADER, HEADER, OPEN, length));
        cut(
                "open, half published, a quarter forced",
                journal,
                journal.file(half, journal.end(half), journal.end(quarter), OPEN, length));
        cut(
                "open, all published, half forced",
                journal,
                journal.file(journal.events(), journal.end(), journal.end(half), OPEN, length));
    }

    @Test
    void fileWithoutChecksums() throws IOException {
        final Random random = Torture.random(EveryCutTest.class);
        final List<int[]> claims = claims(random);
        final ReferenceJournal journal = journal(false, claims, random);
        assertWrittenAlike(journal, claims);
        final int half = journal.wholeClaims(journal.events() / 2);
        cut("no checksums, closed", journal, journal.closed());
        cut(
                "no checksums, open, half published",
                journal,
                journal.file(half, journal.end(half), HEADER, OPEN, journal.end()));
        cut(
                "no checksums, open, all published, half forced",
                journal,
                journal.file(journal.events(), journal.end(), journal.end(half), OPEN, journal.end() + 5000));
    }

    /** The journal that is cut is, byte for byte, one that the writer makes. */
    private void assertWrittenAlike(final ReferenceJournal journal, final List<int[]> claims) throws IOException {
        final Path file = directory.resolve("written.evtl");
        int index = 0;
        try (Journal written = Journal.open(
                file,
                Torture.config(StorageMode.MAPPED)
                        .clock(() -> CREATED_AT)
                        .checksums(journal.hasChecksums())
                        .initialSize(1 << 20)
                        .build())) {
            final EventBatch batch = written.publisher().newBatch();
            for (final int[] claim : claims) {
                assertTrue(batch.tryClaim(claim.length, IntStream.of(claim).sum()) > 0);
                for (int i = 0; i < claim.length; i++) {
                    final ReferenceJournal.Event event = journal.event(index++);
                    batch.nextAt(event.timestamp(), event.type(), event.flags() & 0xF, claim[i])
                            .putBytes(0, new UnsafeBuffer(event.payload()), 0, claim[i]);
                }
                assertTrue(batch.commit() > 0);
            }
        }
        assertArrayEquals(journal.closed(), Files.readAllBytes(file));
        Files.delete(file);
        Files.delete(directory.resolve("written.evtl.lock"));
    }

    private void cut(final String what, final ReferenceJournal journal, final byte[] whole) throws IOException {
        final long start = System.nanoTime();
        final long step = Math.max(1, whole.length / Torture.rounds(CUTS_IN_BUILD, whole.length));
        cuts = 0;
        int delivered = 0;
        int refused = 0;
        try (Examination examination = new Examination(directory.resolve("cut.evtl"), whole.length + 1)) {
            for (int length = whole.length; length >= 0; length--) {
                if (length % step == 0 || length <= HEADER || isNearEnd(journal, length)) {
                    final Expected expected = Expected.of(whole, length, journal);
                    try {
                        examine(examination, whole, length, expected);
                    } catch (final AssertionError e) {
                        throw new AssertionError(what + ", cut to " + length + ": " + e.getMessage(), e);
                    }
                    delivered += expected.reading() == null ? 1 : 0;
                    refused += expected.refusal() == null ? 0 : 1;
                }
            }
        }
        Torture.report(
                EveryCutTest.class,
                "%s: %d cuts of %d bytes: %d read to write_offset, %d refused by recovery, the others recovered; %d s",
                what,
                cuts,
                whole.length,
                delivered,
                refused,
                (System.nanoTime() - start) / 1_000_000_000);
    }

    private static boolean isNearEnd(final ReferenceJournal journal, final int length) {
        final int end = journal.end(journal.eventsBefore(length + AROUND_END));
        return Math.abs(length - end) <= AROUND_END;
    }

    private void examine(final Examination examination, final byte[] whole, final int length, final Expected expected)
            throws IOException {
        cuts++;
        examination.put(whole, length);
        examination.read(expected, true);
        examination.read(expected, false); // a cut changes no byte, so this promises as much
        examination.recover(whole, length, expected);
        if (cuts % EVERY_SAMPLE == 0 && expected.refusal() == null) {
            examination.put(whole, length);
            examination.append(whole, expected);
        }
    }
}
