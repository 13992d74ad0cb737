package dev.evtl.journal.file;

import dev.evtl.journal.exceptions.CorruptJournalException;
import dev.evtl.journal.exceptions.JournalException;
import dev.evtl.journal.exceptions.JournalNotFoundException;
import dev.evtl.journal.format.FileHeader;
import dev.evtl.journal.format.FileIdentity;
import dev.evtl.journal.format.JournalHeader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The files of a journal that is a directory: each is named by the sequence number of its first event, as FORMAT.md,
 * "A journal of several files", has it. Other files in the directory are none of the journal's events. For any thread.
 */
public final class JournalDirectory {
    /** Name of the lock file in the directory. */
    static final String LOCK = "journal.lock";
    /** Name of the file that is prepared to be the next one, and has no event. */
    static final String NEXT = "next.evtl";

    private static final int DIGITS = 20;
    private static final String SUFFIX = ".evtl";
    private static final Pattern NAME = Pattern.compile("\\d{" + DIGITS + "}\\" + SUFFIX);

    private JournalDirectory() {}

    /** Returns the path of the file whose first event has a sequence number. */
    public static Path file(final Path directory, final long baseSequence) {
        return directory.resolve(String.format(Locale.ROOT, "%0" + DIGITS + "d%s", baseSequence, SUFFIX));
    }

    /** Returns the sequence number in a file's name; empty if it has another name. */
    public static OptionalLong baseSequence(final Path file) {
        final String name = String.valueOf(file.getFileName());
        if (!NAME.matcher(name).matches()) {
            return OptionalLong.empty();
        }
        try {
            return OptionalLong.of(Long.parseLong(name.substring(0, DIGITS)));
        } catch (final NumberFormatException e) {
            return OptionalLong.empty(); // no file of a journal can begin there
        }
    }

    /**
     * Returns the sequence numbers with which the files begin that are there now, in their order.
     *
     * @throws JournalException if the directory cannot be read
     */
    public static long[] baseSequences(final Path directory) {
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(JournalDirectory::baseSequence)
                    .filter(OptionalLong::isPresent)
                    .mapToLong(OptionalLong::getAsLong)
                    .sorted()
                    .toArray();
        } catch (final NoSuchFileException e) {
            return new long[0];
        } catch (final IOException | UncheckedIOException e) {
            throw new JournalException(directory + ": could not be listed: " + e.getMessage(), e);
        }
    }

    /**
     * Returns the same of a directory that has a file of a journal.
     *
     * @throws JournalNotFoundException if it has none
     * @throws JournalException         if the directory cannot be read
     */
    public static long[] existing(final Path directory) {
        final long[] files = baseSequences(directory);
        if (files.length == 0) {
            throw new JournalNotFoundException(directory + ": there is no file of a journal in it");
        }
        return files;
    }

    /**
     * Refuses a directory that holds other files and none of a journal: who names it means another one, or a file in it.
     */
    public static void refuseOther(final Path directory) {
        if (baseSequences(directory).length > 0) {
            return;
        }
        try (Stream<Path> files = Files.list(directory)) {
            if (files.anyMatch(file -> !file.endsWith(LOCK) && !file.endsWith(NEXT))) {
                throw new JournalException(
                        directory + ": is a directory of other files and no journal; give the path of a"
                                + " file, or say in the config when the journal rolls");
            }
        } catch (final IOException | UncheckedIOException e) {
            throw new JournalException(directory + ": could not be listed: " + e.getMessage(), e);
        }
    }

    /**
     * Returns what identifies a journal of several files, whatever its name and its files: the directory, of which a copy
     * is another.
     */
    public static FileIdentity identity(final Path directory) throws IOException {
        final long inode = ((Number) Files.getAttribute(directory, "unix:ino")).longValue();
        return new FileIdentity(inode, Files.getAttribute(directory, "unix:dev").hashCode());
    }

    /**
     * Opens the file whose first event has a sequence number.
     *
     * @throws JournalNotFoundException if there is none
     * @throws CorruptJournalException  if it is no journal, its header is damaged, or says that its first event has
     *     another number than its name does
     * @throws JournalException         if it cannot be read
     */
    public static JournalView open(final Path directory, final long baseSequence) {
        final JournalView view = new JournalView(file(directory, baseSequence));
        boolean ofItsName = false;
        try {
            requireName(view.path(), view.header());
            ofItsName = true;
            return view;
        } finally {
            if (!ofItsName) {
                view.close();
            }
        }
    }

    /**
     * Refuses a file whose header says that its first event has another number than its name does.
     *
     * @param file   with the name of one of a journal's files
     * @param header of the file
     * @throws CorruptJournalException if they differ
     */
    public static void requireName(final Path file, final JournalHeader header) {
        final long named = baseSequence(file).orElseThrow();
        if (header.baseSequence() != named) {
            throw new CorruptJournalException(
                    CorruptJournalException.Kind.DAMAGED_HEADER,
                    file,
                    FileHeader.BASE_SEQUENCE_OFFSET,
                    -1,
                    "not the file of its name: expected base_sequence " + named + ", found " + header.baseSequence());
        }
    }

    /** Returns the journal that a file is part of: its directory if it has such a name, otherwise the file itself. */
    public static Path journalOf(final Path file) {
        final Path parent = file.getParent();
        return parent != null && baseSequence(file).isPresent() ? parent : file;
    }
}
