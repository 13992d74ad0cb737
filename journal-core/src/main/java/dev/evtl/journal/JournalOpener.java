package dev.evtl.journal;

import dev.evtl.journal.JournalScan.Condition;
import dev.evtl.journal.appender.JournalLease;
import dev.evtl.journal.exceptions.JournalException;
import dev.evtl.journal.exceptions.JournalNotFoundException;
import dev.evtl.journal.file.EventIndex;
import dev.evtl.journal.file.IndexBuilder;
import dev.evtl.journal.file.IndexWriter;
import dev.evtl.journal.file.JournalDirectory;
import dev.evtl.journal.file.JournalFile;
import dev.evtl.journal.file.RingNote;
import dev.evtl.journal.file.WriterLock;
import dev.evtl.journal.format.FileHeader;
import dev.evtl.journal.format.FileIdentity;
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
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongConsumer;

/**
 * Opens a journal for writing, on the thread of the caller: locks it, creates or recovers its file, and takes its ring
 * file with its content. Afterwards it holds what this process has of the journal, until it is released. A step that
 * fails undoes the steps before it.
 */
final class JournalOpener implements JournalLease {
    private final Path path;
    /** Real path of the journal, which is a file, or a directory of several. */
    private final Path journal;

    private final boolean several;
    private final FileAttribute<?>[] permissions;
    private final boolean refuseMissingRing;
    private final boolean verify;
    private WriterLock lock;
    /** Real path of the file that is written first. */
    private Path real;

    private JournalFile file;
    private RingFile ringFile;
    private boolean ringFileCreated;
    private JournalHeader header;
    private RecoveryReport recovery;
    private boolean created;
    private final AtomicBoolean released = new AtomicBoolean();

    private JournalOpener(
            final Path path,
            final boolean several,
            final JournalFile.NewFile newFile,
            final boolean refuseMissingRing,
            final boolean verify) {
        this.refuseMissingRing = refuseMissingRing;
        this.verify = verify;
        this.path = path;
        this.several = several;
        this.journal = several ? JournalPaths.writableDirectory(path) : JournalPaths.writable(path);
        this.permissions = newFile.attributes(journal);
    }

