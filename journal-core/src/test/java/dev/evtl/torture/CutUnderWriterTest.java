package dev.evtl.torture;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.evtl.journal.JournalScan;
import dev.evtl.journal.JournalScan.Condition;
import dev.evtl.journal.exceptions.CorruptJournalException;
import dev.evtl.journal.support.MemoryDirectory;
import dev.evtl.torture.Numbered.Checker;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A file that another process cuts short, and perhaps makes longer again, under its writer. */
@Tag(Torture.TAG)
class CutUnderWriterTest {
    @TempDir(factory = MemoryDirectory.class)
    Path directory;

    private final Random random = Torture.random(CutUnderWriterTest.class);
    private final TreeMap<String, Integer> writers = new TreeMap<>();
    private final TreeMap<String, Integer> files = new TreeMap<>();
    private final Scissors scissors = new Scissors(random);
    private SharedLongs shared;
    private boolean longerAgain;
    private int notTold;

    @Test
    void writerFailsAndItsJvmLivesAndNoEventIsWrong() throws Exception {
        final long rounds = Torture.rounds(4, 200);
        final long start = System.nanoTime();
        shared = new SharedLongs(directory.resolve("shared"), Traffic.SHARED);
        for (int round = 0; round < rounds; round++) {
            final Path file = directory.resolve("c" + round + ".evtl");
            final Setup setup = new Setup(random.nextInt());
            final List<String> compiler = scissors.compiler();
            final String what = "round " + round + ", " + setup + ", " + compiler;
            final String said = cut(file, setup, compiler);
            final String found = found(file, setup, what);
            final String mode = setup.storage + (longerAgain ? ", longer again" : "");
            writers.merge(mode + " " + said.replaceAll(":.*", ""), 1, Integer::sum);
            files.merge(found, 1, Integer::sum);
            assertTrue(said.startsWith("failed: ") || said.startsWith("closed: "), () -> what + ": " + said);
            if (said.startsWith("closed: ") && !longerAgain && !found.startsWith("CLEAN")) {
                notTold++;
            }
            Files.delete(file);
        }
        shared.close();
        // a growth in the very instant of a cut into what came since the look before hides it, though from no reader
        assertTrue(notTold <= 1 + rounds / 50, notTold + " writers were not told");
        Torture.report(
                CutUnderWriterTest.class,
                "JDK %s: %d files cut under their writers, no dead JVM, no wrong event; writers %s, of whose files %d were"
                        + " shorter without their knowing; files %s; %d s",
                System.getProperty("java.version"),
                rounds,
                writers,
                notTold,
                files,
                TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - start));
    }

    /** Returns what the writer said. */
    private String cut(final Path file, final Setup setup, final List<String> compiler) throws Exception {
        shared.clear();
        final Process child = WriterProcess.start(
                List.of(), compiler, file, directory.resolve("shared"), setup, random, new long[setup.producers]);
        while (shared.get(Traffic.OPENED) == 0) {
            assertTrue(child.isAlive());
            Thread.onSpinWait();
        }
        longerAgain = scissors.cut(file);
        scissors.waitAWhile(100_000_000);
        shared.set(Traffic.STOP, 1);
        return WriterProcess.said(child, setup.toString());
    }

    /** What a reader makes of the file: all that was journaled, or an error and before it nothing wrong. */
    private String found(final Path file, final Setup setup, final String what) throws IOException {
        final JournalScan scan;
        try {
            scan = JournalScan.of(file);
        } catch (final CorruptJournalException e) {
            return e.kind().toString();
        }
        if (!scan.header().hasChecksums()) {
            return scan.condition() + " without checksums"; // zeros in an event may go unnoticed
        }
        final Checker checker = new Checker(setup.producers, what);
        checker.checkFile(Files.readAllBytes(file), scan.validEnd());
        if (scan.condition() != Condition.CORRUPT && scan.condition() != Condition.LOST) {
            assertTrue(
                    checker.events() >= shared.get(Traffic.JOURNALED),
                    () -> what + ": " + shared.get(Traffic.JOURNALED) + " were journaled, " + scan);
        }
        return scan.condition().toString();
    }
}
