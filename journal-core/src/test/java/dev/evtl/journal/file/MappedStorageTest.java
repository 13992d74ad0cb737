package dev.evtl.journal.file;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.evtl.journal.exceptions.JournalLockedException;
import dev.evtl.journal.format.EventHeader;
import dev.evtl.journal.format.FileHeader;
import dev.evtl.journal.support.Golden;
import dev.evtl.journal.support.JournalFiles;
import dev.evtl.journal.support.StoredEvent;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class MappedStorageTest {
    private static final int MAX_CLAIM = 1024;

    @TempDir
    Path directory;

    private Path file;

    @BeforeEach
    void setFile() {
        file = directory.resolve("m.evtl");
    }

    private MappedStorage create(final long createdAt, final long baseSequence, final long maximum) throws IOException {
        final JournalFile created = JournalFiles.create(file, createdAt, baseSequence);
        return new MappedStorage(
                created,
                JournalFile.readHeader(file, created.channel()),
                new Space(4096, length -> length + 4096, maximum),
                MAX_CLAIM);
    }

    /** Appends one event, which is in the bytes with its checksum or without. */
    private static void append(final MappedStorage storage, final byte[] bytes, final int from, final int length)
            throws IOException {
        final UnsafeBuffer source = new UnsafeBuffer(ByteBuffer.allocateDirect(length));
        source.putBytes(0, bytes, from, length);
        source.putInt(EventHeader.CHECKSUM_OFFSET, 0);
        assertEquals(JournalStorage.READY, reserve(storage, length));
        storage.append(new EventMemory(source), 0, length, 1);
    }

    private static int reserve(final MappedStorage storage, final int length) throws IOException {
        int result = JournalStorage.NOT_READY;
        while (result == JournalStorage.NOT_READY) {
            result = storage.reserve(length);
        }
        return result;
    }

    @Test
    void laterFileOfAJournalIsReproducedBitForBit() throws IOException {
        final byte[] golden = Golden.bytes("second-file");
        final MappedStorage storage = create(FileHeader.createdAt(new UnsafeBuffer(golden)), 1_048_576, Long.MAX_VALUE);
        for (final StoredEvent event : StoredEvent.readAll(golden)) {
            final int length = (int) (event.end() - event.offset());
            append(storage, golden, (int) event.offset(), length);
        }
        storage.close();
        assertArrayEquals(golden, Files.readAllBytes(file));
    }

    @Test
    void eventsAreVisibleOncePublishedAndDurableOnceForced() throws IOException {
        final byte[] golden = Golden.bytes("closed");
        final MappedStorage storage = create(1, 0, Long.MAX_VALUE);
        append(storage, golden, 64, 16);
        assertEquals(80, storage.position());
        assertEquals(64, StoredEvent.writeOffset(Files.readAllBytes(file)));
        storage.publish();
        assertEquals(80, StoredEvent.writeOffset(Files.readAllBytes(file)));
        assertEquals(1, StoredEvent.eventCount(Files.readAllBytes(file)));
        assertEquals(64, storage.durable());
        assertEquals(64, StoredEvent.durableOffset(Files.readAllBytes(file)));
        storage.beginForce();
        storage.force();
        assertEquals(64, storage.durable());
        storage.endForce();
        assertEquals(80, storage.durable());
        assertEquals(80, StoredEvent.durableOffset(Files.readAllBytes(file)));
        storage.abandon();
        storage.abandon();
        final byte[] left = Files.readAllBytes(file);
        assertTrue(left.length >= 4096);
        assertEquals(0, StoredEvent.state(left));
    }

    @Test
    void windowsFollowOneAnotherUntilTheFileIsFull() throws IOException {
        final byte[] bytes = new byte[MAX_CLAIM];
        EventHeader.encode(new UnsafeBuffer(bytes), 0, 1, 1, 0, 1000 - EventHeader.LENGTH);
        final MappedStorage storage = create(1, 0, 20_000);
        while (storage.position() + 1000 <= 20_000) {
            append(storage, bytes, 0, 1000);
            storage.publish();
        }
        assertEquals(JournalStorage.FULL, reserve(storage, 1000));
        assertEquals(20_000, storage.allocated());
        assertEquals(20_000, storage.mapped());
        assertTrue(storage.growths() >= 4);
        assertEquals(JournalStorage.READY, storage.reserve((int) (20_000 - storage.position())), "what still fits");
        storage.close();
        assertEquals(64 + 19_000, Files.size(file));
    }

    @Test
    void fileInUseCannotBeOpenedASecondTime() throws IOException {
        final MappedStorage storage = create(1, 0, Long.MAX_VALUE);
        assertThrows(JournalLockedException.class, () -> JournalFile.open(file));
        storage.abandon();
        JournalFile.open(file).close();
    }
}
