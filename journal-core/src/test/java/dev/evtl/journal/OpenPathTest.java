package dev.evtl.journal;

import static dev.evtl.journal.support.TestJournals.payload;
import static dev.evtl.journal.support.TestJournals.tiny;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.evtl.journal.JournalScan.Condition;
import dev.evtl.journal.exceptions.CorruptJournalException;
import dev.evtl.journal.exceptions.CorruptJournalException.Kind;
import dev.evtl.journal.exceptions.JournalException;
import dev.evtl.journal.support.Golden;
import dev.evtl.journal.support.StoredEvent;
import dev.evtl.journal.support.Tmpfs;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Paths at which no journal can be opened: each message names the path and says what to do, and nothing changes. */
class OpenPathTest {
    @TempDir
    Path directory;

    private static Journal open(final Path file, final OpenMode mode) {
        return Journal.open(file, tiny().openMode(mode).build());
    }

    private void assertRefused(final Path path, final OpenMode mode, final String message) throws IOException {
        final List<Path> before = files();
        final JournalException e = assertThrows(JournalException.class, () -> open(path, mode));
        assertEquals(path + ": " + message, e.getMessage());
        assertEquals(before, files(), "nothing is left behind");
    }

    private List<Path> files() throws IOException {
        try (Stream<Path> walk = Files.walk(directory)) {
            return walk.sorted().toList();
        }
    }

    @ParameterizedTest
    @EnumSource(OpenMode.class)
    void directoryOfOtherFilesIsRefused(final OpenMode mode) throws IOException {
        Files.writeString(directory.resolve("letter.txt"), "hello");
        assertRefused(
                directory,
                mode,
                "is a directory of other files and no journal; give the path of a file, or say in the config when the"
                        + " journal rolls");
    }

    @ParameterizedTest
    @EnumSource(OpenMode.class)
    void pipeIsRefusedWithoutWaitingForItsOtherEnd(final OpenMode mode) throws Exception {
        final Path pipe = directory.resolve("pipe");
        assumeTrue(Tmpfs.run("mkfifo", pipe.toString()), "there is no mkfifo");
        assertRefused(pipe, mode, "is a pipe, a device or a socket; give the path of a regular file");
    }

    @Test
    void deviceIsRefused() throws IOException {
        assertRefused(
                Path.of("/dev/null"),
                OpenMode.CREATE_OR_APPEND,
                "is a pipe, a device or a socket; give the path of a regular file");
    }

    @Test
    void missingParentIsNamed() throws IOException {
        final Path parent = directory.resolve("no/such");
        assertRefused(
                parent.resolve("j.evtl"),
                OpenMode.CREATE,
                "its directory " + parent + " does not exist; create it first");
    }

    @Test
    void parentThatIsAFileIsNamed() throws IOException {
        final Path parent = Files.createFile(directory.resolve("file"));
        assertRefused(
                parent.resolve("j.evtl"),
                OpenMode.CREATE_OR_APPEND,
                "its directory " + parent + " does not exist; create it first");
    }

    @Test
    void existingFileIsRefusedInCreateMode() throws IOException {
        final Path file = Golden.copy("closed", directory);
        assertRefused(file, OpenMode.CREATE, "exists; open it with APPEND, or give another name");
        assertArrayEquals(Golden.bytes("closed"), Files.readAllBytes(file));
    }

    @Test
    void missingFileIsRefusedInAppendMode() throws IOException {
        assertRefused(directory.resolve("no.evtl"), OpenMode.APPEND, "does not exist; open it with CREATE");
    }

    @Test
    void symbolicLinkToNothingIsRefused() throws IOException {
        final Path link = Files.createSymbolicLink(directory.resolve("link"), directory.resolve("no.evtl"));
        assertRefused(link, OpenMode.CREATE_OR_APPEND, "is a symbolic link to a file that does not exist");
    }

    @Test
    void symbolicLinkLeadsToItsFile() throws IOException {
        final Path file = Golden.copy("closed", directory);
        final Path link = Files.createSymbolicLink(directory.resolve("link"), file);
        try (Journal journal = open(link, OpenMode.APPEND)) {
            assertEquals(link, journal.path());
            journal.publisher().offer(1, payload(1), 0, 1);
        }
        assertTrue(Files.isSymbolicLink(link));
        assertEquals(4, StoredEvent.readAll(file).size());
    }

