package dev.evtl.journal;

import static java.nio.file.StandardOpenOption.READ;

import dev.evtl.journal.JournalScan.Condition;
import dev.evtl.journal.exceptions.CorruptJournalException;
import dev.evtl.journal.exceptions.DiskFullException;
import dev.evtl.journal.exceptions.JournalException;
import dev.evtl.journal.exceptions.JournalLockedException;
import dev.evtl.journal.file.JournalDirectory;
import dev.evtl.journal.file.JournalFile;
import dev.evtl.journal.file.RingNote;
import dev.evtl.journal.file.WriterLock;
import dev.evtl.journal.format.FileIdentity;
import dev.evtl.journal.format.JournalHeader;
import dev.evtl.journal.io.FileCalls;
import dev.evtl.journal.io.JournalPaths;
import dev.evtl.journal.io.Uninterruptible;
import dev.evtl.journal.recovery.RingCatchUp;
import dev.evtl.journal.ring.CheckpointState;
import dev.evtl.journal.ring.RingFile;
import dev.evtl.journal.ring.RingFiles;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.LongConsumer;
import java.util.function.Supplier;

/** Recovers a journal without the application that writes it, or tells what a recovery would do. For any thread. */
public final class JournalRecovery {
    private JournalRecovery() {}

    /**
     * Returns what opening a journal for append would find and do, with every event verified. Changes nothing and leaves
     * no file.
     *
     * @param journal  path of the file to look at, or of the directory of its files
     * @param progress is told now and then which offset in a file the walk has reached
     * @return what {@link #recover(Path, LongConsumer)} would report if it ran now
     * @throws JournalLockedException  if a writer has it open
     * @throws CorruptJournalException if opening would refuse it
     * @throws JournalException        if it could not be opened for writing for another reason
     */
    public static RecoveryReport plan(final Path journal, final LongConsumer progress) {
        Objects.requireNonNull(journal, "journal");
        Objects.requireNonNull(progress, "progress");
        return plan(journal, Optional.empty(), progress);
    }

    /**
     * Returns what bringing in a ring file that was set aside would find and do. Changes nothing.
     *
     * @param journal  path of the file to look at, or of the directory of its files
     * @param ringFile of this journal
     * @param progress is told now and then which offset in a file the walk has reached
     * @return what {@link #recover(Path, Path, LongConsumer)} would report if it ran now
     * @throws JournalException as {@link #recover(Path, Path, LongConsumer)}
     */
    public static RecoveryReport plan(final Path journal, final Path ringFile, final LongConsumer progress) {
        Objects.requireNonNull(journal, "journal");
        Objects.requireNonNull(ringFile, "ringFile");
        Objects.requireNonNull(progress, "progress");
        return plan(journal, Optional.of(ringFile), progress);
    }

    private static RecoveryReport plan(final Path journal, final Optional<Path> ringFile, final LongConsumer progress) {
        final boolean several = Files.isDirectory(journal);
        if (!several) {
            JournalPaths.readable(journal);
        }
        final Path real = several ? JournalPaths.writableDirectory(journal) : JournalPaths.writable(journal);
        try {
            if (!several) {
                NewestFile.refuseOlder(real);
                return plan(journal, real, real, ringFile, progress);
            }
            final long[] files = JournalDirectory.existing(journal);
            WriterLock.refuseHeld(journal, real);
            final Path newest = NewestFile.look(real, progress);
            return plan(journal, real, newest, ringFile, progress).withFilesSetAside(after(real, newest, files));
        } catch (final IOException | UncheckedIOException e) {
            throw new JournalException(journal + ": could not read: " + e.getMessage(), e);
        }
    }

    /**
     * Plans with the file that is written.
     *
     * @param real    path of the journal
     * @param written real path of the file
     */
    private static RecoveryReport plan(
            final Path journal,
            final Path real,
            final Path written,
            final Optional<Path> ringFile,
            final LongConsumer progress)
            throws IOException {
        final Path file = written.equals(real) ? journal : written;
        try (FileChannel channel = Uninterruptible.open(written, READ)) {
            WriterLock.refuseHeld(journal, real);
            final JournalScan scan = JournalScan.of(file, channel, progress);
            WriterLock.refuseHeld(journal, real); // asked again: what was seen could be a writer's work half done
            final RecoveryReport report =
                    RecoveryReport.of(file, written, channel, scan).withFailure(WriterLock.failureOf(real));
            return plan(report, real, channel, scan, ringFile);
        }
    }

