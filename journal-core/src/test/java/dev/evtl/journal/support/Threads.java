package dev.evtl.journal.support;

/** What a test asks of other threads. */
public final class Threads {
    private Threads() {}

    /** Returns when a thread waits for another, with a limit or without. */
    public static void awaitWaiting(final Thread thread) {
        while (thread.getState() != Thread.State.WAITING && thread.getState() != Thread.State.TIMED_WAITING) {
            Thread.onSpinWait();
        }
    }
}
