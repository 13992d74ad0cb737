package dev.evtl.journal.file;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.evtl.journal.Growth;
import dev.evtl.journal.OpenMode;
import dev.evtl.journal.StoredEvent;
import dev.evtl.journal.exceptions.JournalException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The header says what is written and what is durable after it is, so that a failure in between leaves no lie. */
class StorageOrderTest {
    @TempDir
    Path directory;

    private JournalFile create() {
        return JournalFile.open(
                directory.resolve("o.evtl"),
                OpenMode.CREATE,
                new JournalFile.NewFile(1, true, 0, PosixFilePermissions.fromString("rw-------")));
    }

    private byte[] bytes() throws IOException {
        return Files.readAllBytes(directory.resolve("o.evtl"));
    }

    private static void append(final JournalStorage storage) throws IOException {
        assertTrue(storage.reserve(100) >= 0);
        storage.append(100, 1);
    }

    @Test
    void forceThatFailsMakesNothingDurable() throws IOException {
        final MappedStorage storage =
                new MappedStorage(create(), new Space(4096, Growth.steps(4096), Long.MAX_VALUE), 1024);
        append(storage);
        storage.publish();
        try (RandomAccessFile raw = new RandomAccessFile(storage.path().toFile(), "rw")) {
            raw.setLength(100);
        }
        assertThrows(JournalException.class, storage::force);
        assertEquals(64, storage.durable());
        assertEquals(64, StoredEvent.durableOffset(bytes()));
        storage.abandon();
    }

    @Test
    void writeThatFailsPublishesNothing() throws IOException {
        final WriteStorage storage =
                WriteStorage.buffered(create(), new Space(4096, Growth.steps(4096), Long.MAX_VALUE), 1024);
        append(storage);
        Thread.currentThread().interrupt();
        assertInstanceOf(
                ClosedByInterruptException.class,
                assertThrows(JournalException.class, storage::publish).getCause());
        assertTrue(Thread.interrupted());
        assertEquals(64, StoredEvent.writeOffset(bytes()));
        assertEquals(0, StoredEvent.eventCount(bytes()));
        storage.abandon();
    }
}
