package dev.evtl.journal;

import static java.nio.file.StandardOpenOption.READ;

import dev.evtl.journal.exceptions.CorruptJournalException;
import dev.evtl.journal.exceptions.DiskFullException;
import dev.evtl.journal.exceptions.JournalException;
import dev.evtl.journal.exceptions.JournalLockedException;
import dev.evtl.journal.file.JournalFile;
import dev.evtl.journal.file.WriterLock;
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
import java.util.Optional;
import java.util.function.LongConsumer;

/** Recovers a journal without the application that writes it, or tells what a recovery would do. For any thread. */
public final class JournalRecovery {
    private JournalRecovery() {}

    /**
     * Returns what opening a file for append would find and do. Changes nothing and leaves no file.
     *
     * @param file     to look at
     * @param progress is told now and then which offset the walk has reached
     * @return what {@link #recover} would report if it ran now
     * @throws JournalLockedException  if a writer has it open
     * @throws CorruptJournalException if opening would refuse it
     * @throws JournalException        if it could not be opened for writing for another reason
     */
    public static RecoveryReport plan(final Path file, final LongConsumer progress) {
        JournalPaths.readable(file);
        final Path real = JournalPaths.writable(file);
        try (FileChannel channel = Uninterruptible.open(real, READ)) {
            WriterLock.refuseHeld(file, real);
            final JournalScan scan = JournalScan.of(file, channel, false, progress);
            WriterLock.refuseHeld(file, real); // asked again: what was seen could be a writer's work half done
            final RecoveryReport report =
                    RecoveryReport.of(file, real, channel, scan).withFailure(WriterLock.failureOf(real));
            final Path noted = notedRingFile(real).orElse(null);
            if (noted == null) {
                return report;
            }
            final JournalHeader header = scan.header();
            try (RingFile left = RingFiles.inspect(noted, header.identity()).orElse(null)) {
                return left == null
                        ? report.withSetAside(RingFiles.asideFor(noted, header.identity()))
                        : report.with(RingCatchUp.look(left, channel, header.baseSequence(), scan.validEnd()));
            }
        } catch (final IOException | UncheckedIOException e) {
            throw new JournalException(file + ": could not read: " + e.getMessage(), e);
        }
    }

    /**
     * Opens a file for append, brings in what its ring file holds, and closes it.
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
        final Path real = JournalPaths.readable(file);
        try {
            final Optional<RingFiles.Wanted> ringFile = ownRingFile(file, real);
            if (ringFile.isPresent()) {
                return bringIn(file, ringFile.get(), progress);
            }
            final JournalFile.NewFile notMade = new JournalFile.NewFile(0, true, 0, FileCalls.posixPermissions(real));
            final JournalOpener opened = JournalOpener.open(file, OpenMode.APPEND, notMade, Optional.empty(), progress);
            opened.closeCleanly();
            return opened.recovery();
        } catch (final IOException e) {
            throw new JournalException(file + ": could not be recovered: " + e.getMessage(), e);
        }
    }

    private static Optional<RingFiles.Wanted> ownRingFile(final Path file, final Path real) throws IOException {
        final Optional<Path> noted = notedRingFile(real);
        if (noted.isPresent()) {
            try (FileChannel channel = Uninterruptible.open(real, READ)) {
                final JournalHeader header = JournalFile.readHeader(file, channel);
                if (RingFiles.isOf(noted.get(), header.identity())) {
                    return Optional.of(RingFiles.Wanted.as(noted.get()));
                }
            }
        }
        return Optional.empty();
    }

    /**
     * Recovers a journal with its ring file. This is refused while a process publishes into the ring, because closing
     * would tell that process that the journal is closed.
     */
    private static RecoveryReport bringIn(
            final Path file, final RingFiles.Wanted ringFile, final LongConsumer progress) {
        final RecoveryReport planned = plan(file, progress);
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
     * Returns the ring file that a journal's last owner noted in its lock file.
     *
     * @param journal path of the journal
     * @return the ring file, if one is noted and exists; it may be another journal's or of an earlier boot
     * @throws JournalException if the note cannot be read
     */
    public static Optional<Path> notedRingFile(final Path journal) {
        try {
            return WriterLock.noteFor(JournalPaths.readable(journal)).filter(Files::exists);
        } catch (final IOException e) {
            throw new JournalException(journal + ": its lock file could not be read: " + e.getMessage(), e);
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
        final JournalScan scan = JournalScan.of(journal);
        final JournalHeader header = scan.header();
        try (FileChannel channel = Uninterruptible.open(journal, READ);
                RingFile left = RingFiles.inspect(RingFiles.real(ringFile), header.identity())
                        .orElse(null)) {
            return left == null
                    ? 0
                    : RingCatchUp.look(left, channel, header.baseSequence(), scan.validEnd())
                            .events();
        } catch (final IOException e) {
            throw new JournalException(journal + ": its ring file could not be read: " + e.getMessage(), e);
        }
    }
}
