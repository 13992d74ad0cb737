package dev.evtl.journal;

import static java.nio.file.StandardOpenOption.READ;

import dev.evtl.journal.JournalScan.Condition;
import dev.evtl.journal.exceptions.CorruptJournalException;
import dev.evtl.journal.exceptions.DiskFullException;
import dev.evtl.journal.exceptions.JournalException;
import dev.evtl.journal.exceptions.JournalLockedException;
import dev.evtl.journal.file.JournalFile;
import dev.evtl.journal.file.RingNote;
import dev.evtl.journal.file.WriterLock;
import dev.evtl.journal.format.FileIdentity;
import dev.evtl.journal.format.JournalHeader;
import dev.evtl.journal.io.FileCalls;
import dev.evtl.journal.io.JournalPaths;
import dev.evtl.journal.io.Uninterruptible;
import dev.evtl.journal.recovery.RingCatchUp;
import dev.evtl.journal.ring.RingFile;
import dev.evtl.journal.ring.RingFiles;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;
import java.util.function.LongConsumer;

/** Recovers a journal without the application that writes it, or tells what a recovery would do. For any thread. */
public final class JournalRecovery {
    private JournalRecovery() {}

    /**
     * Returns what opening a file for append would find and do, with every event verified. Changes nothing and leaves no
     * file.
     *
     * @param file     to look at
     * @param progress is told now and then which offset the walk has reached
     * @return what {@link #recover(Path, LongConsumer)} would report if it ran now
     * @throws JournalLockedException  if a writer has it open
     * @throws CorruptJournalException if opening would refuse it
     * @throws JournalException        if it could not be opened for writing for another reason
     */
    public static RecoveryReport plan(final Path file, final LongConsumer progress) {
        Objects.requireNonNull(file, "file");
        Objects.requireNonNull(progress, "progress");
        return plan(file, Optional.empty(), progress);
    }

    /**
     * Returns what bringing in a ring file that was set aside would find and do. Changes nothing.
     *
     * @param file     to look at
     * @param ringFile of this journal
     * @param progress is told now and then which offset the walk has reached
     * @return what {@link #recover(Path, Path, LongConsumer)} would report if it ran now
     * @throws JournalException as {@link #recover(Path, Path, LongConsumer)}
     */
    public static RecoveryReport plan(final Path file, final Path ringFile, final LongConsumer progress) {
        Objects.requireNonNull(file, "file");
        Objects.requireNonNull(ringFile, "ringFile");
        Objects.requireNonNull(progress, "progress");
        return plan(file, Optional.of(ringFile), progress);
    }

    private static RecoveryReport plan(final Path file, final Optional<Path> ringFile, final LongConsumer progress) {
        JournalPaths.readable(file);
        final Path real = JournalPaths.writable(file);
        try (FileChannel channel = Uninterruptible.open(real, READ)) {
            WriterLock.refuseHeld(file, real);
            final JournalScan scan = JournalScan.of(file, channel, progress);
            WriterLock.refuseHeld(file, real); // asked again: what was seen could be a writer's work half done
            final RecoveryReport report =
                    RecoveryReport.of(file, real, channel, scan).withFailure(WriterLock.failureOf(real));
            return plan(report, real, channel, scan, ringFile);
        } catch (final IOException | UncheckedIOException e) {
            throw new JournalException(file + ": could not read: " + e.getMessage(), e);
        }
    }

    private static RecoveryReport plan(
            final RecoveryReport report,
            final Path real,
            final FileChannel channel,
            final JournalScan scan,
            final Optional<Path> ringFile)
            throws IOException {
        final FileIdentity identity = scan.header().identity();
        if (ringFile.isPresent()) {
            try (RingFile left = RingFiles.inspectOfAnyBoot(RingFiles.real(ringFile.get()), real, identity)) {
                return report.with(look(left, channel, scan));
            }
        }
        final Path noted = RingNote.of(real).orElse(null);
        if (noted == null) {
            return report;
        }
        switch (RingFiles.look(noted, real, identity)) {
            case GONE:
                return scan.condition() == Condition.CLEAN ? report : report.withMissingRing(noted);
            case EARLIER_BOOT:
                return report.withSetAside(Optional.of(RingFiles.asideFor(noted)));
            default:
                try (RingFile left = RingFiles.inspect(noted, real, identity).orElseThrow()) {
                    return report.with(look(left, channel, scan));
                }
        }
    }

    private static RingCatchUp.Found look(final RingFile ring, final FileChannel channel, final JournalScan scan)
            throws IOException {
        return RingCatchUp.look(ring, channel, scan.header().baseSequence(), scan.validEnd());
    }

    /**
     * Verifies every event of a file, opens it for append, brings in what its ring file holds, and closes it.
     *
     * @param file     to recover; afterwards it is closed, and as long as its events
     * @param progress is told now and then which offset the walk has reached
     * @return what was found and done
     * @throws JournalLockedException  if a writer has it open
     * @throws CorruptJournalException if it is no journal or holds damaged events; it is left as it was
     * @throws DiskFullException       if there is no space to keep what would be cut off; it is left as it was
     * @throws JournalException        if a process publishes into its ring file, which closing would end, or if
     *     anything else fails; the message names the path
     */
    public static RecoveryReport recover(final Path file, final LongConsumer progress) {
        Objects.requireNonNull(file, "file");
        Objects.requireNonNull(progress, "progress");
        final Path real = JournalPaths.readable(file);
        try {
            final Optional<Path> noted = RingNote.of(real);
            if (noted.isPresent() && RingFiles.look(noted.get(), real, identity(file, real)) == RingFiles.Left.OWN) {
                return bringIn(file, RingFiles.Wanted.as(noted.get(), real), plan(file, progress));
            }
            final JournalFile.NewFile notMade = new JournalFile.NewFile(0, true, 0, FileCalls.posixPermissions(real));
            final JournalOpener opened =
                    JournalOpener.open(file, false, OpenMode.APPEND, notMade, Optional.empty(), false, true, progress);
            opened.closeCleanly();
            return opened.recovery();
        } catch (final IOException e) {
            throw new JournalException(file + ": could not be recovered: " + e.getMessage(), e);
        }
    }

