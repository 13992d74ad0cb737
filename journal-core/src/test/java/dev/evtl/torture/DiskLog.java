package dev.evtl.torture;

import dev.evtl.journal.io.FileWatcher;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;

/**
 * What a journal's file was from call to call, and which of it was forced when: enough to make any file that a power
 * loss could leave. Each sector or page that changed since the last force which covers it is one of its versions since
 * then, by chance, and so is the file's length. A store that is under way may have reached a sector in part.
 *
 * <p>Time is the number of things that happened: a look at the file that found it changed, or a force that ended.
 */
final class DiskLog implements FileWatcher {
    static final int SECTOR = 512;
    private static final int SECTORS_OF_A_PAGE = 8;
    private static final int WORD = 8;
    static final int CAPACITY = 1 << 17;
    private static final int ABSENT = -1;

    /** A file that a power loss left: {@code length} bytes of {@code content}, or no file if that is negative. */
    record Image(int time, byte[] content, int length, String how) {
        boolean isAbsent() {
            return length == ABSENT;
        }
    }

    /** What changes from time to time, such as a sector or a length. */
    private static final class History<T> {
        private final T initial;
        private final List<T> values = new ArrayList<>();
        private int[] times = new int[4];

        History(final T initial) {
            this.initial = initial;
        }

        void add(final int time, final T value) {
            if (values.size() == times.length) {
                times = Arrays.copyOf(times, 2 * times.length);
            }
            times[values.size()] = time;
            values.add(value);
        }

        /** How many values there were up to a time. */
        int countAt(final int time) {
            final int found = Arrays.binarySearch(times, 0, values.size(), time);
            return found < 0 ? -found - 1 : found + 1;
        }

        T value(final int count) {
            return count == 0 ? initial : values.get(count - 1);
        }

        T at(final int time) {
            return value(countAt(time));
        }
    }

    /** Forces what was there when it started; that is known when it is done. */
    private record Force(int started, int done, long from, long to) {
        boolean isWhole() {
            return to == Long.MAX_VALUE;
        }
    }

    private final Path file;
    private final List<History<byte[]>> sectors = new ArrayList<>();
    private final History<Integer> lengths;
    private final List<Force> forces = new ArrayList<>();
    private final byte[] last = new byte[CAPACITY];
    private int time;
    private int forceStarted;
    private int named;
    private int namedForSure;
    private long callsToDeath = Long.MAX_VALUE;

    /** Of a file that is there and durable, or of one that is not there yet. */
    DiskLog(final Path file) throws IOException {
        this.file = file;
        final boolean exists = Files.exists(file);
        final byte[] content = exists ? Files.readAllBytes(file) : new byte[0];
        System.arraycopy(content, 0, last, 0, content.length);
        lengths = new History<>(exists ? content.length : ABSENT);
        for (int at = 0; at < CAPACITY; at += SECTOR) {
            sectors.add(new History<>(Arrays.copyOfRange(last, at, at + SECTOR)));
        }
        named = exists ? 0 : Integer.MAX_VALUE;
        namedForSure = named;
    }

    /** After so many calls every call fails, as if the process were dead. */
    synchronized void dieAfter(final long calls) {
        callsToDeath = calls;
    }

    synchronized boolean isDead() {
        return callsToDeath < 0;
    }

    synchronized int time() {
        return time;
    }

