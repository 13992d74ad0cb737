package dev.evtl.journal;

import dev.evtl.journal.JournalScan.Condition;
import dev.evtl.journal.exceptions.CorruptJournalException;
import dev.evtl.journal.exceptions.JournalException;
import dev.evtl.journal.format.FileHeader;
import dev.evtl.journal.recovery.CutOffTail;
import dev.evtl.journal.recovery.RingCatchUp;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * What opening a journal for append found and did, or would do. Of a journal of several files it is about the newest
 * one, with which the journal goes on.
 *
 * <p>The events of a ring file are appended after the file was recovered, so {@code events} and {@code validEnd} do not
 * include them.
 *
 * @param condition   what the file was: clean, unclosed, torn or lost
 * @param events      number of events kept, the journal's own included
 * @param validEnd    offset at which they end
 * @param bytesZeroed number of bytes after the valid end that were not an event and were replaced by zeros
 * @param cutFile     file beside the journal that holds these bytes; empty if there were only zeros
 * @param reason      one line
 * @param ringEvents  number of events that were accepted into the ring file, were not in the file, and are brought in
 * @param claimsAbandoned number of claims in the ring file that were never committed and whose process has died; they
 *     are left out
 * @param setAside    new path of a ring file of an earlier boot of the machine, whose content is not reliable; empty if
 *     there was none
 * @param missingRing path of the ring file that the last writer had, which is gone, and with it all that was accepted
 *     into it and is not in the file; how much that is cannot be known; empty if none is missing
 * @param bytesMissing number of bytes of events that the ring file knows to have been published and that are not in the
 *     file: it was cut short, or is a copy of an earlier moment; 0 if there is no ring file to know it
 * @param failure     why the journal failed when it was open last, so that what was not on the device by then had to be
 *     written again; empty if it did not fail, or could not note it, as where it was killed or the disk was full
 */
public record RecoveryReport(
        Condition condition,
        long events,
        long validEnd,
        long bytesZeroed,
        Optional<Path> cutFile,
        String reason,
        long ringEvents,
        int claimsAbandoned,
        Optional<Path> setAside,
        Optional<Path> missingRing,
        long bytesMissing,
        Optional<String> failure) {

    /**
     * Returns what a scan means for an opening for append.
     *
     * @throws CorruptJournalException if the file is corrupt
     * @throws JournalException        if sequence numbers could run out
     */
    static RecoveryReport of(final Path file, final Path real, final FileChannel channel, final JournalScan scan)
            throws IOException {
        scan.requireIntact(file);
        final long base = scan.header().baseSequence();
        if (base < 0 || base > FileHeader.MAX_BASE_SEQUENCE) {
            throw new JournalException(file + ": sequence numbers could run out: expected a base_sequence from 0 to "
                    + FileHeader.MAX_BASE_SEQUENCE + ", found " + Long.toUnsignedString(base)
                    + "; it can be read, and not be written; open another file");
        }
        final long validEnd = scan.validEnd();
        final long tailEnd = scan.tailEnd();
        return new RecoveryReport(
                scan.condition(),
                scan.events(),
                validEnd,
                tailEnd - validEnd,
                tailEnd == validEnd
                        ? Optional.empty()
                        : Optional.of(CutOffTail.choose(real, channel, validEnd, tailEnd)),
                scan.reason(),
                0,
                0,
                Optional.empty(),
                Optional.empty(),
                0,
                Optional.empty());
    }

    static RecoveryReport ofNewFile() {
        return new RecoveryReport(
                Condition.CLEAN,
                0,
                FileHeader.LENGTH,
                0,
                Optional.empty(),
                "new file",
                0,
                0,
                Optional.empty(),
                Optional.empty(),
                0,
                Optional.empty());
    }

    RecoveryReport with(final RingCatchUp.Found found) {
        return with(found.events(), found.abandoned(), setAside, missingRing, found.missing(), failure);
    }

    RecoveryReport withFailure(final Optional<String> noted) {
        return with(ringEvents, claimsAbandoned, setAside, missingRing, bytesMissing, noted);
    }

    RecoveryReport withSetAside(final Optional<Path> ringFile) {
        return with(ringEvents, claimsAbandoned, ringFile.or(() -> setAside), missingRing, bytesMissing, failure);
    }

    RecoveryReport withMissingRing(final Path ringFile) {
        return with(ringEvents, claimsAbandoned, setAside, Optional.of(ringFile), bytesMissing, failure);
    }

    /** Adds that files were set aside because events that come before theirs are lost. */
    RecoveryReport withFilesSetAside(final List<Path> files) {
        if (files.isEmpty()) {
            return this;
        }
        final String names =
                files.stream().map(file -> file.getFileName().toString()).collect(Collectors.joining(", "));
        return new RecoveryReport(
                Condition.LOST,
                events,
                validEnd,
                bytesZeroed,
                cutFile,
                "unsynced data lost: what follows is set aside, as events before it are missing: " + names + "; "
                        + reason,
                ringEvents,
                claimsAbandoned,
                setAside,
                missingRing,
                bytesMissing,
                failure);
    }

    private RecoveryReport with(
            final long broughtIn,
            final int abandoned,
            final Optional<Path> aside,
            final Optional<Path> missing,
            final long missingBytes,
            final Optional<String> why) {
        return new RecoveryReport(
                condition,
                events,
                validEnd,
                bytesZeroed,
                cutFile,
                reason,
                broughtIn,
                abandoned,
                aside,
                missing,
                missingBytes,
                why);
    }

    /**
     * Returns whether the last writer left anything to recover, in the file or in its ring file, or failed.
     *
     * @return false for a new file and for one that was closed
     */
    public boolean isOfInterest() {
        return condition != Condition.CLEAN
                || ringEvents > 0
                || claimsAbandoned > 0
                || setAside.isPresent()
                || missingRing.isPresent()
                || bytesMissing > 0
                || failure.isPresent();
    }
}
