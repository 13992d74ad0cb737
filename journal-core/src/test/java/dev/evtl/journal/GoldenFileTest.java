package dev.evtl.journal;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.evtl.journal.JournalScan.Condition;
import dev.evtl.journal.support.Golden;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Holds writer and walk to files that an independent program made. */
class GoldenFileTest {
    private static final long T0 = 1_700_000_000_000_000_000L;

    @TempDir
    Path directory;

    @ParameterizedTest
    @CsvSource({"closed, true", "no-checksums, false"})
    void writerReproducesClosedFileBitForBit(final String name, final boolean checksums) throws IOException {
        final Path file = directory.resolve(name + ".evtl");
        try (Journal journal = open(file, checksums)) {
            final Publisher publisher = journal.publisher();
            final UnsafeBuffer none = new UnsafeBuffer(new byte[0]);
            assertTrue(publisher.offerAt(T0 + 1, 1, 0, none, 0, 0) > 0);
            final byte[] hello = "hello, journal".getBytes(US_ASCII);
            assertTrue(publisher.offerAt(T0 + 2, 7, 0, new UnsafeBuffer(hello), 0, hello.length) > 0);
            final byte[] long769 = new byte[769];
            for (int i = 0; i < 768; i++) {
                long769[i] = (byte) i;
            }
            long769[768] = 'x';
            assertTrue(publisher.offerAt(T0 + 2, 239, 0x0F, new UnsafeBuffer(long769), 0, 769) > 0);
        }
        assertArrayEquals(Golden.bytes(name), Files.readAllBytes(file));
    }

    @Test
    void writerReproducesClaimOfSeveralEventsBitForBit() throws IOException {
        final Path file = directory.resolve("group.evtl");
        final byte[] expected = Golden.bytes("group");
        final UnsafeBuffer source = new UnsafeBuffer(expected);
        try (Journal journal = open(file, true)) {
            final Publisher publisher = journal.publisher();
            assertTrue(publisher.offerAt(T0 + 1, 1, 0, source, 80, 5) > 0);
            final EventBatch batch = publisher.newBatch();
            assertTrue(batch.tryClaim(3, 14 + 6 + 5) > 0);
            batch.nextAt(T0 + 2, 2, 0, 14).putBytes(0, source, 101, 14);
            batch.nextAt(T0 + 3, 3, 1, 6).putBytes(0, source, 131, 6);
            batch.nextAt(T0 + 4, 4, 1, 5).putBytes(0, source, 153, 5);
            assertTrue(batch.commit() > 0);
            assertTrue(publisher.offerAt(T0 + 5, 5, 0, source, 174, 11) > 0);
        }
        assertArrayEquals(expected, Files.readAllBytes(file));
    }

    private static Journal open(final Path file, final boolean checksums) {
        return Journal.open(
                file,
                JournalConfig.builder().clock(() -> T0).checksums(checksums).build());
    }

    @ParameterizedTest
    @CsvSource({
        "empty, CLEAN, 64, 0, 0",
        "closed, CLEAN, 895, 3, 0",
        "second-file, CLEAN, 895, 3, 0",
        "no-checksums, CLEAN, 895, 3, 0",
        "gap, CLEAN, 956, 5, 12345",
        "open-preallocated, UNCLOSED, 895, 3, 0",
        "crashed-unpublished, UNCLOSED, 895, 3, 0",
        "crashed-torn, TORN, 110, 2, 0",
        "power-loss, LOST, 110, 2, 0",
        "group, CLEAN, 185, 5, 0",
        "crashed-group, LOST, 85, 1, 0",
        "corrupt-payload, CORRUPT, 80, 1, 0"
    })
    void walkFindsWhereEventsEndAndWhatIsThere(
            final String name, final Condition condition, final long validEnd, final long events, final long dropped)
            throws IOException {
        final JournalScan scan = JournalScan.of(Golden.copy(name, directory));
        assertEquals(condition, scan.condition(), scan.reason());
        assertEquals(validEnd, scan.validEnd());
        assertEquals(events, scan.events());
        assertEquals(dropped, scan.dropped());
        assertEquals(validEnd, scan.offset());
    }
}
