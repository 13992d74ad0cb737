package dev.evtl.cli.replay;

import dev.evtl.cli.verb.NewJournal;
import dev.evtl.journal.Journal;
import dev.evtl.replay.EventConsumer;
import dev.evtl.replay.JournalCopy;
import java.nio.file.Path;
import org.agrona.DirectBuffer;

/** A copy into a journal of its own, which it creates and closes. */
final class NewCopy implements EventConsumer, AutoCloseable {
    private final Journal journal;
    private final JournalCopy copy;

    NewCopy(final Path file) {
        this.journal = NewJournal.create(file);
        this.copy = new JournalCopy(journal);
    }

    @Override
    public boolean consume(
            final long sequence,
            final long timestamp,
            final int type,
            final int flags,
            final DirectBuffer buffer,
            final int offset,
            final int length) {
        return copy.consume(sequence, timestamp, type, flags, buffer, offset, length);
    }

    @Override
    public void gap(
            final long sequence,
            final long timestamp,
            final long dropped,
            final long firstTimestamp,
            final long lastTimestamp) {
        copy.gap(sequence, timestamp, dropped, firstTimestamp, lastTimestamp);
    }

    @Override
    public void flush() {
        copy.flush();
    }

    @Override
    public String name() {
        return copy.name();
    }

    @Override
    public void close() {
        journal.close();
    }
}
