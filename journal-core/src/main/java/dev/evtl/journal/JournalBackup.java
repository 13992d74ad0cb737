package dev.evtl.journal;

import static java.nio.file.StandardOpenOption.READ;

import dev.evtl.journal.exceptions.CorruptJournalException;
import dev.evtl.journal.exceptions.DiskFullException;
import dev.evtl.journal.exceptions.EventsReleasedException;
import dev.evtl.journal.exceptions.JournalException;
import dev.evtl.journal.exceptions.JournalLockedException;
import dev.evtl.journal.exceptions.JournalNotFoundException;
import dev.evtl.journal.file.JournalDirectory;
import dev.evtl.journal.file.JournalFile;
import dev.evtl.journal.file.WriterLock;
import dev.evtl.journal.format.FileHeader;
import dev.evtl.journal.format.JournalHeader;
import dev.evtl.journal.io.FileCalls;
import dev.evtl.journal.io.IoFailures;
import dev.evtl.journal.io.JournalPaths;
import dev.evtl.journal.io.Uninterruptible;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Objects;
import java.util.Set;
import java.util.function.LongConsumer;

/**
 * Copies a journal, while it is written or not, so that the copy is a journal too: every event in it is verified, each file
 * is closed at the end of a claim, and it can be read and opened as it is. A second backup to the same place copies what is
 * new. Runs on the calling thread.
 *
 * <p>The copy holds what readers of the journal see: of one that a writer has open what was published up to when its newest
 * file is copied, of one that was not closed what opening it would keep. What waits in a ring or ring file is not in it, nor
 * are the positions of readers. Files that the journal does not have any more stay in the copy; those that were deleted from
 * the start of the copy are not copied again.
 *
 * <p>The journal is only read; no lock or other file is made beside it. The copy has a writer's lock of its own while a
 * backup runs. After an interruption, a kill included, the copy is a journal that its writer did not close, and the next
 * backup goes on with it.
 */
public final class JournalBackup {
    private final boolean several;
    /** Real path of the journal. */
    private final Path journal;
    /** Real path of the copy. */
    private final Path copy;

    private final LongConsumer progress;
    private long behind;
    private long needed = FileHeader.LENGTH;
    private int filesWritten;
    private long eventsCopied;
    private long bytesCopied;

    private JournalBackup(final boolean several, final Path journal, final Path copy, final LongConsumer progress) {
        this.several = several;
        this.journal = journal;
        this.copy = copy;
        this.progress = progress;
    }

    /**
     * Makes a copy, or brings one up to date.
     *
     * @param journal  path of the file, or of the directory of its files
     * @param target   path of the copy: a file for a file, a directory for a directory; it is made if there is none
     * @param progress is told now and then how many bytes of the journal lie behind
     * @return what was copied
     * @throws JournalNotFoundException if there is no journal
     * @throws JournalLockedException   if another backup, or a writer, has the copy open
     * @throws CorruptJournalException  if the journal is damaged, or the target is no journal; what lies before the damage
     *     was copied
     * @throws EventsReleasedException  if files were deleted from the journal before they were copied, so that the copy
     *     cannot go on
     * @throws DiskFullException        if there is no space for the copy; what fits was copied
     * @throws JournalException         if the target is another journal's copy, was written to, or holds events that the
     *     journal lost since, in all of which cases it is left as it was; or if something cannot be read or written
     */
    public static BackupReport backup(final Path journal, final Path target, final LongConsumer progress) {
        Objects.requireNonNull(journal, "journal");
        Objects.requireNonNull(target, "target");
        Objects.requireNonNull(progress, "progress");
        final boolean several = Files.isDirectory(journal);
        final Path real = several ? JournalPaths.readableDirectory(journal) : JournalPaths.readable(journal);
        final Path copy = several ? JournalPaths.writableDirectory(target) : JournalPaths.writable(target);
        if (copy.equals(real)) {
            throw new JournalException(target + ": is the journal itself; give the copy another name");
        }
        if (!Files.exists(copy)) {
            JournalPaths.checkNameLength(copy);
        }
        final JournalBackup backup = new JournalBackup(several, real, copy, progress);
        try {
            return backup.run();
        } catch (final IOException e) {
            throw IoFailures.classify(copy, backup.needed, "could not be made", e);
        } catch (final UncheckedIOException e) {
            throw new JournalException(journal + ": could not be copied: " + e.getMessage(), e);
        }
    }

    private BackupReport run() throws IOException {
        final long[] files = several ? files() : new long[0];
        final Path newest = several ? JournalDirectory.file(journal, files[files.length - 1]) : journal;
        final JournalFile.NewFile like = new JournalFile.NewFile(0, true, 0, permissions(newest));
        if (several) {
            FileCalls.makeDirectory(copy, like.permissions());
        }
        try (WriterLock lock = WriterLock.acquire(copy, like.attributes(copy))) {
            if (several) {
                copyFiles(lock, files);
            } else {
                copyFile(journal, copy, -1);
            }
            lock.check();
            return report();
        }
    }

    /** Returns with which sequence numbers the files begin that the journal has, or would have once it is opened. */
    private long[] files() throws IOException {
        final long[] files = JournalDirectory.existing(journal);
        if (isLive()) {
            return files;
        }
        final long newest = JournalDirectory.baseSequence(NewestFile.look(journal, offset -> {}))
                .orElseThrow();
        return Arrays.stream(files).filter(file -> file <= newest).toArray();
    }

