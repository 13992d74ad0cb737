package dev.evtl.journal;

import static dev.evtl.journal.support.TestJournals.payload;
import static dev.evtl.journal.support.TestJournals.tiny;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.evtl.journal.JournalScan.Condition;
import dev.evtl.journal.exceptions.JournalException;
import dev.evtl.journal.exceptions.JournalLockedException;
import dev.evtl.journal.file.JournalView;
import dev.evtl.journal.support.ChildJvm;
import dev.evtl.journal.support.MemoryDirectory;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** One writer per file, whatever name it comes by and whatever readers do. */
@Timeout(120)
class SecondWriterTest {
    @TempDir(factory = MemoryDirectory.class)
    Path directory;

    private Path file;

    @BeforeEach
    void setFile() {
        file = directory.resolve("w.evtl");
    }

    private static Journal open(final Path path) {
        return Journal.open(path, tiny().build());
    }

    private static void offer(final Journal journal) {
        assertTrue(journal.publisher().offer(1, payload(8), 0, 8) > 0);
    }

    private static String openInAnotherProcess(final Path path) throws IOException {
        return ChildJvm.output(ChildJvm.start(OpenAndHold.class, path.toString(), "close"))
                .strip();
    }

    @Test
    void isRefusedInTheSameJvm() throws IOException {
        final Path link = Files.createSymbolicLink(directory.resolve("link"), file);
        try (Journal journal = open(file)) {
            offer(journal);
            for (final Path path :
                    new Path[] {file, link, directory.resolve("../" + directory.getFileName() + "/w.evtl")}) {
                assertEquals(
                        file.toRealPath() + ": this process has it open for writing already",
                        assertThrows(JournalLockedException.class, () -> open(path))
                                .getMessage());
            }
        }
        assertEquals(1, JournalScan.of(file).events());
        open(file).close();
    }

    @Test
    void isRefusedInAnotherProcessThatIsToldTheFirst() throws IOException {
        final Path link = Files.createSymbolicLink(directory.resolve("link"), file);
        final Path hardLink = directory.resolve("hard");
        try (Journal journal = open(file)) {
            offer(journal);
            final String refusal = "JournalLockedException: " + file.toRealPath() + ": process "
                    + ProcessHandle.current().pid() + " has it open for writing";
            assertEquals(refusal, openInAnotherProcess(file));
            assertEquals(refusal, openInAnotherProcess(link));
            Files.createLink(hardLink, file);
            assertTrue(openInAnotherProcess(hardLink).contains(": has 2 names (hard links)"));
            assertTrue(openInAnotherProcess(file).contains(": has 2 names (hard links)"));
            Files.delete(hardLink);
            offer(journal);
        }
        assertEquals(2, JournalScan.of(file).events());
        assertEquals("open", openInAnotherProcess(file));
    }

    @Test
    void isRefusedThroughAHardLinkInTheSameJvm() throws IOException {
        try (Journal journal = open(file)) {
            offer(journal);
            final Path hardLink = Files.createLink(directory.resolve("hard"), file);
            for (final Path path : new Path[] {hardLink, file}) {
                assertTrue(assertThrows(JournalException.class, () -> open(path))
                        .getMessage()
                        .startsWith(path + ": has 2 names (hard links)"));
            }
            Files.delete(hardLink);
            assertThrows(JournalLockedException.class, () -> open(file));
            offer(journal);
        }
        assertEquals(2, JournalScan.of(file).events());
    }

    @Test
    void isRefusedAlsoAfterReadersHaveClosed() throws IOException {
        try (Journal journal = open(file)) {
            offer(journal);
            JournalScan.of(file);
            try (JournalView view = new JournalView(file)) {
                assertFalse(view.isClosed());
            }
            Files.readAllBytes(file);
            assertThrows(JournalLockedException.class, () -> open(file));
            assertTrue(openInAnotherProcess(file).startsWith("JournalLockedException"));
        }
    }

    @Test
    void readerOfALiveJournalSeesThatItIs() throws IOException {
        try (Journal journal = open(file)) {
            offer(journal);
            journal.sync();
            assertEquals("a writer has it open", JournalScan.of(file).reason());
            assertEquals(Condition.UNCLOSED, JournalScan.of(file).condition());
        }
        assertEquals(Condition.CLEAN, JournalScan.of(file).condition());
    }

    @Test
    void lockOfAKilledProcessIsTakenOverAtOnce() throws Exception {
        final Process holder = ChildJvm.start(OpenAndHold.class, file.toString(), "hold");
        final BufferedReader output = new BufferedReader(new InputStreamReader(holder.getInputStream()));
        assertEquals("open", output.readLine());
        final JournalLockedException e = assertThrows(JournalLockedException.class, () -> open(file));
        assertEquals(file.toRealPath() + ": process " + holder.pid() + " has it open for writing", e.getMessage());
        assertEquals("a writer has it open", JournalScan.of(file).reason());
        holder.destroyForcibly().waitFor();
        try (Journal journal = open(file)) {
            assertEquals(Condition.UNCLOSED, journal.recovery().orElseThrow().condition());
            offer(journal);
        }
        assertEquals(1, JournalScan.of(file).events());
    }

    @Test
    void oneOfManyThatOpenAtOnceWins() throws Exception {
        for (int round = 0; round < 50; round++) {
            final Path path = directory.resolve("race" + round + ".evtl");
            final CompletableFuture<?>[] all = new CompletableFuture<?>[4];
            final Queue<Journal> opened = new ConcurrentLinkedQueue<>();
            for (int i = 0; i < all.length; i++) {
                all[i] = CompletableFuture.runAsync(() -> {
                    try {
                        opened.add(open(path));
                    } catch (final JournalLockedException e) {
                        assertTrue(e.getMessage().contains("has it open for writing"));
                    }
                });
            }
            CompletableFuture.allOf(all).join();
            assertEquals(1, opened.size());
            opened.remove().invoker().close();
            assertEquals(Condition.CLEAN, JournalScan.of(path).condition());
        }
    }

    /** Says whether it could open a journal; then closes it or holds it until it is killed. */
    static final class OpenAndHold {
        public static void main(final String[] args) throws Exception {
            try (Journal journal = open(Path.of(args[0]))) {
                System.out.println("open");
                if (args[1].equals("hold")) {
                    journal.publisher().offer(1, payload(8), 0, 8);
                    System.in.read();
                }
            } catch (final JournalException e) {
                System.out.println(e.getClass().getSimpleName() + ": " + e.getMessage());
            }
        }
    }
}
