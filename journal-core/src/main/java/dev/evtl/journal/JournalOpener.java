package dev.evtl.journal;

import dev.evtl.journal.JournalScan.Condition;
import dev.evtl.journal.appender.JournalLease;
import dev.evtl.journal.exceptions.JournalException;
import dev.evtl.journal.exceptions.JournalNotFoundException;
import dev.evtl.journal.file.JournalFile;
import dev.evtl.journal.file.WriterLock;
import dev.evtl.journal.format.FileHeader;
import dev.evtl.journal.format.JournalHeader;
import dev.evtl.journal.io.FileCalls;
import dev.evtl.journal.io.IoFailures;
import dev.evtl.journal.io.JournalPaths;
import dev.evtl.journal.recovery.CutOffTail;
import dev.evtl.journal.recovery.RingCatchUp;
import dev.evtl.journal.ring.JournalRing;
import dev.evtl.journal.ring.RingFile;
import dev.evtl.journal.ring.RingFiles;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.util.Optional;
import java.util.function.LongConsumer;

/**
 * Opens a journal for writing: locks it, makes or recovers its file, and takes its ring file with what that holds. Then it
 * is what this process holds of the journal until it lets go. A step that fails takes back those before it.
 */
final class JournalOpener implements JournalLease {
    private final Path path;
    private final Path real;
    private final FileAttribute<?>[] permissions;
    private WriterLock lock;
    private JournalFile file;
    private RingFile ringFile;
    private Path newRingFile;
    private JournalHeader header;
    private RecoveryReport recovery;
    private boolean created;

    private JournalOpener(final Path path, final JournalFile.NewFile newFile) {
        this.path = path;
        this.real = JournalPaths.writable(path);
        this.permissions = newFile.attributes(real);
    }

    /**
     * Opens a journal.
     *
     * @param newFile  what its file gets if it is made
     * @param wanted   its ring file, made if there is none; empty for a ring in memory
     * @param progress told now and then which offset the recovery has reached
     */
    static JournalOpener open(
            final Path path,
            final OpenMode mode,
            final JournalFile.NewFile newFile,
            final Optional<RingFiles.Wanted> wanted,
            final LongConsumer progress) {
        final JournalOpener opener = new JournalOpener(path, newFile);
        checkExistence(path, mode);
        boolean opened = false;
        try {
            opener.lock = WriterLock.acquire(opener.real, opener.permissions);
            checkExistence(path, mode);
            opener.open(newFile, wanted, progress);
            opened = true;
            return opener;
        } catch (final IOException e) {
            throw IoFailures.classify(path, FileHeader.LENGTH, "could not be opened", e);
        } catch (final UncheckedIOException e) {
            throw IoFailures.classify(path, FileHeader.LENGTH, "could not be opened", e.getCause());
        } finally {
            if (!opened) {
                opener.discard();
            }
        }
    }

    private static void checkExistence(final Path path, final OpenMode mode) {
        final boolean exists = Files.exists(path);
        if (exists && mode == OpenMode.CREATE) {
            throw new JournalException(path + ": exists; open it with APPEND, or give another name");
        }
        if (!exists && mode == OpenMode.APPEND) {
            throw new JournalNotFoundException(path + ": does not exist; open it with CREATE");
        }
    }

    /** The steps in their order. Nothing that is there is changed before all is known to be in order. */
    private void open(
            final JournalFile.NewFile newFile, final Optional<RingFiles.Wanted> wanted, final LongConsumer progress)
            throws IOException {
        if (Files.notExists(real)) {
            JournalFile.create(real, newFile);
            created = true;
        }
        file = JournalFile.open(real);
        if (created) {
            header = JournalFile.readHeader(path, file.channel());
            recovery = RecoveryReport.ofNewFile();
            takeRing(wanted);
        } else {
            final JournalScan scan = JournalScan.of(path, file.channel(), false, progress);
            header = scan.header();
            recovery = RecoveryReport.of(path, real, file.channel(), scan);
            takeRing(wanted);
            recover(scan);
        }
        if (ringFile != null) {
            catchUp(wanted.orElseThrow());
        }
        header = JournalFile.readHeader(path, file.channel());
    }

    private void takeRing(final Optional<RingFiles.Wanted> wanted) throws IOException {
        refuseOtherRing(wanted);
        if (wanted.isPresent()) {
            ownRing(wanted.get());
        } else {
            lock.note(null);
        }
    }