    private boolean isLive() throws IOException {
        return WriterLock.writerOf(journal) != WriterLock.Writer.NONE;
    }

    private static Set<PosixFilePermission> permissions(final Path file) throws IOException {
        final Set<PosixFilePermission> permissions =
                EnumSet.of(PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE);
        permissions.addAll(FileCalls.posixPermissions(file));
        return permissions;
    }

    private void copyFiles(final WriterLock lock, final long... files) throws IOException {
        final long[] there = JournalDirectory.baseSequences(copy);
        for (final long file : there) {
            if (file > files[0] && Arrays.binarySearch(files, file) < 0) {
                throw new JournalException(JournalDirectory.file(copy, file) + ": is no file of " + journal
                        + ", or of one that it has lost; back up to another place");
            }
        }
        for (int i = 0; i < files.length; i++) {
            final Path source = JournalDirectory.file(journal, files[i]);
            final boolean newest = i == files.length - 1;
            if (there.length > 0 && files[i] < there[0]) {
                behind += Files.size(source);
                continue;
            }
            lock.check();
            try {
                copyFile(source, JournalDirectory.file(copy, files[i]), newest ? -1 : files[i + 1] - files[i]);
            } catch (final NoSuchFileException e) {
                if (newest || Files.exists(source)) {
                    throw e;
                }
                // it was released; if the copy needs it, the next file does not follow
            }
        }
    }

    /**
     * Copies what is new of a file.
     *
     * @param expected number of its events; less than 0 if more may come
     */
    private void copyFile(final Path source, final Path target, final long expected) throws IOException {
        try (FileChannel from = Uninterruptible.open(source, READ)) {
            final JournalHeader header = JournalFile.readHeader(source, from);
            final long end = end(source, header);
            final boolean made = Files.notExists(target);
            if (made) {
                create(source, target, header);
            }
            final long bytesBefore = bytesCopied;
            final JournalHeader found = JournalFile.readHeader(target);
            if (!found.identity().equals(header.identity())) {
                throw new JournalException(
                        target + ": is not a copy of " + source + " but another journal; back up to another place");
            }
            long events = found.eventCount();
            final boolean complete = found.closed() && found.writeOffset() == end && found.length() == end;
            if (!complete || expected < 0) {
                events = bringUpToDate(source, from, header, target, end, complete);
            }
            if (made || bytesCopied > bytesBefore) {
                filesWritten++;
            }
            if (expected >= 0 && events != expected) {
                throw new CorruptJournalException(
                        CorruptJournalException.Kind.CORRUPT_EVENT,
                        source,
                        end,
                        header.baseSequence() + events,
                        (events < expected ? "a hole" : "an overlap") + ": expected " + expected
                                + " events, as the next file's name says, found " + events);
            }
            behind += end;
            progress.accept(behind);
        }
    }

    /** Returns where the events of a file end: those that are published, or that opening it would keep. */
    private long end(final Path source, final JournalHeader header) throws IOException {
        if (several) {
            JournalDirectory.requireName(source, header);
        }
        final long end = header.writeOffset();
        if (end < FileHeader.LENGTH || header.closed() && end != header.length()) {
            throw header.damagedWriteOffset(source);
        }
        if (header.closed()) {
            return end;
        }
        if (isLive()) {
            if (end > header.length()) {
                throw header.damagedWriteOffset(source);
            }
            return end;
        }
        return JournalScan.of(source).requireIntact(source).validEnd();
    }

    /** Makes a copy without events; of a journal of several files only where the copy's newest file ends. */
    private void create(final Path source, final Path target, final JournalHeader header) throws IOException {
        final long[] there = several ? JournalDirectory.baseSequences(copy) : new long[0];
        if (there.length > 0) {
            final JournalHeader last = JournalFile.readHeader(JournalDirectory.file(copy, there[there.length - 1]));
            final long end = last.baseSequence() + last.eventCount();
            if (end != header.baseSequence()) {
                throw new EventsReleasedException(
                        journal + ", copied up to there to " + copy, end, header.baseSequence());
            }
        }
        JournalFile.create(
                target,
                new JournalFile.NewFile(
                        header.createdAt(), header.hasChecksums(), header.baseSequence(), permissions(source)));
    }

    /** Returns the number of events of the copy. */
    private long bringUpToDate(
            final Path source,
            final FileChannel from,
            final JournalHeader header,
            final Path target,
            final long end,
            final boolean complete)
            throws IOException {
        try (BackupFile file = new BackupFile(source, from, header, target)) {
            file.requireSame(end);
            if (!complete) {
                final long before = file.end();
                final long eventsBefore = file.events();
                needed = end - before;
                try {
                    file.copyUpTo(end, offset -> progress.accept(behind + offset));
                } catch (final CorruptJournalException e) {
                    if (Files.notExists(source)) {
                        throw new JournalException(source + ": was deleted while it was copied", e);
                    }
                    throw e;
                }
                eventsCopied += file.events() - eventsBefore;
                bytesCopied += file.end() - before;
            }
            return file.events();
        }
    }

    private BackupReport report() throws IOException {
        final long[] files = several ? JournalDirectory.baseSequences(copy) : new long[1];
        final JournalHeader newest =
                JournalFile.readHeader(several ? JournalDirectory.file(copy, files[files.length - 1]) : copy);
        return new BackupReport(
                files.length,
                filesWritten,
                eventsCopied,
                bytesCopied,
                several ? files[0] : newest.baseSequence(),
                newest.baseSequence() + newest.eventCount());
    }
}
