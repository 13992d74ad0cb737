package dev.evtl.replay;

import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A place in a journal, before an event or at the end: what {@link JournalReader#position} gives, an application may keep,
 * for instance as its text, and {@link JournalReader#seek} and {@link ReaderConfig.Builder#startAtPosition} go to. It
 * carries what tells the event before it from any other that may come to lie there, so that going back to it either finds
 * the place or fails.
 *
 * @param fileSequence sequence number of the first event of the file, which tells the files of a journal apart
 * @param offset       bytes from the start of that file to the event
 * @param sequence     number of the event, or of the next one to come
 * @param lastLength   bytes of the event before it in the file, its header included; 0 at the file's start
 * @param checksum     of the event before it, 0 where the file's events have none; at the file's start, of the file's header
 */
public record JournalPosition(long fileSequence, long offset, long sequence, int lastLength, int checksum) {
    private static final Pattern TEXT = Pattern.compile("(\\d+):(\\d+):(\\d+):(\\d+):([0-9a-f]{8})");
    private static final int HEXADECIMAL = 16;

    /** The text form: the numbers, with colons in between, the checksum in hexadecimal. {@link #parse} reads it. */
    @Override
    public String toString() {
        return String.format(
                "%s:%s:%s:%d:%08x",
                Long.toUnsignedString(fileSequence),
                Long.toUnsignedString(offset),
                Long.toUnsignedString(sequence),
                lastLength,
                checksum);
    }

    /**
     * Reads the text form.
     *
     * @param text as {@link #toString} gave it
     * @return the position
     * @throws IllegalArgumentException if the text is of no position
     */
    public static JournalPosition parse(final String text) {
        Objects.requireNonNull(text, "text");
        final Matcher numbers = TEXT.matcher(text);
        if (!numbers.matches()) {
            throw new IllegalArgumentException("not a position: " + text);
        }
        try {
            return new JournalPosition(
                    Long.parseUnsignedLong(numbers.group(1)),
                    Long.parseUnsignedLong(numbers.group(2)),
                    Long.parseUnsignedLong(numbers.group(3)),
                    Integer.parseInt(numbers.group(4)),
                    Integer.parseUnsignedInt(numbers.group(5), HEXADECIMAL));
        } catch (final NumberFormatException e) {
            throw new IllegalArgumentException("not a position: " + text, e);
        }
    }
}
