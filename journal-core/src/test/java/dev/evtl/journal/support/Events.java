package dev.evtl.journal.support;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.evtl.journal.Journal;
import dev.evtl.journal.JournalScan;
import dev.evtl.journal.JournalScan.Condition;
import dev.evtl.journal.Publisher;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.agrona.concurrent.UnsafeBuffer;

/** Events of 32 bytes, each with its number, so that a file shows what it lost. */
public final class Events {
    private static final int PAYLOAD_LENGTH = 16;

    private Events() {}

    public static void offer(final Journal journal, final long first, final long count) {
        final UnsafeBuffer source = new UnsafeBuffer(new byte[PAYLOAD_LENGTH]);
        for (long i = first; i < first + count; i++) {
            assertTrue(offer(journal, source, i) > 0);
        }
    }

    /** How many were accepted before. */
    public static long offerUntilFailed(final Journal journal) {
        return offerUntilFailed(journal, 0);
    }

    public static long offerUntilFailed(final Journal journal, final long first) {
        final UnsafeBuffer source = new UnsafeBuffer(new byte[PAYLOAD_LENGTH]);
        long accepted = 0;
        long result;
        while ((result = offer(journal, source, first + accepted)) > 0) {
            accepted++;
        }
        assertEquals(Publisher.FAILED, result);
        return accepted;
    }

    /** As {@link Publisher#offer}; for a process that has no test's classes. */
    public static long offer(final Journal journal, final long number) {
        return offer(journal, new UnsafeBuffer(new byte[PAYLOAD_LENGTH]), number);
    }

    private static long offer(final Journal journal, final UnsafeBuffer source, final long number) {
        source.putLong(0, number);
        source.putLong(8, ~number);
        return journal.publisher().offer(1, source, 0, PAYLOAD_LENGTH);
    }

    /** A clean file with the events from 0 and nothing else. */
    public static void assertHolds(final Path file, final long count) throws IOException {
        final JournalScan scan = JournalScan.of(file);
        assertEquals(Condition.CLEAN, scan.condition(), scan.reason());
        final List<StoredEvent> events = StoredEvent.readAll(file);
        assertEquals(count, events.size());
        for (final StoredEvent event : events) {
            assertEquals(event.sequence(), event.data().getLong());
            assertEquals(~event.sequence(), event.data().getLong(8));
        }
    }

    /** Clean files that follow one another, with the events from 0 and nothing else. Returns how many files. */
    public static int assertHoldsInFiles(final Path directory, final long count) throws IOException {
        final List<Path> files = files(directory);
        long next = 0;
        for (final Path file : files) {
            assertEquals(String.format("%020d.evtl", next), file.getFileName().toString());
            final JournalScan scan = JournalScan.of(file);
            assertEquals(Condition.CLEAN, scan.condition(), file + ": " + scan.reason());
            for (final StoredEvent event : StoredEvent.readAll(file)) {
                assertEquals(next, event.sequence());
                assertEquals(next, event.data().getLong());
                next++;
            }
        }
        assertEquals(count, next);
        return files.size();
    }

    /** The journal's files in a directory, by name. */
    public static List<Path> files(final Path directory) throws IOException {
        try (Stream<Path> found = Files.list(directory)) {
            return found.filter(file -> file.getFileName().toString().matches("\\d{20}\\.evtl"))
                    .sorted()
                    .toList();
        }
    }

    /** Takes all the space that is left. */
    public static void fillDisk(final Path filler) {
        try (OutputStream out = Files.newOutputStream(filler)) {
            while (true) {
                out.write(new byte[4096]);
            }
        } catch (final IOException e) {
            // it is full
        }
    }
}
