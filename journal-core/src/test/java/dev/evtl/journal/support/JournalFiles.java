package dev.evtl.journal.support;

import dev.evtl.journal.file.JournalFile;
import java.io.IOException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/** New journal files, open for writing, without what else a journal has. */
public final class JournalFiles {
    private JournalFiles() {}

    /** The file of a new journal, with checksums. */
    public static JournalFile create(final Path path) throws IOException {
        return create(path, 1, 0);
    }

    /** The same, created at a time and with a first sequence number. */
    public static JournalFile create(final Path path, final long createdAt, final long baseSequence)
            throws IOException {
        JournalFile.create(
                path,
                new JournalFile.NewFile(createdAt, true, baseSequence, PosixFilePermissions.fromString("rw-------")));
        return JournalFile.open(path.toRealPath());
    }
}
