package dev.evtl.cli.inspect;

import dev.evtl.journal.JournalScan;
import dev.evtl.journal.JournalScan.Condition;
import dev.evtl.journal.exceptions.CorruptJournalException;
import dev.evtl.journal.exceptions.CorruptJournalException.Kind;
import dev.evtl.journal.exceptions.JournalNotFoundException;
import dev.evtl.journal.file.JournalDirectory;
import dev.evtl.journal.file.JournalFile;
import dev.evtl.journal.file.JournalView;
import dev.evtl.journal.format.FileHeader;
import dev.evtl.journal.format.GapEvent;
import java.io.IOException;
import java.nio.file.Path;
import java.util.function.LongConsumer;

/**
 * What a walk over every file of a journal of several found: in the first file where something is wrong, or in the newest.
 *
 * @param file    path of that file
 * @param scan    of that file
 * @param files   number of files up to it
 * @param events  number of events in them
 * @param dropped number of events that their gaps say were dropped, unsigned; 2^64-1 if it is larger
 */
record FilesScan(Path file, JournalScan scan, int files, long events, long dropped) {
    /**
     * Walks the files and holds each against where the next one begins, as opening for append would.
     *
     * @param progress is told now and then how many bytes lie behind
     * @throws CorruptJournalException if a file has no header to be believed, or another's
     */
    static FilesScan of(final Path journal, final LongConsumer progress) throws IOException {
        final long[] bases = JournalDirectory.existing(journal);
        FilesScan found = null;
        long before = 0;
        for (int i = 0; i < bases.length; i++) {
            final Path file = JournalDirectory.file(journal, bases[i]);
            if (i > 0 && i == bases.length - 1) {
                requireHeader(file, bases[i]);
            }
            final long behind = before;
            final JournalScan scan;
            try {
                scan = checked(file, i, JournalScan.of(file, offset -> progress.accept(behind + offset)), bases);
            } catch (final JournalNotFoundException e) {
                if (found == null && i < bases.length - 1) {
                    continue; // the oldest was released
                }
                throw e;
            }
            before += scan.header().length();
            found = found == null
                    ? new FilesScan(file, scan, 1, scan.events(), scan.dropped())
                    : found.then(file, scan);
            if (scan.condition() == Condition.CORRUPT || scan.condition() == Condition.LOST) {
                return found;
            }
        }
        final long[] now = JournalDirectory.baseSequences(journal);
        final boolean rolled = now.length > 0 && now[now.length - 1] > bases[bases.length - 1];
        return rolled ? found.live() : found;
    }

    /** The same of a journal that has newer files by now. */
    private FilesScan live() {
        final JournalScan open = with(scan, Condition.UNCLOSED, "a writer has it open, and went on to another file");
        return new FilesScan(file, open, files, events, dropped);
    }

    private FilesScan then(final Path next, final JournalScan nextScan) {
        return new FilesScan(
                next, nextScan, files + 1, events + nextScan.events(), GapEvent.total(dropped, nextScan.dropped()));
    }

    /** A crash of the machine can leave the name of a file whose header was not on the device yet. */
    private static void requireHeader(final Path file, final long base) throws IOException {
        if (!JournalFile.hasHeader(file)) {
            throw new CorruptJournalException(
                    Kind.UNSYNCED_DATA_LOST,
                    file,
                    0,
                    base,
                    "unsynced data lost: there are zeros for a header; a recovery sets the file aside");
        }
    }

    private static JournalScan checked(final Path file, final int index, final JournalScan scan, final long... bases) {
        final long base = scan.header().baseSequence();
        JournalDirectory.requireName(file, scan.header());
        if (index == bases.length - 1 || scan.condition() == Condition.CORRUPT) {
            return scan;
        }
        final long next = bases[index + 1];
        final long end = base + scan.events();
        if (end == next) {
            return with(scan, scan.header().closed() ? Condition.CLEAN : Condition.UNCLOSED, scan.reason());
        }
        final String problem = "expected events up to sequence " + (next - 1) + ", as the next file is "
                + JournalDirectory.file(file.getParent(), next).getFileName() + ", found them up to " + (end - 1);
        return end < next && !scan.header().closed() && isNothingDurable(file, index + 1, bases)
                ? with(scan, Condition.LOST, "unsynced data lost: " + problem + "; a recovery sets aside what follows")
                : with(scan, Condition.CORRUPT, (end < next ? "a hole: " : "an overlap: ") + problem);
    }

    private static boolean isNothingDurable(final Path file, final int from, final long... bases) {
        for (int i = from; i < bases.length; i++) {
            try (JournalView view = JournalDirectory.open(file.getParent(), bases[i])) {
                if (view.header().durableOffset() > FileHeader.LENGTH) {
                    return false;
                }
            }
        }
        return true;
    }

    private static JournalScan with(final JournalScan scan, final Condition condition, final String reason) {
        return new JournalScan(
                scan.header(),
                condition,
                scan.validEnd(),
                scan.events(),
                scan.dropped(),
                scan.tailEnd(),
                scan.validEnd(),
                scan.header().baseSequence() + scan.events(),
                reason);
    }
}
