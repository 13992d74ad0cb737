package dev.evtl.journal.io;

import static java.nio.file.StandardOpenOption.CREATE_NEW;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an interrupt does not end, on this JDK too: it is no promise of the JDK's. */
class UninterruptibleTest {
    @TempDir
    Path directory;

    @AfterEach
    void clearFlag() {
        Thread.interrupted();
    }

    /** Every call that this library makes. */
    private static void useInterrupted(final FileChannel channel) throws IOException {
        Thread.currentThread().interrupt();
        assertEquals(3, channel.write(ByteBuffer.wrap(new byte[] {1, 2, 3}), 0));
        assertEquals(2, channel.read(ByteBuffer.allocate(2), 1));
        channel.force(true);
        channel.truncate(2);
        assertEquals(2, channel.size());
        assertEquals(2, channel.map(MapMode.READ_WRITE, 0, 2).get(1));
        assertNotNull(channel.tryLock(0, 1, false));
        assertTrue(channel.isOpen());
        assertTrue(Thread.interrupted(), "the flag is kept");
    }

    @Test
    void everyCallOfAnInterruptedThreadIsMade() throws IOException {
        try (FileChannel channel = Uninterruptible.open(directory.resolve("f"), CREATE_NEW, READ, WRITE)) {
            useInterrupted(channel);
        }
    }

    @Test
    void channelOfARandomAccessFileToo() throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(directory.resolve("f").toFile(), "rw")) {
            useInterrupted(Uninterruptible.channel(file));
            assertEquals(2, file.length());
        }
    }

    @Test
    void channelAsTheJdkOpensItIsClosed() throws IOException {
        try (FileChannel channel = FileChannel.open(directory.resolve("f"), CREATE_NEW, WRITE)) {
            Thread.currentThread().interrupt();
            assertThrows(ClosedByInterruptException.class, () -> channel.write(ByteBuffer.allocate(1), 0));
        }
    }

    @Test
    void pauseLastsAndKeepsTheFlag() {
        Thread.currentThread().interrupt();
        final long start = System.nanoTime();
        Uninterruptible.pause(TimeUnit.MILLISECONDS.toNanos(30));
        assertTrue(System.nanoTime() - start >= TimeUnit.MILLISECONDS.toNanos(30));
        assertTrue(Thread.interrupted());
    }
}
