package dev.evtl.replay;

import dev.evtl.journal.Journal;
import dev.evtl.journal.Publisher;
import org.agrona.DirectBuffer;

/**
 * Writes events to another journal, each with its timestamp, type, flags and payload. Sequence numbers are the other
 * journal's own, events that one claim published become claims of their own, and gaps, which a publisher cannot write,
 * are not copied: ask {@link JournalReader#droppedEvents} whether there were any.
 *
 * <p>An event that the other journal refuses or drops counts as not taken; with {@code BackPressure.BLOCK} it waits for
 * room instead.
 */
public final class JournalCopy implements EventConsumer {
    private final Publisher publisher;
    private final String name;

    /**
     * Copies into a journal, which stays the caller's to close.
     *
     * @param journal to write to
     */
    public JournalCopy(final Journal journal) {
        this.publisher = journal.publisher();
        this.name = "copy:" + journal.path();
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
        return publisher.offer(type, flags, timestamp, buffer, offset, length) == Publisher.ACCEPTED;
    }

    @Override
    public String name() {
        return name;
    }
}