    private static RecoveryReport plan(
            final RecoveryReport report,
            final Path real,
            final FileChannel channel,
            final JournalScan scan,
            final Optional<Path> ringFile)
            throws IOException {
        final FileIdentity identity = identity(real, scan.header());
        if (ringFile.isPresent()) {
            try (RingFile left = RingFiles.inspectOfAnyBoot(RingFiles.real(ringFile.get()), real, identity)) {
                return report.with(look(left, real, channel, scan));
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
                    return report.with(look(left, real, channel, scan));
                }
        }
    }

    private static RingCatchUp.Found look(
            final RingFile ring, final Path real, final FileChannel channel, final JournalScan scan)
            throws IOException {
        final long base = scan.header().baseSequence();
        final CheckpointState from = Files.isDirectory(real)
                ? NewestFile.followed(real, base, ring.checkpoint())
                : ring.checkpoint().load();
        return RingCatchUp.look(ring, from, channel, base, scan.validEnd());
    }

    /** Returns what identifies a journal: its file, or the directory of several. */
    private static FileIdentity identity(final Path real, final JournalHeader written) throws IOException {
        return Files.isDirectory(real) ? JournalDirectory.identity(real) : written.identity();
    }

    private static Path newest(final Path journal, final Path real) {
        final long[] files = JournalDirectory.existing(journal);
        return JournalDirectory.file(real, files[files.length - 1]);
    }

    /** Returns those of some files that come after one. */
    private static List<Path> after(final Path real, final Path newest, final long... files) {
        final long base = JournalDirectory.baseSequence(newest).orElseThrow();
        return Arrays.stream(files)
                .filter(file -> file > base)
                .mapToObj(file -> JournalDirectory.file(real, file))
                .toList();
    }

    /**
     * Verifies every event of a journal, opens it for append, brings in what its ring file holds, and closes it.
     *
     * @param journal  path of the file to recover, or of the directory of its files; afterwards each is closed, and as
     *     long as its events
     * @param progress is told now and then which offset in a file the walk has reached
     * @return what was found and done
     * @throws JournalLockedException  if a writer has it open
     * @throws CorruptJournalException if it is no journal or holds damaged events; it is left as it was
     * @throws DiskFullException       if there is no space to keep what would be cut off; it is left as it was
     * @throws JournalException        if a process publishes into its ring file, which closing would end, or if
     *     anything else fails; the message names the path
     */
    public static RecoveryReport recover(final Path journal, final LongConsumer progress) {
        Objects.requireNonNull(journal, "journal");
        Objects.requireNonNull(progress, "progress");
        return Files.isDirectory(journal)
                ? recoverFiles(journal, () -> recoverNoted(journal, progress))
                : recoverNoted(journal, progress);
    }

    /** Recovers a journal of several files, and adds to the report which of them were set aside. */
    private static RecoveryReport recoverFiles(final Path journal, final Supplier<RecoveryReport> recovery) {
        final Path real = JournalPaths.writableDirectory(journal);
        final long[] before = JournalDirectory.existing(journal);
        final RecoveryReport report = recovery.get();
        return report.withFilesSetAside(after(real, newest(journal, real), before));
    }

    private static RecoveryReport recoverNoted(final Path journal, final LongConsumer progress) {
        final boolean several = Files.isDirectory(journal);
        final Path real = several ? JournalPaths.writableDirectory(journal) : JournalPaths.readable(journal);
        final Path file = several ? newest(journal, real) : real;
        try {
            final Optional<Path> noted = RingNote.of(real);
            if (noted.isPresent() && RingFiles.look(noted.get(), real, identity(journal, real)) == RingFiles.Left.OWN) {
                return bringIn(journal, RingFiles.Wanted.as(noted.get(), real), plan(journal, progress));
            }
            final JournalFile.NewFile notMade = new JournalFile.NewFile(0, true, 0, FileCalls.posixPermissions(file));
            final JournalOpener opened = JournalOpener.open(
                    journal, several, OpenMode.APPEND, notMade, Optional.empty(), false, true, progress);
            opened.closeCleanly();
            return opened.recovery();
        } catch (final IOException e) {
            throw new JournalException(journal + ": could not be recovered: " + e.getMessage(), e);
        }
    }

    /**
     * Opens a journal for append, brings in what a ring file holds that was set aside, and closes it. What the ring file
     * holds was complete only while the machine ran; whoever brings it in answers for that. Events that the journal got
     * since then stay before those.
     *
     * @param journal  path of the file to recover, or of the directory of its files; afterwards each is closed, and as
     *     long as its events
     * @param ringFile of this journal; it is deleted when all that it holds is in the file
     * @param progress is told now and then which offset in a file the walk has reached
     * @return what was found and done
     * @throws JournalException as {@link #recover(Path, LongConsumer)}, and if the ring file is another journal's, is
     *     damaged, or a process has it open
     */
    public static RecoveryReport recover(final Path journal, final Path ringFile, final LongConsumer progress) {
        Objects.requireNonNull(journal, "journal");
        Objects.requireNonNull(ringFile, "ringFile");
        Objects.requireNonNull(progress, "progress");
        return Files.isDirectory(journal)
                ? recoverFiles(journal, () -> recoverWith(journal, ringFile, progress))
                : recoverWith(journal, ringFile, progress);
    }

