package dev.evtl.cli.verb;

import dev.evtl.cli.console.Progress;
import dev.evtl.journal.format.EventHeader;
import dev.evtl.replay.EventHandler;
import dev.evtl.replay.JournalReader;

/** A stretch of a journal, at the most up to where it ended when it was opened: what is written meanwhile is left. */
public final class Walk implements AutoCloseable {
    private static final int BATCH_LENGTH = 4096;
    private static final EventHandler NOTHING = event -> EventHandler.Action.CONTINUE;

    private final JournalReader reader;
    private final Progress progress;
    private final long end;
    private final long last;

    private Walk(final JournalReader reader, final long last, final Progress progress) {
        this.reader = reader;
        this.progress = progress;
        this.end = reader.header().writeOffset();
        this.last = last;
    }

    /** Takes over reader and progress, and passes over what is before the stretch. */
    static Walk of(final JournalReader reader, final Range sequences, final Progress progress) {
        final Walk walk = new Walk(reader, sequences.last(), progress);
        boolean ready = false;
        try {
            boolean more = true;
            while (more && reader.sequence() < sequences.first()) {
                final long before = sequences.first() - reader.sequence();
                more = walk.poll(NOTHING, before < 0 ? Long.MAX_VALUE : before); // less than 0 is more than fits
            }
            ready = true;
            return walk;
        } finally {
            if (!ready) {
                walk.close();
            }
        }
    }

    public JournalReader reader() {
        return reader;
    }

    /** How many events can be read without passing the end; 0 at the end. */
    public int batch() {
        progress.at(reader.offset());
        if (reader.offset() >= end || reader.sequence() > last) {
            return 0;
        }
        final long sure = Math.max(1, (end - reader.offset()) / EventHeader.MAX_EVENT_LENGTH);
        final long most = Math.min(BATCH_LENGTH, sure);
        return (int) (reader.sequence() > last - most ? last - reader.sequence() + 1 : most);
    }

    /**
     * Reads a few events.
     *
     * @return false at the end
     */
    public boolean poll(final EventHandler handler, final long limit) {
        return reader.poll(handler, (int) Math.min(batch(), limit)) > 0;
    }

    @Override
    public void close() {
        try (reader) {
            progress.close();
        }
    }
}
