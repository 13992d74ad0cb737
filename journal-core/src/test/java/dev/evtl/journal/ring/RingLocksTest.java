package dev.evtl.journal.ring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.evtl.journal.support.MemoryDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RingLocksTest {
    private static final Path LOCKS = Path.of("/proc/locks");

    @TempDir(factory = MemoryDirectory.class)
    Path directory;

    /** What the operating system says, whatever this process believes. */
    private long lockedBytes(final Path ring) throws IOException {
        assumeTrue(Files.isReadable(LOCKS), "there is no /proc/locks");
        final Object inode = Files.getAttribute(RingLocks.fileFor(ring), "unix:ino");
        return Files.readAllLines(LOCKS).stream()
                .filter(line -> line.contains(":" + inode + " "))
                .map(line -> line.split(" +"))
                .mapToLong(words -> Long.parseLong(words[7]) - Long.parseLong(words[6]) + 1)
                .sum();
    }

    @Test
    void oneOfTwoUsersThatClosesLeavesTheOthersLocks() throws IOException {
        final Path ring = directory.resolve("r");
        try (RingLocks one = RingLocks.open(ring, directory)) {
            final RingLocks two = RingLocks.open(ring, directory);
            assertTrue(one.take(3));
            assertFalse(two.take(3));
            assertTrue(two.take(4));
            assertEquals(2, lockedBytes(ring));
            two.release(4);
            two.close();
            assertEquals(1, lockedBytes(ring));
            assertTrue(one.isHeld(3));
            assertFalse(one.isHeld(4));
            assertEquals(1, lockedBytes(ring), "asking has locked nothing for good");
        }
        assertEquals(0, lockedBytes(ring));
    }

    @Test
    void interruptedThreadLosesNoLock() throws IOException {
        final Path ring = directory.resolve("r");
        try (RingLocks locks = RingLocks.open(ring, directory)) {
            assertTrue(locks.take(3));
            Thread.currentThread().interrupt();
            assertFalse(locks.isHeld(4));
            assertTrue(locks.take(5));
            assertTrue(Thread.interrupted());
            assertEquals(2, lockedBytes(ring));
            locks.release(5);
        }
    }
}
