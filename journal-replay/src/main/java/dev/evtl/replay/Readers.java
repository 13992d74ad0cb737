package dev.evtl.replay;

import dev.evtl.journal.exceptions.JournalException;
import dev.evtl.journal.exceptions.JournalLockedException;
import dev.evtl.journal.exceptions.JournalNotFoundException;
import dev.evtl.journal.file.JournalView;
import dev.evtl.journal.file.PositionsFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;

/** The named readers of a journal: what is kept of them beside it. For any thread. */
public final class Readers {
    private Readers() {}

    /**
     * A reader as its last commit has left it.
     *
     * @param name        of the reader
     * @param position    at which it goes on
     * @param lag         from there to the journal's end; below 0 where the journal ends before it, as it may after a power
     *     loss
     * @param committedAt when it was committed
     */
    public record NamedReader(String name, JournalPosition position, Lag lag, Instant committedAt) {
        /**
         * The event at which the reader goes on.
         *
         * @return its sequence number
         */
        public long sequence() {
            return position.sequence();
        }
    }

    /**
     * Lists the named readers of a journal, those in use too.
     *
     * @param journal path of the file, or of the directory of its files
     * @return the readers, in the order of their names
     * @throws JournalNotFoundException if there is no journal
     * @throws JournalException         if the journal or what is kept beside it cannot be read, or is damaged
     */
    public static List<NamedReader> list(final Path journal) {
        Objects.requireNonNull(journal, "journal");
        requireThere(journal);
        return PositionsFile.read(journal).stream()
                .map(entry -> new NamedReader(
                        entry.name(),
                        position(entry),
                        lag(journal, position(entry)),
                        Instant.EPOCH.plusNanos(entry.committedAt())))
                .sorted(Comparator.comparing(NamedReader::name))
                .toList();
    }

    private static void requireThere(final Path journal) {
        if (Files.notExists(journal)) {
            throw new JournalNotFoundException(journal + ": does not exist");
        }
    }

    private static Lag lag(final Path journal, final JournalPosition position) {
        if (Files.isDirectory(journal)) {
            return new JournalFiles(journal).lag(position);
        }
        try (JournalView file = new JournalView(journal)) {
            return new Lag(
                    file.header().baseSequence() + file.header().eventCount() - position.sequence(),
                    file.header().writeOffset() - position.offset());
        }
    }

    /**
     * Moves a named reader that is not in use.
     *
     * @param journal path of the file, or of the directory of its files
     * @param name    of the reader
     * @param to      whose start is where the reader is to go on
     * @throws JournalLockedException   if the reader is in use
     * @throws JournalException         if there is no reader of that name, the place is not on the device yet, or the journal
     *     or what is kept beside it cannot be read or written
     * @throws IllegalArgumentException if the journal has no such place
     */
    public static void move(final Path journal, final String name, final ReaderConfig to) {
        Objects.requireNonNull(journal, "journal");
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(to, "to");
        try (PositionsFile.Slot slot = existing(journal, name);
                JournalReader reader = JournalReader.open(journal, to.withoutName())) {
            if (!to.commitBeforeDurable && !reader.isDurable()) {
                throw new JournalException(journal + ": the events before sequence " + reader.sequence()
                        + " are not on the device yet; the reader " + name + " was not moved");
            }
            slot.commit(entry(name, reader.position()));
        }
    }

    /**
     * Forgets a named reader that is not in use.
     *
     * @param journal path of the file, or of the directory of its files
     * @param name    of the reader
     * @throws JournalLockedException if the reader is in use
     * @throws JournalException       if there is no reader of that name, or what is kept of it cannot be read or written
     */
    public static void remove(final Path journal, final String name) {
        Objects.requireNonNull(journal, "journal");
        Objects.requireNonNull(name, "name");
        try (PositionsFile.Slot slot = existing(journal, name)) {
            slot.remove();
        }
    }

    private static PositionsFile.Slot existing(final Path journal, final String name) {
        requireThere(journal);
        if (PositionsFile.read(journal).stream().noneMatch(entry -> entry.name().equals(name))) {
            throw new JournalException(journal + ": has no reader " + name);
        }
        return PositionsFile.claim(journal, name);
    }

    static JournalPosition position(final PositionsFile.Entry entry) {
        return new JournalPosition(
                entry.fileSequence(), entry.offset(), entry.sequence(), entry.lastLength(), entry.lastChecksum());
    }

    static PositionsFile.Entry entry(final String name, final JournalPosition position) {
        return new PositionsFile.Entry(
                name,
                position.fileSequence(),
                position.offset(),
                position.sequence(),
                position.lastLength(),
                position.checksum(),
                ChronoUnit.NANOS.between(Instant.EPOCH, Instant.now()));
    }
}