    /** What was accepted into a ring file that is not opened now must not be overtaken by what is accepted from now on. */
    private void refuseOtherRing(final Optional<RingFiles.Wanted> wanted) throws IOException {
        final Path noted = lock.note().orElse(null);
        if (noted == null
                || wanted.isPresent()
                        && noted.equals(RingFiles.real(wanted.get().path()))) {
            return;
        }
        try (RingFile left = RingFiles.inspect(noted, header.identity()).orElse(null)) {
            if (left != null) {
                final RingCatchUp.Found found =
                        RingCatchUp.look(left, file.channel(), header.baseSequence(), recovery.validEnd());
                if (found.events() > 0 || found.drops() > 0) {
                    throw new JournalException(path + ": its ring file " + noted + " holds " + found.events()
                            + " events that were accepted"
                            + (found.drops() > 0 ? " and " + found.drops() + " drops" : "")
                            + " and are not in the file yet; open it with ringFile(" + noted
                            + ") or run evtl recover");
                }
                left.delete();
            }
        }
    }

    private void ownRing(final RingFiles.Wanted wanted) throws IOException {
        try (RingFiles.Lease lease = RingFiles.lease(wanted, path, header.identity(), permissions)) {
            lock.note(lease.path()); // first, or events could be accepted into a ring that nobody would find
            newRingFile = lease.isNew() ? lease.path() : null;
            ringFile = lease.open();
            recovery = recovery.withSetAside(lease.setAside());
        }
    }

    /**
     * The steps of FORMAT.md in their order, after the bytes that the zeros replace were kept: each can be the last
     * before a crash, and the next open starts over. A closed file is walked too: what is appended behind damage could
     * never be recovered.
     */
    private void recover(final JournalScan scan) throws IOException {
        final long validEnd = recovery.validEnd();
        if (recovery.condition() != Condition.CLEAN) {
            if (recovery.cutFile().isPresent()) {
                CutOffTail.save(recovery.cutFile().get(), real, file.channel(), validEnd, scan.tailEnd());
            }
            FileCalls.fill(file.channel(), validEnd, scan.tailEnd());
            file.sync();
        }
        file.markOpen(recovery.events(), validEnd);
        FileCalls.forceDirectory(real); // who made the file may have died before that
    }

    /** Takes in what the ring file holds; one that must not be used again, and holds nothing, makes way for a new one. */
    private void catchUp(final RingFiles.Wanted wanted) throws IOException {
        final RingCatchUp.Found found = catchUp();
        recovery = recovery.with(found);
        // who holds a claim that an owner did not wait for may write into the ring yet, so it is not used again
        if (ringFile.isGivenUp() && ringFile.isEmpty() && found.isNothing()) {
            ringFile.giveUp();
            ringFile = null;
            ownRing(wanted);
            catchUp();
        }
    }

    private RingCatchUp.Found catchUp() throws IOException {
        return RingCatchUp.run(ringFile, file.channel(), header.baseSequence(), recovery.validEnd());
    }

    /** The ring of the ring file. */
    Optional<JournalRing> ring() {
        return Optional.ofNullable(ringFile).map(RingFile::owned);
    }

    /** For a storage, which closes it. */
    JournalFile file() {
        return file;
    }

    /** As it was when the file had been opened. */
    JournalHeader header() {
        return header;
    }

    /** What opening found. */
    RecoveryReport recovery() {
        return recovery;
    }

    /** Closes a file that nothing was put into. */
    void closeCleanly() throws IOException {
        try (JournalFile closing = file) {
            closing.markClosed(recovery.events(), recovery.validEnd());
            closed();
        } finally {
            release();
        }
    }

    @Override
    public void closed() throws IOException {
        if (ringFile != null) {
            ringFile.delete();
            lock.note(null);
        }
    }

    @Override
    public void keepClaims() {
        if (ringFile != null) {
            ringFile.keepClaims();
        }
    }

    /** The ring file first, as who gets the lock takes it next. */
    @Override
    public void release() {
        try {
            try {
                if (ringFile != null) {
                    ringFile.close();
                }
            } finally {
                lock.close();
            }
        } catch (final IOException e) {
            throw new JournalException(path + ": could not be closed: " + e.getMessage(), e);
        }
    }

    /** Lets all go because it could not be used: what this made is deleted. */
    void discard() {
        if (created) {
            FileCalls.deleteQuietly(real);
        }
        if (newRingFile != null) {
            FileCalls.deleteQuietly(newRingFile);
        }
        FileCalls.closeQuietly(ringFile);
        FileCalls.closeQuietly(file);
        FileCalls.closeQuietly(lock);
    }
}
