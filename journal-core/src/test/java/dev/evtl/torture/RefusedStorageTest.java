package dev.evtl.torture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.evtl.journal.Journal;
import dev.evtl.journal.exceptions.DiskFullException;
import dev.evtl.journal.exceptions.JournalException;
import dev.evtl.journal.exceptions.JournalFailedException;
import dev.evtl.journal.support.ChildJvm;
import dev.evtl.journal.support.MemoryDirectory;
import dev.evtl.journal.support.Tmpfs;
import dev.evtl.torture.Numbered.Checker;
import dev.evtl.torture.Numbered.Producer;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A storage that has no room, or that may not be written: the error says so, what was there is intact, nothing is left
 * behind, and when the cause is gone the journal goes on.
 */
@Tag(Torture.TAG)
class RefusedStorageTest {
    private static final int MIB = 1 << 20;
    private static final long ROUNDS = Torture.rounds(1, 50);
    private static final String NOBODY = "65534";

    @TempDir(factory = MemoryDirectory.class)
    Path memory;

    @TempDir
    Path disk;

    private final Random random = Torture.random(RefusedStorageTest.class);
    private final TreeMap<String, Integer> seen = new TreeMap<>();
    private final long start = System.nanoTime();
    private SharedLongs shared;
    private Path root;
    private Path file;
    private Setup setup;
    private Checker found;
    private String what;
    private long events;

    @BeforeEach
    void share() throws IOException {
        shared = new SharedLongs(memory.resolve("shared"), Traffic.SHARED);
    }

    @AfterEach
    void unshare() {
        shared.close();
    }

