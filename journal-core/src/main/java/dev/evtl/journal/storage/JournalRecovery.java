package dev.evtl.journal.storage;

import static java.nio.file.StandardOpenOption.READ;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.function.LongConsumer;

/** Recovers a journal without the application that writes it, or says what that would do. */
public final class JournalRecovery {
    private JournalRecovery() {}

    /**
     * Says what opening a file for append would find and do. Changes nothing and leaves nothing behind.
     *
     * @param file     to look at
     * @param progress told now and then which offset the walk has reached
     * @return what {@link #recover} would report if it ran now
     * @throws JournalLockedException  if a writer has it open
     * @throws CorruptJournalException if it would be refused
     * @throws JournalException        if it could not be opened for writing for another reason
     */
    public static RecoveryReport plan(final Path file, final LongConsumer progress) {
        JournalFiles.readable(file);
        final Path real = JournalFiles.writable(file);
        try (FileChannel channel = FileChannel.open(real, READ)) {
            refuseLiveWriter(file, real);
            final JournalScan scan = JournalScan.of(file, channel, false, progress);
            refuseLiveWriter(file, real); // or what was seen could be a writer's work half done
            final RecoveryReport report = RecoveryReport.of(file, real, channel, scan);
            final Path noted = RingFile.notedFor(real).orElse(null);
            if (noted == null) {
                return report;
            }
            try (RingFile left = RingFile.left(noted, scan.header()).orElse(null)) {
                return left == null
                        ? report.with(
                                RingCatchUp.Found.NOTHING,
                                RingFile.asideFor(noted, scan.header()).orElse(null))
                        : report.with(RingCatchUp.look(left, channel, scan.validEnd()), null);
            }
        } catch (final IOException | UncheckedIOException e) {
            throw new JournalException(file + ": could not read: " + e.getMessage(), e);
        }
    }

    static void refuseLiveWriter(final Path file, final Path real) throws IOException {
        if (WriterLock.isHeld(real)) {
            throw new JournalLockedException(file + ": a writer has it open");
        }
    }

    /**
     * Does what opening a file for append does, and closes it.
     *
     * @param file     to recover; afterwards it is closed, and as long as its events
     * @param progress told now and then which offset the walk has reached
     * @return what was found and done
     * @throws JournalLockedException  if a writer has it open
     * @throws CorruptJournalException if it is no journal or holds damaged events; it is left as it was
     * @throws DiskFullException       if there is no space to keep what would be cut off; it is left as it was
     * @throws JournalException        for anything else, naming the path
     */
    public static RecoveryReport recover(final Path file, final LongConsumer progress) {
        final Path real = JournalFiles.readable(file);
        try {
            final JournalFile.NewFile notMade =
                    new JournalFile.NewFile(0, true, 0, JournalFiles.posixPermissions(real));
            try (JournalFile open = JournalFile.open(file, OpenMode.APPEND, notMade, null, progress)) {
                open.closeCleanly();
                return open.recovery();
            }
        } catch (final IOException e) {
            throw new JournalException(file + ": could not be recovered: " + e.getMessage(), e);
        }
    }
}
