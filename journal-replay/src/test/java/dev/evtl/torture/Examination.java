package dev.evtl.torture;

import static dev.evtl.torture.ReferenceJournal.HEADER;
import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.evtl.journal.Journal;
import dev.evtl.journal.JournalAccess;
import dev.evtl.journal.JournalScan;
import dev.evtl.journal.JournalScan.Condition;
import dev.evtl.journal.OpenMode;
import dev.evtl.journal.exceptions.CorruptJournalException;
import dev.evtl.journal.exceptions.JournalException;
import dev.evtl.journal.support.TestJournals;
import dev.evtl.replay.EventHandler;
import dev.evtl.replay.JournalEvent;
import dev.evtl.replay.JournalReader;
import dev.evtl.replay.ReaderConfig;
import java.io.File;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Set;

/** One file after another, as it could be found, before the real reader and the real recovery. */
final class Examination implements AutoCloseable {
    private static final int GAP = 240;
    private static final int GAP_LENGTH = 24;
    /** Offset of the header's reserved field, which nobody reads and nobody writes. */
    private static final int RESERVED = 60;

    private final Path file;
    private final Set<String> own;
    private final FileChannel channel;
    private final byte[] found;

    Examination(final Path file, final int maxLength) throws IOException {
        this.file = file;
        this.own = Set.of(file.getFileName().toString(), file.getFileName() + ".lock");
        this.channel = FileChannel.open(file, CREATE, READ, WRITE);
        this.found = new byte[maxLength];
    }

    /** What was read of a journal, held against what it is to hold. */
    private static final class Comparison implements EventHandler {
        private final ReferenceJournal journal;
        private final byte[] copy = new byte[1 << 16];
        private int index;

        Comparison(final ReferenceJournal journal) {
            this.journal = journal;
        }

        @Override
        public Action onEvent(final JournalEvent found) {
            final ReferenceJournal.Event event = next(found.sequence(), found.timestamp());
            assertEquals(event.type(), found.type());
            assertEquals(event.flags() & 0x0F, found.flags());
            assertEquals((event.flags() & ReferenceJournal.MORE) != 0, found.moreOfClaim());
            assertEquals(journal.end(index - 1), found.offset());
            final int length = found.payloadLength();
            found.buffer().getBytes(found.payloadOffset(), copy, 0, length);
            assertTrue(Arrays.equals(copy, 0, length, event.payload(), 0, event.payload().length), "payload");
            if (event.type() == GAP) {
                final ByteBuffer payload = ByteBuffer.wrap(event.payload()).order(LITTLE_ENDIAN);
                assertTrue(found.isGap());
                assertEquals(payload.getLong(), found.dropped());
                assertEquals(payload.getLong(), found.firstDropTimestamp());
                assertEquals(payload.getLong(), found.lastDropTimestamp());
            }
            return Action.CONTINUE;
        }

        private ReferenceJournal.Event next(final long sequence, final long timestamp) {
            passReserved(journal.events());
            assertEquals(journal.baseSequence() + index, sequence);
            final ReferenceJournal.Event event = journal.event(index++);
            assertEquals(event.timestamp(), timestamp);
            return event;
        }

        private void passReserved(final int end) {
            while (index < end && isReserved(journal.event(index))) {
                index++;
            }
        }

        private static boolean isReserved(final ReferenceJournal.Event event) {
            return event.type() > GAP || event.type() == GAP && event.payload().length != GAP_LENGTH;
        }

        void assertRead(final int events) {
            passReserved(events);
            assertEquals(events, index, "events delivered");
        }
    }

    void put(final byte[] content, final int length) throws IOException {
        final ByteBuffer bytes = ByteBuffer.wrap(content, 0, length);
        while (bytes.hasRemaining()) {
            channel.write(bytes, bytes.position());
        }
        channel.truncate(length);
    }

    /** A reader delivers exactly what it is to deliver, and says where and why it stops. */
    void read(final Expected expected, final boolean verify) {
        Comparison comparison = null;
        CorruptJournalException error = null;
        try (JournalReader reader =
                JournalReader.open(file, ReaderConfig.builder().verify(verify).build())) {
            comparison = new Comparison(expected.journal());
            try {
                reader.forEach(comparison::onEvent);
            } catch (final CorruptJournalException e) {
                error = e;
            }
            assertEquals(expected.journal().baseSequence() + expected.delivered(), reader.sequence());
        } catch (final CorruptJournalException e) {
            error = e;
        }
        assertError(expected.reading(), error);
        if (comparison != null) {
            comparison.assertRead(expected.delivered());
        }
    }

    private void assertError(final Expected.Error expected, final CorruptJournalException error) {
        if (expected == null) {
            assertNull(error);
        } else {
            assertNotNull(error, () -> expected + " went unnoticed");
            assertEquals(expected, new Expected.Error(error.kind(), error.offset(), error.sequence()));
            assertEquals(file, error.file());
        }
    }

