package dev.evtl.torture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.evtl.journal.Journal;
import dev.evtl.journal.JournalScan;
import dev.evtl.journal.JournalScan.Condition;
import dev.evtl.journal.exceptions.JournalException;
import dev.evtl.journal.exceptions.JournalFailedException;
import dev.evtl.journal.file.JournalView;
import dev.evtl.journal.support.ChildJvm;
import dev.evtl.journal.support.MemoryDirectory;
import dev.evtl.journal.support.Tmpfs;
import dev.evtl.torture.Numbered.Producer;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One writer per file, by whatever way a second one comes, and the first goes on undisturbed. */
@Tag(Torture.TAG)
class EverySecondWriterTest {
    private static final long ROUNDS = Torture.rounds(2, 100);
    private static final int RACERS = 3;

    @TempDir(factory = MemoryDirectory.class)
    Path directory;

    private final long start = System.nanoTime();
    private final Map<String, Integer> refusals = new TreeMap<>();
    private long noticed;
    private Path file;
    private Journal journal;
    private Producer producer;
    private OpenerProcess other;

    @BeforeEach
    void openFirst() throws IOException {
        file = Files.createDirectory(directory.resolve("first")).resolve("w.evtl");
        journal = Journal.open(file, OpenerProcess.config());
        producer = new Producer(journal, 0, 0);
        other = new OpenerProcess();
    }

