package dev.evtl.journal.file;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.evtl.journal.exceptions.JournalException;
import dev.evtl.journal.io.ProcessIdentity;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * What a journal's lock file says, one thing a line:
 *
 * <pre>
 *  4711                                   process number of the owner or last owner
 *  /dev/shm/trades.ring                   the ring file, unless there is none or the owner closed the journal
 *  owner 4711 8812345 17900 5f0c...       the owner as {@link ProcessIdentity} names it and a random token, until it closes
 *  failed TEXT                            why the journal failed, until it is recovered
 * </pre>
 *
 * @param process number of the owner or last owner; empty if there was none
 * @param note    path of the ring file
 * @param owner   identity of the owner
 * @param token   of the owner; empty without one
 * @param failure why the journal failed
 */
record LockText(
        String process, Optional<Path> note, Optional<ProcessIdentity> owner, String token, Optional<String> failure) {
    /** Largest length of a lock file in bytes; a path has at most 4,096. */
    static final int MAX_LENGTH = 8192;

    private static final String OWNER = "owner ";
    private static final String FAILED = "failed ";

    /** Largest length of the text of a failure in characters, so that it finds room beside a path. */
    private static final int MAX_FAILURE_LENGTH = 1000;

    /**
     * Reads the text of a lock file. Only zeros are left where the machine lost its power, and mean nothing.
     *
     * @param file for messages
     * @throws JournalException if it is no lock file's
     */
    static LockText parse(final Path file, final byte[] bytes) {
        if (bytes.length > MAX_LENGTH) {
            throw notALockFile(file, "it is longer than " + MAX_LENGTH + " bytes");
        }
        final String[] lines = new String(bytes, UTF_8).replace("\0", "").split("\n", -1);
        if (!lines[0].matches("\\d{0,19}")) {
            throw notALockFile(file, "its first line is no process number");
        }
        LockText text = new LockText(lines[0], Optional.empty(), Optional.empty(), "", Optional.empty());
        for (int i = 1; i < lines.length; i++) {
            final String line = lines[i];
            if (line.startsWith("/")) {
                text = text.noting(path(file, line));
            } else if (line.startsWith(OWNER)) {
                final int end = Math.max(OWNER.length(), line.lastIndexOf(' '));
                text = new LockText(
                        text.process,
                        text.note,
                        ProcessIdentity.parse(line.substring(OWNER.length(), end)),
                        line.substring(end).strip(),
                        text.failure);
            } else if (line.startsWith(FAILED)) {
                text = text.failedBy(line.substring(FAILED.length()));
            } else if (!OWNER.startsWith(line) && !FAILED.startsWith(line)) { // empty or cut
                throw notALockFile(file, "line " + (i + 1) + " is none of a lock file");
            }
        }
        return text;
    }

    private static JournalException notALockFile(final Path file, final String why) {
        return new JournalException(
                file + ": is not a journal's lock file: " + why + "; move it away if it belongs to something else, or"
                        + " remove it if no process has the journal open");
    }

    private static Path path(final Path file, final String line) {
        try {
            return Path.of(line);
        } catch (final InvalidPathException e) {
            throw notALockFile(file, "its ring file's path is none: " + e.getReason());
        }
    }

    /**
     * Returns whether the owner is another process that is known to live. This process would know that it has the
     * journal open, and may have been refused to say in the file that it has closed it.
     */
    boolean isOtherOwnerAlive() {
        return owner.isPresent()
                && !owner.get().equals(ProcessIdentity.current())
                && owner.get().state() == ProcessIdentity.State.ALIVE;
    }

    LockText noting(final Path ringFile) {
        return new LockText(process, Optional.ofNullable(ringFile), owner, token, failure);
    }

    /** Null means that the journal did not fail, or was recovered. */
    LockText failedBy(final String why) {
        return new LockText(
                process,
                note,
                owner,
                token,
                Optional.ofNullable(why)
                        .map(text -> text.replaceAll("\\s+", " "))
                        .map(line -> line.substring(0, Math.min(line.length(), MAX_FAILURE_LENGTH))));
    }

    LockText ownedBy(final ProcessIdentity next, final String nextToken) {
        return new LockText(Long.toString(next.number()), note, Optional.of(next), nextToken, failure);
    }

    LockText ownedByNobody() {
        return new LockText(process, note, Optional.empty(), "", failure);
    }

    @Override
    public String toString() {
        return process + "\n" + note.map(path -> path + "\n").orElse("")
                + owner.map(identity -> OWNER + identity + " " + token + "\n").orElse("")
                + failure.map(text -> FAILED + text + "\n").orElse("");
    }
}