    /**
     * Opens a journal.
     *
     * @param several  whether the journal is a directory of several files, which is made if there is none
     * @param newFile  settings of the file, if it is created
     * @param wanted   its ring file, created if there is none; empty for a ring in memory
     * @param refuseMissingRing whether a ring file that the last writer noted must be there
     * @param verify   whether every event is verified, and not only those past the last place in the index that was on
     *     the device
     * @param progress is told now and then which offset the recovery has reached
     */
    static JournalOpener open(
            final Path path,
            final boolean several,
            final OpenMode mode,
            final JournalFile.NewFile newFile,
            final Optional<RingFiles.Wanted> wanted,
            final boolean refuseMissingRing,
            final boolean verify,
            final LongConsumer progress) {
        final JournalOpener opener = new JournalOpener(path, several, newFile, refuseMissingRing, verify);
        opener.checkExistence(mode);
        if (!Files.exists(opener.journal)) {
            JournalPaths.checkNameLength(opener.journal);
        }
        boolean opened = false;
        try {
            if (several) {
                FileCalls.makeDirectory(opener.journal, newFile.permissions());
            } else {
                NewestFile.refuseOlder(opener.journal);
            }
            opener.lock = WriterLock.acquire(opener.journal, opener.permissions);
            opener.checkExistence(mode);
            opener.real = several ? NewestFile.find(opener.journal, newFile.baseSequence(), progress) : opener.journal;
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

    private void checkExistence(final OpenMode mode) {
        final boolean exists = several ? JournalDirectory.baseSequences(journal).length > 0 : Files.exists(path);
        if (exists && mode == OpenMode.CREATE) {
            throw new JournalException(path + ": exists; open it with APPEND, or give another name");
        }
        if (!exists && mode == OpenMode.APPEND) {
            throw new JournalNotFoundException(path + ": does not exist; open it with CREATE");
        }
    }

    /** Takes the steps in order. Nothing that exists is changed before everything is known to be in order. */
    private void open(
            final JournalFile.NewFile newFile, final Optional<RingFiles.Wanted> wanted, final LongConsumer progress)
            throws IOException {
        if (Files.notExists(real)) {
            JournalFile.create(real, newFile);
            created = true;
        } else if (lock.note().isEmpty()) {
            lock.note(RingNote.with(journal).orElse(null)); // the journal was moved, perhaps
        }
        file = JournalFile.open(real);
        if (created) {
            header = JournalFile.readHeader(path, file.channel());
            recovery = RecoveryReport.ofNewFile();
            takeRing(wanted);
        } else {
            header = JournalFile.readHeader(path, file.channel());
            IndexBuilder walk = verify ? IndexBuilder.fromStart(header) : walkFromIndex(real, header, file.channel());
            JournalScan scan = JournalScan.ofWritten(path, file, header, walk, progress);
            if (header.closed() && scan.events() != header.eventCount() && walk.isFromAnEntry()) {
                walk = IndexBuilder.fromStart(header); // which of the two is wrong, only this can tell
                scan = JournalScan.ofWritten(path, file, header, walk, progress);
            }
            recovery = RecoveryReport.of(path, real, file.channel(), scan).withFailure(lock.failure());
            takeRing(wanted);
            recover(scan, walk);
        }
        if (ringFile != null) {
            catchUp(wanted.orElseThrow());
        }
        header = JournalFile.readHeader(path, file.channel());
    }

    /**
     * What lies before durable_offset was on the device, so it need not be walked to find where the file ends. That it
     * is not damaged, only a walk over all of it can tell.
     */
    static IndexBuilder walkFromIndex(final Path real, final JournalHeader header, final FileChannel channel) {
        final long length = header.length();
        final boolean toLength = !header.closed() && header.hasChecksums();
        try (EventIndex index = new EventIndex(real, header, channel)) {
            return index.walkFrom(
                    header.coversDurable(length) ? header.durableOffset() : length,
                    toLength ? length : Math.min(header.writeOffset(), length));
        }
    }

    private void takeRing(final Optional<RingFiles.Wanted> wanted) throws IOException {
        final Path noted = lock.note().orElse(null);
        if (noted != null && !created) {
            final boolean other = wanted.isEmpty()
                    || !noted.equals(RingFiles.real(wanted.get().path()));
            switch (RingFiles.look(noted, journal, identity())) {
                case GONE -> missRing(noted);
                case OWN -> {
                    if (other) {
                        refuseIfItHoldsAny(noted);
                    }
                }
                case EARLIER_BOOT -> {
                    if (other) {
                        setAside(noted);
                    }
                }
            }
        }
        if (wanted.isPresent()) {
            ownRing(wanted.get());
        } else {
            noteRing(null);
        }
    }

    /** Reports a ring file that is gone. A closed file holds all that was accepted into it. */
    private void missRing(final Path noted) {
        if (recovery.condition() == Condition.CLEAN) {
            return;
        }
        if (refuseMissingRing) {
            throw new JournalException(
                    path + ": its ring file " + noted + " is gone, and with it what was accepted into"
                            + " it and is not in the file; put it back, or run evtl recover to go on without it");
        }
        recovery = recovery.withMissingRing(noted);
    }

    /**
     * Refuses to open while another ring file of the journal holds accepted events or drops; later events must not
     * overtake them.
     */
    private void refuseIfItHoldsAny(final Path noted) throws IOException {
        try (RingFile left = RingFiles.inspect(noted, journal, identity()).orElse(null)) {
            if (left != null) {
                final RingCatchUp.Found found =
                        RingCatchUp.look(left, file.channel(), header.baseSequence(), recovery.validEnd());
                final long drops = found.drops() + found.unrecorded();
                if (!found.isNothing()) {
                    throw new JournalException(path + ": its ring file " + noted + " holds " + found.events()
                            + " events that were accepted"
                            + (drops > 0 ? " and " + drops + " drops" : "")
                            + " and are not in the file yet; open it with ringFile(" + noted
                            + ") or run evtl recover");
                }
                recovery = recovery.with(found);
                left.delete();
            }
        }
    }

    private void setAside(final Path noted) throws IOException {
        try (RingFiles.Lease lease =
                RingFiles.lease(RingFiles.Wanted.as(noted, journal), journal, identity(), permissions)) {
            recovery = recovery.withSetAside(lease.setAside());
        }
    }

    private void ownRing(final RingFiles.Wanted wanted) throws IOException {
        try (RingFiles.Lease lease = RingFiles.lease(wanted, journal, identity(), permissions)) {
            noteRing(lease.path()); // noted first: otherwise a ring that nobody would find could accept events
            ringFile = lease.open();
            ringFileCreated = lease.isNew();
            recovery = recovery.withSetAside(lease.setAside());
        }
    }

    private void noteRing(final Path noted) throws IOException {
        lock.note(noted);
        RingNote.keep(journal, noted);
        file.checkPlace(); // takes the lock again that this may have dropped
    }

    /**
     * Takes the recovery steps of FORMAT.md in order, after keeping the bytes that zeros replace. The walk has written
     * again what was not known to be on the device, so that the force covers it. Any step can be the
     * last before a crash, and then the next opening starts over. A closed file was walked too, from the index on,
     * because what is appended after damage could never be recovered.
     */
    private void recover(final JournalScan scan, final IndexBuilder walk) throws IOException {
        final long validEnd = recovery.validEnd();
        if (recovery.condition() != Condition.CLEAN) {
            if (recovery.cutFile().isPresent()) {
                CutOffTail.save(recovery.cutFile().get(), real, file.channel(), validEnd, scan.tailEnd());
            }
            FileCalls.fill(file.channel(), validEnd, scan.tailEnd());
            file.sync();
        }
        file.markOpen(recovery.events(), validEnd);
        file.index(IndexWriter.of(real, header, walk));
        FileCalls.forceDirectory(real); // the process that created the file may have died before forcing it
    }

    /**
     * Brings in what the ring file holds. A ring file that must not be used again and holds nothing is replaced by a
     * new one.
     */
    private void catchUp(final RingFiles.Wanted wanted) throws IOException {
        final RingCatchUp.Found found = catchUp();
        recovery = recovery.with(found);
        // a living process may still write into a claim that an owner did not wait for, so the ring file is not used
        // again
        if (ringFile.isGivenUp() && ringFile.isEmpty() && found.isNothing()) {
            ringFile.giveUp();
            ringFile = null;
            ownRing(wanted);
            catchUp();
        }
    }

    private RingCatchUp.Found catchUp() throws IOException {
        if (several) {
            NewestFile.followRoll(journal, header.baseSequence(), ringFile.checkpoint());
        }
        return RingCatchUp.run(ringFile, file.channel(), header.baseSequence(), recovery.validEnd());
    }

    /** Returns a new view of the ring in the ring file; empty without a ring file. */
    Optional<JournalRing> ring() {
        return Optional.ofNullable(ringFile).map(RingFile::owned);
    }

    private FileIdentity identity() throws IOException {
        return several ? JournalDirectory.identity(journal) : header.identity();
    }

    /** Returns the real path of the journal. */
    Path journal() {
        return journal;
    }

    /** Notes that another file is written now. On the thread that runs the appender. */
    void rolledTo(final JournalFile next) {
        file = next;
    }

    /** Returns the file for a storage, which closes it. */
    JournalFile file() {
        return file;
    }

    /** Returns the header as it was after the file was opened. */
    JournalHeader header() {
        return header;
    }

    /** Returns what opening found. */
    RecoveryReport recovery() {
        return recovery;
    }

    /** Forgets why the journal failed when it was open last: what that did to the file is mended, and told from now on. */
    void forgetFailure() {
        try {
            lock.noteFailure(null);
        } catch (final IOException e) {
            throw IoFailures.classify(path, FileHeader.LENGTH, "could not be opened", e);
        }
    }

    /** Closes a journal into which nothing was published. */
    void closeCleanly() throws IOException {
        try (JournalFile closing = file) {
            forgetFailure();
            closing.markClosed(recovery.events(), recovery.validEnd());
            closed();
        } finally {
            release();
        }
    }

    @Override
    public void check(final boolean thoroughly) throws IOException {
        if (thoroughly || !lock.seemsUntouched() || !file.seemsInPlace()) {
            lock.check();
            file.checkPlace();
        }
    }

    @Override
    public void failed(final String why) throws IOException {
        lock.noteFailure(why);
    }

    @Override
    public void closed() throws IOException {
        if (ringFile != null && ringFile.delete()) {
            lock.note(null);
            RingNote.keep(journal, null);
        } else if (ringFile != null) {
            ringFile.retire(); // it holds nothing, and its user deletes it at the next opening
        }
    }

    @Override
    public void keepClaims() {
        if (ringFile != null) {
            ringFile.keepClaims();
        }
    }

    /**
     * Releases the ring file first, because the next holder of the lock takes that next. Only the first call has an
     * effect: after it another may hold the lock.
     */
    @Override
    public void release() {
        if (!released.compareAndSet(false, true)) {
            return;
        }
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

    /**
     * Releases everything after a failed opening, and deletes the files that it created. Processes that have attached
     * to a new ring file meanwhile see that it has ended.
     */
    void discard() {
        if (created) {
            FileCalls.deleteQuietly(real);
        }
        if (ringFileCreated) {
            FileCalls.closeQuietly(ringFile::giveUp);
        }
        FileCalls.closeQuietly(ringFile);
        FileCalls.closeQuietly(file);
        FileCalls.closeQuietly(lock);
    }
}