    /**
     * A scan says what the file is. Opening it for append either refuses it and leaves it as it was, or keeps what it
     * is to keep, puts zeros after it, and leaves a file that is read to its end.
     */
    void recover(final byte[] content, final int length, final Expected expected) throws IOException {
        scan(expected);
        if (expected.refusal() == null && canRunOutOfNumbers(expected.journal())) {
            assertThrows(JournalException.class, () -> JournalAccess.recoverAndLeave(file));
            assertEquals(length, readBack());
            assertTrue(Arrays.equals(content, 0, length, found, 0, length), "left as it was");
            clear(length);
            return;
        }
        int recoveredLength = length;
        try {
            final JournalAccess.Opened opened = JournalAccess.recoverAndLeave(file);
            assertNull(expected.refusal(), "went unnoticed");
            assertEquals(expected.condition(), opened.report().condition());
            assertEquals(expected.kept(), opened.report().events());
            recoveredLength = assertRecovered(content, length, expected);
        } catch (final CorruptJournalException e) {
            assertError(expected.refusal(), e);
            assertEquals(length, readBack());
            assertTrue(Arrays.equals(content, 0, length, found, 0, length), "left as it was");
        }
        if (expected.refusal() == null) {
            read(afterRecovery(expected), true);
        }
        clear(recoveredLength);
    }

    static boolean canRunOutOfNumbers(final ReferenceJournal journal) {
        return Long.compareUnsigned(journal.baseSequence(), 1L << 62) > 0;
    }

    private void scan(final Expected expected) {
        try {
            final JournalScan scan = JournalScan.of(file);
            if (expected.refusal() == null) {
                assertEquals(expected.condition(), scan.condition(), scan.reason());
                assertEquals(expected.kept(), scan.events());
                assertEquals(expected.journal().end(expected.kept()), scan.validEnd());
            } else {
                assertEquals(Condition.CORRUPT, scan.condition(), scan.reason());
                assertEquals(expected.refusal().offset(), scan.offset());
                assertEquals(expected.refusal().sequence(), scan.sequence());
            }
        } catch (final CorruptJournalException e) {
            assertError(expected.refusal(), e);
        }
    }

    private int assertRecovered(final byte[] content, final int length, final Expected expected) throws IOException {
        final int end = expected.journal().end(expected.kept());
        assertEquals(length, readBack());
        final ByteBuffer header = ByteBuffer.wrap(found).order(LITTLE_ENDIAN);
        assertEquals(expected.kept(), header.getLong(16));
        assertEquals(end, header.getLong(24));
        assertEquals(end, header.getLong(48));
        assertEquals(ReferenceJournal.OPEN, header.getInt(56));
        assertTrue(Arrays.equals(content, 0, 16, found, 0, 16), "fixed fields");
        assertTrue(Arrays.equals(content, 32, 48, found, 32, 48), "fixed fields");
        assertTrue(Arrays.equals(content, HEADER, end, found, HEADER, end), "events kept");
        assertTrue(Expected.isZero(found, end, length), "zeros after them");
        return length;
    }

    private static Expected afterRecovery(final Expected recovered) {
        return new Expected(recovered.journal(), null, recovered.kept(), null, Condition.UNCLOSED, recovered.kept());
    }

    /** The file is opened as an application does it, gets an event, is closed, and read. */
    void append(final byte[] content, final Expected expected) throws IOException {
        if (canRunOutOfNumbers(expected.journal())) {
            recover(content, content.length, expected);
            return;
        }
        final ReferenceJournal after = expected.journal().copy();
        after.truncate(expected.kept());
        after.add(200, 3, 77, new byte[5]);
        try (Journal journal =
                Journal.open(file, TestJournals.tiny().openMode(OpenMode.APPEND).build())) {
            assertTrue(journal.publisher().offerAt(77, 200, 3, TestJournals.payload(5), 0, 5) > 0);
        }
        final byte[] closed = after.closed();
        System.arraycopy(content, RESERVED, closed, RESERVED, HEADER - RESERVED);
        final int kept = expected.journal().end(expected.kept());
        System.arraycopy(content, HEADER, closed, HEADER, kept - HEADER);
        assertArrayEquals(closed, Files.readAllBytes(file));
        clear(closed.length);
        read(Expected.ofVerified(closed, closed.length, after), true);
    }

    private int readBack() throws IOException {
        final ByteBuffer bytes = ByteBuffer.wrap(found);
        while (bytes.hasRemaining() && channel.read(bytes, bytes.position()) > 0) {
            // a read may return less than was asked for
        }
        return bytes.position();
    }

    /** What a recovery may have put beside the file is not looked at here; there must not be millions of it. */
    private void clear(final int length) throws IOException {
        assertEquals(length, channel.size());
        for (final File beside : file.getParent().toFile().listFiles()) {
            if (!own.contains(beside.getName())) {
                Files.delete(beside.toPath());
            }
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
