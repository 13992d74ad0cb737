package dev.evtl.journal.file;

/**
 * Which files of a journal of several are kept. The oldest goes as soon as one of the limits is passed, unless a named
 * reader needs it; the newest is always kept.
 *
 * @param files most files
 * @param bytes most bytes of all files
 * @param nanos longest time since the last event of a file could be written, in nanoseconds
 * @param unread whether a file goes although a named reader needs it
 */
public record Retention(int files, long bytes, long nanos, boolean unread) {
    /** Returns whether there is no limit. */
    public boolean keepsAll() {
        return files == Integer.MAX_VALUE && bytes == Long.MAX_VALUE && nanos == Long.MAX_VALUE;
    }
}
