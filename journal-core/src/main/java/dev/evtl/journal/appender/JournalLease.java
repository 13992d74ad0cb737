package dev.evtl.journal.appender;

import java.io.IOException;

/** What this process holds while a journal is open, beside its file: the writer's lock and the ring file. */
public interface JournalLease {
    /** Nothing, for a journal that no other process can reach. */
    JournalLease NONE = new JournalLease() {
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

    /** The file is closed and holds all that was accepted: nothing needs the ring file any more. */
    void closed() throws IOException;

    /** The journal has failed and its ring file goes to the next owner, but claims of this process stay its own. */
    void keepClaims();

    /** Gives all back. */
    void release();
}