    @AfterEach
    void closeFirst() throws IOException {
        other.close();
        journal.close();
        Numbered.check(file, 1, "at the end");
        assertEquals(Condition.CLEAN, JournalScan.of(file).condition());
        Torture.report(
                EverySecondWriterTest.class,
                "%d rounds each, %d events by the first writer: %s, noticed within %d ms; %d s",
                ROUNDS,
                producer.next(),
                refusals,
                TimeUnit.NANOSECONDS.toMillis(noticed),
                TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - start));
    }

    /** The first writer goes on after each refusal, and what it publishes is there. */
    private void assertFirstGoesOn() throws IOException {
        assertTrue(producer.publish() > 0);
        journal.sync();
        assertEquals(
                producer.next(), Numbered.check(file, 1, "while it is open").events());
    }

    private void assertRefusedHere(final String way, final Path path) throws IOException {
        final JournalException e =
                assertThrows(JournalException.class, () -> Journal.open(path, OpenerProcess.config()), way);
        assertRefusal(way, e.getClass().getSimpleName() + ": " + e.getMessage());
    }

    private void assertRefusedThere(final String way, final Path path) throws IOException {
        assertRefusal(way, other.open(path));
    }

    private void assertRefusal(final String way, final String said) throws IOException {
        assertTrue(
                said.startsWith("JournalLockedException: ")
                                && said.endsWith("w.evtl: this process has it open for writing already")
                        || said.endsWith(": process " + ProcessHandle.current().pid() + " has it open for writing")
                        || said.contains(": has 2 names (hard links)"),
                () -> way + ": " + said);
        refusals.merge(way, 1, Integer::sum);
        assertFirstGoesOn();
    }

    @Test
    void inTheSameJvmAndInAnotherProcess() throws Exception {
        final Path link = Files.createSymbolicLink(directory.resolve("link"), file);
        final Path directoryLink = Files.createSymbolicLink(directory.resolve("directory"), file.getParent());
        final Path relative = Path.of("").toAbsolutePath().relativize(file);
        final Path hardLink = directory.resolve("hard");
        for (int round = 0; round < ROUNDS; round++) {
            assertRefusedHere("same JVM", file);
            assertRefusedHere("same JVM, symbolic link", link);
            assertRefusedHere("same JVM, linked directory", directoryLink.resolve("w.evtl"));
            assertRefusedHere("same JVM, relative path", relative);
            assertRefusedThere("other process", file);
            assertRefusedThere("other process, symbolic link", link);
            assertRefusedThere("other process, linked directory", directoryLink.resolve("w.evtl"));
            Files.createLink(hardLink, file);
            assertRefusedHere("same JVM, hard link", hardLink);
            assertRefusedThere("other process, hard link", hardLink);
            assertRefusedThere("other process, its name while there is a hard link", file);
            Files.delete(hardLink);
        }
    }

    /** POSIX drops a process's lock on a file with the first descriptor of it that the process closes. */
    @Test
    void afterReadersOfTheFileClosed() throws Exception {
        for (int round = 0; round < ROUNDS; round++) {
            try (JournalView view = new JournalView(file)) {
                assertEquals(producer.next() > 0, view.writeOffset() > 64);
            }
            assertRefusedThere("after a reader", file);
            assertEquals("a writer has it open", JournalScan.of(file).reason());
            assertRefusedThere("after a scan", file);
            FileChannel.open(file).close();
            assertRefusedThere("after a channel", file);
        }
    }

    @Test
    void whileTheFileIsMoved() throws Exception {
        final Path own = directory.resolve("own.evtl");
        final Path moved = directory.resolve("moved.evtl");
        final String refusal =
                "JournalLockedException: " + moved + ": has been moved, and a writer has it open under another name";
        long events = 0;
        for (int round = 0; round < ROUNDS; round++) {
            final Journal open = Journal.open(own, OpenerProcess.config());
            final Producer first = new Producer(open, 0, events);
            assertTrue(first.publish() > 0);
            open.sync();
            events = first.next();
            Files.move(own, moved);
            assertEquals(refusal, other.open(moved));
            final JournalException e =
                    assertThrows(JournalException.class, () -> Journal.open(moved, OpenerProcess.config()));
            assertEquals(refusal, e.getClass().getSimpleName() + ": " + e.getMessage());
            refusals.merge("moved", 2, Integer::sum);
            final long start = System.nanoTime();
            while (open.failure().isEmpty()) {
                Thread.onSpinWait(); // it has to notice by itself
            }
            noticed = Math.max(noticed, System.nanoTime() - start);
            assertThrows(JournalFailedException.class, open::close);
            Files.move(moved, own);
            assertEquals(events, Numbered.check(own, 1, "moved").events());
        }
    }

    /** As a backup does that runs in the first writer's process, here of all its files. */
    @Test
    void afterEverythingBesideTheFileWasRead() throws Exception {
        for (int round = 0; round < ROUNDS; round++) {
            try (DirectoryStream<Path> files = Files.newDirectoryStream(file.getParent())) {
                for (final Path path : files) {
                    Files.readAllBytes(path);
                }
            }
            assertRefusedThere("after a backup", file);
        }
    }

    @Test
    void throughAnotherMount() throws Exception {
        final Path mount = Files.createDirectory(directory.resolve("mount"));
        assumeTrue(
                Tmpfs.run("mount", "--bind", file.getParent().toString(), mount.toString()),
                "this user may not mount a directory a second time");
        try {
            for (int round = 0; round < ROUNDS; round++) {
                assertRefusedThere("other process, other mount", mount.resolve("w.evtl"));
                assertRefusedHere("same JVM, other mount", mount.resolve("w.evtl"));
                assertRefusedThere("other process, after that", file);
            }
        } finally {
            assertTrue(Tmpfs.run("umount", mount.toString()));
        }
    }

    /** As in a server that runs several applications, each with its own copy of the library. */
    @Test
    void throughASecondCopyOfTheLibrary() throws Exception {
        final List<URL> places = new ArrayList<>();
        for (final Path place : ChildJvm.classPath()) {
            places.add(place.toUri().toURL());
        }
        try (URLClassLoader loader =
                new URLClassLoader(places.toArray(URL[]::new), ClassLoader.getPlatformClassLoader())) {
            final Class<?> copy = loader.loadClass(Journal.class.getName());
            final Class<?> scan = loader.loadClass(JournalScan.class.getName());
            for (int round = 0; round < ROUNDS; round++) {
                final Throwable e = assertThrows(
                                InvocationTargetException.class,
                                () -> copy.getMethod("open", Path.class).invoke(null, file))
                        .getCause();
                assertRefusal("second copy", e.getClass().getSimpleName() + ": " + e.getMessage());
                assertRefusedThere("other process, after that", file);
                scan.getMethod("of", Path.class).invoke(null, file);
                assertRefusedThere("other process, after a scan by the second copy", file);
            }
        }
    }

    @Test
    void lockOfAKilledProcessIsTakenOverAtOnce() throws Exception {
        final Path taken = directory.resolve("taken.evtl");
        long events = 0;
        for (int round = 0; round < ROUNDS; round++) {
            try (OpenerProcess holder = new OpenerProcess()) {
                assertEquals("open", holder.open(taken));
                events = Long.parseLong(holder.publish(events, 10));
                assertEquals(
                        "JournalLockedException: " + taken + ": process " + holder.pid() + " has it open for writing",
                        other.open(taken));
                holder.kill();
                if (round % 2 == 0) {
                    assertEquals("open", other.open(taken));
                    events = Long.parseLong(other.publish(events, 10));
                    assertEquals("closed", other.closeJournal());
                } else {
                    Journal.open(taken, OpenerProcess.config()).close();
                }
                refusals.merge("taken over", 1, Integer::sum);
                assertEquals(events, Numbered.check(taken, 1, "taken over").events());
            }
        }
    }

    @Test
    void oneOfSeveralProcessesThatOpenAtOnceWins() throws Exception {
        final List<OpenerProcess> racers = new ArrayList<>();
        try {
            for (int i = 0; i < RACERS; i++) {
                racers.add(new OpenerProcess());
            }
            for (int round = 0; round < ROUNDS; round++) {
                final Path prize =
                        directory.resolve("prize" + round % 3 + ".evtl"); // new ones, and such as were closed
                final List<String> said = OpenerProcess.openAtOnce(racers, prize);
                assertEquals(1, said.stream().filter("open"::equals).count(), said::toString);
                assertEquals(
                        RACERS - 1,
                        said.stream()
                                .filter(s -> s.endsWith(" has it open for writing"))
                                .count(),
                        said::toString);
                assertEquals("closed", racers.get(said.indexOf("open")).closeJournal());
                refusals.merge("won by one of " + RACERS, 1, Integer::sum);
            }
        } finally {
            racers.forEach(OpenerProcess::close);
        }
    }
}
