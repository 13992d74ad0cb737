package dev.evtl.cli.console;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.util.List;
import org.junit.jupiter.api.Test;

class ConsoleTest {
    private static final String HOSTILE = "a\u001b[2J\r\nb\u009b\u202e\u2028c";
    private static final String ESCAPED = "a\\u{1b}[2J\\u{d}\\u{a}b\\u{9b}\\u{202e}\\u{2028}c";

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private final Console console = new Console(InputStream.nullInputStream(), out, err);

    @Test
    void whatIsPrintedIsALineThatDoesNothingToATerminal() {
        console.print(HOSTILE);
        console.out().flush();
        console.printError(HOSTILE);
        console.talk(HOSTILE);
        assertEquals(ESCAPED + "\n", out.toString(UTF_8));
        assertEquals(ESCAPED + "\nevtl: " + ESCAPED + "\n", err.toString(UTF_8));
    }

    @Test
    void whatIsPrintedAsDataDoesNothingToATerminalEither() {
        console.out().append(HOSTILE);
        console.out().flush();
        console.err().append(HOSTILE).flush();
        assertEquals(ESCAPED.replace("\\u{a}", "\n"), out.toString(UTF_8));
        assertEquals(out.toString(UTF_8), err.toString(UTF_8));
    }

    /** Whose halves come with two calls. */
    @Test
    void charactersOfTwoHalvesAreTakenAsOne() {
        for (final String text : List.of("\ud83d\ude00", "\udb40\udc01", "\ud83dx", "x\ude00", "\ud83d\ud83d\ude00")) {
            for (final char half : text.toCharArray()) {
                console.err().append(half).flush();
            }
            console.err().append('\n').flush();
        }
        assertEquals(
                List.of("\ud83d\ude00", "\\u{e0001}", "\\u{d83d}x", "x\\u{de00}", "\\u{d83d}\ud83d\ude00"),
                err.toString(UTF_8).lines().toList());
    }

    @Test
    void errorsComeBehindWhatWasPrintedBefore() {
        final ByteArrayOutputStream both = new ByteArrayOutputStream();
        final Console one = new Console(InputStream.nullInputStream(), both, both);
        one.print("first");
        one.talk("second");
        one.print("third");
        one.out().flush();
        assertEquals("first\nevtl: second\nthird\n", both.toString(UTF_8));
    }

    @Test
    void cellsOfATableAreAsWideAsTheyAreShown() {
        Table.print(console, List.of("name"), List.of(List.of(HOSTILE), List.of("plain")));
        console.out().flush();
        final String table = out.toString(UTF_8);
        assertTrue(table.contains("| " + ESCAPED + " |\n"), table);
        assertEquals(1, table.lines().mapToInt(String::length).distinct().count(), table);
    }
}
