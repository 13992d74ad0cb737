package dev.evtl.journal.io;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.nio.file.LinkOption.NOFOLLOW_LINKS;

import dev.evtl.journal.exceptions.JournalException;
import dev.evtl.journal.exceptions.JournalNotFoundException;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;

/** Finds out whether a path can be a journal's, and if not throws an exception that says why. For any thread. */
public final class JournalPaths {
    /**
     * Most bytes that are added to a file's name for a file beside it, such as the unfinished copy of what a recovery
     * cuts off.
     */
    private static final int LONGEST_ADDITION = 64;

    private JournalPaths() {}

    /**
     * Refuses to create a file whose name leaves no room for the names of the files beside it: it could be written, and
     * then neither be locked nor recovered.
     */
    public static void checkNameLength(final Path file) {
        final Path name = file.getFileName();
        if (fits(file.resolveSibling(name + "x".repeat(LONGEST_ADDITION)))) {
            return;
        }
        final int length = name.toString().getBytes(UTF_8).length;
        int allowed = length - 1;
        while (allowed > 0 && !fits(file.resolveSibling("x".repeat(allowed + LONGEST_ADDITION)))) {
            allowed--;
        }
        throw new JournalException(file + ": its name has " + length + " bytes; at most " + allowed
                + " are allowed here, so that the files beside it can have longer ones");
    }

    /** Returns whether a file could have this path, as far as its length matters. */
    private static boolean fits(final Path path) {
        return Files.exists(path, NOFOLLOW_LINKS) || Files.notExists(path, NOFOLLOW_LINKS);
    }

    /** Returns the real path of a file that can be read as a journal. */
    public static Path readable(final Path path) {
        Platform.check();
        if (Files.notExists(path)) {
            throw new JournalNotFoundException(path + ": does not exist");
        }
        checkRegular(path);
        if (!Files.isReadable(path)) {
            throw new JournalException(path + ": not readable by this user; change its permissions");
        }
        return real(path);
    }

    /** Returns the real path of a directory that can be read as a journal of several files. */
    public static Path readableDirectory(final Path path) {
        Platform.check();
        if (!Files.isReadable(path) || !Files.isExecutable(path)) {
            throw new JournalException(path + ": not readable by this user; change its permissions");
        }
        return real(path);
    }

    /**
     * Returns the real path of a directory that can be written, or made, as a journal of several files.
     *
     * @return the path; what leads to it exists, the directory itself may not
     */
    public static Path writableDirectory(final Path path) {
        Platform.check();
        if (Files.exists(path) && !Files.isDirectory(path)) {
            throw new JournalException(path + ": is a file; a journal that rolls is a directory, give another path");
        }
        if (Files.isDirectory(path)) {
            if (!Files.isReadable(path) || !Files.isWritable(path) || !Files.isExecutable(path)) {
                throw new JournalException(path + ": not readable and writable by this user; change its permissions");
            }
            return real(path);
        }
        return writable(path);
    }

    /** Returns the real path of a file that can be written or created as a journal. */
    public static Path writable(final Path path) {
        Platform.check();
        if (Files.exists(path)) {
            checkRegular(path);
            if (!Files.isReadable(path) || !Files.isWritable(path)) {
                throw new JournalException(path + ": not readable and writable by this user; change its permissions");
            }
            checkOneName(path);
        } else if (Files.isSymbolicLink(path)) {
            throw new JournalException(path + ": is a symbolic link to a file that does not exist");
        }
        final Path parent = path.toAbsolutePath().getParent();
        if (parent == null || !Files.isDirectory(parent)) {
            throw new JournalException(path + ": its directory " + parent + " does not exist; create it first");
        }
        if (!Files.isWritable(parent)) {
            throw new JournalException(path + ": its directory " + parent + " is not writable by this user");
        }
        return Files.exists(path) ? real(path) : real(parent).resolve(path.getFileName());
    }

    private static void checkRegular(final Path path) {
        if (Files.isDirectory(path)) {
            throw new JournalException(path + ": is a directory; give the path of a file in it");
        }
        if (!Files.exists(path)) {
            throw new JournalException(path + ": cannot be looked at" + whyNot(path));
        }
        if (!Files.isRegularFile(path)) {
            throw new JournalException(path + ": is a pipe, a device or a socket; give the path of a regular file");
        }
    }

    private static String whyNot(final Path path) {
        try {
            Files.readAttributes(path, BasicFileAttributes.class);
            return "; try again"; // it has come meanwhile
        } catch (final AccessDeniedException e) {
            return " by this user; change the permissions of its directory";
        } catch (final FileSystemException e) {
            return ": " + e.getReason();
        } catch (final IOException e) {
            return ": " + e.getMessage();
        }
    }

    /**
     * Refuses a file with hard links: the writer's lock goes by name, so a second name would let a second writer in.
     */
    public static void checkOneName(final Path path) {
        try {
            final Object links = Files.getAttribute(path, "unix:nlink");
            if (!Integer.valueOf(1).equals(links)) {
                throw new JournalException(path + ": has " + links
                        + " names (hard links); remove all but one, or copy it, before it is opened for writing");
            }
        } catch (final UnsupportedOperationException e) {
            // this file system has no link counts
        } catch (final IOException e) {
            throw new JournalException(path + ": could not read its attributes", e);
        }
    }

    private static Path real(final Path path) {
        try {
            return path.toRealPath();
        } catch (final IOException e) {
            throw new JournalException(path + ": could not be resolved: " + e.getMessage(), e);
        }
    }
}
