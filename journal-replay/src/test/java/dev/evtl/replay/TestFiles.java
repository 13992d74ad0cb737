package dev.evtl.replay;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.evtl.journal.BackPressure;
import dev.evtl.journal.Journal;
import dev.evtl.journal.JournalConfig;
import dev.evtl.journal.Publisher;
import dev.evtl.journal.file.JournalDirectory;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;

/** Journals to read: the golden ones, and some written for a test. */
public final class TestFiles {
    /** Timestamp of the golden files' first event, less one. */
    public static final long T0 = 1_700_000_000_000_000_000L;

    private TestFiles() {}

    public static Path golden(final String name, final Path directory) throws IOException {
        final Path file = directory.resolve(name + ".evtl");
        try (InputStream in = TestFiles.class.getResourceAsStream("/golden/" + name + ".evtl")) {
            Files.write(file, in.readAllBytes());
        }
        return file;
    }

    static ReaderConfig verify(final boolean verify) {
        return ReaderConfig.builder().verify(verify).build();
    }

    public static Path itchSample() {
        final Path sample = Path.of("../../shared/data/sample.itch50");
        assumeTrue(
                Files.exists(sample),
                "skipped: " + sample.toAbsolutePath().normalize() + " is missing; it is not part of the project");
        return sample;
    }

    /** Events of type 1 + i % 9, timestamp T0 + i, with i in decimal as payload. */
    public static Path numbered(final Path file, final int events) {
        try (Journal journal = Journal.open(
                file, JournalConfig.builder().backPressure(BackPressure.BLOCK).build())) {
            for (int i = 0; i < events; i++) {
                offerNumber(journal.publisher(), i);
            }
        }
        return file;
    }

    /** The events of {@link #numbered} in files of a directory, so many in each; all are closed. */
    public static Path rolled(final Path directory, final int... events) {
        return rolledFrom(directory, 0, events);
    }

    /** The same with another first event. */
    public static Path rolledFrom(final Path directory, final int baseSequence, final int... events) {
        int first = baseSequence;
        for (final int count : events) {
            try (Journal journal = openFile(directory, first)) {
                for (int i = first; i < first + count; i++) {
                    offerNumber(journal.publisher(), i);
                }
            }
            first += count;
        }
        return directory;
    }

    /** One file of a directory, open for writing. */
    static Journal openFile(final Path directory, final long baseSequence) {
        return Journal.open(
                JournalDirectory.file(directory, baseSequence),
                JournalConfig.builder()
                        .backPressure(BackPressure.BLOCK)
                        .baseSequence(baseSequence)
                        .initialSize(4096)
                        .build());
    }

    /** Where a position is; its other fields are what tells the event before it. */
    static void assertPlace(
            final long fileSequence, final long offset, final long sequence, final JournalPosition position) {
        assertEquals(
                List.of(fileSequence, offset, sequence),
                List.of(position.fileSequence(), position.offset(), position.sequence()));
    }

    static void offerNumber(final Publisher publisher, final int number) {
        offer(publisher, 1 + number % 9, T0 + number, Integer.toString(number));
    }

    /** The payload's characters are its bytes. */
    public static void offer(final Publisher publisher, final int type, final long timestamp, final String payload) {
        final byte[] bytes = payload.getBytes(ISO_8859_1);
        assertTrue(publisher.offerAt(timestamp, type, 0, new UnsafeBuffer(bytes), 0, bytes.length) > 0);
    }
}
