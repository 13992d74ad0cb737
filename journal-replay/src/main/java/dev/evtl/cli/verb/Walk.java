package dev.evtl.cli.verb;

import dev.evtl.cli.console.Progress;
import dev.evtl.journal.format.FileHeader;
import dev.evtl.replay.EventHandler;
import dev.evtl.replay.JournalReader;

/** A stretch of a journal, at the most up to where it ended when it was opened: what is written meanwhile is left. */
public final class Walk implements AutoCloseable {
    private static final int BATCH_LENGTH = 4096;

    private final JournalReader reader;
    private final Extent extent;
    private final Progress progress;
    private long last;
    private boolean outside;
    /** Bytes of what lies before the file that the reader is in. */
    private long before;

    private long file;
    private long offset;

    private Walk(final JournalReader reader, final Extent extent, final Progress progress) {
        this.reader = reader;
        this.extent = extent;
        this.progress = progress;
    }

    /** Takes over reader and progress, and goes to where the stretch begins. */
    static Walk of(final JournalReader reader, final Extent extent, final Range sequences, final Progress progress) {
        final Walk walk = new Walk(reader, extent, progress);
        boolean ready = false;
        try {
            walk.goTo(sequences);
            ready = true;
            return walk;
        } finally {
            if (!ready) {
                walk.close();
            }
        }
    }

    /** Goes to another stretch, or to what there is of it. */
    public void goTo(final Range sequences) {
        final long first = Math.max(sequences.first(), extent.firstSequence());
        last = sequences.last();
        outside = false;
        if (reader.sequence() != first) {
            try {
                reader.seekSequence(first);
            } catch (final IllegalArgumentException e) {
                outside = true; // the journal ends before it
            }
        }
        file = reader.header().baseSequence();
        before = extent.lengthBefore(file);
        offset = reader.offset();
    }

    public JournalReader reader() {
        return reader;
    }

    /** The journal's files, as they were when it was opened. */
    public Extent extent() {
        return extent;
    }

    /** Bytes of all files before the next event. */
    public long position() {
        final long now = reader.header().baseSequence();
        if (now != file) {
            before += offset - FileHeader.LENGTH; // a batch is of one file, which it ended
            file = now;
        }
        offset = reader.offset();
        return before + offset;
    }

    /** How many events can be read without passing the end, all in one file; 0 at the end. */
    public int batch() {
        progress.at(position());
        extent.requireNoOverlap(reader);
        if (outside || reader.sequence() > last) {
            return 0;
        }
        final long most = Math.min(BATCH_LENGTH, extent.sure(file, offset, reader.sequence()));
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