    private static RecoveryReport recoverWith(final Path journal, final Path ringFile, final LongConsumer progress) {
        final Path real =
                Files.isDirectory(journal) ? JournalPaths.writableDirectory(journal) : JournalPaths.readable(journal);
        final RecoveryReport planned = plan(journal, ringFile, progress);
        try {
            final Path ring = RingFiles.real(ringFile);
            RingFiles.adopt(ring, real, identity(journal, real));
            return bringIn(journal, RingFiles.Wanted.as(ring, real), planned);
        } catch (final IOException e) {
            throw new JournalException(journal + ": could not be recovered: " + e.getMessage(), e);
        }
    }

    private static FileIdentity identity(final Path journal, final Path real) throws IOException {
        return Files.isDirectory(real)
                ? JournalDirectory.identity(real)
                : header(journal, real).identity();
    }

    private static JournalHeader header(final Path file, final Path real) throws IOException {
        try (FileChannel channel = Uninterruptible.open(real, READ)) {
            return JournalFile.readHeader(file, channel);
        }
    }

    /**
     * Recovers a journal with its ring file. The plan was refused if a process publishes into the ring, because closing
     * would tell that process that the journal is closed.
     */
    private static RecoveryReport bringIn(
            final Path journal, final RingFiles.Wanted ringFile, final RecoveryReport planned) {
        final JournalConfig config = JournalConfig.builder()
                .openMode(OpenMode.APPEND)
                .ringFile(ringFile.path())
                .ringSize(ringFile.capacity())
                .maxPayloadLength(ringFile.maxPayloadLength())
                .listener(JournalListener.NONE) // the report says it, and closing throws it
                .build();
        try (Journal opened = Journal.open(journal, config)) {
            return opened.recovery().orElse(planned);
        }
    }

    /**
     * Returns the ring file that a journal's last owner noted.
     *
     * @param journal path of the journal, a file or a directory
     * @return the ring file, if one is noted and exists; it may be another journal's or of an earlier boot
     * @throws JournalException if the note cannot be read
     */
    public static Optional<Path> notedRingFile(final Path journal) {
        Objects.requireNonNull(journal, "journal");
        return noted(readable(journal)).filter(Files::exists);
    }

    /**
     * Returns the ring file that a journal's last owner noted if it is gone, and with it what was accepted into it and is
     * not in the file. How much that is cannot be known.
     *
     * @param journal path of the journal, a file or a directory
     * @return the path; empty if none is noted or missing, the journal was closed, or a writer has it open
     * @throws CorruptJournalException if the journal's file is no journal or its header is damaged
     * @throws JournalException        if something cannot be read, or the ring file is damaged or not to be trusted
     */
    public static Optional<Path> missingRingFile(final Path journal) {
        Objects.requireNonNull(journal, "journal");
        final Path real = readable(journal);
        final Optional<Path> noted = noted(real);
        if (noted.isEmpty()) {
            return noted;
        }
        try {
            final boolean several = Files.isDirectory(real);
            final Path file = several ? newest(journal, real) : real;
            final JournalHeader header = header(several ? file : journal, file);
            final boolean missing = !header.closed()
                    && WriterLock.writerOf(real) == WriterLock.Writer.NONE
                    && RingFiles.look(noted.get(), real, identity(real, header)) == RingFiles.Left.GONE;
            return missing ? noted : Optional.empty();
        } catch (final IOException e) {
            throw new JournalException(journal + ": its ring file could not be looked at: " + e.getMessage(), e);
        }
    }

    private static Path readable(final Path journal) {
        return Files.isDirectory(journal) ? JournalPaths.readableDirectory(journal) : JournalPaths.readable(journal);
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
        final Path real = readable(journal);
        final Path file = Files.isDirectory(real) ? newest(journal, real) : journal;
        final JournalScan scan = JournalScan.of(file);
        try (FileChannel channel = Uninterruptible.open(file, READ);
                RingFile left = RingFiles.inspect(RingFiles.real(ringFile), real, identity(real, scan.header()))
                        .orElse(null)) {
            return left == null ? 0 : look(left, real, channel, scan).events();
        } catch (final IOException e) {
            throw new JournalException(journal + ": its ring file could not be read: " + e.getMessage(), e);
        }
    }
}
