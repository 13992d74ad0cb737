package dev.evtl.replay;

import dev.evtl.journal.exceptions.CorruptJournalException;
import dev.evtl.journal.exceptions.CorruptJournalException.Kind;
import dev.evtl.journal.exceptions.EventsReleasedException;
import dev.evtl.journal.exceptions.JournalException;
import dev.evtl.journal.exceptions.JournalNotFoundException;
import dev.evtl.journal.exceptions.JournalReplacedException;
import dev.evtl.journal.file.JournalDirectory;
import dev.evtl.journal.file.JournalView;
import dev.evtl.journal.format.FileHeader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.function.ToLongFunction;

/**
 * The files of a journal that is a directory, for a reader that goes through them. At the end of the newest file, where
 * a reader waits, it looks into the directory now and then only. For the reader's thread.
 *
 * <p>The writer makes a file when the last event of the file before is published. So where a file is seen, the end of the
 * one before is what its header says after that.
 */
final class JournalFiles {
    private static final long LOOK_INTERVAL = TimeUnit.MILLISECONDS.toNanos(1);
    private static final long LIST_INTERVAL = TimeUnit.SECONDS.toNanos(1);

    private final Path directory;
    /** The file at whose end it was last looked for the next one, and whether it was closed then. */
    private JournalView lastView;

    private boolean lastClosed;
    private long lastLook;
    private long lastList;

    JournalFiles(final Path directory) {
        this.directory = directory;
    }

    /**
     * Opens the file after one that was read to its end, if there is one and it is time to look: at once when a reader has
     * come to the end of a file and when the file is closed, then every millisecond.
     *
     * @return null if there is none now, or the file has got more events meanwhile
     * @throws CorruptJournalException if later files are there, but not the next one
     * @throws EventsReleasedException likewise, if it is gone together with all that lay before it
     */
    JournalView next(final JournalView view, final long offset, final long sequence) {
        final boolean closed = view.isClosed();
        final boolean first = view != lastView || closed && !lastClosed;
        final long now = System.nanoTime();
        if (!first && now - lastLook < LOOK_INTERVAL) {
            return null;
        }
        JournalView next = openIfThere(view, sequence);
        if (next == null && (first || now - lastList >= LIST_INTERVAL)) {
            requireNoneMissing(view, offset, sequence);
            next = openIfThere(view, sequence); // it may have come just before the list was made
            lastList = now;
        }
        if (next != null && view.writeOffset() != offset) {
            next.close();
            next = null;
        }
        lastLook = now; // only now: who asks again after an exception gets it again
        lastView = view;
        lastClosed = closed;
        return next;
    }

    private JournalView openIfThere(final JournalView view, final long sequence) {
        if (sequence == view.header().baseSequence() || !Files.exists(JournalDirectory.file(directory, sequence))) {
            return null;
        }
        try {
            return JournalDirectory.open(directory, sequence);
        } catch (final JournalNotFoundException e) {
            return null; // it was released just now
        }
    }

    /**
     * Looks whether the next file is missing that others follow.
     *
     * @throws CorruptJournalException if it is, or begins before the file before it ends
     * @throws EventsReleasedException if it is gone together with all that lay before it
     */
    void requireNoneMissing(final JournalView view, final long offset, final long sequence) {
        final long base = view.header().baseSequence();
        long[] listed = baseSequences();
        long[] before;
        do {
            final int later = firstAfter(listed, base);
            if (later == listed.length) {
                requirePath(view);
                return;
            }
            if (listed[later] == sequence || view.writeOffset() != offset) {
                return;
            }
            before = listed;
            listed = baseSequences(); // a list shows no one moment: what came or went meanwhile may be in it or not
        } while (!Arrays.equals(before, listed));
        throw missing(view, offset, sequence, listed);
    }

    private void requirePath(final JournalView view) {
        try {
            view.requirePath();
        } catch (final JournalReplacedException e) {
            if (isNewest(view)) {
                throw e;
            }
        }
    }

