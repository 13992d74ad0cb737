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
    void cellsOfATableAreAsWideAsTheyAreShown() {
        Table.print(console, List.of("name"), List.of(List.of(HOSTILE), List.of("plain")));
        console.out().flush();
        final String table = out.toString(UTF_8);
        assertTrue(table.contains("| " + ESCAPED + " |\n"), table);
        assertEquals(1, table.lines().mapToInt(String::length).distinct().count(), table);
    }
}