    private void report(final String refusal) {
        Torture.report(
                RefusedStorageTest.class,
                "%s: %d rounds, %d events; each intact and gone on with; %s; %d s",
                refusal,
                ROUNDS,
                events,
                seen,
                TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - start));
    }

    private void note(final String answer) {
        seen.merge(answer, 1, Integer::sum);
    }

    @Test
    void fullTmpfs() throws Exception {
        final Path mountPoint = Files.createDirectory(memory.resolve("mount"));
        final Tmpfs tmpfs = Tmpfs.mount(mountPoint, 24 * MIB);
        try {
            fillUp(mountPoint);
        } finally {
            tmpfs.close();
        }
        report("full tmpfs");
    }

    @Test
    void fullExt4() throws Exception {
        try (LoopFileSystem files = LoopFileSystem.create(disk, 24 * MIB)) {
            files.format();
            files.mount("defaults");
            fillUp(files.root());
        }
        report("full ext4");
    }

    private void fillUp(final Path directory) throws Exception {
        root = directory;
        final Path filler = root.resolve("filler");
        for (int round = 0; round < ROUNDS; round++) {
            begin(round);
            fillAllBut((long) Math.pow(6 * MIB, random.nextDouble()), filler);
            final List<Path> before = files();
            try {
                failForWantOfSpace(Journal.open(file, setup.config()));
                note("no space to grow");
            } catch (final DiskFullException e) {
                assertNothingNew(before);
                note("no space to open");
            }
            final Checker kept = checked();
            try {
                Journal.open(file, setup.config()).close();
                note("opened without more space");
            } catch (final DiskFullException e) {
                assertNothingNew(files());
            }
            assertEquals(kept.events(), checked().events(), what);
            Files.delete(filler);
            goOn(kept);
        }
    }

    /** A new file, or one that a journal was closed on before. */
    private void begin(final int round) throws IOException {
        if (file == null || random.nextInt(3) == 0 || Files.size(file) > MIB) {
            for (final Path path : file == null ? List.<Path>of() : files()) {
                Files.deleteIfExists(path);
            }
            file = root.resolve("r" + round + ".evtl");
            setup = new Setup(random.nextInt());
            found = new Checker(setup.producers, "new");
        }
        shared.clear();
        what = "round " + round + ", " + setup + ", " + found.events() + " events before";
    }

    private void fillAllBut(final long free, final Path filler) throws IOException {
        long length = 0;
        try (OutputStream out = Files.newOutputStream(filler)) {
            final byte[] page = new byte[4096];
            while (true) {
                out.write(page);
                length += page.length;
            }
        } catch (final IOException e) {
            // it is full
        }
        try (RandomAccessFile raw = new RandomAccessFile(filler.toFile(), "rw")) {
            raw.setLength(Math.max(0, length - free));
        }
    }

    private void failForWantOfSpace(final Journal journal) throws InterruptedException, IOException {
        final long[] accepted = new Traffic(journal, shared, found.eventsByProducer(), random).join();
        assertInstanceOf(DiskFullException.class, journal.failure().orElseThrow(), what);
        assertThrows(JournalFailedException.class, journal::sync, what);
        assertThrows(JournalFailedException.class, journal::close, what);
        assertEquals("failed", journal.stats().getState(), what);
        long offered = 0;
        for (int i = 0; i < accepted.length; i++) {
            offered += accepted[i] - found.eventsByProducer()[i];
        }
        final long journaled = journal.stats().getJournaledEvents();
        assertEquals(offered, journaled + journal.stats().getDroppedEvents(), what);
        assertEquals(found.events() + journaled, checked().events(), what);
    }

    private List<Path> files() throws IOException {
        try (Stream<Path> all = Files.list(root)) {
            return all.filter(Files::isRegularFile).sorted().toList();
        }
    }

    /** But for the lock, which says who was here last, and the index, which is completed first. */
    private void assertNothingNew(final List<Path> before) throws IOException {
        final List<Path> added = new ArrayList<>(files());
        added.removeAll(before);
        added.removeIf(path -> path.toString().matches(".*\\.(lock|index)"));
        assertEquals(List.of(), added, what);
    }

    /** All that was there, and all that the traffic was told is durable. */
    private Checker checked() throws IOException {
        if (found.events() == 0 && Files.notExists(file)) {
            return found;
        }
        final Checker now = Numbered.check(file, setup.producers, what);
        for (int i = 0; i < setup.producers; i++) {
            final long wanted = Math.max(found.eventsByProducer()[i], shared.get(Traffic.ACKNOWLEDGED + i));
            assertTrue(now.events(i) >= wanted, what + ": " + wanted + " of producer " + i + ", now " + now.events(i));
        }
        return now;
    }

    private void goOn(final Checker kept) throws IOException {
        Numbered.goOn(file, setup.config(), kept);
        found = Numbered.check(file, setup.producers, what);
        events += found.events();
    }

    @Test
    void fileSizeLimit() throws Exception {
        assumeTrue(Tmpfs.run("sh", "-c", "command -v prlimit"), "prlimit is missing");
        root = Files.createDirectory(memory.resolve("limited"));
        for (int round = 0; round < ROUNDS; round++) {
            begin(round);
            final List<Path> before = files();
            final long limit = (long) Math.pow(4 * MIB, random.nextDouble());
            final String said = write(List.of("prlimit", "--fsize=" + limit), null);
            assertTrue(said.matches("(?s)(refused|failed): .*JournalException: .*File too large"), what + ": " + said);
            assertNothingNew(
                    Files.exists(file)
                            ? Stream.concat(before.stream(), Stream.of(file)).toList()
                            : before);
            note(said.substring(0, said.indexOf(':')));
            goOn(checked());
        }
        report("file-size limit");
    }

    /** Lets a process write until it fails by itself, or is made to. */
    private String write(final List<String> prefix, final Provocation provocation) throws Exception {
        final Process child = WriterProcess.start(
                prefix,
                List.of("-XX:-UsePerfData"),
                file,
                memory.resolve("shared"),
                setup,
                random,
                found.eventsByProducer());
        if (provocation != null) {
            while (shared.get(Traffic.OPENED) == 0 && child.isAlive()) {
                Thread.onSpinWait();
            }
            LockSupport.parkNanos((long) Math.pow(200_000_000, random.nextDouble()));
            provocation.provoke();
        }
        return WriterProcess.said(child, what);
    }

    /** Makes the file system, or the file, refuse what a writer does. */
    private interface Provocation {
        void provoke() throws IOException;
    }

    @Test
    void readOnlyFileSystem() throws Exception {
        try (LoopFileSystem files = LoopFileSystem.create(disk, 64 * MIB)) {
            files.format();
            files.mount("errors=remount-ro");
            root = files.root();
            final Provocation provocation = files::provokeError;
            for (int round = 0; round < ROUNDS; round++) {
                begin(round);
                if (round % 2 == 0) {
                    files.remount("ro");
                    assertRefused();
                    files.remount("rw");
                } else {
                    final String said = write(List.of(), provocation);
                    assertTrue(said.startsWith("failed: "), what + ": " + said);
                    note("became read-only: " + cause(said));
                    files.unmount();
                    files.repair();
                    files.mount("errors=remount-ro");
                }
                goOn(checked());
            }
        }
        report("read-only file system");
    }

    private static String cause(final String said) {
        return said.replaceAll("/\\S*", "FILE").replaceAll("[0-9]+", "N");
    }

    private void assertRefused() throws IOException {
        final List<Path> before = files();
        final JournalException e = assertThrows(JournalException.class, () -> Journal.open(file, setup.config()), what);
        assertTrue(e.getMessage().startsWith(file + ": "), e.getMessage());
        note(cause(e.getMessage().substring(file.toString().length() + 2)));
        assertEquals(before, files(), what);
        assertEquals(found.events(), checked().events(), what);
    }

    @Test
    void immutableFile() throws Exception {
        try (LoopFileSystem files = LoopFileSystem.create(disk, 64 * MIB)) {
            files.format();
            files.mount("defaults");
            root = files.root();
            assumeTrue(Tmpfs.run("chattr", "+i", root.toString()), "there is no chattr, or this user may not");
            change("-i", root);
            final Provocation provocation = () -> change("+i", file);
            for (int round = 0; round < ROUNDS; round++) {
                begin(round);
                if (round % 2 == 0 && found.events() > 0) {
                    final Path target = List.of(file, lock(), root).get(random.nextInt(3));
                    final String attribute = random.nextBoolean() || target == root ? "i" : "a";
                    change("+" + attribute, target);
                    assertRefused();
                    change("-" + attribute, target);
                } else {
                    final String said = write(List.of(), provocation);
                    change("-i", file);
                    assertTrue(said.startsWith("failed: "), what + ": " + said);
                    note("became immutable: " + cause(said));
                }
                goOn(checked());
            }
        }
        report("immutable file");
    }

    private Path lock() {
        return file.resolveSibling(file.getFileName() + ".lock");
    }

    private void change(final String attribute, final Path path) {
        assertTrue(Tmpfs.run("chattr", attribute, path.toString()), () -> what + ": chattr " + attribute + " " + path);
    }

    @Test
    void noPermission() throws Exception {
        final List<String> asNobody =
                List.of("setpriv", "--reuid=" + NOBODY, "--regid=" + NOBODY, "--clear-groups", "--");
        assumeTrue(
                Tmpfs.run(Stream.concat(asNobody.stream(), Stream.of("true")).toArray(String[]::new)),
                "there is no setpriv, or this user may not become another");
        Files.setPosixFilePermissions(memory, PosixFilePermissions.fromString("rwxr-xr-x"));
        root = Files.createDirectory(memory.resolve("denied"));
        try (OpenerProcess nobody = new OpenerProcess(asNobody, List.of("-cp", readableClassPath()))) {
            for (int round = 0; round < ROUNDS; round++) {
                final Denial denial = Denial.values()[random.nextInt(Denial.values().length)];
                what = "round " + round + ", " + denial;
                setup = new Setup(random.nextInt());
                file = Files.createDirectory(root.resolve("d" + round)).resolve("j.evtl");
                deny(nobody, denial);
            }
        }
        report("no permission");
    }

    /** What a user without rights may not do. */
    private enum Denial {
        WRITE_FILE("rw-r--r--", "rw-r--r--", "rwxrwxrwx"),
        READ_FILE("-w--w--w-", "rw-rw-rw-", "rwxrwxrwx"),
        USE_FILE("---------", "---------", "rwxrwxrwx"),
        WRITE_LOCK("rw-rw-rw-", "rw-r--r--", "rwxrwxrwx"),
        USE_LOCK("rw-rw-rw-", "---------", "rwxrwxrwx"),
        WRITE_DIRECTORY("rw-rw-rw-", "rw-rw-rw-", "rwxr-xr-x"),
        SEARCH_DIRECTORY("rw-rw-rw-", "rw-rw-rw-", "rw-rw-rw-"),
        USE_DIRECTORY("rw-rw-rw-", "rw-rw-rw-", "---------"),
        CREATE_FILE(null, null, "rwxr-xr-x"),
        CREATE_UNSEEN(null, null, "rw-rw-rw-");

        private final String filePermissions;
        private final String lockPermissions;
        private final String directoryPermissions;

        Denial(final String filePermissions, final String lockPermissions, final String directoryPermissions) {
            this.filePermissions = filePermissions;
            this.lockPermissions = lockPermissions;
            this.directoryPermissions = directoryPermissions;
        }
    }

    private void deny(final OpenerProcess nobody, final Denial denial) throws IOException {
        found = new Checker(1, what);
        final boolean exists = denial.filePermissions != null;
        if (exists) {
            try (Journal journal = Journal.open(file, OpenerProcess.config())) {
                new Producer(journal, 0, 0).publish(1 + random.nextInt(100));
            }
            found = Numbered.check(file, 1, what);
            permit(file, denial.filePermissions);
            permit(lock(), denial.lockPermissions);
        }
        permit(file.getParent(), denial.directoryPermissions);
        final String said = nobody.open(file);
        assertTrue(said.startsWith("JournalException: " + file + ": "), what + ": " + said);
        note(cause(said.substring(said.indexOf(": ", 20) + 2)));
        assertEquals(exists, Files.exists(file), what);
        try (Stream<Path> left = Files.list(file.getParent())) {
            assertTrue(left.noneMatch(path -> path.toString().contains(".new-")), what);
        }
        if (exists) {
            assertEquals(found.events(), Numbered.check(file, 1, what).events(), what);
            permit(file, "rw-rw-rw-");
            permit(lock(), "rw-rw-rw-");
        }
        permit(file.getParent(), "rwxrwxrwx");
        assertEquals("open", nobody.open(file), what);
        final String next = nobody.publish(found.events(), 10);
        assertEquals("closed", nobody.closeJournal());
        found = Numbered.check(file, 1, what);
        assertEquals(next, Long.toString(found.events()), what);
        events += found.events();
    }

    private static void permit(final Path path, final String permissions) throws IOException {
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(permissions));
    }

    /** Where classes lie, another user may not look. */
    private String readableClassPath() throws IOException {
        final List<String> copies = new ArrayList<>();
        for (final Path place : ChildJvm.classPath()) {
            final Path copy = memory.resolve("classes" + copies.size());
            assertTrue(Tmpfs.run("cp", "-r", place.toString(), copy.toString()));
            assertTrue(Tmpfs.run("chmod", "-R", "a+rX", copy.toString()));
            copies.add(copy.toString());
        }
        return String.join(File.pathSeparator, copies);
    }
}
