package dev.evtl.journal.io;

import static dev.evtl.journal.support.TestJournals.payload;
import static dev.evtl.journal.support.TestJournals.tiny;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.evtl.journal.Journal;
import dev.evtl.journal.JournalListener;
import dev.evtl.journal.WhenFull;
import dev.evtl.journal.exceptions.DiskFullException;
import dev.evtl.journal.exceptions.JournalException;
import dev.evtl.journal.exceptions.JournalFailedException;
import dev.evtl.journal.file.JournalView;
import dev.evtl.journal.support.ChildJvm;
import dev.evtl.journal.support.Events;
import dev.evtl.journal.support.Golden;
import dev.evtl.journal.support.MemoryDirectory;
import dev.evtl.journal.support.Tmpfs;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.agrona.BitUtil;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A fault in a mapped page, of which the JVM may tell long after it. */
class MappedFaultTest {
    private static final int LENGTH = 1 << 20;
    private static final int PAGE_LENGTH = 4096;

    @TempDir(factory = MemoryDirectory.class)
    Path directory;

    /** The file keeps its length, and a force finds nothing to complain of. */
    @Test
    void syncDoesNotAcknowledgeAnEventWhoseStoreWasLost() {
        final Tmpfs tmpfs = Tmpfs.mount(directory, 2 * LENGTH);
        try {
            final Path file = directory.resolve("lost.evtl");
            final Journal journal = Journal.open(
                    file,
                    tiny().initialSize(LENGTH)
                            .maxSize(LENGTH, WhenFull.FAIL)
                            .listener(JournalListener.NONE)
                            .build());
            for (int i = 0; i < 30_000; i++) {
                publishAndSync(journal); // until nothing in it calls into the JVM any more
            }
            final long hole = BitUtil.align(journal.stats().getDurableOffset(), PAGE_LENGTH);
            final boolean punched = Tmpfs.run(
                    "fallocate", "--punch-hole", "--offset=" + hole, "--length=" + (LENGTH - hole), file.toString());
            Events.fillDisk(directory.resolve("filler"));
            assumeTrue(punched, "there is no fallocate");
            final JournalFailedException e = assertThrows(JournalFailedException.class, () -> {
                while (true) {
                    publishAndSync(journal);
                }
            });
            assertInstanceOf(DiskFullException.class, e.getCause());
            assertTrue(
                    journal.stats().getDurableOffset() <= hole,
                    journal.stats().getDurableOffset() + " acknowledged, nothing was stored from " + hole);
            assertThrows(JournalFailedException.class, journal::close);
        } finally {
            tmpfs.close();
        }
    }

    private static void publishAndSync(final Journal journal) {
        assertTrue(journal.publisher().offer(1, payload(8), 0, 8) > 0);
        journal.sync();
    }

    /** The JVM exits where unmapping is interrupted by an error. */
    @ParameterizedTest
    @ValueSource(strings = {"-Xint", "-XX:TieredStopAtLevel=1", "-XX:TieredStopAtLevel=4"})
    void viewOfAFileThatIsGoneIsClosedAndTheJvmLives(final String compiler) throws Exception {
        final Path file = Golden.copy("closed", directory);
        final Process child = ChildJvm.start(List.of(ChildJvm.FLAG, compiler), Viewer.class, file.toString());
        assertEquals("alive", ChildJvm.output(child).strip());
        assertEquals(0, child.waitFor());
    }

    /** Reads events of files that it has cut to nothing, and lets them go, while others unmap too. */
    static final class Viewer {
        public static void main(final String[] args) throws Exception {
            final byte[] whole = Files.readAllBytes(Path.of(args[0]));
            final Thread[] threads = new Thread[3];
            for (int i = 0; i < threads.length; i++) {
                final Path path = Path.of(args[0] + i);
                threads[i] = new Thread(() -> view(path, whole));
                threads[i].start();
            }
            for (final Thread thread : threads) {
                thread.join();
            }
            System.out.println("alive");
        }

        private static void view(final Path path, final byte[] whole) {
            final byte[] target = new byte[16];
            for (int i = 0; i < 500; i++) {
                try (RandomAccessFile raw = new RandomAccessFile(path.toFile(), "rw")) {
                    raw.write(whole);
                    try (JournalView view = new JournalView(path)) {
                        view.read(64, target, target.length);
                        raw.setLength(0);
                        view.read(64, target, target.length);
                    }
                } catch (final JournalException | InternalError e) {
                    // told at once, or late
                } catch (final IOException e) {
                    throw new UncheckedIOException(e);
                }
            }
        }
    }
}
