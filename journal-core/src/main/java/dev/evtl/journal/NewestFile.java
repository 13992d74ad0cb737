package dev.evtl.journal;

import static java.nio.file.StandardOpenOption.READ;

import dev.evtl.journal.exceptions.CorruptJournalException;
import dev.evtl.journal.exceptions.JournalException;
import dev.evtl.journal.file.IndexBuilder;
import dev.evtl.journal.file.IndexWriter;
import dev.evtl.journal.file.JournalDirectory;
import dev.evtl.journal.file.JournalFile;
import dev.evtl.journal.file.RollingStorage;
import dev.evtl.journal.format.FileHeader;
import dev.evtl.journal.format.JournalHeader;
import dev.evtl.journal.io.FileCalls;
import dev.evtl.journal.io.Uninterruptible;
import dev.evtl.journal.ring.Checkpoint;
import dev.evtl.journal.ring.CheckpointState;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.function.LongConsumer;

/**
 * Finds the file with which a journal of several files goes on, on the thread that opens it and has its lock. What its
 * last writer did not finish is finished: a file that was left for the next one is closed, and where it lost events in
 * a crash of the machine, what came after it is set aside, because the journal ends where the first event is missing.
 */
final class NewestFile {
    private final Path directory;
    private final boolean changing;
    private final LongConsumer progress;
    private final long[] bases;
    private int count;

    private NewestFile(final Path directory, final boolean changing, final LongConsumer progress) {
        this.directory = directory;
        this.changing = changing;
        this.progress = progress;
        this.bases = JournalDirectory.baseSequences(directory);
        this.count = bases.length;
    }

    /**
     * Returns the path of the file; there is none yet in a new journal.
     *
     * @param directory    real path of the journal
     * @param baseSequence with which a new journal begins
     * @param progress     is told now and then which offset in a file the recovery has reached
     * @throws CorruptJournalException if files do not follow one another, or hold damaged events
     */
    static Path find(final Path directory, final long baseSequence, final LongConsumer progress) throws IOException {
        RollingStorage.deleteLeft(directory);
        final NewestFile newest = new NewestFile(directory, true, progress);
        return newest.count == 0 ? JournalDirectory.file(directory, baseSequence) : newest.find();
    }

    /**
     * Returns the path of the file that {@link #find} would return for a journal that has one. Changes nothing.
     *
     * @param directory real path of the journal
     * @param progress  is told now and then which offset in a file the walk has reached
     * @throws CorruptJournalException as {@link #find}
     */
    static Path look(final Path directory, final LongConsumer progress) throws IOException {
        return new NewestFile(directory, false, progress).find();
    }

    private Path find() throws IOException {
        leaveOutUnwritten();
        for (int i = 0; i < count - 1; i++) {
            finish(i);
        }
        header(count - 1);
        return file(count - 1);
    }

    private Path file(final int index) {
        return JournalDirectory.file(directory, bases[index]);
    }

    /** A crash of the machine can leave the name of a file whose header was not on the device yet, nor any event. */
    private void leaveOutUnwritten() throws IOException {
        final Path last = file(count - 1);
        if (count > 1 && !JournalFile.hasHeader(last)) {
            setAside(count - 1);
        }
    }

    /** Makes sure that a file that has a next one ends where that begins. */
    private void finish(final int index) throws IOException {
        final Path path = file(index);
        final long expected = bases[index + 1] - bases[index];
        final JournalHeader header = header(index);
        long events = header.eventCount();
        if (!header.closed()) {
            events = changing ? close(path, header, expected) : events(path);
            if (events < expected && isNothingDurableAfter(index)) {
                while (count > index + 1) {
                    setAside(count - 1);
                }
                return;
            }
        }
        if (events != expected) {
            throw new CorruptJournalException(
                    CorruptJournalException.Kind.CORRUPT_EVENT,
                    path,
                    header.length(),
                    bases[index] + events,
                    (events < expected ? "a hole" : "an overlap") + ": expected events up to sequence "
                            + (bases[index + 1] - 1) + ", as the next file is "
                            + file(index + 1).getFileName()
                            + ", found them up to " + (bases[index] + events - 1));
        }
    }

    /** Closes a file if it has so many events, and returns how many it has. */
    private long close(final Path path, final JournalHeader header, final long expected) throws IOException {
        try (JournalFile file = JournalFile.open(path)) {
            final IndexBuilder walk = JournalOpener.walkFromIndex(path, header, file.channel());
            final JournalScan scan =
                    JournalScan.ofWritten(path, file, header, walk, progress).requireIntact(path);
            if (scan.events() == expected) {
                file.index(IndexWriter.of(path, header, walk));
                file.markClosed(expected, scan.validEnd());
            }
            return scan.events();
        }
    }

    private long events(final Path path) throws IOException {
        try (FileChannel channel = Uninterruptible.open(path, READ)) {
            return JournalScan.of(path, channel, progress).requireIntact(path).events();
        }
    }

    private JournalHeader header(final int index) throws IOException {
        final JournalHeader header = JournalFile.readHeader(file(index));
        JournalDirectory.requireName(file(index), header);
        return header;
    }

    private boolean isNothingDurableAfter(final int index) throws IOException {
        for (int i = index + 1; i < count; i++) {
            if (header(i).durableOffset() > FileHeader.LENGTH) {
                return false;
            }
        }
        return true;
    }

    /** Gives the last file a name that is none of a journal's files. */
    private void setAside(final int index) throws IOException {
        count = index;
        if (!changing) {
            return;
        }
        final Path path = file(index);
        Path aside = path.resolveSibling(path.getFileName() + ".cut");
        for (int i = 1; Files.exists(aside); i++) {
            aside = path.resolveSibling(path.getFileName() + ".cut-" + i);
        }
        IndexWriter.deleteOf(path);
        FileCalls.moveToFreeName(path, aside);
        FileCalls.forceDirectory(path);
    }

    /**
     * Moves the checkpoint of a ring to the start of the newest file if it is at the end of the one before: there it is
     * from a roll until the batch after it is published.
     */
    static void followRoll(final Path directory, final long newest, final Checkpoint checkpoint) throws IOException {
        final CheckpointState state = followed(directory, newest, checkpoint);
        if (state.fileSequence == newest && state.fileOffset == FileHeader.LENGTH) {
            checkpoint.store(state);
        }
    }

    /** Returns a checkpoint as {@link #followRoll} would leave it. */
    static CheckpointState followed(final Path directory, final long newest, final Checkpoint checkpoint)
            throws IOException {
        final CheckpointState state = checkpoint.load();
        final long[] bases = JournalDirectory.baseSequences(directory);
        final int index = Arrays.binarySearch(bases, newest);
        if (index > 0 && state.fileSequence == bases[index - 1]) {
            final Path before = JournalDirectory.file(directory, state.fileSequence);
            if (state.fileOffset == JournalFile.readHeader(before).writeOffset()) {
                state.fileSequence = newest;
                state.fileOffset = FileHeader.LENGTH;
            }
        }
        return state;
    }

    /** Refuses to write into a file of a journal of several files that has a next one. */
    static void refuseOlder(final Path file) {
        final Path directory = JournalDirectory.journalOf(file);
        if (!directory.equals(file)) {
            final long base = JournalDirectory.baseSequence(file).orElseThrow();
            if (Arrays.stream(JournalDirectory.baseSequences(directory)).anyMatch(other -> other > base)) {
                throw new JournalException(file + ": is not the newest file of its journal; open " + directory);
            }
        }
    }
}
