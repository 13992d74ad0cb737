package dev.evtl.journal;

import static dev.evtl.journal.support.TestJournals.payload;
import static dev.evtl.journal.support.TestJournals.small;
import static dev.evtl.journal.support.TestJournals.tiny;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.evtl.journal.JournalScan.Condition;
import dev.evtl.journal.exceptions.JournalException;
import dev.evtl.journal.exceptions.JournalFailedException;
import dev.evtl.journal.exceptions.JournalLockedException;
import dev.evtl.journal.file.JournalView;
import dev.evtl.journal.io.ProcessIdentity;
import dev.evtl.journal.support.ChildJvm;
import dev.evtl.journal.support.MemoryDirectory;
import dev.evtl.journal.support.RingPublisher;
import dev.evtl.journal.support.Tmpfs;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

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

    /** As a backup does that runs in the writer's process: POSIX then drops the process's locks on all these files. */
    @Test
    void isRefusedAlsoAfterAnythingInTheProcessClosedTheLockFile() throws IOException {
        try (Journal journal = open(file)) {
            offer(journal);
            for (int round = 0; round < 3; round++) {
                for (final Path path : List.of(file, directory.resolve("w.evtl.lock"))) {
                    Files.copy(path, directory.resolve("backup"), StandardCopyOption.REPLACE_EXISTING);
                }
                assertEquals("a writer has it open", JournalScan.of(file).reason());
                assertEquals(
                        "JournalLockedException: " + file.toRealPath() + ": process "
                                + ProcessHandle.current().pid() + " has it open for writing",
                        openInAnotherProcess(file));
                offer(journal);
                journal.sync();
            }
        }
        assertEquals(4, JournalScan.of(file).events());
        assertEquals("open", openInAnotherProcess(file));
    }

    /** As in two containers, whose processes cannot see each other. */
    @Test
    void isRefusedInAProcessThatCannotSeeTheFirst() throws Exception {
        final List<String> unshare = List.of("unshare", "--pid", "--fork", "--kill-child", "--mount-proc", "--");
        assumeTrue(Tmpfs.run("unshare", "--pid", "--fork", "true"), "this user may not make a namespace");
        try (Journal journal = open(file)) {
            offer(journal);
            Files.readAllBytes(directory.resolve("w.evtl.lock"));
            final long start = System.nanoTime();
            while (System.nanoTime() - start < TimeUnit.MILLISECONDS.toNanos(600)) {
                journal.invoker().invoke(); // which takes the lock again
            }
            final Process other = ChildJvm.start(
                    Duration.ofMinutes(1),
                    unshare,
                    List.of(ChildJvm.FLAG, "-XX:-UsePerfData"), // whose warning of another process 1 is in the way
                    OpenAndHold.class,
                    file.toString(),
                    "close");
            assertEquals(
                    "JournalLockedException: " + file.toRealPath() + ": process "
                            + ProcessHandle.current().pid() + " has it open for writing",
                    ChildJvm.output(other).strip());
            offer(journal);
        }
        assertEquals(2, JournalScan.of(file).events());
    }

    /** A copy of the journal has a name and a lock of its own, and the same ring file. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void isRefusedWithACopyOfTheJournalAlsoWhereTheRingFileHasLostItsLock(final boolean removed) throws IOException {
        final Path ring = directory.resolve("w.ring");
        final Path copy = directory.resolve("copy.evtl");
        try (RingPublisher owner = RingPublisher.own(file, ring)) {
            assertEquals(3, owner.offer(1, 0, 3));
            Files.copy(file, copy);
            if (removed) {
                Files.delete(directory.resolve("w.ring.lock"));
            } else {
                owner.readLockFile();
            }
            final JournalConfig config = tiny().ringFile(ring).build();
            final JournalLockedException e =
                    assertThrows(JournalLockedException.class, () -> Journal.open(copy, config));
            assertEquals(
                    ring.toRealPath() + ": another journal has this ring file open, and has lost its lock",
                    e.getMessage());
            assertEquals(2, owner.offer(1, 3, 2));
        }
        Journal.open(file, tiny().ringFile(ring).build()).close();
        assertEquals(5, JournalScan.of(file).events());
    }

    /** A process that cannot be seen from here may have taken the file over: it acknowledges nothing more. */
    @ParameterizedTest
    @ValueSource(strings = {"rm lock", "mv journal", "rm journal", "replace journal", "take over"})
    void writerThatIsNoLongerAloneFailsBeforeItAcknowledges(final String what) throws Exception {
        final Path lock = directory.resolve("w.evtl.lock");
        final Path moved = directory.resolve("moved.evtl");
        final Journal journal = open(file);
        offer(journal);
        TimeUnit.MILLISECONDS.sleep(60); // from when on the times of the files tell whether something has changed
        journal.sync();
        offer(journal);
        journal.invoker().invoke();
        final long durable;
        try (JournalView view = new JournalView(file)) {
            durable = view.durableOffset();
            switch (what) {
                case "rm lock" -> Files.delete(lock);
                case "take over" -> Files.writeString(lock, "1\nowner 1 2 3 token\n");
                case "rm journal" -> Files.delete(file);
                default -> Files.move(file, moved);
            }
            if (what.equals("replace journal")) {
                Files.write(file, new byte[100]);
            }
            final JournalFailedException e = assertThrows(JournalFailedException.class, journal::sync);
            assertInstanceOf(JournalException.class, e.getCause());
            assertTrue(
                    e.getCause().getMessage().startsWith((what.endsWith("journal") ? file : lock) + ": was "),
                    e.getMessage());
            assertEquals(durable, view.durableOffset());
        }
        assertThrows(JournalFailedException.class, journal::close);
        if (what.equals("take over")) {
            assertEquals("1\nowner 1 2 3 token\n", Files.readString(lock));
        }
        final Path left = what.equals("mv journal") || what.equals("replace journal") ? moved : file;
        if (Files.exists(left)) {
            open(left).close();
            assertEquals(2, JournalScan.of(left).events());
        }
    }

    /** Nothing is published and nothing forced. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void idleWriterNoticesToo(final boolean invoked) throws IOException {
        final Journal journal = Journal.open(
                file,
                invoked
                        ? tiny().build()
                        : small().listener(JournalListener.NONE).build());
        Files.delete(directory.resolve("w.evtl.lock"));
        while (journal.failure().isEmpty()) {
            if (invoked) {
                journal.invoker().invoke();
            } else {
                Thread.onSpinWait();
            }
        }
        assertThrows(JournalFailedException.class, journal::close);
    }

    @Test
    void writerThatWasStoppedForLongLooksBeforeItWrites() throws IOException {
        final Journal journal = open(file);
        offer(journal);
        journal.sync();
        final byte[] before = Files.readAllBytes(file);
        final long start = System.nanoTime();
        while (System.nanoTime() - start < TimeUnit.MILLISECONDS.toNanos(600)) {
            Thread.onSpinWait(); // nobody runs the appender
        }
        Files.delete(directory.resolve("w.evtl.lock"));
        offer(journal);
        journal.invoker().invoke();
        assertInstanceOf(JournalException.class, journal.failure().orElseThrow());
        assertArrayEquals(before, Files.readAllBytes(file));
        assertThrows(JournalFailedException.class, journal::close);
    }

    /** What another process of the machine may be named in a lock file that it left. */
    @Test
    void ownerThatOnlyHasTheNumberOfALivingProcessIsTakenOverFrom() throws IOException {
        open(file).close();
        final ProcessIdentity current = ProcessIdentity.current();
        for (final ProcessIdentity owner : List.of(
                new ProcessIdentity(current.number(), current.start() - 1, current.namespaces()),
                new ProcessIdentity(1, 1, current.namespaces() + 1),
                new ProcessIdentity(1, 0, 0))) {
            Files.writeString(directory.resolve("w.evtl.lock"), owner.number() + "\nowner " + owner + " token\n");
            assertEquals(Condition.CLEAN, JournalScan.of(file).condition());
            assertEquals("open", openInAnotherProcess(file));
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