    @Test
    void fileIsCreatedInADirectoryBehindALink() throws IOException {
        final Path real = Files.createDirectory(directory.resolve("real"));
        final Path link = Files.createSymbolicLink(directory.resolve("link"), real);
        open(link.resolve("j.evtl"), OpenMode.CREATE).close();
        assertTrue(Files.exists(real.resolve("j.evtl")));
        assertTrue(Files.exists(real.resolve("j.evtl.lock")));
    }

    @Test
    void fileWithTwoNamesIsRefused() throws IOException {
        final Path file = Golden.copy("closed", directory);
        final Path other = Files.createLink(directory.resolve("other.evtl"), file);
        assertRefused(
                other,
                OpenMode.APPEND,
                "has 2 names (hard links); remove all but one, or copy it, before it is opened for writing");
        Files.delete(other);
        open(file, OpenMode.APPEND).close();
    }

    @Test
    void relativePathIsOpenedInTheWorkingDirectory() throws IOException {
        final Path relative = Path.of("").toAbsolutePath().relativize(directory).resolve("j.evtl");
        open(relative, OpenMode.CREATE).close();
        assertEquals(64, Files.size(directory.resolve("j.evtl")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "x", "not a journal at all, but a text that is longer than the 64 bytes of a header"})
    void fileOfAnotherKindIsRefusedAndLeftAsItIs(final String content) throws IOException {
        final Path file = Files.writeString(directory.resolve("text"), content);
        final CorruptJournalException e =
                assertThrows(CorruptJournalException.class, () -> open(file, OpenMode.APPEND));
        assertEquals(Kind.NOT_A_JOURNAL, e.kind());
        assertEquals(content, Files.readString(file));
    }

    @Test
    void nameTooLongForTheFilesBesideItIsRefusedAndTheLongestIsNot() throws IOException {
        for (final String name : List.of("x".repeat(192), "x".repeat(255), "\u00e9".repeat(96))) {
            final int length = name.getBytes(StandardCharsets.UTF_8).length;
            assertRefused(
                    directory.resolve(name),
                    OpenMode.CREATE_OR_APPEND,
                    "its name has " + length
                            + " bytes; at most 191 are allowed here, so that the files beside it can have longer ones");
        }
        final Path file = directory.resolve("x".repeat(191));
        Files.write(file, Golden.bytes("crashed-torn"));
        open(file, OpenMode.APPEND).close();
        assertEquals(Condition.CLEAN, JournalScan.of(file).condition());
        open(directory.resolve("y".repeat(191)), OpenMode.CREATE).close();
    }

    /** It was made by an earlier version, or was renamed. */
    @Test
    void fileWhoseNameIsTooLongIsOpenedAsFarAsItGoes() throws IOException {
        final Path file = directory.resolve("x".repeat(240));
        Files.write(file, Golden.bytes("closed"));
        open(file, OpenMode.APPEND).close();
        assertArrayEquals(Golden.bytes("closed"), Files.readAllBytes(file));
    }

    @Test
    void interruptedThreadOpensAsAnyOther() {
        final Path file = directory.resolve("j.evtl");
        for (final OpenMode mode : List.of(OpenMode.CREATE, OpenMode.APPEND)) {
            Thread.currentThread().interrupt();
            open(file, mode).close();
            assertTrue(Thread.interrupted());
        }
        assertEquals(Condition.CLEAN, JournalScan.of(file).condition());
    }

    @Test
    void readOnlyFileSystemIsRefused() throws Exception {
        try (Tmpfs tmpfs = Tmpfs.mount(directory, 1 << 20)) {
            final Path file = Golden.copy("closed", directory);
            tmpfs.remount("ro");
            assertRefused(file, OpenMode.APPEND, "not readable and writable by this user; change its permissions");
            assertRefused(
                    directory.resolve("new.evtl"),
                    OpenMode.CREATE,
                    "its directory " + directory + " is not writable by this user");
        }
    }

    @Test
    void fileWithoutPermissionsIsRefused() throws IOException {
        final Path file = Golden.copy("closed", directory);
        Files.setPosixFilePermissions(file, Set.of());
        assumeFalse(Files.isReadable(file), "root may do everything");
        for (final String permissions : List.of("---------", "r--------", "-w-------")) {
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(permissions));
            assertRefused(file, OpenMode.APPEND, "not readable and writable by this user; change its permissions");
        }
    }

    private Path lockOf(final Path file) {
        return file.resolveSibling(file.getFileName() + ".lock");
    }

