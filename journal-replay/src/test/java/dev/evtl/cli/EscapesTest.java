package dev.evtl.cli;

import static dev.evtl.cli.Ran.evtl;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.evtl.journal.Journal;
import dev.evtl.journal.JournalConfig;
import dev.evtl.journal.support.ChildJvm;
import dev.evtl.replay.JournalReader;
import dev.evtl.replay.ReaderConfig;
import dev.evtl.replay.TestFiles;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A journal, a path and arguments full of what a terminal takes for commands, and every byte that any verb prints. */
class EscapesTest {
    /** Every C0 control that a name can have, DEL, every C1 control, and what turns or hides text. */
    private static final String HOSTILE = IntStream.concat(
                    IntStream.concat(IntStream.range(1, 0x20), IntStream.range(0x7F, 0xA0)),
                    IntStream.of(
                            0xAD, 0x61C, 0x200B, 0x200E, 0x200F, 0x2028, 0x2029, 0x202A, 0x202B, 0x202C, 0x202D, 0x202E,
                            0x2066, 0x2067, 0x2068, 0x2069, 0xFEFF, 0xE0001))
            .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
            .toString();

    /** The same in pieces, as a name has at most 255 bytes. */
    private static final String C0 = HOSTILE.substring(0, 0x1F);

    private static final String OTHERS = HOSTILE.substring(0x1F);

    @TempDir
    Path directory;

    private Path hostile;

    @BeforeEach
    void makeJournals() throws IOException {
        hostile = Files.createDirectory(directory.resolve(C0));
        try (Journal journal = Journal.open(hostile.resolve(OTHERS))) {
            TestFiles.offer(journal.publisher(), 1, 1, HOSTILE.substring(0, 0x40));
            TestFiles.offer(journal.publisher(), 2, 2, "\u001b]0;title\u0007\u001b[2J");
        }
        final String readerName = C0 + OTHERS;
        JournalReader.open(
                        hostile.resolve(OTHERS),
                        ReaderConfig.builder().name(readerName).build())
                .close();
        for (final String name : List.of("crashed-torn", "corrupt-payload", "corrupt-header", "gap", "power-loss")) {
            TestFiles.golden(name, hostile);
        }
        Files.writeString(hostile.resolve("text"), HOSTILE);
    }

    static List<String> commands() {
        final List<String> commands = new ArrayList<>();
        for (final String file : List.of(
                "NAME",
                "crashed-torn.evtl",
                "corrupt-payload.evtl",
                "corrupt-header.evtl",
                "gap.evtl",
                "power-loss.evtl",
                "text",
                "missing",
                "")) {
            for (final String verb : List.of(
                    "info",
                    "info --json",
                    "info --types --json",
                    "verify",
                    "verify --json",
                    "cat",
                    "cat -o jsonl",
                    "cat -o csv",
                    "cat -o hex",
                    "replay",
                    "replay --json",
                    "replay --consumer print",
                    "replay --consumer latency:file",
                    "readers",
                    "readers --json",
                    "recover --dry-run",
                    "recover --dry-run --json",
                    "recover",
                    "recover --json")) {
                commands.add(verb + " DIR/" + file);
            }
            for (final String verb : List.of("info", "verify --json", "cat", "cat -o jsonl", "cat -o csv", "replay")) {
                commands.add(verb + " DIR/" + file + " DIR/NAME");
            }
            commands.add("replay --consumer copy:DIR/OTHERS.copy DIR/" + file);
            commands.add("replay --json --consumer copy:DIR/OTHERS.copy DIR/" + file);
            commands.add("replay --consumer copy:DIR/NAME DIR/" + file);
            commands.add("salvage DIR/" + file + " DIR/OTHERS.out");
            commands.add("salvage --json DIR/" + file + " DIR/OTHERS.out");
            commands.add("salvage DIR/" + file + " DIR/NAME");
            commands.add("record --format itch50 --date 2010-12-24 DIR/" + file + " DIR/OTHERS.new");
        }
        for (final String wrong : List.of(
                "OTHERS",
                "C0",
                "cat --OTHERS",
                "cat -o OTHERS x",
                "cat --type C0 x",
                "cat --seq OTHERS x",
                "cat --from C0 x",
                "cat -n OTHERS x",
                "replay --consumer OTHERS x",
                "recover x C0",
                "readers --remove OTHERS DIR/NAME",
                "readers --move C0 --to OTHERS DIR/NAME",
                "readers --move C0 --to end DIR/NAME",
                "@OTHERS",
                "record --format C0 --date 2010-12-24 x y",
                "record --format itch50 --date C0 x y",
                "record --format itch50 --zone OTHERS --date 2010-12-24 x y",
                "record --format itch50 --date 2010-12-24 - DIR/missing/OTHERS",
                "stress --policy C0",
                "stress --storage OTHERS",
                "stress --events C0",
                "stress --events 10 --file DIR/OTHERS.s",
                "stress --events 10 --file DIR/NAME",
                "stress --events 10 --file DIR/missing/OTHERS",
                "stress --events 10 --json --file DIR/OTHERS.s")) {
            commands.add(wrong);
        }
        return commands;
    }

