package dev.evtl.journal.file;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.evtl.journal.io.FileCalls;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Where the ring file of a journal is, for the thread that opens, closes or inspects the journal. {@link WriterLock} has
 * the note beside the journal; this also keeps it with the journal, in an extended attribute, so that it goes along when
 * the journal is moved without its lock file.
 *
 * <p>The attribute begins with the journal's inode, because a copy of the file may take the attribute along and has no
 * ring file. Where a file system takes no attributes, the note beside the journal is the only one.
 */
public final class RingNote {
    private static final String NAME = "evtl.ring";

    private RingNote() {}

    /** Returns the ring file that the owner or last owner of a journal noted. */
    public static Optional<Path> of(final Path journal) throws IOException {
        final Optional<Path> noted = WriterLock.noteFor(journal);
        return noted.isPresent() ? noted : with(journal);
    }

    /** Returns the ring file that is noted with the journal itself. */
    public static Optional<Path> with(final Path journal) {
        try {
            final String[] words =
                    UTF_8.decode(FileCalls.attribute(journal, NAME)).toString().split(" ", 2);
            return words.length == 2 && words[0].equals(inode(journal)) && words[1].startsWith("/")
                    ? Optional.of(Path.of(words[1]))
                    : Optional.empty();
        } catch (final IOException | InvalidPathException e) {
            return Optional.empty(); // this file system takes no attributes, or it is none of ours
        }
    }

    /**
     * Notes with the journal itself where its ring file is; null means that there is none. This may drop the process's
     * lock on the journal itself.
     */
    public static void keep(final Path journal, final Path ringFile) {
        try {
            final ByteBuffer value = ringFile == null ? null : UTF_8.encode(inode(journal) + " " + ringFile);
            if (value != null || FileCalls.attribute(journal, NAME).hasRemaining()) {
                FileCalls.attribute(journal, NAME, value);
            }
        } catch (final IOException e) {
            // the note beside the journal tells as long as the journal is not moved
        }
    }

    private static String inode(final Path journal) throws IOException {
        return Files.getAttribute(journal, "unix:ino").toString();
    }
}
