package dev.evtl.journal.storage;

import dev.evtl.journal.storage.JournalScan.Condition;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.Optional;

/**
 * What opening a journal for append found and did, or would do.
 *
 * @param condition   what the file was: clean, unclosed, torn or lost
 * @param events      events kept, the journal's own included
 * @param validEnd    where they end
 * @param bytesZeroed bytes after the valid end that were not an event and are zeros now
 * @param cutFile     file beside the journal that holds these bytes; empty if there were none but zeros
 * @param reason      one line
 */
public record RecoveryReport(
        Condition condition, long events, long validEnd, long bytesZeroed, Optional<Path> cutFile, String reason) {

    /** What a scan means for an open that is to append. */
    static RecoveryReport of(final Path file, final Path real, final FileChannel channel, final JournalScan scan)
            throws IOException {
        if (scan.condition() == Condition.CORRUPT) {
            throw new CorruptJournalException(
                    CorruptJournalException.Kind.CORRUPT_EVENT, file, scan.offset(), scan.sequence(), scan.reason());
        }
        final long validEnd = scan.validEnd();
        final long tailEnd = scan.tailEnd();
        return new RecoveryReport(
                scan.condition(),
                scan.events(),
                validEnd,
                tailEnd - validEnd,
                tailEnd == validEnd ? Optional.empty() : Optional.of(CutFile.choose(real, channel, validEnd, tailEnd)),
                scan.reason());
    }
}