    @ParameterizedTest
    @MethodSource("commands")
    void everythingThatIsPrintedIsText(final String command) throws IOException {
        final Ran ran = evtl(Stream.of(command.split(" "))
                .map(word -> word.replace("DIR", hostile.toString())
                        .replace("NAME", OTHERS)
                        .replace("OTHERS", OTHERS)
                        .replace("C0", C0))
                .toArray());
        assertPrintable(ran.out());
        assertPrintable(ran.err());
        if (command.contains("json")) {
            for (final String line : ran.lines()) {
                if (Ran.value(line) instanceof final Map<?, ?> json && json.containsKey("file")) {
                    assertTrue(
                            json.get("file").toString().startsWith(hostile.toString()),
                            "the name comes back as it was: " + line);
                }
            }
        }
    }

    private static void assertPrintable(final String text) {
        text.codePoints()
                .filter(c -> c != '\n')
                .forEach(c -> assertTrue(
                        c >= ' ' && c != 0x7F && !(c >= 0x80 && c < 0xA0) && HOSTILE.indexOf(c) < 0,
                        () -> "U+" + Integer.toHexString(c) + " in " + text));
        for (final String line : text.lines().toList()) {
            assertTrue(line.indexOf('\r') < 0 && line.indexOf('\u2028') < 0, line);
        }
    }

    @Test
    void lineEndsInNamesMakeNoLines() {
        for (final String verb : List.of("verify", "recover", "cat", "info", "replay")) {
            assertEquals(1, evtl(verb, hostile.resolve("missing")).err().lines().count());
        }
        assertEquals(1, evtl("verify", hostile.resolve(OTHERS)).lines().size());
    }

    /** Publishes an event into a journal with a ring file, tears what comes after it, and dies. */
    static final class Dying {
        public static void main(final String... args) throws IOException {
            final Path file = Path.of(args[0]);
            final Journal journal = Journal.open(
                    file, JournalConfig.builder().ringFile(Path.of(args[1])).build());
            TestFiles.offer(journal.publisher(), 1, 1, "event");
            journal.sync();
            try (RandomAccessFile torn = new RandomAccessFile(file.toFile(), "rw")) {
                torn.seek(64 + 16 + 5);
                torn.write(new byte[] {1, 2, 3});
            }
            Runtime.getRuntime().halt(0);
        }
    }

    /** What the JVM, its threads and loggers say by themselves, which only a process of its own shows. */
    @Test
    void processSaysNothingBesides() throws Exception {
        final Path file = hostile.resolve(OTHERS + ".torn");
        final Path ring = directory.resolve(OTHERS + ".ring"); // whose path may have no line break
        assertEquals("", ChildJvm.output(ChildJvm.start(Dying.class, file.toString(), ring.toString())));
        for (final Path torn : List.of(file, hostile.resolve("crashed-torn.evtl"), hostile.resolve("missing"))) {
            final String printed = ChildJvm.output(ChildJvm.start(Evtl.class, "recover", torn.toString()));
            assertPrintable(printed);
            assertEquals(1, printed.lines().count(), printed);
        }
    }
}
