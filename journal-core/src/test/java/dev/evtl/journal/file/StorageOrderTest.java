package dev.evtl.journal.file;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.evtl.journal.exceptions.JournalException;
import dev.evtl.journal.format.EventHeader;
import dev.evtl.journal.format.JournalHeader;
import dev.evtl.journal.support.JournalFiles;
import dev.evtl.journal.support.StoredEvent;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The header says what is written and what is durable after it is, so that a failure in between leaves no lie. */
class StorageOrderTest {
    @TempDir
    Path directory;

    private JournalFile create() throws IOException {
        return JournalFiles.create(directory.resolve("o.evtl"));
    }

    private static JournalHeader header(final JournalFile file) throws IOException {
        return JournalFile.readHeader(file.path(), file.channel());
    }

    private byte[] bytes() throws IOException {
        return Files.readAllBytes(directory.resolve("o.evtl"));
    }

    private static void append(final JournalStorage storage) throws IOException {
        final UnsafeBuffer event = new UnsafeBuffer(ByteBuffer.allocateDirect(100));
        EventHeader.encode(event, 0, 1, 1, 0, 100 - EventHeader.LENGTH);
        assertEquals(JournalStorage.READY, storage.reserve(100));
        storage.append(new EventMemory(event), 0, 100, 1);
    }

    @Test
    void forceThatFailsMakesNothingDurable() throws IOException {
        final JournalFile file = create();
        final MappedStorage storage =
                new MappedStorage(file, header(file), new Space(4096, length -> length + 4096, Long.MAX_VALUE), 1024);
        append(storage);
        storage.publish();
        try (RandomAccessFile raw = new RandomAccessFile(file.path().toFile(), "rw")) {
            raw.setLength(100);
        }
        storage.beginForce();
        storage.force();
        assertThrows(JournalException.class, storage::endForce);
        assertEquals(64, storage.durable());
        assertEquals(64, StoredEvent.durableOffset(bytes()));
        storage.abandon();
    }

    @Test
    void writeThatFailsPublishesNothing() throws IOException {
        final JournalFile file = create();
        final WriteStorage storage =
                WriteStorage.open(file, header(file), new Space(4096, length -> length + 4096, Long.MAX_VALUE), 1024);
        append(storage);
        file.channel().close();
        assertInstanceOf(
                IOException.class,
                assertThrows(JournalException.class, storage::publish).getCause());
        assertEquals(64, StoredEvent.writeOffset(bytes()));
        assertEquals(0, StoredEvent.eventCount(bytes()));
        storage.abandon();
    }
}
