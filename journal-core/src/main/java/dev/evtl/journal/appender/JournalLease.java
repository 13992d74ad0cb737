package dev.evtl.journal.appender;

import dev.evtl.journal.exceptions.JournalException;
import java.io.IOException;

/**
 * What this process holds while a journal is open, besides the file itself: the writer's lock and the ring file. The
 * appender asks it while it writes, and calls it at its end.
 */
public interface JournalLease {
    /** Holds nothing, for a journal that no other process can reach. */
    JournalLease NONE = new JournalLease() {
        @Override
        public void check(final boolean thoroughly) {
            // nobody can take what nobody else can reach
        }

        @Override
        public void failed(final String why) {
            // nobody comes after it
        }

        @Override
        public void closed() {
            // there is nothing to delete
        }

        @Override
        public void keepClaims() {
            // nobody takes them
        }

        @Override
        public void release() {
            // there is nothing to give back
        }
    };

    /**
     * Makes sure that this process still holds the journal, before it writes what could harm another writer or tells
     * that events are safe.
     *
     * @param thoroughly everything, and takes locks again that were lost; otherwise only what needs no allocation, and
     *     the rest where that gives cause
     * @throws JournalException if another writer has the journal, or may have it
     */
    void check(boolean thoroughly) throws IOException;

    /** Notes for the next owner that the journal has failed. */
    void failed(String why) throws IOException;

    /** Deletes the ring file: the journal's file is closed and holds everything that was accepted. */
    void closed() throws IOException;

    /**
     * Keeps the open claims of this process, because the journal has failed and its ring file goes to the next owner.
     */
    void keepClaims();

    /** Releases everything. */
    void release();
}