    private RuntimeException missing(
            final JournalView view, final long offset, final long sequence, final long[] listed) {
        final long later = listed[firstAfter(listed, view.header().baseSequence())];
        if (listed[0] > sequence) {
            return new EventsReleasedException(directory, sequence, listed[0]);
        }
        final Path laterFile = JournalDirectory.file(directory, later);
        if (later < sequence) {
            return new CorruptJournalException(
                    Kind.CORRUPT_EVENT,
                    laterFile,
                    FileHeader.BASE_SEQUENCE_OFFSET,
                    later,
                    "files overlap: expected base_sequence " + sequence + ", where " + view.path() + " ends, found "
                            + later + ": sequences " + later + " to " + (sequence - 1) + " are in both");
        }
        final boolean lost = !view.isClosed() && Long.compareUnsigned(offset, view.durableOffset()) >= 0;
        return new CorruptJournalException(
                lost ? Kind.UNSYNCED_DATA_LOST : Kind.CORRUPT_EVENT,
                view.path(),
                offset,
                sequence,
                "sequences " + sequence + " to " + (later - 1) + " are missing: expected the file "
                        + JournalDirectory.file(directory, sequence).getFileName() + " after this one, found "
                        + laterFile.getFileName());
    }

    /** Returns whether the file before one is on the device to its end, or there is none. */
    boolean isDurableBefore(final JournalView view) {
        final long[] listed = baseSequences();
        final int before = firstAfter(listed, view.header().baseSequence() - 1) - 1;
        if (before < 0) {
            return true;
        }
        try (JournalView file = JournalDirectory.open(directory, listed[before])) {
            return file.header().closed()
                    || Long.compareUnsigned(
                                    file.header().durableOffset(), file.header().writeOffset())
                            >= 0;
        } catch (final JournalNotFoundException e) {
            return true; // it was released
        }
    }

    /** Returns whether no file follows one. */
    boolean isNewest(final JournalView view) {
        final long[] listed = baseSequences();
        final boolean newest = firstAfter(listed, view.header().baseSequence()) == listed.length;
        if (!newest) {
            lastView = null; // the reader is to go on without delay
        }
        return newest;
    }

    /**
     * Returns how far a reader is behind the end.
     *
     * @param view     file that it is in
     * @param sequence where it is
     * @param here     bytes that are left in that file
     */
    Lag lag(final JournalView view, final long sequence, final long here) {
        final long base = view.header().baseSequence();
        return lag(base, sequence, here, base + view.eventCount());
    }

    /** Returns how far a position is behind the end. */
    Lag lag(final JournalPosition position) {
        try (JournalView file = JournalDirectory.open(directory, position.fileSequence())) {
            return lag(file, position.sequence(), file.header().writeOffset() - position.offset());
        } catch (final JournalNotFoundException e) {
            try (JournalView newest = newest(null)) {
                final long end =
                        newest.header().baseSequence() + newest.header().eventCount();
                return lag(position.fileSequence(), position.sequence(), 0, end);
            }
        }
    }

    private Lag lag(final long base, final long sequence, final long here, final long endHere) {
        final long[] listed = baseSequences();
        long end = endHere;
        long bytes = here;
        for (int i = firstAfter(listed, base); i < listed.length; i++) {
            try (JournalView later = isClosedLongAgo(i, listed) ? null : JournalDirectory.open(directory, listed[i])) {
                if (later != null) {
                    bytes += later.header().writeOffset() - FileHeader.LENGTH;
                    end = listed[i] + later.header().eventCount();
                } else {
                    bytes += Files.size(JournalDirectory.file(directory, listed[i])) - FileHeader.LENGTH;
                }
            } catch (final JournalNotFoundException | NoSuchFileException e) {
                // it was released
            } catch (final IOException e) {
                throw new JournalException(directory + ": could not be looked at: " + e.getMessage(), e);
            }
        }
        return new Lag(end - sequence, bytes);
    }