    private void assertLockRefused(final Path file, final String reason) throws IOException {
        final List<Path> before = files();
        for (int i = 0; i < 2; i++) {
            final JournalException e = assertThrows(JournalException.class, () -> open(file, OpenMode.APPEND));
            assertTrue(e.getMessage().startsWith(lockOf(file) + ": " + reason), e.getMessage());
        }
        assertEquals(before, files());
        assertArrayEquals(Golden.bytes("closed"), Files.readAllBytes(file));
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void lockThatIsALinkIsNotFollowed(final boolean there) throws IOException {
        final Path file = Golden.copy("closed", directory);
        final Path target = directory.resolve("target");
        if (there) {
            Files.writeString(target, "12\n");
        }
        Files.createSymbolicLink(lockOf(file), target);
        assertLockRefused(file, "is a symbolic link, which is not followed here; remove it");
        assertEquals(there, Files.exists(target));
        assertTrue(!there || Files.readString(target).equals("12\n"));
    }

    @Test
    void lockWithASecondNameIsRefused() throws IOException {
        final Path file = Golden.copy("closed", directory);
        final Path other = Files.writeString(directory.resolve("other"), "12\n");
        Files.createLink(lockOf(file), other);
        assertLockRefused(file, "has 2 names (hard links)");
        assertEquals("12\n", Files.readString(other));
    }

    /** Nothing waits for the pipe's other end, neither writers nor readers. */
    @Test
    void lockThatIsNoFileIsRefused() throws IOException {
        final Path file = Golden.copy("closed", directory);
        assumeTrue(Tmpfs.run("mkfifo", lockOf(file).toString()), "there is no mkfifo");
        assertLockRefused(file, "is a directory, a pipe, a device or a socket");
        assertThrows(JournalException.class, () -> JournalScan.of(file));
        Files.delete(lockOf(file));
        Files.createDirectory(lockOf(file));
        assertLockRefused(file, "is a directory, a pipe, a device or a socket");
    }

    @Test
    void lockThatIsAJournalIsRefused() throws IOException {
        final Path file = Golden.copy("closed", directory);
        Files.write(lockOf(file), Golden.bytes("closed"));
        assertLockRefused(file, "is not a journal's lock file: its first line is no process number");
        assertArrayEquals(Golden.bytes("closed"), Files.readAllBytes(lockOf(file)));
    }

    @Test
    void lockOfSomebodyWhoMayNotWriteTheJournalIsRefused() throws IOException {
        final Path file = Golden.copy("closed", directory);
        Files.writeString(lockOf(file), "12\n");
        assumeTrue(Tmpfs.run("chown", "65534:65534", lockOf(file).toString()), "this user may not give files away");
        assertLockRefused(file, "belongs to user 65534, who may not write " + file);
        assertTrue(Tmpfs.run("chown", "0:65534", file.toString()));
        assertLockRefused(file, "belongs to user 65534, who may not write " + file);
        assertTrue(Tmpfs.run("chmod", "g+w", file.toString()));
        open(file, OpenMode.APPEND).close();
        assertTrue(Tmpfs.run("chmod", "g-w", file.toString()));
        assertTrue(Tmpfs.run("chown", "65534:0", file.toString()));
        open(file, OpenMode.APPEND).close();
    }

    @Test
    void lockThatEveryoneMayWriteIsRefusedUnlessTheJournalIsSoToo() throws IOException {
        final Path file = Golden.copy("closed", directory);
        Files.writeString(lockOf(file), "12\n");
        Files.setPosixFilePermissions(lockOf(file), PosixFilePermissions.fromString("rw-rw-rw-"));
        assertLockRefused(file, "every user can write it");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-rw-rw-"));
        open(file, OpenMode.APPEND).close();
    }

    @Test
    void fileAndLockAreTheOwnersOnly() throws IOException {
        final Path file = directory.resolve("j.evtl");
        open(file, OpenMode.CREATE).close();
        assertEquals("rw-------", permissions(file));
        assertEquals("rw-------", permissions(directory.resolve("j.evtl.lock")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"rw-r-----", "rw-rw----", "rw-rw-rw-"})
    void fileAndLockHaveTheConfiguredPermissions(final String configured) throws IOException {
        final Set<PosixFilePermission> permissions = PosixFilePermissions.fromString(configured);
        final Path file = directory.resolve("j.evtl");
        Journal.open(file, tiny().filePermissions(permissions).build()).close();
        assertEquals(configured, permissions(file));
        assertEquals(configured, permissions(directory.resolve("j.evtl.lock")));
        Journal.open(file, tiny().build()).close();
        assertEquals(configured, permissions(file), "an existing file keeps its own");
    }

    private static String permissions(final Path file) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
    }
}
