package dev.evtl.journal.io;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import dev.evtl.journal.exceptions.JournalException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * Opens the files that belong to a journal and lie where others may put files too. It takes only a regular file with
 * one name that belongs to somebody who may write the journal anyway. It never follows a link and never waits for the
 * other end of a pipe. For any thread.
 *
 * <p>Whom to trust is told by a file or directory: its owner, and its group if that may write it. A user can give files
 * only to groups that he is in.
 */
public final class NeighbourFiles {
    private static final String ATTRIBUTES = "unix:mode,nlink,uid,gid";
    private static final int TYPE_MASK = 0170000;
    private static final int REGULAR = 0100000;
    private static final int GROUP_WRITES = 020;
    private static final int OTHERS_WRITE = 02;
    private static final int ROOT = 0;
    private static final int USER = user();

    private NeighbourFiles() {}

    /**
     * Opens a file to read and write it, and creates it if there is none.
     *
     * @param trusted     the journal, which need not exist, or a directory
     * @param permissions of the file, if it is created
     * @throws JournalException if what is there must not be touched
     */
    public static FileChannel openOrCreate(final Path file, final Path trusted, final FileAttribute<?>... permissions)
            throws IOException {
        try {
            return FileCalls.createNew(file, permissions);
        } catch (final FileAlreadyExistsException e) {
            return open(file, trusted, READ, WRITE);
        }
    }

    /**
     * Opens a file that is there.
     *
     * @param trusted the journal, which need not exist, or a directory
     * @throws JournalException if what is there must not be touched
     */
    public static FileChannel open(final Path file, final Path trusted, final OpenOption... options)
            throws IOException {
        check(file, trusted);
        final Set<OpenOption> withoutLinks = new HashSet<>(Set.of(options));
        withoutLinks.add(NOFOLLOW_LINKS);
        final FileChannel channel = Uninterruptible.open(file, withoutLinks);
        boolean checked = false;
        try {
            check(file, trusted); // what was checked before may have been replaced
            checked = true;
            return channel;
        } finally {
            if (!checked) {
                channel.close();
            }
        }
    }

    /**
     * Refuses a file that is not a journal's own.
     *
     * @param trusted the journal, which need not exist, or a directory
     * @throws JournalException if what is there must not be touched; the message says why and what to do
     */
    public static void check(final Path file, final Path trusted) throws IOException {
        if (Files.isSymbolicLink(file)) {
            throw new JournalException(file + ": is a symbolic link, which is not followed here; remove it");
        }
        if (!file.getFileSystem().supportedFileAttributeViews().contains("unix")) {
            return;
        }
        final Map<String, Object> found = Files.readAttributes(file, ATTRIBUTES, NOFOLLOW_LINKS);
        final int mode = (Integer) found.get("mode");
        if ((mode & TYPE_MASK) != REGULAR) {
            throw new JournalException(file + ": is a directory, a pipe, a device or a socket; expected a regular file;"
                    + " move it away");
        }
        JournalPaths.checkOneName(file);
        final Map<String, Object> by =
                Files.readAttributes(Files.exists(trusted) ? trusted : trusted.getParent(), ATTRIBUTES);
        final int trustedMode = (Integer) by.get("mode");
        final Object owner = found.get("uid");
        if (!isTrusted((Integer) owner)
                && !owner.equals(by.get("uid"))
                && !((trustedMode & GROUP_WRITES) != 0 && found.get("gid").equals(by.get("gid")))) {
            throw new JournalException(file + ": belongs to user " + owner + ", who may not write " + trusted
                    + "; remove it if nobody needs it, or give it to user " + USER);
        }
        final boolean forAll = (trustedMode & TYPE_MASK) == REGULAR && (trustedMode & OTHERS_WRITE) != 0;
        if ((mode & OTHERS_WRITE) != 0 && !forAll) {
            throw new JournalException(file + ": every user can write it; remove it if nobody needs it, or look at what"
                    + " it contains and take that permission away with chmod o-w");
        }
    }

    /** Returns what identifies a file on this machine, whatever its name. */
    public static Object key(final Path file) throws IOException {
        final Object key = Files.readAttributes(file, BasicFileAttributes.class, NOFOLLOW_LINKS)
                .fileKey();
        return key == null ? file : key;
    }

    /** Returns the same; null if there is no file. */
    public static Object keyIfThere(final Path file) throws IOException {
        try {
            return key(file);
        } catch (final NoSuchFileException e) {
            return null;
        }
    }

    private static boolean isTrusted(final int owner) {
        return owner == ROOT || owner == USER || USER < 0;
    }

    /** Returns the number of the user whose rights this process has; less than 0 if it is not known. */
    private static int user() {
        try {
            return ProcessIdentity.content("/proc/self/status")
                    .lines()
                    .filter(line -> line.startsWith("Uid:"))
                    .map(line -> Integer.parseUnsignedInt(line.split("\t")[2]))
                    .findFirst()
                    .orElse(-1);
        } catch (final IOException e) {
            return -1;
        }
    }
}