    /**
     * Opens a file for append, brings in what a ring file holds that was set aside, and closes it. What the ring file
     * holds was complete only while the machine ran; whoever brings it in answers for that. Events that the journal got
     * since then stay before those.
     *
     * @param file     to recover; afterwards it is closed, and as long as its events
     * @param ringFile of this journal; it is deleted when all that it holds is in the file
     * @param progress is told now and then which offset the walk has reached
     * @return what was found and done
     * @throws JournalException as {@link #recover(Path, LongConsumer)}, and if the ring file is another journal's, is
     *     damaged, or a process has it open
     */
    public static RecoveryReport recover(final Path file, final Path ringFile, final LongConsumer progress) {
        Objects.requireNonNull(file, "file");
        Objects.requireNonNull(ringFile, "ringFile");
        Objects.requireNonNull(progress, "progress");
        final Path real = JournalPaths.readable(file);
        final RecoveryReport planned = plan(file, ringFile, progress);
        try {
            final Path ring = RingFiles.real(ringFile);
            RingFiles.adopt(ring, real, identity(file, real));
            return bringIn(file, RingFiles.Wanted.as(ring, real), planned);
        } catch (final IOException e) {
            throw new JournalException(file + ": could not be recovered: " + e.getMessage(), e);
        }
    }

    private static FileIdentity identity(final Path file, final Path real) throws IOException {
        try (FileChannel channel = Uninterruptible.open(real, READ)) {
            return JournalFile.readHeader(file, channel).identity();
        }
    }

    /**
     * Recovers a journal with its ring file. The plan was refused if a process publishes into the ring, because closing
     * would tell that process that the journal is closed.
     */
    private static RecoveryReport bringIn(
            final Path file, final RingFiles.Wanted ringFile, final RecoveryReport planned) {
        final JournalConfig config = JournalConfig.builder()
                .openMode(OpenMode.APPEND)
                .ringFile(ringFile.path())
                .ringSize(ringFile.capacity())
                .maxPayloadLength(ringFile.maxPayloadLength())
                .listener(JournalListener.NONE) // the report says it, and closing throws it
                .build();
        try (Journal journal = Journal.open(file, config)) {
            return journal.recovery().orElse(planned);
        }
    }

    /**
     * Returns the ring file that a journal's last owner noted.
     *
     * @param journal path of the journal
     * @return the ring file, if one is noted and exists; it may be another journal's or of an earlier boot
     * @throws JournalException if the note cannot be read
     */
    public static Optional<Path> notedRingFile(final Path journal) {
        Objects.requireNonNull(journal, "journal");
        return noted(JournalPaths.readable(journal)).filter(Files::exists);
    }

    /**
     * Returns the ring file that a journal's last owner noted if it is gone, and with it what was accepted into it and is
     * not in the file. How much that is cannot be known.
     *
     * @param journal path of the journal
     * @return the path; empty if none is noted or missing, the journal was closed, or a writer has it open
     * @throws CorruptJournalException if the journal's file is no journal or its header is damaged
     * @throws JournalException        if something cannot be read, or the ring file is damaged or not to be trusted
     */
    public static Optional<Path> missingRingFile(final Path journal) {
        Objects.requireNonNull(journal, "journal");
        final Path real = JournalPaths.readable(journal);
        final Optional<Path> noted = noted(real);
        if (noted.isEmpty()) {
            return noted;
        }
        try (FileChannel channel = Uninterruptible.open(real, READ)) {
            final JournalHeader header = JournalFile.readHeader(journal, channel);
            final boolean missing = !header.closed()
                    && WriterLock.writerOf(real) == WriterLock.Writer.NONE
                    && RingFiles.look(noted.get(), real, header.identity()) == RingFiles.Left.GONE;
            return missing ? noted : Optional.empty();
        } catch (final IOException e) {
            throw new JournalException(journal + ": its ring file could not be looked at: " + e.getMessage(), e);
        }
    }

    private static Optional<Path> noted(final Path real) {
        try {
            return RingNote.of(real);
        } catch (final IOException e) {
            throw new JournalException(real + ": its lock file could not be read: " + e.getMessage(), e);
        }
    }

    /**
     * Returns how many events a ring file holds and its journal does not. Changes nothing.
     *
     * @param ringFile of the journal, as {@link #notedRingFile} returns it
     * @param journal  path of the journal
     * @return number of accepted events that are not in the journal's file; 0 if the ring file does not exist, is
     *     another journal's or is of an earlier boot of the machine
     * @throws CorruptJournalException if the journal's file is no journal or its header is damaged
     * @throws JournalException        if a process has the ring file open, or something cannot be read
     */
    public static long pendingEvents(final Path ringFile, final Path journal) {
        Objects.requireNonNull(ringFile, "ringFile");
        Objects.requireNonNull(journal, "journal");
        final JournalScan scan = JournalScan.of(journal);
        try (FileChannel channel = Uninterruptible.open(journal, READ);
                RingFile left = RingFiles.inspect(
                                RingFiles.real(ringFile),
                                JournalPaths.readable(journal),
                                scan.header().identity())
                        .orElse(null)) {
            return left == null ? 0 : look(left, channel, scan).events();
        } catch (final IOException e) {
            throw new JournalException(journal + ": its ring file could not be read: " + e.getMessage(), e);
        }
    }
}
