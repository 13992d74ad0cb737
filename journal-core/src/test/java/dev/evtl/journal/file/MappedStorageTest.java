package dev.evtl.journal.file;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.evtl.journal.Golden;
import dev.evtl.journal.Growth;
import dev.evtl.journal.OpenMode;
import dev.evtl.journal.StoredEvent;
import dev.evtl.journal.exceptions.JournalLockedException;
import dev.evtl.journal.format.FileHeader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
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

    private MappedStorage create(final long createdAt, final long baseSequence, final long maximum) {
        final JournalFile created = JournalFile.open(
                file,
                OpenMode.CREATE,
                new JournalFile.NewFile(createdAt, true, baseSequence, PosixFilePermissions.fromString("rw-------")));
        assertFalse(created.recovery().isOfInterest());
        return new MappedStorage(created, new Space(4096, Growth.steps(4096), maximum), MAX_CLAIM);
    }

    private static void write(final MappedStorage storage, final byte[] bytes, final int from, final int length) {
        int index = JournalStorage.NOT_READY;
        while (index == JournalStorage.NOT_READY) {
            index = storage.reserve(length);
        }
        storage.buffer().putBytes(index, bytes, from, length);
    }

    @Test
    void laterFileOfAJournalIsReproducedBitForBit() throws IOException {
        final byte[] golden = Golden.bytes("second-file");
        final MappedStorage storage = create(FileHeader.createdAt(new UnsafeBuffer(golden)), 1_048_576, Long.MAX_VALUE);
        for (final StoredEvent event : StoredEvent.readAll(golden)) {
            final int length = (int) (event.end() - event.offset());
            write(storage, golden, (int) event.offset(), length);
            storage.append(length, 1);
        }
        storage.close();
        assertArrayEquals(golden, Files.readAllBytes(file));
    }

    @Test
    void eventsAreVisibleOncePublishedAndDurableOnceForced() throws IOException {
        final byte[] golden = Golden.bytes("closed");
        final MappedStorage storage = create(1, 0, Long.MAX_VALUE);
        write(storage, golden, 64, 16);
        storage.append(16, 1);
        assertEquals(80, storage.position());
        assertEquals(64, StoredEvent.writeOffset(Files.readAllBytes(file)));
        storage.publish();
        assertEquals(80, StoredEvent.writeOffset(Files.readAllBytes(file)));
        assertEquals(1, StoredEvent.eventCount(Files.readAllBytes(file)));
        assertEquals(64, storage.durable());
        assertEquals(64, StoredEvent.durableOffset(Files.readAllBytes(file)));
        storage.force();
        assertEquals(80, storage.durable());
        assertEquals(80, StoredEvent.durableOffset(Files.readAllBytes(file)));
        storage.abandon();
        storage.abandon();
        final byte[] left = Files.readAllBytes(file);
        assertTrue(left.length >= 4096);
        assertEquals(0, StoredEvent.state(left));
        assertFalse(WriterLock.isHeld(file.toRealPath()));
    }

    @Test
    void windowsFollowOneAnotherUntilTheFileIsFull() throws IOException {
        final byte[] bytes = new byte[MAX_CLAIM];
        final MappedStorage storage = create(1, 0, 20_000);
        while (storage.position() + 1000 <= 20_000) {
            write(storage, bytes, 0, 1000);
            storage.append(1000, 1);
            storage.publish();
        }
        int index = JournalStorage.NOT_READY;
        while (index == JournalStorage.NOT_READY) {
            index = storage.reserve(1000);
        }
        assertEquals(JournalStorage.FULL, index);
        assertEquals(20_000, storage.allocated());
        assertEquals(20_000, storage.mapped());
        assertTrue(storage.growths() >= 4);
        assertTrue(storage.reserve((int) (20_000 - storage.position())) >= 0, "what still fits");
        storage.close();
        assertEquals(64 + 19_000, Files.size(file));
    }

    @Test
    void fileInUseCannotBeOpenedASecondTime() {
        final MappedStorage storage = create(1, 0, Long.MAX_VALUE);
        assertThrows(
                JournalLockedException.class,
                () -> JournalFile.open(
                        file,
                        OpenMode.APPEND,
                        new JournalFile.NewFile(1, true, 0, PosixFilePermissions.fromString("rw-------"))));
        storage.abandon();
    }
}
