package dev.evtl.journal;

import static dev.evtl.journal.support.TestJournals.payload;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.evtl.journal.exceptions.JournalFailedException;
import dev.evtl.journal.support.ChildJvm;
import dev.evtl.journal.support.TestJournals;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import org.agrona.DirectBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** A file that somebody cuts short under its writer: an error, and never a dead JVM. */
@Timeout(60)
class CutWhileMappedTest {
    @TempDir
    Path directory;

    @ParameterizedTest
    @CsvSource({
        "publish, 0", "publish, 64", "publish, 4096", "publish, 100000",
        "sync, 0", "sync, 64", "sync, 4096", "sync, 100000",
        "close, 0", "close, 64", "close, 4096", "close, 100000"
    })
    void writerFailsAndItsJvmLives(final String what, final long length) throws Exception {
        final Path file = directory.resolve("cut.evtl");
        final Process child = ChildJvm.start(WriteUntilFailed.class, file.toString(), what);
        try (BufferedReader output = new BufferedReader(new InputStreamReader(child.getInputStream()))) {
            assertEquals("written", output.readLine());
            try (RandomAccessFile raw = new RandomAccessFile(file.toFile(), "rw")) {
                raw.setLength(length);
            }
            child.getOutputStream().close();
            final String said = output.lines().collect(Collectors.joining("\n"));
            assertEquals(0, child.waitFor(), said);
            assertTrue(said.startsWith("failed: "), said);
        }
    }

    @Test
    void cutAtAnyMomentNeverKillsTheJvm() throws Exception {
        for (int round = 0; round < 15; round++) {
            final Path file = directory.resolve("cut" + round + ".evtl");
            final Process child =
                    ChildJvm.start(List.of(ChildJvm.FLAG, "-Xint"), WriteUntilFailed.class, file.toString(), "on");
            try (BufferedReader output = new BufferedReader(new InputStreamReader(child.getInputStream()))) {
                assertEquals("written", output.readLine());
                try (RandomAccessFile raw = new RandomAccessFile(file.toFile(), "rw")) {
                    for (int cut = 0; cut < 20; cut++) {
                        raw.setLength(round * 4096);
                    }
                }
                child.getOutputStream().close();
                final String said = output.lines().collect(Collectors.joining("\n"));
                assertEquals(0, child.waitFor(), said);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"WRITE", "DIRECT"})
    void writeBehindACutFailsInsteadOfLeavingAHole(final StorageMode mode) throws Exception {
        final Path file = directory.resolve("cut.evtl");
        final Journal journal = Journal.open(
                file,
                TestJournals.tiny()
                        .storage(mode)
                        .maxSize(1 << 16, WhenFull.FAIL) // so that it does not grow meanwhile
                        .initialSize(1 << 16)
                        .errorHandler(error -> {})
                        .build());
        final long eventLength = 16 + TestJournals.EIGHTH_OF_RING;
        for (int i = 0; i < 100; i++) {
            assertEquals(
                    Publisher.ACCEPTED,
                    journal.publisher().offer(1, payload(TestJournals.EIGHTH_OF_RING), 0, TestJournals.EIGHTH_OF_RING));
            TestJournals.drain(journal);
        }
        final long durable = journal.sync();
        assertEquals(64 + 100 * eventLength, durable);
        try (RandomAccessFile raw = new RandomAccessFile(file.toFile(), "rw")) {
            raw.setLength(8000);
        }
        assertEquals(
                Publisher.ACCEPTED,
                journal.publisher().offer(1, payload(TestJournals.EIGHTH_OF_RING), 0, TestJournals.EIGHTH_OF_RING));
        journal.invoker().invoke();
        assertEquals(
                file.toRealPath() + ": was cut short by another process: expected at least 65536 bytes, found 8000",
                journal.failure().orElseThrow().getMessage());
        assertThrows(JournalFailedException.class, journal::sync);
        assertThrows(JournalFailedException.class, journal::close);
        assertEquals(8000, Files.size(file));
        assertEquals(durable, journal.stats().getDurablePosition());
    }

    /** Writes a little, waits until its input ends, and goes on in one of several ways. */
    static final class WriteUntilFailed {
        private static final DirectBuffer SOURCE = payload(1000);

        public static void main(final String[] args) throws Exception {
            final Journal journal = Journal.open(
                    Path.of(args[0]),
                    JournalConfig.builder()
                            .backPressure(BackPressure.BLOCK)
                            .initialSize(1 << 20)
                            .growth(Growth.steps(1 << 20))
                            .errorHandler(error -> {})
                            .build());
            publish(journal, 200);
            final JournalStats stats = journal.stats();
            // a cut in the middle of a growth, which makes the file longer again, is only found by the next walk
            while (stats.getJournaledEvents() < 200 || stats.getAllocatedBytes() < 2 << 20) {
                Thread.onSpinWait();
            }
            System.out.println("written");
            if (args[1].equals("on")) {
                publish(journal, 20_000);
            }
            while (System.in.read() >= 0) {
                // until the file has been cut
            }
            try {
                if (args[1].equals("publish")) {
                    publish(journal, 10_000);
                } else if (args[1].equals("sync")) {
                    System.out.println("synced up to " + journal.sync());
                }
                journal.close();
                System.out.println("closed as if nothing had happened");
            } catch (final JournalFailedException e) {
                System.out.println("failed: " + e.getCause());
            }
            System.exit(0);
        }

        private static void publish(final Journal journal, final int events) {
            for (int i = 0; i < events; i++) {
                journal.publisher().offer(1, SOURCE, 0, 1000);
            }
        }
    }
}