    /** Whether a file has the length of its events, without a look into it. */
    private static boolean isClosedLongAgo(final int index, final long... listed) {
        return index < listed.length - 2;
    }

    /**
     * Opens the oldest file.
     *
     * @throws JournalNotFoundException if there is none
     */
    JournalView oldest() {
        return open(null, listed -> listed[0]);
    }

    /**
     * Opens the oldest file, unless it is the one that is given.
     *
     * @throws JournalNotFoundException if there is none
     */
    JournalView oldest(final JournalView current) {
        return open(current, listed -> listed[0]);
    }

    /**
     * Returns with which sequence number the newest file begins.
     *
     * @param current file of the reader, which is to go on without delay if that is another
     */
    long newestBase(final JournalView current) {
        return isNewest(current) ? current.header().baseSequence() : last(JournalDirectory.existing(directory));
    }

    private static long last(final long... listed) {
        return listed[listed.length - 1];
    }

    /** Returns the number of the oldest event that is there, or that a reader in a file still has. */
    long first(final JournalView current) {
        final long[] listed = baseSequences();
        final long base = current.header().baseSequence();
        return listed.length == 0 ? base : Math.min(base, listed[0]);
    }

    /**
     * Opens the newest file, unless it is the one that is given.
     *
     * @throws JournalNotFoundException if there is none
     */
    JournalView newest(final JournalView current) {
        final JournalView newest = open(current, JournalFiles::last);
        if (newest != current) {
            lastView = null; // a reader of the other is to go on without delay
        }
        return newest;
    }

    /**
     * Opens the file in which an event would be, unless it is the one that is given.
     *
     * @throws IllegalArgumentException if the oldest file begins after the event
     * @throws JournalNotFoundException if there is no file
     */
    JournalView holding(final long sequence, final JournalView current) {
        final long base = current.header().baseSequence();
        return open(current, listed -> {
            final int after = firstAfter(listed, sequence);
            if (after > 0) {
                return base <= sequence ? Math.max(base, listed[after - 1]) : listed[after - 1];
            }
            if (base <= sequence) {
                return base; // it was released, and is still open here
            }
            throw new IllegalArgumentException(
                    directory + ": begins with sequence " + listed[0] + ", after the " + sequence + " asked for");
        });
    }

    /**
     * Opens the file of a position, unless it is the one that is given: that which begins with its number, or what is there
     * in its stead.
     *
     * @throws EventsReleasedException  if it is gone, together with all that lay before it, with events that were to be read
     * @throws JournalNotFoundException if there is no file
     */
    JournalView of(final JournalPosition position, final JournalView current) {
        return open(current, listed -> {
            if (position.fileSequence() == current.header().baseSequence()) {
                return position.fileSequence();
            }
            if (listed[0] > position.sequence()) {
                throw new EventsReleasedException(directory, position.sequence(), listed[0]);
            }
            return listed[Math.max(0, firstAfter(listed, position.fileSequence()) - 1)];
        });
    }

    private JournalView open(final JournalView current, final ToLongFunction<long[]> choice) {
        long[] listed = JournalDirectory.existing(directory);
        while (true) {
            final long base = choice.applyAsLong(listed);
            if (current != null && base == current.header().baseSequence()) {
                return current;
            }
            try {
                return JournalDirectory.open(directory, base);
            } catch (final JournalNotFoundException e) {
                final long[] again = JournalDirectory.existing(directory);
                if (Arrays.equals(listed, again)) {
                    throw e; // it is in the list and not there, as a link to nothing
                }
                listed = again;
            }
        }
    }

    private long[] baseSequences() {
        return JournalDirectory.baseSequences(directory);
    }

    private static int firstAfter(final long[] listed, final long sequence) {
        final int found = Arrays.binarySearch(listed, sequence);
        return found < 0 ? -found - 1 : found + 1;
    }
}
