package dev.evtl.cli;

import static dev.evtl.cli.Ran.evtl;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.evtl.replay.TestFiles;
import dev.evtl.torture.ReferenceJournal;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class EvtlTest {
    @TempDir
    Path directory;

    @ParameterizedTest
    @ValueSource(
            strings = {"record", "info", "cat", "replay", "merge", "backup", "readers", "verify", "recover", "salvage"})
    void eachVerbHasHelpWithoutColoursWhereThereIsNoTerminal(final String verb) {
        final Ran ran = evtl(verb, "--help");
        assertEquals(0, ran.code());
        assertTrue(ran.out().startsWith("Usage: evtl " + verb + " "), ran.out());
        assertTrue(ran.out().contains("FILE"), ran.out());
        assertFalse(ran.out().contains("\u001b"), ran.out());
        assertEquals("", ran.err());
        assertTrue(evtl("--help").out().contains("\n  " + verb + " "));
    }

    @Test
    void versionIsOneLine() {
        final Ran ran = evtl("--version");
        assertEquals(0, ran.code());
        assertEquals(1, ran.lines().size());
        assertTrue(ran.out().startsWith("evtl "), ran.out());
    }

    @ParameterizedTest
    @CsvSource({
        "'', evtl: Missing required subcommand (see evtl --help)",
        "nonsense, evtl: Unmatched argument at index 0: 'nonsense' (see evtl --help)",
        "--nonsense, evtl: Unknown option: '--nonsense' (see evtl --help)",
        "info, evtl info: Missing required parameter: 'FILE' (see evtl info --help)",
        "info --nonsense x, evtl info: Unknown option: '--nonsense' (see evtl info --help)",
        "cat --nonsense x, evtl cat: Unknown option: '--nonsense' (see evtl cat --help)",
        "replay --nonsense x, evtl replay: Unknown option: '--nonsense' (see evtl replay --help)",
        "verify --nonsense x, evtl verify: Unknown option: '--nonsense' (see evtl verify --help)",
        "recover --nonsense x, evtl recover: Unknown option: '--nonsense' (see evtl recover --help)",
        "'merge a b', 'evtl merge: positional parameter at index 0..* (FILE) requires at least 3 values, but only 2 were specified: [a, b] (see evtl merge --help)'",
        "backup x, evtl backup: Missing required parameter: 'TARGET' (see evtl backup --help)",
        "salvage x, evtl salvage: Missing required parameter: 'OUT' (see evtl salvage --help)",
        "recover x y, evtl recover: Unmatched argument at index 2: 'y' (see evtl recover --help)",
    })
    void wrongUsageIsOneLineAndTwo(final String args, final String expected) {
        final Ran ran = args.isEmpty() ? evtl() : evtl((Object[]) args.split(" "));
        assertEquals(2, ran.code());
        assertEquals(expected, ran.error());
        assertEquals("", ran.out());
    }

    @ParameterizedTest
    @ValueSource(strings = {"info", "cat", "replay", "readers", "verify", "recover"})
    void whatCannotBeReadIsOneLineAndOne(final String verb) throws IOException {
        final Path missing = directory.resolve("missing.evtl");
        final Ran noFile = evtl(verb, missing);
        assertEquals(1, noFile.code());
        assertEquals("evtl: " + missing + ": does not exist", noFile.error());
        assertEquals("", noFile.out());
        assertFalse(Files.exists(missing));

        final Ran noRegularFile = evtl(verb, directory);
        assertEquals(1, noRegularFile.code());
        assertEquals("evtl: " + directory + ": there is no file of a journal in it", noRegularFile.error());
        final Ran device = evtl(verb, "/dev/null");
        assertEquals(1, device.code());
        assertTrue(device.error().startsWith("evtl: /dev/null: is a pipe, a device or a socket"), device.err());
    }

    @ParameterizedTest
    @ValueSource(strings = {"info", "cat", "replay", "readers", "verify", "recover"})
    void whatCanBeNoFileIsToldAsWhatItIs(final String verb) throws IOException {
        final Path below = TestFiles.golden("closed", directory).resolve("below");
        // JDK 17 and 25 tell it apart
        final boolean isMissing =
                assertThrows(FileSystemException.class, () -> Files.readAttributes(below, BasicFileAttributes.class))
                        instanceof NoSuchFileException;
        assertEquals(
                "evtl: " + below + (isMissing ? ": does not exist" : ": cannot be looked at: Not a directory"),
                evtl(verb, below).error());
        final Path loop = Files.createSymbolicLink(directory.resolve("loop"), Path.of("loop"));
        assertEquals(
                "evtl: " + loop + ": cannot be looked at: Too many levels of symbolic links"
                        + " or unable to access attributes of symbolic link",
                evtl(verb, loop).error());
        final Path tooLong = directory.resolve("x".repeat(256));
        assertEquals(
                "evtl: " + tooLong + ": cannot be looked at: File name too long",
                evtl(verb, tooLong).error());
        final Ran empty = evtl(verb, "");
        assertEquals(2, empty.code());
        assertTrue(empty.error().contains("'' is no file's name"), empty.err());
    }

    @ParameterizedTest
    @CsvSource({
        "info, corrupt-header, 4, header damaged",
        "cat, corrupt-header, 4, header damaged",
        "replay, corrupt-header, 4, header damaged",
        "info, corrupt-payload, 4, 'offset 80, sequence 1: corrupt event: checksum'",
        "cat, corrupt-payload, 4, 'offset 80, sequence 1: corrupt event: checksum'",
        "replay, corrupt-payload, 4, 'offset 80, sequence 1: corrupt event: checksum'",
        "info, power-loss, 3, 'offset 110, sequence 2: unsynced data lost'",
        "cat, power-loss, 3, 'offset 110, sequence 2: unsynced data lost'",
        "replay, power-loss, 3, 'offset 110, sequence 2: unsynced data lost'"
    })
    void damageIsOneLineAndItsCode(final String verb, final String name, final int code, final String reason)
            throws IOException {
        final Path file = TestFiles.golden(name, directory);
        final Ran ran = evtl(verb, file);
        assertEquals(code, ran.code());
        assertTrue(ran.error().startsWith("evtl: " + file + ": "), ran.err());
        assertTrue(ran.error().contains(reason), ran.err());
    }

    /** Nobody can tell how the claim would have gone on. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "verify FILE",
                "recover FILE",
                "info FILE",
                "cat FILE",
                "cat -n 2 FILE",
                "cat --seq 1 FILE",
                "replay FILE",
                "replay --no-verify FILE",
                "replay --consumer print FILE"
            })
    void closedFileThatEndsWithinAClaimIsCorruptToEveryVerb(final String args) throws IOException {
        for (final boolean checksums : new boolean[] {true, false}) {
            final Path file = Files.write(
                    directory.resolve("more.evtl"),
                    new ReferenceJournal(1, checksums, 0)
                            .add(1, 0, 1, "whole".getBytes(US_ASCII))
                            .add(2, ReferenceJournal.MORE, 2, "half".getBytes(US_ASCII))
                            .closed());
            final Ran ran =
                    evtl((Object[]) args.replace("FILE", file.toString()).split(" "));
            assertEquals(4, ran.code());
            assertTrue(
                    (ran.out() + ran.err())
                            .contains("corrupt event: expected the rest of the claim that begins at 85, found the end"),
                    ran.out() + ran.err());
            assertFalse(ran.out().contains("half"), ran.out());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"info", "cat", "replay", "readers"})
    void whatIsNoJournalIsOneLineAndFour(final String verb) throws IOException {
        final Path text = Files.writeString(directory.resolve("text"), "no journal".repeat(10));
        final Ran ran = evtl(verb, text);
        assertEquals(4, ran.code());
        assertTrue(ran.error().startsWith("evtl: " + text + ": offset 0: not a journal: magic"), ran.err());
        assertEquals("", ran.out());

        final Path tooShort = Files.writeString(directory.resolve("short"), "EVTL");
        assertEquals(4, evtl(verb, tooShort).code());
        assertTrue(evtl(verb, tooShort).error().contains("too short to be a journal"));
    }

    @Test
    void namesOfFilesCannotDriveATerminal() {
        final Ran ran = evtl("verify", directory + "/a\u001b[2J\nb\u202ec");
        assertEquals("evtl: " + directory + "/a\\u{1b}[2J\\u{a}b\\u{202e}c: does not exist", ran.error());
    }

    @Test
    void namesOfFilesCannotDriveATerminalFromStandardOutput() throws IOException {
        final Path file = Files.move(TestFiles.golden("closed", directory), directory.resolve("a\u001b[2J\nb\u202ec"));
        for (final List<Object> args : List.<List<Object>>of(
                List.of("verify", file), List.of("recover", file), List.of("salvage", file, file + "\u009bout"))) {
            final Ran ran = evtl(args.toArray());
            assertEquals(1, ran.lines().size(), ran.out());
            assertTrue(ran.out().startsWith(directory + "/a\\u{1b}[2J\\u{a}b\\u{202e}c: "), ran.out());
            assertTrue(ran.out().matches("[ -~]*\n"), ran.out());
        }
    }

    @Test
    void verbsKnowNothingOfTheCommand() throws IOException {
        try (Stream<Path> sources = Files.walk(Path.of("src/main/java/dev/evtl/cli"))) {
            for (final Path source : sources.filter(path -> path.toString().matches(".*/cli/.+/.*\\.java"))
                    .toList()) {
                assertFalse(Files.readString(source).contains("dev.evtl.cli.Evtl"), source.toString());
            }
        }
    }

    /** Takes some bytes, then fails as a pipe or a file does. */
    private static final class Failing extends OutputStream {
        private final String message;
        private long room;
        private int failures;

        Failing(final long room, final String message) {
            this.room = room;
            this.message = message;
        }

        @Override
        public void write(final int b) throws IOException {
            write(new byte[] {(byte) b}, 0, 1);
        }

        @Override
        public void write(final byte[] bytes, final int offset, final int length) throws IOException {
            room -= length;
            if (room < 0) {
                failures++;
                throw new IOException(message);
            }
        }
    }

    /** One of each way by which the command prints. */
    static List<String> verbsThatPrint() {
        return List.of(
                "cat FILE",
                "cat -o jsonl FILE",
                "cat -o csv FILE",
                "cat -o hex FILE",
                "replay --consumer print FILE",
                "info FILE",
                "info --json FILE",
                "verify FILE",
                "recover --dry-run FILE",
                "recover FILE",
                "salvage FILE FILE.out",
                "replay FILE",
                "--help",
                "cat --help",
                "--version");
    }

    @ParameterizedTest
    @MethodSource("verbsThatPrint")
    void closedPipeIsSilentAndEndsTheVerb(final String verb) {
        final Path file = TestFiles.numbered(directory.resolve("many.evtl"), 50_000);
        final Failing pipe = new Failing(verb.contains("cat") && verb.contains("FILE") ? 20_000 : 0, "Broken pipe");
        final Ran ran = evtl(new byte[0], pipe, (Object[])
                verb.replace("FILE", file.toString()).split(" "));
        assertEquals("", ran.err());
        assertEquals(0, ran.code());
        assertTrue(pipe.failures >= 1 && pipe.failures <= 4, "writes that failed: " + pipe.failures);
    }

    @ParameterizedTest
    @MethodSource("verbsThatPrint")
    void outputThatCannotBeWrittenIsOneLineAndOne(final String verb) throws IOException {
        final Path file = TestFiles.golden("closed", directory);
        final Ran ran = evtl(new byte[0], new Failing(0, "No space left on device"), (Object[])
                verb.replace("FILE", file.toString()).split(" "));
        assertEquals("evtl: standard output: could not be written: No space left on device", ran.error());
        assertEquals(1, ran.code());
    }

    @Test
    void damageKeepsItsCodeWhenOutputFailsAndBothAreTold() throws IOException {
        final Path file = TestFiles.golden("corrupt-payload", directory);
        for (final String verb : List.of("cat", "info", "replay")) {
            final Ran ran = evtl(new byte[0], new Failing(0, "No space left on device"), verb, file);
            assertEquals(4, ran.code(), verb);
            assertEquals(2, ran.err().lines().count(), ran.err());
            assertTrue(ran.err().contains("offset 80, sequence 1: corrupt event"), ran.err());
            assertTrue(ran.err().contains("standard output: could not be written: No space left"), ran.err());
        }
    }

    /** A closed pipe is known in every language in which the system may tell of it. */
    @ParameterizedTest
    @ValueSource(strings = {"en", "de", "fr"})
    void closedPipeIsSilentInEveryLanguage(final String language) throws Exception {
        assumeTrue(
                language.equals("en") || Files.exists(Path.of("/usr/share/locale", language, "LC_MESSAGES/libc.mo")),
                "skipped: the C library has no messages in " + language + " here");
        final Path file = TestFiles.numbered(directory.resolve("many.evtl"), 100_000);
        final Path err = directory.resolve("err.txt");
        final ProcessBuilder builder = new ProcessBuilder(
                "sh",
                "-c",
                "\"$0\" --add-opens java.base/jdk.internal.misc=ALL-UNNAMED -cp \"$1\" dev.evtl.cli.Evtl cat \"$2\" | head -1",
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                System.getProperty("java.class.path"),
                file.toString());
        builder.environment().put("LANGUAGE", language);
        builder.environment().put("LC_ALL", "C.UTF-8");
        final Process process = builder.redirectError(err.toFile()).start();
        assertEquals(
                1,
                new String(process.getInputStream().readAllBytes(), UTF_8)
                        .lines()
                        .count());
        process.waitFor();
        assertEquals("", Files.readString(err));
    }

    @Test
    void damageKeepsItsCodeWhenNobodyReads() throws IOException {
        final Path file = TestFiles.golden("corrupt-payload", directory);
        for (final String verb : List.of("cat", "info", "replay", "verify", "recover")) {
            assertEquals(
                    4,
                    evtl(new byte[0], new Failing(0, "Broken pipe"), verb, file).code(),
                    verb);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"info", "cat", "replay", "readers", "verify", "recover"})
    void withoutTheFlagOneLineNamesIt(final String verb) throws Exception {
        final Path file = TestFiles.golden("closed", directory);
        final Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        "dev.evtl.cli.Evtl",
                        verb,
                        file.toString())
                .redirectErrorStream(true)
                .start();
        final List<String> lines = new String(process.getInputStream().readAllBytes(), UTF_8)
                .lines()
                .toList();
        assertTrue(process.waitFor(1, TimeUnit.MINUTES));
        assertEquals(List.of("evtl: start this JVM with --add-opens java.base/jdk.internal.misc=ALL-UNNAMED"), lines);
        assertEquals(1, process.exitValue());
    }
}