    /** Takes in what has changed since the last look. */
    synchronized void look() {
        try {
            final byte[] now = Files.readAllBytes(Files.exists(file) ? file : unfinished());
            boolean changed = now.length != lengths.at(time);
            for (int at = 0; at < last.length; at += SECTOR) {
                final byte[] sector = Arrays.copyOfRange(now, Math.min(at, now.length), at + SECTOR);
                if (!Arrays.equals(sector, 0, SECTOR, last, at, at + SECTOR)) {
                    System.arraycopy(sector, 0, last, at, SECTOR);
                    sectors.get(at / SECTOR).add(time + 1, sector);
                    changed = true;
                }
            }
            if (changed) {
                time++;
                if (now.length != lengths.at(time)) {
                    lengths.add(time, now.length);
                }
            }
        } catch (final NoSuchFileException e) {
            // neither is there yet
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public synchronized void before(final Call call, final Path called, final long from, final long to)
            throws IOException {
        if (--callsToDeath < 0) {
            throw new IOException("the process is dead");
        }
        look();
        if (call == Call.FORCE && isOurs(called)) {
            forceStarted = time;
        }
    }

    @Override
    public synchronized void after(final Call call, final Path called, final long from, final long to) {
        look();
        switch (call) {
            case WRITE_THROUGH -> forces.add(new Force(time, ++time, from, to));
            case FORCE -> {
                if (isOurs(called)) {
                    forces.add(new Force(forceStarted, ++time, from, to));
                }
            }
            case RENAME -> {
                if (isOurs(called)) {
                    named = ++time;
                }
            }
            case FORCE_DIRECTORY -> {
                if (named <= time && namedForSure == Integer.MAX_VALUE) {
                    namedForSure = ++time;
                }
            }
            case WRITE, TRUNCATE, DELETE -> {
                // seen by the look
            }
        }
    }

    private boolean isOurs(final Path called) {
        return called.equals(file) || isUnfinished(called);
    }

    private boolean isUnfinished(final Path called) {
        return called.toString().startsWith(file + ".new-");
    }

    /** The file while it is made, or a name that is not there. */
    private Path unfinished() throws IOException {
        try (Stream<Path> files = Files.list(file.getParent())) {
            return files.filter(this::isUnfinished).findFirst().orElse(file);
        }
    }

    /** A file that a power loss at a time could leave. */
    Image image(final int at, final Random random) {
        if (at < named || at < namedForSure && random.nextBoolean()) {
            return new Image(at, new byte[0], ABSENT, "the name is not there");
        }
        final byte[] content = new byte[CAPACITY];
        final int length = length(at, random);
        final int[] durable = durable(at);
        final boolean pages = random.nextInt(3) == 0;
        final int chanceOfOld = random.nextInt(101);
        final int group = pages ? SECTORS_OF_A_PAGE : 1;
        int old = 0;
        for (int first = 0; first * SECTOR < length; first += group) {
            int forced = 0;
            for (int i = first; i < first + group; i++) {
                forced = Math.max(forced, durable[i]);
            }
            final int time = version(first, group, forced, at, chanceOfOld, random);
            old += time < at ? 1 : 0;
            for (int i = first; i < first + group; i++) {
                copySector(i, time, at, content, random);
            }
        }
        Arrays.fill(content, length, content.length, (byte) 0);
        final String how = "at time " + at + " of " + this.time + ", in " + (pages ? "pages" : "sectors") + ", " + old
                + " not as they were last";
        return new Image(at, content, length, how);
    }

    /** When each sector was last forced. */
    private int[] durable(final int at) {
        final int[] durable = new int[sectors.size()];
        for (final Force force : forces) {
            if (force.done <= at) {
                final int end = (int) Math.min(sectors.size(), (force.to - 1) / SECTOR + 1);
                for (int i = (int) (force.from / SECTOR); i < end; i++) {
                    durable[i] = Math.max(durable[i], force.started);
                }
            }
        }
        return durable;
    }

    /** The time whose version of some sectors reached the device last: the last force, the end, or any in between. */
    private int version(
            final int first,
            final int count,
            final int durable,
            final int at,
            final int chanceOfOld,
            final Random random) {
        int versions = 0;
        for (int i = first; i < first + count; i++) {
            versions += sectors.get(i).countAt(at) - sectors.get(i).countAt(durable);
        }
        if (versions == 0 || random.nextInt(100) >= chanceOfOld) {
            return at;
        }
        int chosen = random.nextInt(versions + 1);
        if (chosen == 0 || random.nextBoolean()) {
            return durable;
        }
        for (int i = first; ; i++) {
            final History<byte[]> history = sectors.get(i);
            final int here = history.countAt(at) - history.countAt(durable);
            if (chosen <= here) {
                return history.times[history.countAt(durable) + chosen - 1];
            }
            chosen -= here;
        }
    }

    private void copySector(final int sector, final int time, final int at, final byte[] content, final Random random) {
        final History<byte[]> history = sectors.get(sector);
        final int count = history.countAt(time);
        final byte[] version = history.value(count);
        System.arraycopy(version, 0, content, sector * SECTOR, SECTOR);
        if (history.countAt(at) > count && random.nextInt(8) == 0) {
            final byte[] next = history.value(count + 1);
            for (int i = 0; i < SECTOR; i += WORD) {
                if (random.nextBoolean()) {
                    System.arraycopy(next, i, content, sector * SECTOR + i, WORD);
                }
            }
        }
    }

    private int length(final int at, final Random random) {
        int durable = 0;
        for (final Force force : forces) {
            if (force.done <= at && force.isWhole()) {
                durable = Math.max(durable, force.started);
            }
        }
        final int firstCount = lengths.countAt(durable);
        final int count = firstCount + random.nextInt(lengths.countAt(at) - firstCount + 1);
        int length = lengths.value(count);
        if (count < lengths.countAt(at) && lengths.value(count + 1) > length && random.nextBoolean()) {
            length += random.nextInt(lengths.value(count + 1) - length); // a part of what it grew by
        }
        for (final Force force : forces) {
            if (force.done <= at && force.started >= durable && !force.isWhole()) {
                length = (int) Math.max(length, force.to);
            }
        }
        return length;
    }
}
