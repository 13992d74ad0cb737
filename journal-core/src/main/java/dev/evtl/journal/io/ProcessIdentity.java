package dev.evtl.journal.io;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.FileInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Names a process of this machine beyond doubt: process numbers are used again, but not with the same start. A process
 * can be told apart only by those who share its namespaces. For any thread; an interrupt has no effect.
 *
 * @param number     process number
 * @param start      when it was started, in clock ticks since the boot; 0 if that is not known
 * @param namespaces those in which number and start are meant: the inode of the one for processes in the lower 32 bits,
 *     of the one for the time in the upper; 0 if they are not known
 */
public record ProcessIdentity(long number, long start, long namespaces) {
    /** What can be said of a process that was named earlier. */
    public enum State {
        ALIVE,
        DEAD,
        /** It is in another namespace, or was, or the operating system does not show it. */
        UNKNOWN
    }

    /** Names no process, so that nothing can be said of it. */
    public static final ProcessIdentity UNKNOWN = new ProcessIdentity(0, 0, 0);

    private static final Path PROC = Path.of("/proc");
    private static final ProcessIdentity CURRENT = read();

    /** Fields of /proc/PID/stat behind the command's name, as proc(5) numbers them less three. */
    private static final int STATE_FIELD = 0;

    private static final int THREADS_FIELD = 17;
    private static final int START_FIELD = 19;

    /** Returns the identity of this process. */
    public static ProcessIdentity current() {
        return CURRENT;
    }

    private static ProcessIdentity read() {
        final long number = ProcessHandle.current().pid();
        try {
            final String stat = content("/proc/self/stat");
            if (Long.parseLong(stat.substring(0, stat.indexOf(' '))) == number) { // else /proc is another namespace's
                return new ProcessIdentity(
                        number,
                        Long.parseLong(fields(stat)[START_FIELD]),
                        namespace("pid") | namespace("time") << Integer.SIZE);
            }
        } catch (final IOException e) {
            // without /proc nothing is known but the number
        }
        return new ProcessIdentity(number, 0, 0);
    }

    private static long namespace(final String kind) throws IOException {
        final Path link = PROC.resolve("self/ns").resolve(kind);
        if (Files.notExists(link)) {
            return 0; // an older kernel has no namespaces of that kind
        }
        final String target = Files.readSymbolicLink(link).toString(); // such as pid:[4026531836]
        return Long.parseLong(target.substring(target.indexOf('[') + 1, target.indexOf(']')));
    }

    /** Returns the fields behind the command's name, which may itself contain spaces, parentheses and line breaks. */
    private static String[] fields(final String stat) {
        return stat.substring(stat.lastIndexOf(')') + 2).strip().split(" ");
    }

    /** Returns the content of a file, read so that an interrupt does not close it. */
    static String content(final String file) throws IOException {
        try (FileInputStream in = new FileInputStream(file)) {
            return new String(in.readAllBytes(), ISO_8859_1);
        }
    }

    /** Returns whether the process lives. One that is dead stays dead. */
    public State state() {
        if (start == 0 || namespaces == 0 || namespaces != CURRENT.namespaces) {
            return State.UNKNOWN;
        }
        if (equals(CURRENT)) {
            return State.ALIVE;
        }
        final Path process = PROC.resolve(Long.toString(number));
        try {
            return state(fields(content(process.resolve("stat").toString())));
        } catch (final IOException e) {
            // it ended before its state could be read, or it is not shown to this user
            return Files.notExists(process) && !isHidden() ? State.DEAD : State.UNKNOWN;
        }
    }

    private State state(final String... fields) {
        final boolean ended = fields[STATE_FIELD].equals("X")
                || fields[STATE_FIELD].equals("Z") // its first thread may have ended before the others
                        && Long.parseLong(fields[THREADS_FIELD]) <= 1;
        return ended || Long.parseLong(fields[START_FIELD]) != start ? State.DEAD : State.ALIVE;
    }

    /** Returns whether /proc is mounted so that it does not show the processes of other users. */
    private static boolean isHidden() {
        try {
            return content("/proc/self/mounts")
                    .lines()
                    .map(line -> line.split(" "))
                    .anyMatch(mount -> mount[1].equals("/proc") && mount[3].contains("hidepid="));
        } catch (final IOException e) {
            return true;
        }
    }

    /** Returns the text form: the three numbers, with spaces in between. */
    @Override
    public String toString() {
        return number + " " + start + " " + Long.toUnsignedString(namespaces);
    }

    /** Returns the process that a text form names; empty if the text is none. */
    public static Optional<ProcessIdentity> parse(final String text) {
        final String[] words = text.split(" ", -1);
        try {
            return words.length == 3
                    ? Optional.of(new ProcessIdentity(
                            Long.parseLong(words[0]), Long.parseLong(words[1]), Long.parseUnsignedLong(words[2])))
                    : Optional.empty();
        } catch (final NumberFormatException e) {
            return Optional.empty();
        }
    }
}
