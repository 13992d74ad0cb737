package dev.evtl.journal.appender;

/** What publishing threads do so that the appender gets on. */
public interface PublishingHelp {
    /** Publishing threads do nothing for it. */
    PublishingHelp NONE = new PublishingHelp() {
        @Override
        public boolean whileBlocked() {
            return false;
        }

        @Override
        public void afterEnd() {
            // another thread or process takes what was committed
        }
    };

    /**
     * Called while a publishing thread waits for room.
     *
     * @return whether that did something; otherwise the thread has to idle
     */
    boolean whileBlocked();

    /** Called after a claim was committed or aborted, on the thread that did it. Throws nothing. */
    void afterEnd();
}
