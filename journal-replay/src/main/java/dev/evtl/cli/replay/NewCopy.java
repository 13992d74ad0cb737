package dev.evtl.cli.replay;

import dev.evtl.cli.verb.NewJournal;
import dev.evtl.journal.Journal;
import dev.evtl.replay.EventConsumer;
import dev.evtl.replay.JournalCopy;
import dev.evtl.replay.JournalEvent;
import java.nio.file.Path;

/** A copy into a journal of its own, which it creates and closes. */
final class NewCopy implements EventConsumer, AutoCloseable {
    private final Journal journal;
    private final JournalCopy copy;

    NewCopy(final Path file) {
        this.journal = NewJournal.create(file);
        this.copy = new JournalCopy(journal);
    }

    @Override
    public boolean consume(final JournalEvent event) {
        return copy.consume(event);
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
        try (journal) {
            copy.close();
        }
    }
}
