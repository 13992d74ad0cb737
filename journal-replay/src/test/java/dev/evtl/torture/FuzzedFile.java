package dev.evtl.torture;

import static dev.evtl.torture.ReferenceJournal.HEADER;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.evtl.journal.exceptions.CorruptJournalException;
import dev.evtl.journal.exceptions.StalePositionException;
import dev.evtl.replay.JournalPosition;
import dev.evtl.replay.JournalReader;
import dev.evtl.replay.ReaderConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;

/** The reader and the recovery before any bytes. For {@link FuzzTest}, and for Jazzer, which goes by a method's name. */
public final class FuzzedFile extends FuzzedJournal {
    /** Whatever a file says, nothing that reads it allocates more than this. */
    private static final long MAX_ALLOCATED = 8 << 20;

    private static final int LAST_VERIFIED = 11;
    private static final int LAST_UNVERIFIED = 16;
    private static final int LAST_SEEK = 20;
    private static final int LAST_RECOVER = 30;
    private static final int MASK = 31;

    private static FuzzedFile instance;

    private final byte[] copy = new byte[1 << 16];

    FuzzedFile(final Path directory) throws IOException {
        super(directory, MAX_ALLOCATED);
    }

    /** What Jazzer calls. */
    public static void fuzzerTestOneInput(final byte[] input) throws IOException {
        if (instance == null) {
            instance = new FuzzedFile(directory());
        }
        instance.run(input);
    }

    @Override
    void examine(final int operation, final byte[] journal, final Expected expected) throws IOException {
        final int what = operation & MASK;
        if (what <= LAST_VERIFIED) {
            examination.read(expected, true);
        } else if (what <= LAST_UNVERIFIED) {
            readUnverified(journal);
        } else if (what <= LAST_SEEK) {
            seek(expected, operation);
        } else if (what <= LAST_RECOVER || expected.refusal() != null) {
            examination.recover(journal, journal.length, expected);
        } else {
            examination.append(journal, expected);
        }
    }

    /** What is delivered may be damaged, but lies before write_offset. */
    private void readUnverified(final byte[] journal) {
        final long[] delivered = {HEADER};
        try (JournalReader reader =
                JournalReader.open(file, ReaderConfig.builder().verify(false).build())) {
            final long end = reader.header().writeOffset();
            reader.forEach(event -> {
                final int length = event.payloadLength();
                event.buffer().getBytes(event.payloadOffset(), copy, 0, length);
                final int start = (int) reader.offset() - length;
                assertTrue(Arrays.equals(copy, 0, length, journal, start, start + length));
                delivered[0] = reader.offset();
                assertTrue(delivered[0] <= end);
            });
            assertTrue(reader.offset() == end, "the end was not reached");
        } catch (final CorruptJournalException e) {
            assertTrue(e.offset() == 0 || e.offset() >= 4 && e.offset() <= 32 || e.offset() >= delivered[0]);
        }
    }

    /** A reader goes to an event by its number, by its offset and to where it was, and on from there. */
    private void seek(final Expected expected, final int number) {
        try (JournalReader reader = JournalReader.open(file)) {
            final ReferenceJournal journal = expected.journal();
            final int target = Math.min(number, expected.delivered());
            reader.seekOffset(journal.end(target));
            assertAt(journal, target, reader);
            final JournalPosition position = reader.position();
            reader.seekToStart();
            assertAt(journal, 0, reader);
            if (journal.baseSequence() <= Long.MAX_VALUE - target) {
                reader.seekSequence(journal.baseSequence() + target);
                assertAt(journal, target, reader);
            }
            reader.seekToStart();
            seek(reader, position, expected);
            reader.forEach(event -> {});
            assertEquals(journal.baseSequence() + expected.delivered(), reader.sequence());
            assertNull(expected.reading());
        } catch (final CorruptJournalException e) {
            assertEquals(expected.reading(), new Expected.Error(e.kind(), e.offset(), e.sequence()));
        }
    }

    private static void assertAt(final ReferenceJournal journal, final int event, final JournalReader reader) {
        assertEquals(journal.baseSequence() + event, reader.sequence());
        assertEquals(journal.end(event), reader.offset());
    }

    /** A place where a reader was is refused only where the header's event_count or an event is damaged. */
    private static void seek(final JournalReader reader, final JournalPosition position, final Expected expected) {
        try {
            reader.seek(position);
            assertEquals(position, reader.position());
        } catch (final StalePositionException e) {
            assertTrue(reader.header().eventCount() != expected.delivered() || expected.reading() != null);
        }
    }
}
