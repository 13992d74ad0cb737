package dev.evtl.journal.io;

import java.io.File;

/**
 * Tells, without allocating, whether a file or the names in a directory have been changed since somebody looked. For one
 * thread at a time.
 */
public final class ModificationTime {
    /** Longer than the steps in which most file systems keep their times; some old ones keep whole seconds. */
    private static final long GRAIN_MILLIS = 50;

    private static final long UNKNOWN = Long.MIN_VALUE;

    private final File file;
    private long noted = UNKNOWN;

    /** Creates it for a file or directory, whose time is not noted yet. */
    public ModificationTime(final File file) {
        this.file = file;
    }

    /**
     * Notes the time, before somebody looks. What was just changed could be changed again without its time showing that,
     * so a time that is too new is not noted.
     */
    public void note() {
        final long found = file.lastModified();
        noted = System.currentTimeMillis() - found > GRAIN_MILLIS ? found : UNKNOWN;
    }

    /** Returns whether the time is still the one that was noted. */
    public boolean isAsNoted() {
        return file.lastModified() == noted;
    }
}
