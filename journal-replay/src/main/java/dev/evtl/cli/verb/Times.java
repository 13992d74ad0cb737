package dev.evtl.cli.verb;

import dev.evtl.journal.exceptions.JournalException;
import dev.evtl.journal.file.EventIndex;
import dev.evtl.journal.file.JournalDirectory;
import dev.evtl.journal.file.JournalView;
import dev.evtl.replay.EventHandler.Action;
import dev.evtl.replay.JournalReader;
import java.nio.file.Files;
import java.nio.file.Path;

/** Finds the stretch of a journal in which the events of a span of time lie, though timestamps may step back. */
final class Times {
    /** What follows the last entry of an index is read up to this length: about what an index leaves, and no more. */
    private static final long LONGEST_TAIL = 4 << 20;

    private final Path journal;
    private long lastSequence;

    Times(final Path journal) {
        this.journal = journal;
    }

    /**
     * Returns the sequence numbers of a stretch: nothing before it has a timestamp of the earliest or later, nothing behind
     * it one of the latest or earlier. Where an end is not found by indexes, it is that of the journal.
     *
     * @param earliest timestamp; null for any
     * @param latest   timestamp; null for any
     */
    Range sequences(final Long earliest, final Long latest) {
        if (earliest == null && latest == null) {
            return Range.ALL;
        }
        try (JournalReader reader = JournalReader.open(journal)) {
            final Range stretch = latest == null ? Range.ALL : upTo(latest, reader);
            if (earliest != null) {
                reader.seekTime(earliest);
                return stretch.and(new Range(reader.sequence(), Long.MAX_VALUE));
            }
            return stretch;
        }
    }

    private Range upTo(final long latest, final JournalReader reader) {
        try {
            return new Range(
                    Long.MIN_VALUE, Files.isDirectory(journal) ? ofDirectory(latest, reader) : ofFile(latest, reader));
        } catch (final JournalException | IllegalArgumentException e) {
            return Range.ALL; // who reads up to what is wrong there, or released meanwhile, gets the exception then
        }
    }

    private long ofDirectory(final long latest, final JournalReader reader) {
        final long[] files = JournalDirectory.baseSequences(journal);
        for (int i = files.length - 1; i >= 0; i--) {
            try (JournalView file = JournalDirectory.open(journal, files[i])) {
                final long last = last(latest, file, reader);
                if (i == 0 || last >= files[i]) {
                    return last;
                }
            }
        }
        return Long.MAX_VALUE;
    }

    private long ofFile(final long latest, final JournalReader reader) {
        try (JournalView file = new JournalView(journal)) {
            return last(latest, file, reader);
        }
    }

    /** Returns a sequence number of a file behind which no timestamp is as low; that before its first event if none is. */
    private long last(final long latest, final JournalView file, final JournalReader reader) {
        final long end = file.writeOffset();
        final EventIndex.Later later = file.index().later(latest, end);
        if (end - later.to().offset() > LONGEST_TAIL) {
            return Long.MAX_VALUE;
        }
        final long base = file.header().baseSequence();
        lastSequence = later.from().sequence() - 1;
        reader.seekSequence(later.to().sequence());
        while (reader.header().baseSequence() == base && reader.offset() < end) {
            reader.poll(
                    event -> {
                        if (event.timestamp() <= latest) {
                            lastSequence = event.sequence();
                        }
                        return Action.CONTINUE;
                    },
                    Integer.MAX_VALUE);
        }
        return lastSequence;
    }
}
