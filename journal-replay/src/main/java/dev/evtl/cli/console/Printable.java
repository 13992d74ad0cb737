package dev.evtl.cli.console;

import java.io.IOException;
import java.io.Writer;

/**
 * Writes text that does nothing to a terminal but go on in its lines: whatever a terminal could take for more than text
 * is escaped, wherever it comes from. All that the command prints goes through here.
 */
final class Printable extends Writer {
    private final Writer target;
    private final StringBuilder text = new StringBuilder();
    private char high;

    Printable(final Writer target) {
        this.target = target;
    }

    /** As one line: line ends are escaped too. */
    static String oneLine(final String text) {
        final StringBuilder line = new StringBuilder(text.length());
        text.codePoints().forEach(codePoint -> append(line, codePoint));
        return line.toString();
    }

    private static void append(final StringBuilder text, final int codePoint) {
        if (isPrintable(codePoint)) {
            text.appendCodePoint(codePoint);
        } else {
            text.append("\\u{").append(Integer.toHexString(codePoint)).append('}');
        }
    }

    private static boolean isPrintable(final int codePoint) {
        if (codePoint >= ' ' && codePoint <= '~') {
            return true; // nearly all there is
        }
        return switch (Character.getType(codePoint)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR,
                    Character.SURROGATE -> false;
            default -> true;
        };
    }

    @Override
    public void write(final char[] chars, final int offset, final int length) throws IOException {
        text.setLength(0);
        for (int i = offset; i < offset + length; i++) {
            take(chars[i]);
        }
        target.append(text);
    }

    private void take(final char c) {
        if (high != 0 && Character.isLowSurrogate(c)) {
            append(text, Character.toCodePoint(high, c));
            high = 0;
            return;
        }
        if (high != 0) {
            append(text, high);
        }
        high = Character.isHighSurrogate(c) ? c : 0; // the other half may come with the next call
        if (c == '\n') {
            text.append(c);
        } else if (high == 0) {
            append(text, c);
        }
    }

    @Override
    public void flush() throws IOException {
        target.flush();
    }

    @Override
    public void close() throws IOException {
        target.close();
    }
}
