package dev.evtl.journal;

import dev.evtl.journal.exceptions.JournalException;
import dev.evtl.journal.ring.JournalRing;
import dev.evtl.journal.ring.RingCounters;
import dev.evtl.journal.ring.RingFile;
import java.io.IOException;
import java.nio.file.Path;

/**
 * Publishes into a journal that another process has open, through its ring file. Made by {@link Journal#attach}. All
 * methods may be called from any thread.
 *
 * <p>An event that is accepted is in the ring file: it survives the death of this process and of the one that has the
 * journal open, which brings it in when it opens the journal again. While no process has the journal open, the ring
 * fills, and then the back-pressure policy says what happens. The publisher goes on when the journal is opened again
 * after its process died or the journal failed; after a clean close it answers {@link Publisher#CLOSED} for good.
 * It answers that too before the journal is open for the first time, until it is.
 *
 * <p>A claim of this process holds up all processes until it is committed or aborted, or this process has ended.
 */
public final class AttachedPublisher implements AutoCloseable {
    private final RingFile file;
    private final JournalRing ring;
    private final Publisher publisher;

    AttachedPublisher(final RingFile file, final JournalConfig config) {
        this.file = file;
        this.ring = file.attached();
        this.publisher = new Publisher(ring, config, file.maxPayloadLength());
    }

    /**
     * Publishes events.
     *
     * @return the publisher, for any number of threads
     */
    public Publisher publisher() {
        return publisher;
    }

    /**
     * The ring file.
     *
     * @return its real path
     */
    public Path ringFile() {
        return file.path();
    }

    /**
     * Leaves the ring file. What was accepted stays accepted. All threads must have ended what they were doing with the
     * publisher, which from then on answers {@link Publisher#CLOSED}; a claim that is open is left out of the journal.
     *
     * @throws JournalException if the locks cannot be given back
     */
    @Override
    public void close() {
        ring.counters().end(RingCounters.CLOSED);
        try {
            file.close();
        } catch (final IOException e) {
            throw new JournalException(file.path() + ": could not be left: " + e.getMessage(), e);
        }
    }
}
