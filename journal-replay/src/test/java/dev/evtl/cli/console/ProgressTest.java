package dev.evtl.cli.console;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class ProgressTest {
    private final ByteArrayOutputStream shown = new ByteArrayOutputStream();
    private long now = Long.MAX_VALUE - 5; // nanoTime may run over

    private Progress progress(final PrintStream terminal) {
        return new Progress("read", 100 << 20, terminal, () -> now);
    }

    @Test
    void nothingIsShownForTwoSeconds() {
        try (Progress progress = progress(new PrintStream(shown, true, UTF_8))) {
            progress.at(10 << 20);
            now += TimeUnit.SECONDS.toNanos(2);
            progress.at(50 << 20);
        }
        assertEquals("", shown.toString(UTF_8));
    }

    @Test
    void barIsShownAfterTwoSecondsAndClearedAtTheEnd() {
        try (Progress progress = progress(new PrintStream(shown, true, UTF_8))) {
            now += TimeUnit.SECONDS.toNanos(2) + 1;
            progress.at(10 << 20);
            progress.at(50 << 20);
        }
        final String bar = shown.toString(UTF_8);
        assertTrue(bar.contains("read  50% [=="), bar);
        assertTrue(bar.contains(" 50/100 MiB "), bar);
        assertTrue(bar.matches("(?s).*\r +\r"), bar);
    }

    @Test
    void nothingIsShownWithoutATerminal() {
        try (Progress progress = progress(null)) {
            now += TimeUnit.HOURS.toNanos(1);
            progress.at(50 << 20);
        }
        assertEquals("", shown.toString(UTF_8));
    }
}
